import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/core/engine/commands.ts";
import { importOrders, importStock } from "../../src/sync/jobs/import-file.ts";
import { csv, lastEvent, skus, stock, useImportHub } from "./support/import-hub.ts";

const hub = useImportHub();

describe("importing stock", () => {
  it("posts counts and changes once, however often the file comes", async () => {
    await skus(hub, "TEA", "0017");
    const source = csv("sku,count,delta,unit cost", "TEA,10,,2.50", "0017,,4,1.00");
    const first = await importStock(hub.parts, hub.merchantId, source);
    expect(first).toMatchObject({ rows: 2, imported: 2, rejected: [], outcomes: { applied: 1 } });
    expect(await stock(hub)).toEqual({ "0017": [4, 0, 400], TEA: [10, 0, 2500] });
    const seq = await lastEvent(hub);
    await hub.runtime.advance(86_400_000);
    const again = await importStock(hub.parts, hub.merchantId, source);
    expect(again.outcomes).toEqual({ duplicate: 1 });
    expect(again.warnings.map(({ message }) => message)).toEqual([
      "1 documents were posted by an earlier import of this file and changed nothing; give a reference to post them again",
    ]);
    expect(await lastEvent(hub)).toBe(seq);
    await importStock(hub.parts, hub.merchantId, source, { reference: "second delivery" });
    expect(await stock(hub)).toEqual({ "0017": [8, 0, 800], TEA: [10, 0, 2500] });
  });

  it("lets one refused row stop no other, at the first run and at the next", async () => {
    await skus(hub, "A", "B", "C");
    const source = csv("sku,delta", "A,5", "B,-1", "C,7", "D,1");
    const reasons = [
      [3, "B has 0 on hand at MAIN; -1 would leave less than nothing. Post a count instead."],
      [5, "there is no SKU D; create it and import again"],
    ];
    for (const _ of [1, 2]) {
      const report = await importStock(hub.parts, hub.merchantId, source);
      expect(report.rejected.map(({ line, reason }) => [line, reason])).toEqual(reasons);
      expect(await stock(hub)).toEqual({ A: [5, 0, 0], C: [7, 0, 0] });
    }
  });

  it("counts as zero what the file does not name, at the places it names (F086)", async () => {
    await skus(hub, "TEA", "CUP", "POT");
    await importStock(
      hub.parts,
      hub.merchantId,
      csv("sku,count,unit cost", "TEA,10,1", "CUP,4,1", "POT,2,1"),
    );
    const source = csv("sku,count", "TEA,9");
    const dry = await importStock(hub.parts, hub.merchantId, source, { zeroMissing: true, dryRun: true });
    expect(dry.imported).toBe(1);
    expect(await stock(hub)).toEqual({ CUP: [4, 0, 400], POT: [2, 0, 200], TEA: [10, 0, 1000] });
    const report = await importStock(hub.parts, hub.merchantId, source, { zeroMissing: true });
    expect(report.warnings).toEqual([
      { line: 0, message: "2 SKUs that the file does not name were counted as zero, and read back as zero" },
    ]);
    expect(await stock(hub)).toEqual({ TEA: [9, 0, 900] });
    await hub.runtime.advance(86_400_000);
    await importStock(hub.parts, hub.merchantId, csv("sku,delta", "CUP,3"));
    await importStock(hub.parts, hub.merchantId, source, { zeroMissing: true });
    expect(await stock(hub)).toEqual({ CUP: [3, 0, 0], TEA: [9, 0, 900] });
  });

  it("counts what it does not name also where nothing is on hand and units are in doubt", async () => {
    await skus(hub, "TEA", "CUP");
    await importStock(hub.parts, hub.merchantId, csv("sku,count", "TEA,10", "CUP,4"));
    const inDoubt = () =>
      hub.db.query('select on_hand as "onHand", in_doubt as "inDoubt" from stock_levels where on_hand = 0');
    await importOrders(
      hub.parts,
      hub.merchantId,
      csv("order,status,order date,sku,quantity,price", "1,shipped,2026-11-22 08:30,CUP,6,1"),
    );
    expect(await inDoubt()).toEqual([{ onHand: 0, inDoubt: 2 }]);
    await hub.runtime.advance(86_400_000);
    const source = csv("sku,count", "TEA,10");
    const report = await importStock(hub.parts, hub.merchantId, source, { zeroMissing: true });
    expect(report.warnings[0]?.message).toContain("1 SKUs that the file does not name were counted as zero");
    expect(await inDoubt()).toEqual([{ onHand: 0, inDoubt: 0 }]);
  });

  it("does not claim zeros it cannot read back (F086)", async () => {
    await skus(hub, "TEA", "CUP");
    await importStock(hub.parts, hub.merchantId, csv("sku,count", "TEA,10", "CUP,4"));
    const lying: Engine = {
      submit: () =>
        Promise.resolve({ kind: "stock", reference: "x", outcome: "applied", lines: [], shortfalls: [] }),
      close: () => hub.engine.close(),
    };
    await expect(
      importStock({ ...hub.parts, engine: lying }, hub.merchantId, csv("sku,count", "TEA,9"), {
        zeroMissing: true,
      }),
    ).rejects.toThrow(
      "1 SKUs that the file does not name should be at zero but are not (CUP at MAIN: 4). Stock moved meanwhile or was not posted; look at them and import again.",
    );
  });

  it.each([
    [
      "a bad row",
      ["TEA,9", "CUP,x"],
      "1 of its rows cannot be taken, and their SKUs would be counted as zero",
    ],
    [
      "an unknown SKU",
      ["TEA,9", "MUG,1"],
      "1 of its rows cannot be taken, and their SKUs would be counted as zero",
    ],
    ["no rows", [], "it has no rows"],
  ])("zeroes nothing by a file with %s", async (_, lines, why) => {
    await skus(hub, "TEA", "CUP");
    await importStock(hub.parts, hub.merchantId, csv("sku,count", "TEA,10", "CUP,4"));
    const seq = await lastEvent(hub);
    await expect(
      importStock(hub.parts, hub.merchantId, csv("sku,count", ...lines), { zeroMissing: true }),
    ).rejects.toThrow(why);
    expect(await lastEvent(hub)).toBe(seq);
    expect(await stock(hub)).toEqual({ CUP: [4, 0, 0], TEA: [10, 0, 0] });
  });
});
