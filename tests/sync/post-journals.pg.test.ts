import { afterAll, beforeAll, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { appendEvents } from "../../src/core/events/log.ts";
import type { NewEvent } from "../../src/core/events/types.ts";
import { checkBooks } from "../../src/core/ledger/checks.ts";
import { closePeriod, listJournals } from "../../src/core/ledger/journals.ts";
import { postJournals } from "../../src/sync/jobs/post-journals.ts";
import { noon, orderEvent, part } from "../core/ledger/builders.ts";
import { postgresDatabase } from "../support/database.ts";
import { testMerchant } from "../support/merchant.ts";
import { describePg } from "../support/postgres.ts";
import { testRuntime } from "../support/runtime.ts";

await describePg("posting on PostgreSQL", () => {
  let db: Database;
  let close: () => Promise<void>;
  const runtime = testRuntime();
  beforeAll(async () => {
    ({ db, close } = await postgresDatabase({ maxConnections: 8 }));
  });
  afterAll(() => close());

  const paidEvents = (count: number, paidAt = noon): NewEvent[] =>
    Array.from({ length: count }, (_, index) => {
      const { seq: _seq, ...event } = orderEvent(0, {
        externalId: `DY-${index}`,
        paid: { paidAt, totalMinor: 100 + index, platformDiscountMinor: 0, parts: [part(100 + index, 10)] },
      });
      return event;
    });
  const append = (merchantId: string, events: NewEvent[]) =>
    db.transaction((tx) => appendEvents(tx, merchantId, events));
  const drain = async (merchantId: string, limit: number): Promise<number> => {
    let entries = 0;
    for (;;) {
      const step = await postJournals({ db, runtime }, merchantId, { limit });
      entries += step.entries;
      if (step.caughtUp) return entries;
    }
  };

  it("several posters and a writer at once make each entry once, numbered without gaps", async () => {
    const merchantId = (await testMerchant(db, runtime)).id;
    const batches = Array.from({ length: 20 }, () => paidEvents(25));
    const writing = (async () => {
      for (const batch of batches) await append(merchantId, batch);
    })();
    const posted = await Promise.all([
      drain(merchantId, 7),
      drain(merchantId, 30),
      drain(merchantId, 100),
      writing,
    ]);
    const rest = await drain(merchantId, 1000);
    expect(posted.slice(0, 3).reduce((sum: number, count) => sum + (count ?? 0), rest)).toBe(500);
    const entries = await listJournals(db, merchantId, { after: 0, limit: 1000 });
    expect(entries.map((entry) => entry.number)).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
    expect(entries.map((entry) => entry.eventSeq)).toEqual(entries.map((entry) => entry.number));
    expect(await checkBooks(db, merchantId)).toEqual([]);
  });

  it("a period that closes meanwhile takes no entry after it is closed", async () => {
    const merchantId = (await testMerchant(db, runtime)).id;
    await append(merchantId, paidEvents(400, "2026-10-15T00:00:00.000Z"));
    const [, closed] = await Promise.all([
      drain(merchantId, 20),
      closePeriod(db, merchantId, "2026-10", runtime.clock).then(
        async () => (await listJournals(db, merchantId, { after: 0, limit: 1000 })).length,
      ),
    ]);
    const entries = await listJournals(db, merchantId, { after: 0, limit: 1000 });
    expect(entries).toHaveLength(400);
    // Entries in the closed month all have lower numbers than those that were moved out of it.
    const october = entries.filter((entry) => entry.date === "2026-10-15");
    expect(october.length).toBeLessThanOrEqual(closed);
    expect(entries.slice(october.length).every((entry) => entry.date === "2026-11-01")).toBe(true);
  });
});
