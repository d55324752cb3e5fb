import type { RawDelivery, Verification } from "../../../src/connectors/contract.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { type Broken, withContext, withWebhooks } from "../breaking.ts";
import { subject as good } from "../generic/subject.ts";

const passing = (delivery: RawDelivery): Verification => ({
  verified: true,
  deliveryId: delivery.headers["webhook-id"] ?? "1",
  topic: "order.upserted",
});

const alwaysPassing = () => withWebhooks(good, () => ({ verify: passing }));

/** What `checks/webhooks.ts` must catch. */
export const brokenWebhooks: Broken = {
  "webhook-good": {
    "nothing passes": () =>
      withWebhooks(good, () => ({ verify: () => ({ verified: false, reason: "mismatch" }) })),
    "all deliveries have one id": () =>
      withWebhooks(good, () => ({
        verify: (delivery) => ({ ...passing(delivery), deliveryId: "1" }) as Verification,
      })),
    "an id made by us": () => {
      let made = 0;
      return withWebhooks(good, () => ({
        verify: (delivery) => {
          made += 1;
          return { ...passing(delivery), deliveryId: String(made) } as Verification;
        },
      }));
    },
  },
  "webhook-rotation": {
    "the previous secret forgotten": () =>
      withContext(good, (context) => ({
        ...context,
        secrets: { ...context.secrets, previousWebhookSecret: undefined },
      })),
  },
  "webhook-tampered": {
    "only the header's presence counts": alwaysPassing,
    "the body is trimmed first": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery, now) =>
          webhooks.verify(
            { ...delivery, body: new TextEncoder().encode(new TextDecoder().decode(delivery.body).trim()) },
            now,
          ),
      })),
  },
  "webhook-foreign": { "any signature passes": alwaysPassing },
  "webhook-missing": {
    "a missing header passes": alwaysPassing,
    "an empty header is a throw": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery, now) => {
          if (delivery.headers["webhook-signature"] === "") throw new RangeError("empty");
          return webhooks.verify(delivery, now);
        },
      })),
  },
  "webhook-length": {
    "comparing unequal lengths throws": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery, now) => {
          if (delivery.headers["webhook-signature"]?.length !== 47)
            throw new RangeError("Input buffers must have the same byte length");
          return webhooks.verify(delivery, now);
        },
      })),
    "a beginning is enough": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery, now) =>
          (delivery.headers["webhook-signature"]?.length ?? 0) < 47
            ? passing(delivery)
            : webhooks.verify(delivery, now),
      })),
  },
  "webhook-stale": {
    "no window": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery) =>
          webhooks.verify(delivery, instantOf(Number(delivery.headers["webhook-timestamp"]) * 1000)),
      })),
    "only the past is stale": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery, now) => {
          const sentAt = instantOf(Number(delivery.headers["webhook-timestamp"]) * 1000);
          return webhooks.verify(delivery, now < sentAt ? sentAt : now);
        },
      })),
    "a window of seconds": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery, now) =>
          Math.abs(Date.parse(now) - Number(delivery.headers["webhook-timestamp"]) * 1000) > 5000
            ? { verified: false, reason: "stale" }
            : webhooks.verify(delivery, now),
      })),
  },
  "webhook-secretless": {
    "no secret, no check": () =>
      withWebhooks(good, (webhooks, { secrets }) =>
        secrets.webhookSecret === undefined ? { verify: passing } : { verify: webhooks.verify },
      ),
  },
  "webhook-junk": {
    "the body is read before it is verified": () =>
      withWebhooks(good, (webhooks) => ({
        verify: (delivery, now) => {
          JSON.parse(new TextDecoder().decode(delivery.body));
          return webhooks.verify(delivery, now);
        },
      })),
    "junk passes": alwaysPassing,
  },
  "webhook-unusable": {
    "reading throws": () =>
      withWebhooks(good, (webhooks) => ({
        interpret: (topic, body) => {
          JSON.parse(new TextDecoder().decode(body));
          return webhooks.interpret(topic, body);
        },
      })),
    "a key twice is taken": () =>
      withWebhooks(good, (webhooks) => ({
        interpret: (topic, body) =>
          new TextDecoder().decode(body) === '{"type":"a","type":"b"}'
            ? { kind: "orders", orders: [] }
            : webhooks.interpret(topic, body),
      })),
  },
  "webhook-meaning": {
    "every delivery is ignored": () =>
      withWebhooks(good, () => ({ interpret: () => ({ kind: "ignore", reason: "not today" }) })),
    "another order is meant": () =>
      withWebhooks(good, () => ({ interpret: () => ({ kind: "fetch", externalIds: ["1"] }) })),
  },
};
