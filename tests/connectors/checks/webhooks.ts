import { expect } from "vitest";
import type { RawDelivery, Verification } from "../../../src/connectors/contract.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { seededRandom } from "../../support/runtime.ts";
import { partOf, withoutParts, withPart } from "../delivery.ts";
import { openSession, present, type Session } from "../session.ts";
import type { FakeWebhooks, Subject } from "../subject.ts";
import { type Check, can } from "./check.ts";

const applies = can("webhooks");

export const webhookChecks: Check[] = [
  {
    id: "webhook-good",
    title: "a genuine delivery passes, the same way every time",
    applies,
    run: genuinePasses,
  },
  {
    id: "webhook-rotation",
    title: "a delivery signed with the previous secret passes",
    applies: (subject) => applies(subject) && subject.rotatedSecrets !== undefined,
    run: previousSecretPasses,
  },
  {
    id: "webhook-tampered",
    title: "any changed byte of body or signature is refused",
    applies,
    run: tamperedIsRefused,
  },
  {
    id: "webhook-foreign",
    title: "a delivery signed by somebody else is refused",
    applies: (subject) => applies(subject) && subject.wrongSecrets !== undefined,
    run: foreignIsRefused,
  },
  { id: "webhook-missing", title: "a missing or empty header is refused", applies, run: missingIsRefused },
  {
    id: "webhook-length",
    title: "a signature of another length is refused without a throw",
    applies,
    run: wrongLengthIsRefused,
  },
  {
    id: "webhook-stale",
    title: "a delivery from outside the time window is refused, both ways",
    applies: (subject) => applies(subject) && subject.webhookWindowMs !== undefined,
    run: staleIsRefused,
  },
  {
    id: "webhook-secretless",
    title: "without a secret nothing passes",
    applies: (subject) => applies(subject) && subject.secretsWithoutWebhook !== undefined,
    run: withoutSecretNothingPasses,
  },
  { id: "webhook-junk", title: "junk never passes and never throws", applies, run: junkIsRefused },
  {
    id: "webhook-unusable",
    title: "authentic junk is unusable, not an exception",
    applies,
    run: authenticJunkIsUnusable,
  },
  {
    id: "webhook-acknowledgement",
    title: "the platform is content with the acknowledgement",
    applies,
    run: acknowledgementIsAccepted,
  },
  {
    id: "webhook-probe",
    title: "a question whether we are there is answered, a spoilt one and a delivery are not",
    applies: (subject) => applies(subject) && subject.probes === true,
    run: probesAreAnswered,
  },
  {
    id: "webhook-meaning",
    title: "a genuine delivery gives its order, or its id to fetch",
    applies,
    run: meaningIsTheOrder,
  },
];

async function delivered(
  subject: Subject,
): Promise<{ session: Session; fake: FakeWebhooks; delivery: RawDelivery; orderId: string }> {
  const session = await openSession(subject);
  const { platform } = session;
  const fake = present(platform.webhooks, "webhooks on its fake");
  const [listing] = platform.listings;
  if (listing === undefined) throw new Error("a fake platform needs listings");
  const placed = await present(platform.orders, "orders on its fake").place(listing, 2);
  return { session, fake, delivery: await fake.deliver(placed.externalId), orderId: placed.externalId };
}

const verify = (
  { account, runtime }: Session,
  delivery: RawDelivery,
  atMs = runtime.clock.nowMs(),
): Verification => present(account.webhooks, "webhooks").verify(delivery, instantOf(atMs));

const refusedAs = (verification: Verification): string =>
  verification.verified ? "passed" : verification.reason;

async function genuinePasses(subject: Subject): Promise<void> {
  const { session, fake, delivery, orderId } = await delivered(subject);
  const first = verify(session, delivery);
  expect(first).toMatchObject({
    verified: true,
    deliveryId: expect.stringMatching(/./),
    topic: expect.stringMatching(/./),
  });
  expect(verify(session, delivery), "the same delivery again").toEqual(first);
  const body = new Uint8Array(delivery.body);
  expect(verify(session, { ...delivery, body }), "equal bytes in another buffer").toEqual(first);
  await session.runtime.advance(1000);
  await present(session.platform.orders, "orders on its fake").touch(orderId);
  const later = verify(session, await fake.deliver(orderId));
  expect(later, "a later delivery").toMatchObject({ verified: true });
  const ids = [first, later].map((one) => (one.verified ? one.deliveryId : "refused"));
  expect(new Set(ids).size, "two deliveries have two ids").toBe(2);
}

async function previousSecretPasses(subject: Subject): Promise<void> {
  const { session, delivery } = await delivered(subject);
  const rotated = session.reopen(subject.rotatedSecrets);
  expect(refusedAs(verify({ ...session, account: rotated }, delivery))).toBe("passed");
}

async function tamperedIsRefused(subject: Subject): Promise<void> {
  const { session, fake, delivery } = await delivered(subject);
  for (let at = 0; at < delivery.body.byteLength; at += Math.ceil(delivery.body.byteLength / 40)) {
    const body = new Uint8Array(delivery.body);
    body[at] = (body[at] ?? 0) ^ 1;
    expect(refusedAs(verify(session, { ...delivery, body })), `with byte ${at} changed`).toBe("mismatch");
  }
  const longer = new Uint8Array([...delivery.body, 0x20]);
  expect(refusedAs(verify(session, { ...delivery, body: longer })), "with a space added").toBe("mismatch");
  expect(refusedAs(verify(session, { ...delivery, body: new Uint8Array() })), "with no body").toBe(
    "mismatch",
  );
  const signature = partOf(delivery, fake.signatureHeader);
  const middle = Math.floor(signature.length / 2);
  const swapped = signature[middle] === "A" ? "B" : "A";
  const changed = signature.slice(0, middle) + swapped + signature.slice(middle + 1);
  expect(
    refusedAs(verify(session, withPart(delivery, fake.signatureHeader, changed))),
    "with the signature changed",
  ).toBe("mismatch");
}

async function foreignIsRefused(subject: Subject): Promise<void> {
  const { session, delivery } = await delivered(subject);
  expect(refusedAs(verify({ ...session, account: session.reopen(subject.wrongSecrets) }, delivery))).toBe(
    "mismatch",
  );
}

async function missingIsRefused(subject: Subject): Promise<void> {
  const { session, fake, delivery } = await delivered(subject);
  expect(fake.requiredHeaders).toContain(fake.signatureHeader);
  for (const name of fake.requiredHeaders) {
    expect(refusedAs(verify(session, withPart(delivery, name, undefined))), `without ${name}`).toBe(
      "missing_header",
    );
    expect(refusedAs(verify(session, withPart(delivery, name, ""))), `with an empty ${name}`).toBe(
      "missing_header",
    );
  }
  expect(refusedAs(verify(session, withoutParts(delivery))), "without any header").toBe("missing_header");
}

async function wrongLengthIsRefused(subject: Subject): Promise<void> {
  const { session, fake, delivery } = await delivered(subject);
  const signature = partOf(delivery, fake.signatureHeader);
  const others = [
    signature.slice(0, 1),
    signature.slice(0, -1),
    `${signature}A`,
    signature.repeat(2),
    "x".repeat(100_000),
    "签名",
    ",",
  ];
  for (const other of others) {
    const answer = refusedAs(verify(session, withPart(delivery, fake.signatureHeader, other)));
    expect(["mismatch", "malformed"], `signature of ${other.length} characters`).toContain(answer);
  }
}

async function staleIsRefused(subject: Subject): Promise<void> {
  const { session, delivery } = await delivered(subject);
  const nowMs = session.runtime.clock.nowMs();
  const windowMs = subject.webhookWindowMs ?? 0;
  for (const offMs of [-windowMs + 1000, windowMs - 1000]) {
    expect(refusedAs(verify(session, delivery, nowMs + offMs)), `${offMs} ms off, inside`).toBe("passed");
  }
  for (const offMs of [-windowMs - 1000, windowMs + 1000, 365 * 86_400_000]) {
    expect(refusedAs(verify(session, delivery, nowMs + offMs)), `${offMs} ms off, outside`).toBe("stale");
  }
}

async function withoutSecretNothingPasses(subject: Subject): Promise<void> {
  const { session, delivery } = await delivered(subject);
  const open = session.reopen(subject.secretsWithoutWebhook);
  expect(refusedAs(verify({ ...session, account: open }, delivery))).toBe("no_secret");
}

async function junkIsRefused(subject: Subject): Promise<void> {
  const { session, fake, delivery } = await delivered(subject);
  const random = seededRandom(7);
  const text = (length: number) => String.fromCharCode(...random.bytes(length));
  for (let round = 0; round < 200; round += 1) {
    let junk = round % 2 === 0 ? withoutParts(delivery) : delivery;
    for (const name of fake.requiredHeaders)
      if (round % 2 === 0 || name === fake.signatureHeader) junk = withPart(junk, name, text(round % 60));
    junk = { ...junk, body: random.bytes(round) };
    expect(verify(session, junk).verified, `junk number ${round}`).toBe(false);
  }
}

async function authenticJunkIsUnusable(subject: Subject): Promise<void> {
  const { session, fake } = await delivered(subject);
  const texts = [
    "",
    "{",
    "[]",
    "null",
    "0",
    '"order"',
    "{}",
    '{"type":1}',
    '{"type":"a","type":"b"}',
    `${"[".repeat(5000)}`,
  ];
  const bodies = [
    ...texts.map((text) => new TextEncoder().encode(text)),
    new Uint8Array([0xff, 0xfe, 0x00, 0x80]),
  ];
  for (const body of bodies) {
    const shown = JSON.stringify(new TextDecoder().decode(body).slice(0, 20));
    const answer = verify(session, await fake.sign(body));
    expect(["passed", "malformed"], `authentic ${shown}`).toContain(refusedAs(answer));
    const topic = answer.verified ? answer.topic : "";
    const content = (answer.verified ? answer.content : undefined) ?? body;
    const meaning = present(session.account.webhooks, "webhooks").interpret(topic, content);
    expect(["unusable", "ignore"], `authentic ${shown} means ${meaning.kind}`).toContain(meaning.kind);
  }
}

async function meaningIsTheOrder(subject: Subject): Promise<void> {
  const { session, delivery, orderId } = await delivered(subject);
  const answer = verify(session, delivery);
  const webhooks = present(session.account.webhooks, "webhooks");
  const content = (answer.verified ? answer.content : undefined) ?? delivery.body;
  const meaning = webhooks.interpret(answer.verified ? answer.topic : "", content);
  const ids =
    meaning.kind === "orders"
      ? meaning.orders.map((order) => order.externalId)
      : meaning.kind === "fetch"
        ? meaning.externalIds
        : [JSON.stringify(meaning)];
  expect(ids).toEqual([orderId]);
  expect(webhooks.interpret(answer.verified ? answer.topic : "", content), "read twice").toEqual(meaning);
}

async function acknowledgementIsAccepted(subject: Subject): Promise<void> {
  const { session, fake, delivery } = await delivered(subject);
  const answer = verify(session, delivery);
  const { acknowledgement } = present(session.account.webhooks, "webhooks");
  const given = (answer.verified ? answer.acknowledgement : undefined) ??
    acknowledgement ?? { status: 204, body: "", contentType: "text/plain" };
  const accepted = fake.accepts?.(given, delivery) ?? (given.status >= 200 && given.status < 300);
  expect(accepted, `${given.status} ${given.body}`).toBe(true);
}

async function probesAreAnswered(subject: Subject): Promise<void> {
  const { session, fake, delivery } = await delivered(subject);
  const { request, answer, spoilt } = present(fake.probe, "a probe on its fake").call(fake);
  const webhooks = present(session.account.webhooks, "webhooks");
  const probe = present(webhooks.probe, "webhooks.probe").bind(webhooks);
  const now = instantOf(session.runtime.clock.nowMs());
  expect(probe(request, now)).toEqual(answer);
  for (const [index, other] of spoilt.entries())
    expect(probe(other, now), `spoilt probe number ${index + 1}`).toBeNull();
  expect(probe(delivery, now), "a delivery taken for a probe would be lost").toBeNull();
  const junk = {
    method: "GET" as const,
    body: new Uint8Array(),
    headers: {},
    url: "https://hub.example/webhooks/c1",
  };
  expect(probe(junk, now), "a visit by anybody").toBeNull();
}
