import { describe, expect, it } from "vitest";
import { setAccount } from "../../src/core/ledger/accounts.ts";
import { checkBooks } from "../../src/core/ledger/checks.ts";
import {
  closePeriod,
  listJournals,
  listPeriods,
  reopenPeriod,
  trialBalance,
} from "../../src/core/ledger/journals.ts";
import { noon } from "../core/ledger/builders.ts";
import { paidFacts, useBooks } from "../core/ledger/fixture.ts";

const at = useBooks();

describe("closed periods", () => {
  it("take no entry; reopening comes from the latest back", async () => {
    expect(await closePeriod(at.db, at.merchantId, "2026-10", at.runtime.clock)).toEqual({
      period: "2026-10",
      closedAt: "2026-11-22T08:00:00.000Z",
    });
    await closePeriod(at.db, at.merchantId, "2026-11", at.runtime.clock);
    await at.append(paidFacts(100));
    await at.postAll();
    expect(await at.journals()).toMatchObject([
      { date: "2026-12-01", dimensions: { originalDate: "2026-11-22" } },
    ]);

    await expect(reopenPeriod(at.db, at.merchantId, "2026-10", at.runtime.clock)).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await listPeriods(at.db, at.merchantId)).map((row) => row.period)).toEqual([
      "2026-11",
      "2026-10",
    ]);
    await reopenPeriod(at.db, at.merchantId, "2026-11", at.runtime.clock);
    await at.append(paidFacts(100));
    await at.postAll();
    expect((await at.journals()).map((entry) => entry.date)).toEqual(["2026-12-01", "2026-11-22"]);
  });

  it("closing twice is closing once; what is no month, or has not begun, is refused", async () => {
    const first = await closePeriod(at.db, at.merchantId, "2026-10", at.runtime.clock);
    await at.runtime.advance(1000);
    expect(await closePeriod(at.db, at.merchantId, "2026-10", at.runtime.clock)).toEqual(first);
    await expect(closePeriod(at.db, at.merchantId, "2026-13", at.runtime.clock)).rejects.toMatchObject({
      code: "invalid_request",
    });
    await expect(closePeriod(at.db, at.merchantId, "2027-01", at.runtime.clock)).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(reopenPeriod(at.db, at.merchantId, "october", at.runtime.clock)).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(await listPeriods(at.db, at.merchantId)).toEqual([first]);
  });
});

describe("reading the books", () => {
  it("lists entries after a number, with their lines", async () => {
    await at.append(paidFacts(100), paidFacts(200), paidFacts(300));
    await at.postAll();
    const [entry, ...rest] = await listJournals(at.db, at.merchantId, { after: 1, limit: 1 });
    expect(rest).toEqual([]);
    expect(entry).toEqual({
      number: 2,
      date: "2026-11-22",
      rule: "order.paid",
      eventSeq: at.begin + 2,
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
    expect(await listJournals(at.db, at.merchantId, { after: 3, limit: 10 })).toEqual([]);
  });

  it("adds up accounts per currency, for all time or between two dates, under their present names", async () => {
    await at.append(
      paidFacts(100, { paidAt: "2026-10-31T15:00:00.000Z" }),
      paidFacts(200),
      paidFacts(300, { currency: "JPY" }),
    );
    await at.postAll();
    await setAccount(at.db, at.merchantId, { role: "ar_platform", code: "1122.01", name: "平台" });
    await at.append(paidFacts(400));
    await at.postAll();
    const sums = async (range = {}) =>
      (await trialBalance(at.db, at.merchantId, range)).map((row) => [
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
    await at.hub.sku("A", 1, { unitCostMinor: 500 });
    await at.append(paidFacts(100), paidFacts(100));
    await at.postAll();
    expect(await checkBooks(at.db, at.merchantId)).toEqual([]);
    await at.db.query(
      "update journal_lines set amount_minor = 99 where merchant_id = $1 and number = 2 and line_no = 1",
      [at.merchantId],
    );
    await at.db.query("delete from journal_lines where merchant_id = $1 and number = 1 and line_no = 1", [
      at.merchantId,
    ]);
    await at.db.query(
      "update journal_lines set number = 2, line_no = line_no + 5 where merchant_id = $1 and number = 3",
      [at.merchantId],
    );
    await at.db.query("delete from journal_entries where merchant_id = $1 and number = 3", [at.merchantId]);
    await at.append(paidFacts(100));
    await at.db.query(
      `insert into journal_entries (merchant_id, number, date, rule, event_seq, currency, narration, posted_at) values ($1, 9, '2026-11-01', 'x', 99, 'CNY', 'x', $2)`,
      [at.merchantId, noon],
    );
    expect((await checkBooks(at.db, at.merchantId)).map((problem) => problem.message)).toEqual([
      "Entry 1: debits and credits differ by -500 in CNY and -500 in the base currency (minor units).",
      "Entry 2: debits and credits differ by -1 in CNY and 0 in the base currency (minor units).",
      "Entry 1 has 1 lines; an entry has at least two.",
      "Entry 9 has 0 lines; an entry has at least two.",
      "Entry 9 follows entry 2; numbers must have no gaps.",
      "The inventory account says 0, the stock that was booked is worth 500 (minor units of the base currency).",
    ]);
  });
});
