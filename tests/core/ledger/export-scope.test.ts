import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { StoredEvent } from "../../../src/core/events/types.ts";
import {
  type ExportFormat,
  exportFormats,
  exportJournals,
} from "../../../src/core/ledger/export/export-journals.ts";
import { post } from "../../../src/core/ledger/post.ts";
import { insertEntries } from "../../../src/core/ledger/store.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";
import { books, exported, noon, nothingBooked, orderEvent, part } from "./builders.ts";

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

const formats = Object.keys(exportFormats) as ExportFormat[];

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

describe("what is exported", () => {
  const numbers = async (options: Parameters<typeof exported>[2]) =>
    [...(await exported(db, merchantId, options)).matchAll(/\(?JE-(\d+)\)? |"number":(\d+)/g)].map((match) =>
      Number(match[1] ?? match[2]),
    );

  it("is in the order of posting for jsonl and csv, by date for the plain-text formats", async () => {
    const days = ["2026-11-03", "2026-11-01", "2026-11-02", "2026-11-01"];
    await book(days.map((day, index) => paid(index + 1, { paidAt: `${day}T04:00:00.000Z` })));
    expect(await numbers({ format: "jsonl" })).toEqual([1, 2, 3, 4]);
    expect(await numbers({ format: "hledger" })).toEqual([2, 4, 3, 1]);
    expect(await numbers({ format: "hledger", from: "2026-11-02" })).toEqual([3, 1]);
    expect(await numbers({ format: "hledger", to: "2026-11-02", after: 2 })).toEqual([4, 3]);
    expect(await numbers({ format: "jsonl", from: "2026-11-01", to: "2026-11-01" })).toEqual([2, 4]);
    expect(await numbers({ format: "jsonl", after: 3 })).toEqual([4]);
    expect(await numbers({ format: "jsonl", after: 4 })).toEqual([]);
  });

  it("goes over many pages without a gap or a repeat", async () => {
    const count = 2500;
    await book(
      Array.from({ length: count }, (_, index) =>
        paid(index + 1, { paidAt: `2026-11-${String(28 - (index % 28)).padStart(2, "0")}T04:00:00.000Z` }),
      ),
    );
    const all = Array.from({ length: count }, (_, index) => index + 1);
    expect(await numbers({ format: "jsonl" })).toEqual(all);
    const byDate = await numbers({ format: "ledger" });
    expect([...byDate].sort((a, b) => a - b)).toEqual(all);
    expect(byDate[0]).toBe(28);
  });

  it("is the merchant's own, and nothing that came after the start", async () => {
    await book([paid(1)]);
    const stream = exportJournals(db, merchantId, { format: "jsonl" })[Symbol.asyncIterator]();
    const first = await stream.next();
    await db.transaction((tx) =>
      insertEntries(
        tx,
        merchantId,
        post([paid(2)], books(), { ...nothingBooked, lastNumber: 1 }).entries,
        noon,
      ),
    );
    expect([
      new TextDecoder().decode(first.value as Uint8Array).match(/"number":\d+/g),
      await stream.next(),
    ]).toEqual([['"number":1'], { done: true, value: undefined }]);
    const other = (await testMerchant(db, runtime)).id;
    expect(await exported(db, other, { format: "jsonl" })).toBe("");
  });

  it.each(formats)("%s of empty books is its head only", async (format) => {
    const text = await exported(db, merchantId, { format });
    expect(text).not.toContain("JE-");
    expect(text.split("\n").length).toBeLessThan(15);
  });

  it("refuses options that make no sense, before anything is read", () => {
    for (const options of [
      { format: "xml" },
      { format: "csv", from: "yesterday" },
      { format: "csv", to: "2026-02-30" },
      { format: "csv", after: -1 },
      { format: "hledger", bom: true },
    ]) {
      expect(() => exportJournals(db, merchantId, options as never)).toThrow(
        "The journal cannot be exported so.",
      );
    }
  });
});
