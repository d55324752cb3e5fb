import { type CellValue, writeXlsx } from "hucre/xlsx";
import { describe, expect, it } from "vitest";
import type { FileSource } from "../../src/core/model/file-import.ts";
import { type ImportOptions, importOrders, importStock } from "../../src/sync/jobs/import-file.ts";
import { csv, expectClean, lastEvent, orders, skus, stock, useImportHub } from "./support/import-hub.ts";

/** Files that come again: day by day, in another state, or out of turn. */

const hub = useImportHub();

const importFile = (source: FileSource, options: ImportOptions = {}) =>
  importOrders(hub.parts, hub.merchantId, source, options);

const head = "order id,sku,quantity,unit price,order date";
const datedHead = `${head},status,quantity shipped,refunded amount,updated at`;
const day = 86_400_000;

/** A SKU with 100 units that cost 1.00 each. */
async function stocked(code: string): Promise<void> {
  await skus(hub, code);
  await importStock(hub.parts, hub.merchantId, csv("sku,count,unit cost", `${code},100,1.00`));
}

const shippedUnits = async (): Promise<number> =>
  (
    await hub.db.query<{ units: number }>(
      "select coalesce(sum(shipped), 0)::int as units from order_lines where merchant_id = $1",
      [hub.merchantId],
    )
  )[0]?.units ?? 0;

const refunded = async () => (await orders(hub)).map(({ refundedMinor }) => refundedMinor);

const notes = ({ warnings }: { warnings: { message: string }[] }) => warnings.map(({ message }) => message);

async function workbook(...lines: string[]): Promise<FileSource> {
  const cellOf = (text: string, column: number): CellValue =>
    column >= 2 && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text === "" ? null : text;
  const rows = lines.map((line) => line.split(",").map(cellOf));
  return { name: "test.xlsx", bytes: await writeXlsx({ sheets: [{ name: "S", rows }] }) };
}

const formats: [string, (...lines: string[]) => FileSource | Promise<FileSource>][] = [
  ["CSV", csv],
  ["XLSX", workbook],
];

describe.each(formats)("an order that goes on from file to file (%s)", (_, file) => {
  it("ships the second part and gives back the rest of a grown refund", async () => {
    await stocked("TEA");
    const first = await file(datedHead, "FO-1,TEA,3,20.00,2026-11-20,partial,1,10.00,2026-11-20 10:00:00");
    await importFile(first);
    expect([await shippedUnits(), await refunded(), await stock(hub)]).toEqual([
      1,
      [1000],
      { TEA: [99, 2, 9900] },
    ]);
    const second = await file(datedHead, "FO-1,TEA,3,20.00,2026-11-20,partial,2,25.00,2026-11-21 10:00:00");
    const dry = await importFile(second, { dryRun: true });
    expect([dry.imported, await shippedUnits(), await refunded()]).toEqual([1, 1, [1000]]);
    await importFile(second);
    expect([await shippedUnits(), await refunded(), await stock(hub)]).toEqual([
      2,
      [2500],
      { TEA: [98, 1, 9800] },
    ]);
    const seq = await lastEvent(hub);
    expect((await importFile(second)).outcomes).toEqual({ duplicate: 1 });
    expect((await importFile(first)).outcomes).toEqual({ stale: 1 });
    expect(await lastEvent(hub)).toBe(seq);
    await importFile(
      await file(datedHead, "FO-1,TEA,3,20.00,2026-11-20,completed,3,35.00,2026-11-22 07:00:00"),
    );
    expect([await shippedUnits(), await refunded(), await stock(hub)]).toEqual([
      3,
      [3500],
      { TEA: [97, 0, 9700] },
    ]);
    await expectClean(hub);
  });

  it("gives back what a completed order's refund has grown by", async () => {
    await stocked("TEA");
    const rows = (amount: string, at: string) =>
      file(datedHead, `1,TEA,2,20.00,2026-11-20,completed,,${amount},${at}`);
    await importFile(await rows("10.00", "2026-11-20 10:00:00"));
    await importFile(await rows("35.00", "2026-11-21 10:00:00"));
    expect([await shippedUnits(), await refunded()]).toEqual([2, [3500]]);
    await expectClean(hub);
  });
});

describe("an order whose figures fall from file to file", () => {
  const tasks = async () =>
    (
      await hub.db.query<{ kind: string }>(
        "select kind from tasks where merchant_id = $1 and status = 'open' order by kind",
        [hub.merchantId],
      )
    ).map(({ kind }) => kind);
  const state = (figures: string, day: number) =>
    csv(datedHead, `1,TEA,3,20.00,2026-11-18,partial,${figures},2026-11-${day} 10:00:00`);

  it("keeps what was booked and asks a person, until the figures are back", async () => {
    await stocked("TEA");
    await importFile(state("2,25.00", 19));
    const before = [await stock(hub), await refunded(), await shippedUnits()];
    for (const [figures, day] of [
      ["1,10.00", 20],
      ["0,0.00", 21],
    ] as const) {
      await importFile(state(figures, day));
      expect([await stock(hub), await refunded(), await shippedUnits()]).toEqual(before);
      expect(await tasks()).toEqual(["parcel_lowered", "refund_lowered"]);
    }
    await importFile(state("2,25.00", 22));
    expect([await stock(hub), await refunded(), await tasks()]).toEqual([before[0], before[1], []]);
    await expectClean(hub);
  });
});

describe("orders without a time of their last change", () => {
  const ten = (amount: string) =>
    Array.from({ length: 10 }, (_, index) => `${index},TEA,2,20.00,2026-11-20,${amount}`);
  const plain = (amount: string) => csv(`${head},refunded amount`, ...ten(amount));

  it("all take the state of the next file", async () => {
    await stocked("TEA");
    const first = await importFile(plain(""));
    expect(first.asOf).toEqual({ at: "2026-11-22T08:00:00.000Z", orders: 10 });
    await hub.runtime.advance(day);
    const second = await importFile(plain("10.00"));
    expect(second).toMatchObject({
      outcomes: { updated: 10 },
      asOf: { at: "2026-11-23T08:00:00.000Z", orders: 10 },
    });
    expect(notes(second)).toEqual([]);
    expect(await refunded()).toEqual(Array.from({ length: 10 }, () => 1000));
    await expectClean(hub);
  });

  it("change nothing when their file comes again, also after a day and in another order of rows", async () => {
    await stocked("TEA");
    await importFile(plain("10.00"));
    const seq = await lastEvent(hub);
    await hub.runtime.advance(day);
    expect((await importFile(plain("10.00"))).outcomes).toEqual({ duplicate: 10 });
    const turned = csv(`${head},refunded amount`, ...ten("10.00").toReversed());
    expect((await importFile(turned)).outcomes).toEqual({ duplicate: 10 });
    expect(await lastEvent(hub)).toBe(seq);
  });

  it("keep a later state when an older file comes with its own time", async () => {
    await stocked("TEA");
    await importFile(plain("10.00"));
    const seq = await lastEvent(hub);
    const older = await importFile(plain(""), { asOf: "2026-11-21T08:00:00Z" });
    expect(older).toMatchObject({
      outcomes: { stale: 10 },
      asOf: { at: "2026-11-21T08:00:00.000Z", orders: 10 },
    });
    expect(notes(older)).toEqual(["of 10 orders the hub holds a newer state and kept it"]);
    expect(await lastEvent(hub)).toBe(seq);
  });

  it("are not taken as of a time to come", async () => {
    await expect(importFile(plain(""), { asOf: "2026-11-22T08:00:01Z" })).rejects.toThrow(
      "The file cannot be as of 2026-11-22T08:00:01.000Z: it is 2026-11-22T08:00:00.000Z now. Give the time at which it was made.",
    );
    expect(await orders(hub)).toEqual([]);
  });

  it("are counted apart from orders that name one, on a dry run too", async () => {
    const source = csv(
      `${head},updated at`,
      "1,TEA,1,1.00,2026-11-20,2026-11-20 10:00:00",
      "2,TEA,1,1.00,2026-11-20,",
    );
    const dry = await importFile(source, { dryRun: true });
    expect(dry.asOf).toEqual({ at: "2026-11-22T08:00:00.000Z", orders: 1 });
    const dated = csv(`${head},updated at`, "1,TEA,1,1.00,2026-11-20,2026-11-20 10:00:00");
    expect((await importFile(dated, { dryRun: true })).asOf).toBeNull();
  });
});

describe("two states of one order at one time", () => {
  const at = "2026-11-20 10:00:00";
  const states = {
    plain: csv(datedHead, `1,TEA,2,20.00,2026-11-20,paid,,,${at}`),
    refunded: csv(datedHead, `1,TEA,2,20.00,2026-11-20,paid,,10.00,${at}`),
    shipped: csv(datedHead, `1,TEA,2,20.00,2026-11-20,shipped,,10.00,${at}`),
  };
  const note =
    "1 orders came with another state than the hub held for the same time; this import, the later one, counts";

  it("are resolved by the later import, whatever it says", async () => {
    await stocked("TEA");
    expect(notes(await importFile(states.plain))).toEqual([]);
    expect(notes(await importFile(states.refunded))).toEqual([note]);
    expect(await refunded()).toEqual([1000]);
    const shipped = await importFile(states.shipped);
    expect([shipped.outcomes, notes(shipped)]).toEqual([{ updated: 1 }, [note]]);
    expect(await shippedUnits()).toBe(2);
    const seq = await lastEvent(hub);
    const again = await importFile(states.shipped);
    expect([again.outcomes, notes(again)]).toEqual([{ duplicate: 1 }, []]);
    expect(await lastEvent(hub)).toBe(seq);
    await expectClean(hub);
  });

  it("are resolved so when the later one is less far along", async () => {
    await stocked("TEA");
    const pending = csv(datedHead, `1,TEA,3,20.00,2026-11-20,pending,,,${at}`);
    await importFile(states.plain);
    expect(notes(await importFile(pending))).toEqual([note]);
    expect(await orders(hub)).toMatchObject([{ totalMinor: 6000 }]);
    await expectClean(hub);
  });
});

describe("rows of one SKU in another order", () => {
  it.each([
    ["a later time", "2026-11-21 10:00:00", { updated: 1 }],
    ["the same time", "2026-11-20 10:00:00", { duplicate: 1 }],
  ])("ship nothing more at %s", async (_, later, outcomes) => {
    await stocked("F1");
    const row = (quantity: number, at: string) => `LN-1,F1,${quantity},20.00,2026-11-20,shipped,,,${at}`;
    await importFile(csv(datedHead, row(2, "2026-11-20 10:00:00"), row(1, "2026-11-20 10:00:00")));
    const before = [await shippedUnits(), await stock(hub), await orders(hub)];
    expect(before[0]).toBe(3);
    const turned = await importFile(csv(datedHead, row(1, later), row(2, later)));
    expect([turned.outcomes, notes(turned)]).toEqual([outcomes, []]);
    expect([await shippedUnits(), await stock(hub), await orders(hub)]).toEqual(before);
    await expectClean(hub);
  });
});

describe("a refunded order that names a smaller amount", () => {
  it.each(formats)("moves nothing (%s)", async (_, file) => {
    await stocked("TEA");
    const seq = await lastEvent(hub);
    const source = await file(datedHead, "1,TEA,2,20.00,2026-11-20,refunded,,10.00,2026-11-20 10:00:00");
    for (const dryRun of [true, false]) {
      const report = await importFile(source, { dryRun });
      expect(report.rejected.map(({ reason }) => reason)).toEqual([
        expect.stringMatching(
          /^its status is refunded, but its refunded amount is 10\.00 GBP of 40\.00 GBP; /,
        ),
      ]);
    }
    expect(await orders(hub)).toEqual([]);
    expect((await lastEvent(hub)) - seq).toBeLessThanOrEqual(1);
    expect(await stock(hub)).toEqual({ TEA: [100, 0, 10_000] });
  });
});
