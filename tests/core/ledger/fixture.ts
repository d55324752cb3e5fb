import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { appendEvents, lastEventSeq } from "../../../src/core/events/log.ts";
import type { NewEvent } from "../../../src/core/events/types.ts";
import type { PostedEntry } from "../../../src/core/ledger/entry.ts";
import { listJournals, trialBalance } from "../../../src/core/ledger/journals.ts";
import { postJournals } from "../../../src/sync/jobs/post-journals.ts";
import { memoryDatabase } from "../../support/database.ts";
import { type TestHub, testHub } from "../../support/hub.ts";
import { testRuntime } from "../../support/runtime.ts";
import { noon, orderEvent, part } from "./builders.ts";

type Facts = Parameters<typeof orderEvent>[1];

/** A merchant of its own for every test of the file, on one embedded database, with its books posted so far. */
export function useBooks() {
  const runtime = testRuntime();
  const at = {
    runtime,
    db: undefined as unknown as Database,
    hub: undefined as unknown as TestHub,
    merchantId: "",
    /** Number of the last event before the test. */
    begin: 0,
    parts: () => ({ db: at.db, runtime }),
    async postAll(): Promise<void> {
      while (!(await postJournals(at.parts(), at.merchantId)).caughtUp);
    },
    journals: (): Promise<PostedEntry[]> => listJournals(at.db, at.merchantId, { after: 0, limit: 1000 }),
    rules: async () => (await at.journals()).map((entry) => [entry.number, entry.rule]),
    /** Debits less credits by account code. */
    balances: async (): Promise<Record<string, number>> =>
      Object.fromEntries(
        (await trialBalance(at.db, at.merchantId)).map((row) => [
          row.accountCode,
          Number(row.debitMinor) - Number(row.creditMinor),
        ]),
      ),
    /** Appends order events as the engine would; answers the number of the last. */
    async append(...facts: Facts[]): Promise<number> {
      const events = facts.map((fact): NewEvent => {
        const { seq: _seq, ...event } = orderEvent(0, fact);
        return event;
      });
      return (await at.db.transaction((tx) => appendEvents(tx, at.merchantId, events))).lastSeq;
    },
  };
  beforeAll(async () => {
    at.db = await memoryDatabase();
  });
  beforeEach(async () => {
    at.hub = await testHub(at.db, runtime);
    at.merchantId = at.hub.merchant.id;
    // The hub's connection stands in the log already.
    await postJournals(at.parts(), at.merchantId);
    at.begin = await lastEventSeq(at.db, at.merchantId);
  });
  afterAll(() => at.db.close());
  return at;
}

/** Facts of an order that was paid, without tax. */
export function paidFacts(
  grossMinor: number,
  more: { currency?: string; totalMinor?: number; paidAt?: string; externalId?: string } = {},
): Facts {
  const { totalMinor = grossMinor, paidAt = noon, ...rest } = more;
  return { ...rest, paid: { paidAt, totalMinor, platformDiscountMinor: 0, parts: [part(grossMinor, 0)] } };
}
