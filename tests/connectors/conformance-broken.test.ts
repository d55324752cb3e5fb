import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { FailureKind, RawDelivery, StockWrite, Verification } from "../../src/connectors/contract.ts";
import { addMs, instantOf } from "../../src/core/clock.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import { subject as goodRoom } from "./bilibili-live/subject.ts";
import {
  withAccount,
  withCalls,
  withContext,
  withFailures,
  withManifest,
  withOrders,
  withPages,
  withStock,
  withWebhooks,
} from "./breaking.ts";
import { brokenRooms } from "./broken-rooms.ts";
import { checks } from "./conformance.ts";
import { subject as good, startSandbox } from "./generic/subject.ts";
import { longAgo } from "./session.ts";
import type { Subject } from "./subject.ts";

/** Every check has at least one broken connector or fake that it must catch: a check that cannot fail proves nothing. */
type Broken = Record<string, () => Subject>;

const kindBecomes = (from: FailureKind, to: FailureKind) =>
  withFailures(good, (failure) => (failure.kind === from ? { ...failure, kind: to } : failure));

const passing = (delivery: RawDelivery): Verification => ({
  verified: true,
  deliveryId: delivery.headers["webhook-id"] ?? "1",
  topic: "order.upserted",
});

const alwaysPassing = () => withWebhooks(good, () => ({ verify: passing }));

const eachOrder = (spoil: (order: OrderSnapshot) => OrderSnapshot) =>
  withPages(good, (page) => ({ ...page, orders: page.orders.map(spoil) }));

/** Sends a shipment under a new id each time, as a connector without idempotency does. */
const forgetfulShipper = () => {
  let pushes = 0;
  return withAccount(good, (account) => {
    const { fulfilments } = account;
    if (!fulfilments) return account;
    return {
      ...account,
      fulfilments: {
        push: (parcel, call) => {
          pushes += 1;
          return fulfilments.push({ ...parcel, shipmentId: `${parcel.shipmentId}-${pushes}` }, call);
        },
      },
    };
  });
};

const pushingAs = (change: (write: StockWrite) => StockWrite) =>
  withStock(good, (stock) => ({ push: (writes, call) => stock.push(writes.map(change), call) }));

const broken: Record<string, Broken> = {
  manifest: {
    "a page of no orders": () =>
      withManifest(good, (manifest) => ({ ...manifest, limits: { ...manifest.limits, ordersPerPage: 0 } })),
    "documentation that is not there": () =>
      withManifest(good, (manifest) => ({ ...manifest, docsUrl: "docs/nowhere.md" })),
    "a zone nobody knows": () =>
      withManifest(good, (manifest) => ({ ...manifest, timeZone: "Mars/Olympus" })),
  },
  fields: {
    "a setting without a description": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        settings: manifest.settings.extend({ shade: z.string().optional() }),
      })),
    "a secret shown as a setting": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        settings: manifest.settings.extend({ accessToken: z.string().optional().describe("Token") }),
      })),
  },
  configuration: {
    "settings that accept anything": () =>
      withManifest(good, (manifest) => ({ ...manifest, settings: z.object({ baseUrl: z.unknown() }) })),
    "secrets that accept anything": () =>
      withManifest(good, (manifest) => ({ ...manifest, secrets: z.looseObject({}) })),
  },
  truthful: {
    "listings advertised and missing": () => withAccount(good, ({ listings: _gone, ...account }) => account),
    "fulfilments there and denied": () =>
      withManifest(good, (manifest) => ({
        ...manifest,
        capabilities: { ...manifest.capabilities, fulfilments: false },
      })),
    "reading stock advertised and missing": () =>
      withAccount(good, (account) =>
        account.stock ? { ...account, stock: { push: account.stock.push } } : account,
      ),
  },
  check: {
    "a nameless account": () =>
      withAccount(good, (account) => ({
        ...account,
        check: async () => ({ ok: true, value: { account: " " } }),
      })),
    "an expensive check": () =>
      withAccount(good, (account) => ({
        ...account,
        check: async (call) => {
          for (let calls = 0; calls < 3; calls += 1) await account.check(call);
          return account.check(call);
        },
      })),
  },
  "check-auth": {
    "a check that is always content": () =>
      withAccount(good, (account) => ({
        ...account,
        check: async () => ({ ok: true, value: { account: "shop" } }),
      })),
    "a check that blames the network": () => kindBecomes("auth", "unavailable"),
  },
  "rate-limited": {
    "429 taken for an outage": () => kindBecomes("rate_limited", "unavailable"),
    "Retry-After ignored": () => withFailures(good, ({ retryAfterMs: _ignored, ...failure }) => failure),
    "seconds taken for milliseconds": () =>
      withFailures(good, (failure) =>
        failure.retryAfterMs === undefined
          ? failure
          : { ...failure, retryAfterMs: failure.retryAfterMs / 1000 },
      ),
  },
  unauthorised: { "401 retried for ever": () => kindBecomes("auth", "unavailable") },
  unavailable: { "503 taken for the item's fault": () => kindBecomes("unavailable", "invalid") },
  "server-error": {
    "a write that broke half way is simply repeated": () =>
      withFailures(good, (failure, _context, operation) =>
        operation === "writes" && failure.kind === "unknown" ? { ...failure, kind: "unavailable" } : failure,
      ),
  },
  malformed: {
    "an unreadable answer is the end of the list": () =>
      withOrders(good, (orders) => ({
        async pull(request, call) {
          const result = await orders.pull(request, call);
          return result.ok || result.kind !== "malformed"
            ? result
            : { ok: true, value: { orders: [], rejected: [], cursor: null, more: false } };
        },
      })),
    "an unreadable answer throws": () =>
      withFailures(good, (failure) => {
        if (failure.kind === "malformed") throw new SyntaxError("Unexpected token <");
        return failure;
      }),
  },
  deadline: {
    "no deadline": () => withCalls(good, (call) => ({ ...call, deadlineMs: Number.POSITIVE_INFINITY })),
  },
  abort: {
    "a call that cannot be stopped": () =>
      withCalls(good, (call) => ({ ...call, signal: new AbortController().signal })),
    "a deadline that begins anew": () =>
      withCalls(good, (call) => ({ ...call, deadlineMs: call.deadlineMs + 60_000 })),
  },
  doubt: { "a lost answer taken for a failure": () => kindBecomes("unknown", "unavailable") },
  secrets: {
    "the token in the message": () =>
      withFailures(good, (failure, { secrets }) => ({
        ...failure,
        message: `${failure.message} (${secrets.apiToken})`,
      })),
    "what the platform wrote in the message": () =>
      withFailures(good, (failure) => ({ ...failure, message: `${failure.message} 13812345678` })),
    "no message": () => withFailures(good, (failure) => ({ ...failure, message: "" })),
  },
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
  "orders-all": {
    "the last order of each page is lost": () =>
      withPages(good, (page) => ({ ...page, orders: page.orders.slice(0, -1) })),
    "only the first page is read": () => withPages(good, (page) => ({ ...page, more: false })),
    "F118: amounts a hundred times too high": () =>
      eachOrder((order) => ({ ...order, totalMinor: order.totalMinor * 100 })),
    "quantities doubled": () =>
      eachOrder((order) => ({
        ...order,
        lines: order.lines.map((line) => ({ ...line, quantity: line.quantity * 2 })),
      })),
    "times that are no instants": () => eachOrder((order) => ({ ...order, placedAt: "2026-11-22 08:00" })),
  },
  "orders-replay": {
    "what was given once is not given again": () => {
      const given = new Set<string>();
      return withPages(good, (page) => {
        const orders = page.orders.filter((order) => !given.has(order.externalId));
        for (const order of orders) given.add(order.externalId);
        return { ...page, orders };
      });
    },
  },
  "orders-resume": {
    "the cursor goes back to the beginning": () =>
      withPages(good, (page) => (page.more ? page : { ...page, cursor: null })),
    "changes of known orders are dropped": () => {
      const given = new Set<string>();
      return withPages(good, (page) => {
        const orders = page.orders.filter((order) => !given.has(order.externalId));
        for (const order of page.orders) given.add(order.externalId);
        return { ...page, orders };
      });
    },
    "orders never look newer": () => eachOrder((order) => ({ ...order, updatedAt: order.placedAt })),
  },
  "orders-since": {
    "always from the beginning of time": () =>
      withOrders(good, (orders) => ({
        pull: (request, call) => orders.pull({ ...request, since: longAgo }, call),
      })),
  },
  "orders-shift": {
    "counted pages, trusted": () => ({
      ...withPages(good, trustingItsPages),
      start: (runtime) => startSandbox(runtime, { faults: { shiftingPages: true } }).platform,
    }),
  },
  "orders-failing-page": {
    "a page that failed once is given up": () => {
      let isLost = false;
      return withOrders(good, (orders) => ({
        async pull(request, call) {
          const result = await orders.pull(request, call);
          const skip = isLost;
          isLost = !result.ok;
          return result.ok && skip ? { ok: true, value: { ...result.value, orders: [] } } : result;
        },
      }));
    },
    "a failing page is an empty page": () =>
      withOrders(good, (orders) => ({
        async pull(request, call) {
          const result = await orders.pull(request, call);
          return result.ok
            ? result
            : { ok: true, value: { orders: [], rejected: [], cursor: request.cursor ?? {}, more: true } };
        },
      })),
  },
  "orders-watermark": {
    "no watermark although declared": () => withPages(good, ({ watermark: _none, ...page }) => page),
    "a watermark far ahead": () =>
      withPages(good, (page) => (page.more ? page : { ...page, watermark: "2099-01-01T00:00:00.000Z" })),
    "a watermark half way": () =>
      withPages(good, (page) => ({ ...page, watermark: "2026-11-22T08:00:05.000Z" })),
    "a watermark that never moves": () =>
      withPages(good, (page) => (page.more ? page : { ...page, watermark: longAgo })),
  },
  "orders-zone": {
    "times read in the zone of the process": () =>
      eachOrder((order) => ({ ...order, placedAt: new Date(order.placedAt.replace("Z", "")).toISOString() })),
  },
  "orders-fetch": {
    "all orders instead of those asked for": () =>
      withOrders(good, (orders) => ({
        fetch: (_ids, call) => orders.pull({ cursor: null, since: longAgo }, call),
      })),
    "an unknown id fails the whole": () =>
      withOrders(good, (orders) => ({
        fetch: async (ids, call) =>
          ids.includes("no-such-order")
            ? { ok: false, kind: "not_found", message: "no" }
            : orders.fetch(ids, call),
      })),
    "an order without its lines": () =>
      withOrders(good, (orders) => ({
        async fetch(ids, call) {
          const result = await orders.fetch(ids, call);
          if (!result.ok) return result;
          return {
            ok: true,
            value: { ...result.value, orders: result.value.orders.map((order) => ({ ...order, lines: [] })) },
          };
        },
      })),
  },
  "orders-list": {
    "the end of the window is in": () =>
      withOrders(good, (orders) => ({
        list: ({ from, to }, call) => orders.list({ from, to: addMs(to, 1) }, call),
      })),
    "the beginning of the window is out": () =>
      withOrders(good, (orders) => ({
        list: ({ from, to }, call) => orders.list({ from: addMs(from, 1), to }, call),
      })),
    "the window is ignored": () =>
      withOrders(good, (orders) => ({
        list: (_window, call) => orders.list({ from: longAgo, to: "2027-01-01T00:00:00.000Z" }, call),
      })),
  },
  "stock-kinds": {
    "nothing is sent": () =>
      withStock(good, () => ({ push: async (writes) => writes.map(() => ({ ok: true as const })) })),
    "a delta is sent as a set": () =>
      pushingAs((write) =>
        write.mode === "delta" ? { ...write, mode: "set", quantity: Math.max(0, write.quantity) } : write,
      ),
    "zero is left out": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) =>
          writes.some((write) => write.mode !== "delta" && write.quantity === 0)
            ? writes.map(() => ({ ok: true as const }))
            : stock.push(writes, call),
      })),
  },
  "stock-order": {
    "outcomes in another order": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) => (await stock.push(writes, call)).toReversed(),
      })),
    "refused ones are left out": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) => (await stock.push(writes, call)).filter((outcome) => outcome.ok),
      })),
    "one bad write fails all": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) => {
          const outcomes = await stock.push(writes, call);
          const bad = outcomes.find((outcome) => !outcome.ok);
          return bad ? writes.map(() => bad) : outcomes;
        },
      })),
  },
  "stock-undeclared": {
    "an unknown kind is sent as a set": () =>
      pushingAs((write) => ((write.mode as string) === "overwrite" ? { ...write, mode: "set" } : write)),
  },
  "stock-guards": {
    "a compare-and-set does not compare": () =>
      pushingAs((write) => (write.mode === "compareAndSet" ? { ...write, mode: "set" } : write)),
    "below zero is called done": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) =>
          (await stock.push(writes, call)).map((outcome) => (outcome.ok ? outcome : { ok: true as const })),
      })),
  },
  "stock-read": {
    "an unknown listing has zero": () =>
      withStock(good, (stock) => ({
        read: async (listings, call) =>
          ((await stock.read?.(listings, call)) ?? []).map((result) =>
            result.ok ? result : { ok: true as const, value: { quantity: 0 } },
          ),
      })),
    "figures in another order": () =>
      withStock(good, (stock) => ({
        read: async (listings, call) => ((await stock.read?.(listings, call)) ?? []).toReversed(),
      })),
    "the figure of the item for every variant": () =>
      withStock(good, (stock) => ({
        read: async (listings, call) =>
          (await stock.read?.(
            listings.map((one) =>
              one.externalId === "P1" ? { externalId: "P1", externalVariantId: "V1" } : one,
            ),
            call,
          )) ?? [],
      })),
  },
  "stock-doubt": {
    "what we believed instead of what is": () => {
      const first = new Map<string, number>([["P1", 50]]);
      return withStock(good, () => ({
        read: async (listings) =>
          listings.map((listing) => ({
            ok: true as const,
            value: { quantity: first.get(listing.externalId) ?? 0 },
          })),
      }));
    },
  },
  "stock-empty": {
    "a call for nothing": () =>
      withAccount(good, (account) => {
        const { stock } = account;
        if (!stock) return account;
        return {
          ...account,
          stock: {
            ...stock,
            push: async (writes, call) => {
              await account.check(call);
              return stock.push(writes, call);
            },
          },
        };
      }),
  },
  "fulfilment-once": { "a new id at every push": forgetfulShipper },
  "fulfilment-doubt": { "a new id at every push": forgetfulShipper },
  "fulfilment-unknown": {
    "an unknown order is called shipped": () =>
      withAccount(good, (account) => ({
        ...account,
        fulfilments: { push: async () => ({ ok: true, value: { externalId: "S1" } }) },
      })),
  },
  "fulfilment-echo": {
    "our shipment id is lost on the way back": () =>
      eachOrder((order) => ({
        ...order,
        ...(order.shipments
          ? { shipments: order.shipments.map(({ reference: _lost, ...shipment }) => shipment) }
          : {}),
      })),
  },
  listings: {
    "only the first page": () =>
      withAccount(good, (account) => {
        const { listings } = account;
        if (!listings) return account;
        return {
          ...account,
          listings: {
            async pull(request, call) {
              const page = await listings.pull(request, call);
              return page.ok ? { ok: true, value: { ...page.value, more: false } } : page;
            },
          },
        };
      }),
    "the first page for ever": () =>
      withAccount(good, (account) => {
        const { listings } = account;
        return listings
          ? { ...account, listings: { pull: (_request, call) => listings.pull({ cursor: null }, call) } }
          : account;
      }),
  },
  ...brokenRooms,
};

/** Makes the connector go by the shop's own page cursors, as if that were safe. */
function trustingItsPages<Page extends { cursor: unknown }>(page: Page): Page {
  const cursor = page.cursor as { run: { sorted: boolean } | null };
  return { ...page, cursor: { ...cursor, run: cursor.run && { ...cursor.run, sorted: false } } };
}

describe("conformance suite", () => {
  it("names each check once, and each has something broken to catch", () => {
    const ids = checks.map((check) => check.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(broken).sort()).toEqual([...ids].sort());
  });

  it("tries every check on the generic connector or on a room", () => {
    const untried = checks.filter((check) => !check.applies(good) && !check.applies(goodRoom));
    expect(untried.map((check) => check.id)).toEqual([]);
  });
});

for (const check of checks) {
  describe(`"${check.title}" catches`, () => {
    it.each(Object.entries(broken[check.id] ?? {}))("%s", async (_, spoiled) => {
      await expect(check.run(spoiled())).rejects.toThrow();
    });
  });
}
