import { describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { lastEventSeq } from "../../src/core/events/log.ts";
import { setAccount } from "../../src/core/ledger/accounts.ts";
import { checkBooks } from "../../src/core/ledger/checks.ts";
import { listJournals, trialBalance } from "../../src/core/ledger/journals.ts";
import { updateMerchantSettings } from "../../src/core/merchants.ts";
import { postJournals, repostParked } from "../../src/sync/jobs/post-journals.ts";
import { noon, part, refunded, shipmentId, shipped } from "../core/ledger/builders.ts";
import { paidFacts, useBooks } from "../core/ledger/fixture.ts";
import { testHub } from "../support/hub.ts";

const at = useBooks();
const openTasks = () =>
  at.db.query<{ kind: string; subject: string; message: string }>(
    "select kind, subject, message from tasks where merchant_id = $1 and status = 'open' order by id",
    [at.merchantId],
  );

describe("postJournals", () => {
  it("follows the log in steps and says when it has caught up", async () => {
    await at.append(paidFacts(100), {}, paidFacts(200), paidFacts(300), {});
    expect(await postJournals(at.parts(), at.merchantId, { limit: 2 })).toEqual({
      events: 2,
      entries: 1,
      caughtUp: false,
    });
    expect(await postJournals(at.parts(), at.merchantId, { limit: 2 })).toEqual({
      events: 2,
      entries: 2,
      caughtUp: false,
    });
    expect(await postJournals(at.parts(), at.merchantId, { limit: 2 })).toEqual({
      events: 1,
      entries: 0,
      caughtUp: true,
    });
    expect(await postJournals(at.parts(), at.merchantId, { limit: 2 })).toEqual({
      events: 0,
      entries: 0,
      caughtUp: true,
    });
    expect((await at.journals()).map((entry) => [entry.number, entry.eventSeq - at.begin])).toEqual([
      [1, 1],
      [2, 3],
      [3, 4],
    ]);
  });

  it("stamps entries with the injected clock", async () => {
    await at.runtime.set("2026-12-01T00:00:00.000Z");
    await at.append(paidFacts(100));
    await at.postAll();
    expect(await at.journals()).toMatchObject([{ postedAt: "2026-12-01T00:00:00.000Z", date: "2026-11-22" }]);
  });

  it("books nothing twice, not even when the cursor is lost", async () => {
    await at.append(paidFacts(100), { shipped: [shipped({ revenue: [part(100, 0)] })] });
    await at.postAll();
    const before = await at.journals();
    await at.db.query("delete from cursors where merchant_id = $1", [at.merchantId]);
    await at.append(paidFacts(300));
    await at.postAll();
    expect((await at.journals()).slice(0, 2)).toEqual(before);
    expect((await at.rules()).map(([number]) => number)).toEqual([1, 2, 3]);
  });

  it("changes nothing when the transaction fails: the next run begins where it began", async () => {
    await at.append(paidFacts(100), paidFacts(200));
    const broken: Database = {
      ...at.db,
      query: at.db.query.bind(at.db),
      transaction: (work) =>
        at.db.transaction((tx) =>
          work({
            query: (text, params) =>
              text.includes("into journal_lines")
                ? Promise.reject(new Error("disk full"))
                : tx.query(text, params),
          }),
        ),
    };
    await expect(postJournals({ db: broken, runtime: at.runtime }, at.merchantId)).rejects.toThrow(
      "disk full",
    );
    expect(await at.journals()).toEqual([]);
    expect(await postJournals(at.parts(), at.merchantId)).toEqual({ events: 2, entries: 2, caughtUp: true });
    expect((await at.rules()).map(([number]) => number)).toEqual([1, 2]);
  });

  it("uses the accounts of the moment for new entries and leaves the old ones", async () => {
    await at.append(paidFacts(100));
    await at.postAll();
    await setAccount(at.db, at.merchantId, { role: "ar_platform", code: "1122.88", name: "抖店待结算" });
    await at.append(paidFacts(100));
    await at.postAll();
    expect((await at.journals()).map((entry) => entry.lines[0]?.accountCode)).toEqual(["1122.01", "1122.88"]);
  });

  it("keeps merchants apart: each has its own numbers and cursor", async () => {
    const other = await testHub(at.db, at.runtime);
    await postJournals(at.parts(), other.merchant.id);
    await at.append(paidFacts(100), paidFacts(100));
    await at.postAll();
    expect(await listJournals(at.db, other.merchant.id, { after: 0, limit: 10 })).toEqual([]);
    expect(await postJournals(at.parts(), other.merchant.id)).toEqual({
      events: 0,
      entries: 0,
      caughtUp: true,
    });
    expect((await at.rules()).map(([number]) => number)).toEqual([1, 2]);
  });
});

describe("parked events", () => {
  it("raise a task, let the lane go on, and are booked when the reason is gone", async () => {
    const seq = await at.append(paidFacts(10000, { totalMinor: 10500, externalId: "DY-9" }));
    await at.append(paidFacts(100));
    await at.postAll();
    expect(await at.rules()).toEqual([[1, "order.paid"]]);
    expect(await openTasks()).toEqual([
      {
        kind: "posting_parked",
        subject: String(seq),
        message:
          `Event ${seq} is not in the books. Order DY-9: the money and the lines it stands for differ by 5.00 CNY, more than the rounding tolerance of 1.00. ` +
          "Raise roundingToleranceMinor if this is right, then post parked events again.",
      },
    ]);
    expect(await lastEventSeq(at.db, at.merchantId)).toBe(seq + 2); // the task tells the log
    expect(await repostParked(at.parts(), at.merchantId)).toEqual({ events: 0, entries: 0, stillParked: 1 });

    await updateMerchantSettings(at.db, at.merchantId, { roundingToleranceMinor: 500 });
    expect(await repostParked(at.parts(), at.merchantId)).toEqual({ events: 1, entries: 1, stillParked: 0 });
    expect(await openTasks()).toEqual([]);
    expect((await at.journals()).map((entry) => [entry.number, entry.eventSeq])).toEqual([
      [1, seq + 1],
      [2, seq],
    ]);
    expect(await repostParked(at.parts(), at.merchantId)).toEqual({ events: 0, entries: 0, stillParked: 0 });
    expect(await checkBooks(at.db, at.merchantId)).toEqual([]);
  });

  it("hold back what rests on them, and both are booked in one go, in order", async () => {
    const parcel = { revenue: [part(10500, 0)], costs: [] };
    await at.append(
      {
        refunded: [refunded({ amountMinor: 10000, unshipped: [part(10500, 0)] })],
        shipped: [shipped(parcel)],
      },
      { shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }] },
    );
    await at.postAll();
    expect(await at.journals()).toEqual([]);
    expect((await openTasks()).map((task) => task.kind)).toEqual(["posting_parked", "posting_parked"]);
    await updateMerchantSettings(at.db, at.merchantId, { roundingToleranceMinor: 500 });
    expect(await repostParked(at.parts(), at.merchantId)).toEqual({ events: 2, entries: 3, stillParked: 0 });
    expect((await at.journals()).map((entry) => [entry.rule, entry.reversalOf])).toEqual([
      ["order.shipped.revenue", null],
      ["refund.before_shipment", null],
      ["shipment.cancelled.revenue", 1],
    ]);
  });

  it("a currency without a rate raises one task, not one per order", async () => {
    const seq = await at.append(
      paidFacts(100, { currency: "USD" }),
      paidFacts(100, { currency: "USD" }),
      paidFacts(100),
    );
    await at.postAll();
    expect((await openTasks()).map((task) => [task.kind, task.subject])).toEqual([
      ["exchange_rate_missing", "USD"],
    ]);
    expect((await at.journals()).map((entry) => entry.lines[0]?.baseAmountMinor)).toEqual([null, null, 100]);
    const row = (await trialBalance(at.db, at.merchantId)).find(
      (item) => item.currency === "USD" && item.accountCode === "1122.01",
    );
    expect(row).toMatchObject({ debitMinor: 200, baseDebitMinor: null });
    expect(await lastEventSeq(at.db, at.merchantId)).toBe(seq + 1);
  });
});
