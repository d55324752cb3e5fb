import { describe, expect, it } from "vitest";
import { csv, openFiles, options } from "./support.ts";

const files = openFiles();
const read = (lines: string[], given: Parameters<typeof options>[0] = {}) =>
  files.stock(csv(...lines), options(given));

describe("stock from a file", () => {
  it("reads counts, changes, costs, places and reasons", async () => {
    const file = await read([
      "SKU,location,on hand,delta,held back,unit cost,reason",
      "0017,,12,,2,3.50,",
      "TEA,SHOP,,-4,,,damage",
      'CUP,,"1,200",,,,期初',
    ]);
    expect(file.rejected).toEqual([]);
    expect(file.items.map(({ line, adjustment }) => [line, adjustment])).toEqual([
      [2, { sku: "0017", count: 12, heldBack: 2, unitCostMinor: 350, reason: "count" }],
      [3, { sku: "TEA", location: "SHOP", delta: -4, reason: "damage" }],
      [4, { sku: "CUP", count: 1200, reason: "opening" }],
    ]);
  });

  it("reads a Chinese stock list, with the reason given for the whole file", async () => {
    const file = await read(["货号,库存数量,成本价", "A-1,7,1.20"], { reason: "opening" });
    expect(file.items[0]?.adjustment).toEqual({
      sku: "A-1",
      count: 7,
      unitCostMinor: 120,
      reason: "opening",
    });
  });

  it("rejects bad rows one by one and a SKU counted twice with all its rows", async () => {
    const file = await read([
      "sku,count,delta,reason",
      "A,5,,",
      "B,-1,,",
      "C,1.5,,",
      "D,1,2,",
      "E,,,",
      "F,1,,stolen",
      "A,6,,",
      "G,1,,",
      ",1,,",
    ]);
    expect(file.rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [2, "SKU A is counted more than once, in lines 2, 8; keep one of them"],
      [3, "count must not be negative"],
      [4, 'count "1.5" is no whole number'],
      [5, "give delta or count, not both"],
      [6, "needs delta, count or heldBack"],
      [
        7,
        'the reason "stolen" is not known; write one of opening, receipt, count, damage, loss, gain, sample, return, other',
      ],
      [8, "SKU A is counted more than once, in lines 2, 8; keep one of them"],
      [10, "sku is empty"],
    ]);
    expect(file.items.map(({ adjustment }) => adjustment.sku)).toEqual(["G"]);
  });

  it("adds changes of one SKU instead of refusing them", async () => {
    const file = await read(["sku,delta,reason", "A,5,receipt", "A,-1,damage"]);
    expect(file.items.map(({ adjustment }) => adjustment.delta)).toEqual([5, -1]);
  });
});
