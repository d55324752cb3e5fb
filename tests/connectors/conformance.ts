import { describe, it } from "vitest";
import { authorizationChecks } from "./checks/authorization.ts";
import type { Check } from "./checks/check.ts";
import { failureChecks } from "./checks/failures.ts";
import { fulfilmentChecks } from "./checks/fulfilments.ts";
import { listingChecks } from "./checks/listings.ts";
import { manifestChecks } from "./checks/manifest.ts";
import { oneBadOrderChecks } from "./checks/one-bad-order.ts";
import { orderChecks } from "./checks/orders.ts";
import { refundChecks } from "./checks/refunds.ts";
import { roomChecks } from "./checks/rooms.ts";
import { secretChecks } from "./checks/secrets.ts";
import { stockChecks } from "./checks/stock.ts";
import { webhookChecks } from "./checks/webhooks.ts";
import type { Subject } from "./subject.ts";

/** Every promise of `src/connectors/contract.ts` that can be tried from outside. */
export const checks: readonly Check[] = [
  ...manifestChecks,
  ...authorizationChecks,
  ...failureChecks,
  ...secretChecks,
  ...webhookChecks,
  ...orderChecks,
  ...oneBadOrderChecks,
  ...refundChecks,
  ...stockChecks,
  ...fulfilmentChecks,
  ...listingChecks,
  ...roomChecks,
];

/** Tries a connector against every promise its manifest makes. */
export function conformance(subject: Subject): void {
  describe(`${subject.connector.manifest.id} keeps the contract`, () => {
    for (const check of checks) if (check.applies(subject)) it(check.title, () => check.run(subject));
  });
}
