import { expect } from "vitest";
import type { RawDelivery, Verification } from "../../../src/connectors/contract.ts";
import { instantOf } from "../../../src/core/clock.ts";
import { present, type Session } from "../session.ts";
import type { FakeWebhooks } from "../subject.ts";

/** What several checks of webhooks do with a delivery. */

export const verify = (
  { account, runtime }: Session,
  delivery: RawDelivery,
  atMs = runtime.clock.nowMs(),
): Verification => present(account.webhooks, "webhooks").verify(delivery, instantOf(atMs));

export const refusedAs = (verification: Verification): string =>
  verification.verified ? "passed" : verification.reason;

export function changedBodiesAreRefused(session: Session, fake: FakeWebhooks, delivery: RawDelivery): void {
  // An encrypted body that is changed opens to something else, or not at all.
  const refusals = fake.signatureHeader === undefined ? ["mismatch", "malformed"] : ["mismatch"];
  const refused = (body: Uint8Array, what: string) =>
    expect(refusals, what).toContain(refusedAs(verify(session, { ...delivery, body })));
  for (let at = 0; at < delivery.body.byteLength; at += Math.ceil(delivery.body.byteLength / 40)) {
    const body = new Uint8Array(delivery.body);
    body[at] = (body[at] ?? 0) ^ 1;
    refused(body, `with byte ${at} changed`);
  }
  refused(new Uint8Array([...delivery.body, 0x20]), "with a space added");
  refused(new Uint8Array(), "with no body");
}
