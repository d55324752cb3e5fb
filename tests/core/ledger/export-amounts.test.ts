import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { StoredEvent } from "../../../src/core/events/types.ts";
import { post } from "../../../src/core/ledger/post.ts";
import { insertEntries } from "../../../src/core/ledger/store.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";
import { books, exported, noon, nothingBooked, orderEvent, part, refunded } from "./builders.ts";

let db: Database;
let merchantId: string;
const runtime = testRuntime();
beforeAll(async () => {
  db = await memoryDatabase();
});
beforeEach(async () => {
  merchantId = (await testMerchant(db, runtime)).id;
});
afterAll(() => db.close());

async function book(events: StoredEvent[], settings: object = {}): Promise<void> {
  const { entries, parked } = post(events, books({ settings }), nothingBooked);
  expect(parked).toEqual([]);
  await db.transaction((tx) => insertEntries(tx, merchantId, entries, noon));
}

const paid = (
  seq: number,
  options: { externalId?: string; currency?: string; paidAt?: string; gross?: number; tax?: number } = {},
) => {
  const { externalId = "DY-1", currency = "CNY", paidAt = noon, gross = 11300, tax = 1300 } = options;
  return orderEvent(seq, {
    externalId,
    currency,
    paid: { paidAt, totalMinor: gross, platformDiscountMinor: 0, parts: [part(gross, tax)] },
  });
};

describe("amounts", () => {
  it("have the decimals of their currency (F118)", async () => {
    await book([
      paid(1, { currency: "JPY", gross: 500, tax: 0 }),
      paid(2, { currency: "KWD", gross: 5, tax: 0 }),
      paid(3, { gross: Number.MAX_SAFE_INTEGER, tax: 0 }),
      orderEvent(4, {
        currency: "JPY",
        refunded: [refunded({ amountMinor: 500, unshipped: [part(500, 0)] })],
      }),
    ]);
    const text = await exported(db, merchantId, { format: "hledger" });
    expect(text).toContain("commodity JPY 1000.\ncommodity KWD 1000.000\n");
    expect(text.match(/(?<= {4})[A-Z]{3} -?[\d.]+\n/g)).toEqual([
      "JPY 500\n",
      "JPY -500\n",
      "KWD 0.005\n",
      "KWD -0.005\n",
      "CNY 90071992547409.91\n",
      "CNY -90071992547409.91\n",
      "JPY 500\n",
      "JPY -500\n",
    ]);
    expect(await exported(db, merchantId, { format: "ledger" })).toContain(
      "commodity JPY\n    format 1000 JPY\n",
    );
  });

  it("of 10,000 random invoices balance in every exported entry after rounding (F112)", async () => {
    const events = Array.from({ length: 10_000 }, (_, index) => {
      const gross = 1 + ((index * 7919 + index * index) % 1_000_000);
      const rate = [0, 100, 300, 600, 900, 1300][index % 6] ?? 0;
      const net = Math.round((gross * 10_000) / (10_000 + rate));
      return paid(index + 1, { gross, tax: gross - net, currency: index % 3 === 0 ? "USD" : "CNY" });
    });
    await book(events, { exchangeRates: { USD: "7.1034" } });
    const cents = (text: string) => BigInt(text.replace(".", ""));
    let checked = 0;
    for (const line of (await exported(db, merchantId, { format: "jsonl" })).trimEnd().split("\n")) {
      const entry = JSON.parse(line) as { lines: { debit: string; credit: string; baseAmount: string }[] };
      const debit = entry.lines.reduce((sum, item) => sum + cents(item.debit), 0n);
      const credit = entry.lines.reduce((sum, item) => sum + cents(item.credit), 0n);
      const base = entry.lines.reduce(
        (sum, item) => sum + cents(item.baseAmount) * (item.debit === "0.00" ? -1n : 1n),
        0n,
      );
      expect([debit - credit, base]).toEqual([0n, 0n]);
      checked += 1;
    }
    expect(checked).toBe(10_000);
  });
});
