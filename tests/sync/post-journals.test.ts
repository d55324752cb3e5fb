import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import type { OrderAnswer } from "../../src/core/engine/commands.ts";
import { appendEvents, lastEventSeq } from "../../src/core/events/log.ts";
import type { NewEvent } from "../../src/core/events/types.ts";
import { setAccount } from "../../src/core/ledger/accounts.ts";
import { checkBooks } from "../../src/core/ledger/checks.ts";
import {
  closePeriod,
  listJournals,
  listPeriods,
  reopenPeriod,
  trialBalance,
} from "../../src/core/ledger/journals.ts";
import { updateMerchantSettings } from "../../src/core/merchants.ts";
import { postJournals, repostParked } from "../../src/sync/jobs/post-journals.ts";
import { noon, orderEvent, part, refunded, shipmentId, shipped } from "../core/ledger/builders.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestHub, testHub } from "../support/hub.ts";
import { testRuntime } from "../support/runtime.ts";

let db: Database;
let hub: TestHub;
let merchantId: string;
/** Number of the last event before the test. */
let begin: number;
const runtime = testRuntime();
beforeAll(async () => {
  db = await memoryDatabase();
});
beforeEach(async () => {
  hub = await testHub(db, runtime);
  merchantId = hub.merchant.id;
  // The hub's connection stands in the log already.
  await postJournals({ db, runtime }, merchantId);
  begin = await lastEventSeq(db, merchantId);
});
afterAll(() => db.close());

const parts = () => ({ db, runtime });
const postAll = async () => {
  while (!(await postJournals(parts(), merchantId)).caughtUp);
};
const journals = () => listJournals(db, merchantId, { after: 0, limit: 1000 });
const rules = async () => (await journals()).map((entry) => [entry.number, entry.rule]);
const openTasks = () =>
  db.query<{ kind: string; subject: string; message: string }>(
    "select kind, subject, message from tasks where merchant_id = $1 and status = 'open' order by id",
    [merchantId],
  );
const balanceOf = async () =>
  Object.fromEntries(
    (await trialBalance(db, merchantId)).map((row) => [row.accountCode, row.debitMinor - row.creditMinor]),
  );

/** Appends order events as the engine would. */
async function append(...facts: Parameters<typeof orderEvent>[1][]): Promise<number> {
  const events = facts.map((fact): NewEvent => {
    const { seq: _seq, ...event } = orderEvent(0, fact);
    return event;
  });
  return (await db.transaction((tx) => appendEvents(tx, merchantId, events))).lastSeq;
}

const paid = (
  grossMinor: number,
  more: { currency?: string; totalMinor?: number; paidAt?: string; externalId?: string } = {},
) => {
  const { totalMinor = grossMinor, paidAt = noon, ...rest } = more;
  return { ...rest, paid: { paidAt, totalMinor, platformDiscountMinor: 0, parts: [part(grossMinor, 0)] } };
};

describe("postJournals over the engine's own events", () => {
  beforeEach(() => updateMerchantSettings(db, merchantId, { defaultTaxRateBp: 1300 }));

  it("keeps the inventory account at the value of the stock, whatever happens to it", async () => {
    await hub.sku("A", 10, { unitCostMinor: 6000 });
    await hub.sku("B", 3, { unitCostMinor: 3333 });
    const first = await hub.order({ externalId: "DY-1", shippingMinor: 600 });
    const ship = (orderId: string, id: string) =>
      hub.submit({ kind: "order.ship", orderId, shipmentId: id, input: {} });
    await ship(first.orderId, runtime.ids.next());
    const second = await hub.order({
      externalId: "DY-2",
      lines: [{ externalLineId: "1", sku: "B", quantity: 2, unitPriceMinor: 9999 }],
    });
    const parcel = runtime.ids.next();
    await ship(second.orderId, parcel);
    await hub.submit({ kind: "shipment.cancel", orderId: second.orderId, shipmentId: parcel });
    await hub.submit({ kind: "order.cancel", orderId: second.orderId });
    await hub.submit({
      kind: "order.refund",
      orderId: first.orderId,
      input: {
        reference: "R-1",
        amountMinor: 10600,
        lines: [{ line: 1, amountMinor: 10000, quantity: 1, restock: true }],
      },
    });
    const adjust = (
      reference: string,
      line: {
        delta?: number;
        count?: number;
        reason: "count" | "damage" | "receipt";
        unitCostMinor?: number;
      },
    ) => hub.submit({ kind: "stock.adjust", input: { reference, lines: [{ sku: "B", ...line }] } });
    await adjust("GR-1", { delta: 7, reason: "receipt", unitCostMinor: 3100 });
    await adjust("ST-1", { count: 9, reason: "count" });
    await adjust("D-1", { delta: -2, reason: "damage" });
    await postAll();

    expect(await checkBooks(db, merchantId)).toEqual([]);
    const value = (await hub.stock("A")).valueMinor + (await hub.stock("B")).valueMinor;
    const balance = await balanceOf();
    expect(balance["1405.01"]).toBe(value);
    // Both orders are given back in full: sales, tax, liabilities, cost and the platform's account are back at zero.
    for (const code of ["1122.01", "2205.01", "2221.06", "2221.01.07", "6001.01", "6051.01", "6401.01"])
      expect([code, balance[code] ?? 0]).toEqual([code, 0]);
    expect((await rules()).map(([, rule]) => rule)).toEqual([
      "stock.opening",
      "stock.opening",
      "order.paid",
      "order.shipped.revenue",
      "order.shipped.cogs",
      "order.paid",
      "order.shipped.revenue",
      "order.shipped.cogs",
      "shipment.cancelled.revenue",
      "shipment.cancelled.cogs",
      "refund.before_shipment",
      "return.refund",
      "return.restocked",
      "purchase.received",
      "stocktake.loss",
      "damage.writeoff",
    ]);
    const reversal = (await journals()).find((entry) => entry.rule === "shipment.cancelled.cogs");
    expect(reversal?.reversalOf).toBe(8);
  });

  it("books money in the order's currency and cost in the merchant's", async () => {
    await updateMerchantSettings(db, merchantId, { exchangeRates: { USD: "7.1" } });
    await hub.sku("A", 10, { unitCostMinor: 6000 });
    const order = (await hub.order({ externalId: "US-1", currency: "USD" })) as OrderAnswer;
    await postAll();
    await updateMerchantSettings(db, merchantId, { exchangeRates: { USD: "8" } });
    await hub.submit({
      kind: "order.ship",
      orderId: order.orderId,
      shipmentId: runtime.ids.next(),
      input: {},
    });
    await postAll();
    const [, , revenue, cogs] = await journals();
    expect(revenue).toMatchObject({ currency: "USD", dimensions: { rate: "7.1" } });
    expect(cogs).toMatchObject({
      currency: "CNY",
      lines: [{ amountMinor: 6000, baseAmountMinor: 6000 }, {}],
    });
    // The liability clears in both currencies, though the rate was changed in between.
    const liability = (await trialBalance(db, merchantId)).find((row) => row.accountCode === "2205.01");
    expect(liability).toMatchObject({
      debitMinor: 8850,
      creditMinor: 8850,
      baseDebitMinor: 62835,
      baseCreditMinor: 62835,
    });
    expect(await checkBooks(db, merchantId)).toEqual([]);
  });
});

describe("postJournals", () => {
  it("follows the log in steps and says when it has caught up", async () => {
    await append(paid(100), {}, paid(200), paid(300), {});
    expect(await postJournals(parts(), merchantId, { limit: 2 })).toEqual({
      events: 2,
      entries: 1,
      caughtUp: false,
    });
    expect(await postJournals(parts(), merchantId, { limit: 2 })).toEqual({
      events: 2,
      entries: 2,
      caughtUp: false,
    });
    expect(await postJournals(parts(), merchantId, { limit: 2 })).toEqual({
      events: 1,
      entries: 0,
      caughtUp: true,
    });
    expect(await postJournals(parts(), merchantId, { limit: 2 })).toEqual({
      events: 0,
      entries: 0,
      caughtUp: true,
    });
    expect((await journals()).map((entry) => [entry.number, entry.eventSeq - begin])).toEqual([
      [1, 1],
      [2, 3],
      [3, 4],
    ]);
  });

  it("stamps entries with the injected clock", async () => {
    await runtime.set("2026-12-01T00:00:00.000Z");
    await append(paid(100));
    await postAll();
    expect(await journals()).toMatchObject([{ postedAt: "2026-12-01T00:00:00.000Z", date: "2026-11-22" }]);
  });

  it("books nothing twice, not even when the cursor is lost", async () => {
    await append(paid(100), { shipped: [shipped({ revenue: [part(100, 0)] })] });
    await postAll();
    const before = await journals();
    await db.query("delete from cursors where merchant_id = $1", [merchantId]);
    await append(paid(300));
    await postAll();
    expect((await journals()).slice(0, 2)).toEqual(before);
    expect((await rules()).map(([number]) => number)).toEqual([1, 2, 3]);
  });

  it("changes nothing when the transaction fails: the next run begins where it began", async () => {
    await append(paid(100), paid(200));
    const broken: Database = {
      ...db,
      query: db.query.bind(db),
      transaction: (work) =>
        db.transaction((tx) =>
          work({
            orm: tx.orm,
            query: (text, params) =>
              text.includes("into journal_lines")
                ? Promise.reject(new Error("disk full"))
                : tx.query(text, params),
          }),
        ),
    };
    await expect(postJournals({ db: broken, runtime }, merchantId)).rejects.toThrow("disk full");
    expect(await journals()).toEqual([]);
    expect(await postJournals(parts(), merchantId)).toEqual({ events: 2, entries: 2, caughtUp: true });
    expect((await rules()).map(([number]) => number)).toEqual([1, 2]);
  });

  it("uses the accounts of the moment for new entries and leaves the old ones", async () => {
    await append(paid(100));
    await postAll();
    await setAccount(db, merchantId, { role: "ar_platform", code: "1122.88", name: "抖店待结算" });
    await append(paid(100));
    await postAll();
    expect((await journals()).map((entry) => entry.lines[0]?.accountCode)).toEqual(["1122.01", "1122.88"]);
  });

  it("keeps merchants apart: each has its own numbers and cursor", async () => {
    const other = await testHub(db, runtime);
    await postJournals(parts(), other.merchant.id);
    await append(paid(100), paid(100));
    await postAll();
    expect(await listJournals(db, other.merchant.id, { after: 0, limit: 10 })).toEqual([]);
    expect(await postJournals(parts(), other.merchant.id)).toEqual({ events: 0, entries: 0, caughtUp: true });
    expect((await rules()).map(([number]) => number)).toEqual([1, 2]);
  });
});

describe("parked events", () => {
  it("raise a task, let the lane go on, and are booked when the reason is gone", async () => {
    const seq = await append(paid(10000, { totalMinor: 10500, externalId: "DY-9" }));
    await append(paid(100));
    await postAll();
    expect(await rules()).toEqual([[1, "order.paid"]]);
    expect(await openTasks()).toEqual([
      {
        kind: "posting_parked",
        subject: String(seq),
        message:
          `Event ${seq} is not in the books. Order DY-9: the money and the lines it stands for differ by 5.00 CNY, more than the rounding tolerance of 1.00. ` +
          "Raise roundingToleranceMinor if this is right, then post parked events again.",
      },
    ]);
    expect(await lastEventSeq(db, merchantId)).toBe(seq + 2); // the task tells the log
    expect(await repostParked(parts(), merchantId)).toEqual({ events: 0, entries: 0, stillParked: 1 });

    await updateMerchantSettings(db, merchantId, { roundingToleranceMinor: 500 });
    expect(await repostParked(parts(), merchantId)).toEqual({ events: 1, entries: 1, stillParked: 0 });
    expect(await openTasks()).toEqual([]);
    expect((await journals()).map((entry) => [entry.number, entry.eventSeq])).toEqual([
      [1, seq + 1],
      [2, seq],
    ]);
    expect(await repostParked(parts(), merchantId)).toEqual({ events: 0, entries: 0, stillParked: 0 });
    expect(await checkBooks(db, merchantId)).toEqual([]);
  });

  it("hold back what rests on them, and both are booked in one go, in order", async () => {
    const parcel = { revenue: [part(10500, 0)], costs: [] };
    await append(
      {
        refunded: [refunded({ amountMinor: 10000, unshipped: [part(10500, 0)] })],
        shipped: [shipped(parcel)],
      },
      { shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }] },
    );
    await postAll();
    expect(await journals()).toEqual([]);
    expect((await openTasks()).map((task) => task.kind)).toEqual(["posting_parked", "posting_parked"]);
    await updateMerchantSettings(db, merchantId, { roundingToleranceMinor: 500 });
    expect(await repostParked(parts(), merchantId)).toEqual({ events: 2, entries: 3, stillParked: 0 });
    expect((await journals()).map((entry) => [entry.rule, entry.reversalOf])).toEqual([
      ["order.shipped.revenue", null],
      ["refund.before_shipment", null],
      ["shipment.cancelled.revenue", 1],
    ]);
  });

  it("a currency without a rate raises one task, not one per order", async () => {
    const seq = await append(paid(100, { currency: "USD" }), paid(100, { currency: "USD" }), paid(100));
    await postAll();
    expect((await openTasks()).map((task) => [task.kind, task.subject])).toEqual([
      ["exchange_rate_missing", "USD"],
    ]);
    expect((await journals()).map((entry) => entry.lines[0]?.baseAmountMinor)).toEqual([null, null, 100]);
    const row = (await trialBalance(db, merchantId)).find(
      (item) => item.currency === "USD" && item.accountCode === "1122.01",
    );
    expect(row).toMatchObject({ debitMinor: 200, baseDebitMinor: null });
    expect(await lastEventSeq(db, merchantId)).toBe(seq + 1);
  });
});

describe("closed periods", () => {
  it("take no entry; reopening comes from the latest back", async () => {
    expect(await closePeriod(db, merchantId, "2026-10", runtime.clock)).toEqual({
      period: "2026-10",
      closedAt: "2026-12-01T00:00:00.000Z",
    });
    await closePeriod(db, merchantId, "2026-11", runtime.clock);
    await append(paid(100));
    await postAll();
    expect(await journals()).toMatchObject([
      { date: "2026-12-01", dimensions: { originalDate: "2026-11-22" } },
    ]);

    await expect(reopenPeriod(db, merchantId, "2026-10", runtime.clock)).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await listPeriods(db, merchantId)).map((row) => row.period)).toEqual(["2026-11", "2026-10"]);
    await reopenPeriod(db, merchantId, "2026-11", runtime.clock);
    await append(paid(100));
    await postAll();
    expect((await journals()).map((entry) => entry.date)).toEqual(["2026-12-01", "2026-11-22"]);
  });

  it("closing twice is closing once; what is no month, or has not begun, is refused", async () => {
    const first = await closePeriod(db, merchantId, "2026-10", runtime.clock);
    await runtime.advance(1000);
    expect(await closePeriod(db, merchantId, "2026-10", runtime.clock)).toEqual(first);
    await expect(closePeriod(db, merchantId, "2026-13", runtime.clock)).rejects.toMatchObject({
      code: "invalid_request",
    });
    await expect(closePeriod(db, merchantId, "2027-01", runtime.clock)).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(reopenPeriod(db, merchantId, "october", runtime.clock)).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(await listPeriods(db, merchantId)).toEqual([first]);
  });
});

describe("reading the books", () => {
  it("lists entries after a number, with their lines", async () => {
    await append(paid(100), paid(200), paid(300));
    await postAll();
    const [entry, ...rest] = await listJournals(db, merchantId, { after: 1, limit: 1 });
    expect(rest).toEqual([]);
    expect(entry).toEqual({
      number: 2,
      date: "2026-11-22",
      rule: "order.paid",
      eventSeq: begin + 2,
      currency: "CNY",
      narration: "订单付款 DY-1",
      orderId: "01900000-0000-7000-8000-0000000000a1",
      reversalOf: null,
      dimensions: { order: "DY-1", connection: "01900000-0000-7000-8000-0000000000c1" },
      postedAt: entry?.postedAt,
      lines: [
        {
          role: "ar_platform",
          accountCode: "1122.01",
          accountName: "应收账款-平台待结算",
          side: "debit",
          amountMinor: 200,
          baseAmountMinor: 200,
        },
        {
          role: "contract_liab",
          accountCode: "2205.01",
          accountName: "合同负债-订单货款",
          side: "credit",
          amountMinor: 200,
          baseAmountMinor: 200,
        },
      ],
    });
    expect(await listJournals(db, merchantId, { after: 3, limit: 10 })).toEqual([]);
  });

  it("adds up accounts per currency, for all time or between two dates, under their present names", async () => {
    await append(
      paid(100, { paidAt: "2026-10-31T15:00:00.000Z" }),
      paid(200),
      paid(300, { currency: "JPY" }),
    );
    await postAll();
    await setAccount(db, merchantId, { role: "ar_platform", code: "1122.01", name: "平台" });
    await append(paid(400));
    await postAll();
    const sums = async (range = {}) =>
      (await trialBalance(db, merchantId, range)).map((row) => [
        row.accountCode,
        row.accountName,
        row.currency,
        row.debitMinor,
        row.creditMinor,
      ]);
    expect(await sums()).toEqual([
      ["1122.01", "平台", "CNY", 700, 0],
      ["1122.01", "平台", "JPY", 300, 0],
      ["2205.01", "合同负债-订单货款", "CNY", 0, 700],
      ["2205.01", "合同负债-订单货款", "JPY", 0, 300],
    ]);
    expect(await sums({ to: "2026-10-31" })).toEqual([
      ["1122.01", "平台", "CNY", 100, 0],
      ["2205.01", "合同负债-订单货款", "CNY", 0, 100],
    ]);
    expect((await sums({ from: "2026-11-01" }))[0]).toEqual(["1122.01", "平台", "CNY", 600, 0]);
  });
});

describe("checkBooks", () => {
  it("finds what is broken by hand", async () => {
    await hub.sku("A", 1, { unitCostMinor: 500 });
    await append(paid(100), paid(100));
    await postAll();
    expect(await checkBooks(db, merchantId)).toEqual([]);
    await db.query(
      "update journal_lines set amount_minor = 99 where merchant_id = $1 and number = 2 and line_no = 1",
      [merchantId],
    );
    await db.query("delete from journal_lines where merchant_id = $1 and number = 1 and line_no = 1", [
      merchantId,
    ]);
    await db.query(
      "update journal_lines set number = 2, line_no = line_no + 5 where merchant_id = $1 and number = 3",
      [merchantId],
    );
    await db.query("delete from journal_entries where merchant_id = $1 and number = 3", [merchantId]);
    await append(paid(100));
    await db.query(
      `insert into journal_entries (merchant_id, number, date, rule, event_seq, currency, narration, posted_at) values ($1, 9, '2026-11-01', 'x', 99, 'CNY', 'x', $2)`,
      [merchantId, noon],
    );
    expect((await checkBooks(db, merchantId)).map((problem) => problem.message)).toEqual([
      "Entry 1: debits and credits differ by -500 in CNY and -500 in the base currency (minor units).",
      "Entry 2: debits and credits differ by -1 in CNY and 0 in the base currency (minor units).",
      "Entry 1 has 1 lines; an entry has at least two.",
      "Entry 9 has 0 lines; an entry has at least two.",
      "Entry 9 follows entry 2; numbers must have no gaps.",
      "The inventory account says 0, the stock that was booked is worth 500 (minor units of the base currency).",
    ]);
  });
});
