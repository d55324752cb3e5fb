import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OrderStep } from "../../../src/core/model/file-import.ts";
import { csv, openFiles, options } from "./support.ts";

const files = openFiles();
const preset = options({ preset: "online-retail" });
const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
const read = (...lines: string[]) => files.orders(csv(header, ...lines), preset);

function counts(steps: readonly OrderStep[]) {
  const sums: Record<string, [rows: number, amountMinor: number]> = {};
  for (const row of steps.flatMap((step) => step.rows)) {
    const [rows, amountMinor] = sums[row.class] ?? [0, 0];
    sums[row.class] = [rows + 1, amountMinor + row.amountMinor];
  }
  return sums;
}

describe("the invoices of Online Retail", () => {
  it("gives each row of the sample exactly one class", async () => {
    const bytes = await readFile(new URL("../../fixtures/online-retail/invoices.csv", import.meta.url));
    const file = await files.orders({ name: "invoices.csv", bytes }, preset);
    expect(file.rows).toBe(155);
    expect(file.rejected).toEqual([]);
    expect(counts(file.steps)).toEqual({
      "order line": [87, 163_219],
      freight: [6, 61_368],
      "service line": [10, 195_740],
      refund: [6, -12_263],
      "return without sale": [32, -121_686],
      "stock write-off": [7, 0],
      "stock gain": [7, 0],
    });
    const lines = file.steps.flatMap((step) => step.rows.map(({ line }) => line));
    expect(lines.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 155 }, (_, index) => index + 2));
    const times = file.steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted());
    expect(
      file.skus
        .filter(({ kind }) => kind === "virtual")
        .map(({ code }) => code)
        .toSorted(),
    ).toEqual(["C2", "D", "DOT", "M", "POST", "S"]);
    expect(file.warnings.map(({ message }) => message)).toContain(
      "the SKUs 84970s and 84970S differ only by letter case and are kept apart",
    );
  });

  it("gives a cancellation to the latest earlier sale of that buyer, code and price with enough units left", async () => {
    const { steps } = await read(
      "1,TEA,Tea,5,2011-01-01 10:00:00,2.50,7,UK",
      "2,TEA,Tea,2,2011-01-02 10:00:00,2.50,7,UK",
      "3,TEA,Tea,9,2011-01-03 10:00:00,2.40,7,UK",
      "4,TEA,Tea,9,2011-01-03 10:00:00,2.50,8,UK",
      "C5,TEA,Tea,-2,2011-01-04 10:00:00,2.50,7,UK",
      "C6,TEA,Tea,-3,2011-01-05 10:00:00,2.50,7,UK",
      "C7,TEA,Tea,-3,2011-01-06 10:00:00,2.50,7,UK",
    );
    const found = steps
      .slice(4)
      .map(({ document, snapshot, rows }) => [
        document,
        snapshot?.externalId,
        snapshot?.status,
        rows[0]?.class,
      ]);
    expect(found).toEqual([
      ["C5", "2", "refunded", "refund"],
      ["C6", "1", "completed", "refund"],
      ["C7", "C7", "refunded", "return without sale"],
    ]);
    expect(steps[5]?.snapshot).toMatchObject({
      updatedAt: "2011-01-05T10:00:00.000Z",
      refunds: [
        {
          externalId: "C6",
          refundedAt: "2011-01-05T10:00:00.000Z",
          amountMinor: 750,
          lines: [{ externalLineId: "TEA", amountMinor: 750, quantity: 3, restock: true }],
        },
      ],
    });
  });

  it("adds a later cancellation of the same order to the earlier one, at a later time", async () => {
    const { steps } = await read(
      "1,TEA,Tea,5,2011-01-01 10:00:00,2.50,7,UK",
      "1,POST,POSTAGE,1,2011-01-01 10:00:00,18,7,UK",
      "C2,TEA,Tea,-1,2011-01-01 10:00:00,2.50,7,UK",
      "C2,TEA,Tea,-2,2011-01-01 10:00:00,2.50,7,UK",
      "C3,POST,POSTAGE,-1,2011-01-01 10:00:00,18,7,UK",
    );
    expect(steps.map(({ snapshot }) => [snapshot?.updatedAt, snapshot?.refunds])).toEqual([
      ["2011-01-01T10:00:00.000Z", undefined],
      [
        "2011-01-01T10:00:00.001Z",
        [
          expect.objectContaining({
            externalId: "C2",
            amountMinor: 750,
            lines: [{ externalLineId: "TEA", amountMinor: 750, quantity: 3, restock: true }],
          }),
        ],
      ],
      [
        "2011-01-01T10:00:00.002Z",
        [
          expect.objectContaining({ externalId: "C2" }),
          {
            externalId: "C3",
            refundedAt: "2011-01-01T10:00:00.000Z",
            amountMinor: 1800,
            shippingMinor: 1800,
          },
        ],
      ],
    ]);
  });

  it("keeps a return without its sale as a refunded order that was never shipped, and takes the goods back", async () => {
    const { steps } = await read(
      "C1,TEA,Tea,-3,2011-01-01 10:00:00,2.50,,UK",
      "C1,D,Discount,-1,2011-01-01 10:00:00,5.76,,UK",
    );
    expect(steps).toHaveLength(1);
    expect(steps[0]?.adjustment).toEqual([{ sku: "TEA", delta: 3, reason: "return" }]);
    expect(steps[0]?.snapshot).toEqual({
      externalId: "C1",
      placedAt: "2011-01-01T10:00:00.000Z",
      paidAt: "2011-01-01T10:00:00.000Z",
      updatedAt: "2011-01-01T10:00:00.000Z",
      status: "refunded",
      currency: "GBP",
      lines: [
        { externalLineId: "D", sku: "D", quantity: 1, unitPriceMinor: 576, title: "Discount" },
        { externalLineId: "TEA", sku: "TEA", quantity: 3, unitPriceMinor: 250, title: "Tea" },
      ],
      totalMinor: 1326,
      buyer: { address: { country: "UK" } },
      note: "Stands for a sale that is not in the imported file and was returned.",
      refunds: [
        {
          externalId: "C1/refund",
          refundedAt: "2011-01-01T10:00:00.000Z",
          amountMinor: 1326,
          lines: [
            { externalLineId: "D", amountMinor: 576, quantity: 1 },
            { externalLineId: "TEA", amountMinor: 750, quantity: 3 },
          ],
        },
      ],
    });
  });

  it("refunds no more of an order than was paid for it", async () => {
    const { steps } = await read(
      "1,TEA,Tea,2,2011-01-01 10:00:00,2.50,7,UK",
      "1,D,Discount,-1,2011-01-01 10:00:00,1.00,7,UK",
      "C2,TEA,Tea,-1,2011-01-02 10:00:00,2.50,7,UK",
      "C3,TEA,Tea,-1,2011-01-03 10:00:00,2.50,7,UK",
    );
    expect(
      steps.map(({ document, snapshot }) => [document, snapshot?.externalId, snapshot?.totalMinor]),
    ).toEqual([
      ["1", "1", 400],
      ["C2", "1", 400],
      ["C3", "C3", 250],
    ]);
  });

  it("leaves what a refused cancellation asked for to the next one", async () => {
    const { steps, rejected } = await read(
      "1,TEA,Tea,2,2011-01-01 10:00:00,2.50,7,UK",
      "C2,TEA,Tea,-2,2011-01-02 10:00:00,2.50,7,UK",
      "C2,CUP,Cup,-1,2011-01-02 10:00:00,1.00,7,UK",
      "C2,CUP,Cup,-1,2011-01-02 10:00:00,1.00,8,UK",
      "C3,TEA,Tea,-2,2011-01-03 10:00:00,2.50,7,UK",
    );
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [3, "its rows do not agree on the buyer"],
      [4, "its rows do not agree on the buyer"],
      [5, "its rows do not agree on the buyer"],
    ]);
    expect(
      steps.map(({ document, snapshot }) => [
        document,
        snapshot?.externalId,
        snapshot?.refunds?.map((refund) => refund.externalId),
      ]),
    ).toEqual([
      ["1", "1", undefined],
      ["C3", "1", ["C3"]],
    ]);
  });

  it("treats postage as freight beside goods, as a service line alone, and a discount as one", async () => {
    const { steps } = await read(
      "1,TEA,Tea,2,2011-01-01 10:00:00,2.50,7,UK",
      "1,POST,POSTAGE,2,2011-01-01 10:00:00,18,7,UK",
      "1,D,Discount,-1,2011-01-01 10:00:00,1.00,7,UK",
      "2,POST,POSTAGE,1,2011-01-02 10:00:00,18,7,UK",
      "3,M,Manual,1,2011-01-03 10:00:00,6.70,7,UK",
      "3,C2,CARRIAGE,1,2011-01-03 10:00:00,50,7,UK",
    );
    expect(
      steps.map(({ snapshot, rows }) => [
        snapshot?.totalMinor,
        snapshot?.shippingMinor,
        snapshot?.discountMinor,
        rows.map((row) => row.class),
      ]),
    ).toEqual([
      [4000, 3600, 100, ["order line", "freight", "discount"]],
      [1800, undefined, undefined, ["service line"]],
      [5670, 5000, undefined, ["service line", "freight"]],
    ]);
  });

  it("takes rows without price and buyer for notes about stock only when nothing says they are sales", async () => {
    const { steps, rejected } = await read(
      "1,TEA,damages,-26,2011-01-01 10:00:00,0.0,,UK",
      "2,TEA,,-5,2011-01-02 10:00:00,0.0,,UK",
      "3,TEA,FOUND,8,2011-01-03 10:00:00,0.0,,UK",
      "4,TEA,Tea,3,2011-01-04 10:00:00,0.0,,UK",
      "5,TEA,,3,2011-01-05 10:00:00,0.0,7,UK",
      "6,TEA,,-3,2011-01-06 10:00:00,0.0,7,UK",
    );
    expect(
      steps.map(({ adjustment, snapshot, rows }) => [rows[0]?.class, adjustment, snapshot?.externalId]),
    ).toEqual([
      ["stock write-off", [{ sku: "TEA", delta: -26, reason: "damage" }], undefined],
      ["stock write-off", [{ sku: "TEA", delta: -5, reason: "loss" }], undefined],
      ["stock gain", [{ sku: "TEA", delta: 8, reason: "gain" }], undefined],
      ["order line", undefined, "4"],
      ["order line", undefined, "5"],
    ]);
    expect(rejected.map(({ reason }) => reason)).toEqual([
      "line 7 has the quantity -3, but it is neither a return nor a note about stock",
    ]);
  });

  it("rejects a cancellation with a quantity above zero", async () => {
    const { steps, rejected } = await read(
      "C1,TEA,Tea,3,2011-01-01 10:00:00,2.50,7,UK",
      "C1,TEA,Tea,-3,2011-01-01 10:00:00,2.50,7,UK",
    );
    expect(steps).toEqual([]);
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [2, "line 2 of a cancellation has the quantity 3, which is not below zero"],
      [3, "line 2 of a cancellation has the quantity 3, which is not below zero"],
    ]);
  });

  it("gives any row one class or one reason, and refunds no more than was sold", async () => {
    const row = fc.record({
      id: fc.constantFrom("1", "2", "3", "C4", "C5", "C6", ""),
      code: fc.constantFrom("TEA", "CUP", "POST", "D", "M", ""),
      text: fc.constantFrom("Tea", "damages", "FOUND", ""),
      quantity: fc.constantFrom("1", "2", "7", "-1", "-2", "-7", "0", "x"),
      hour: fc.constantFrom("10", "11", "12", "25"),
      price: fc.constantFrom("2.50", "0.0", "2.5", "-1", "0.001"),
      buyer: fc.constantFrom("7", "7", "8", ""),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 25 }), async (rows) => {
        const lines = rows.map((r) =>
          [r.id, r.code, r.text, r.quantity, `2011-01-01 ${r.hour}:00:00`, r.price, r.buyer, "UK"].join(","),
        );
        const file = await read(...lines);
        const seen = [...file.steps.flatMap((step) => step.rows), ...file.rejected].map(({ line }) => line);
        expect(seen.toSorted((a, b) => a - b)).toEqual(rows.map((_, index) => index + 2));
        const last = new Map(file.steps.map(({ snapshot }) => [snapshot?.externalId, snapshot]));
        for (const snapshot of last.values()) {
          const refunds = snapshot?.refunds ?? [];
          for (const line of snapshot?.lines ?? []) {
            const back = refunds
              .flatMap((refund) => refund.lines ?? [])
              .filter((other) => other.externalLineId === line.externalLineId);
            expect(back.reduce((sum, { quantity }) => sum + (quantity ?? 0), 0)).toBeLessThanOrEqual(
              line.quantity,
            );
          }
          expect(refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBeLessThanOrEqual(
            snapshot?.totalMinor ?? 0,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it("refuses a preset it does not know", async () => {
    await expect(files.orders(csv(header), options({ preset: "online" }))).rejects.toThrow(
      'There is no preset "online"; the presets are: online-retail.',
    );
  });
});
