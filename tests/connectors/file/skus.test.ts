import { describe, expect, it } from "vitest";
import { csv, openFiles, options } from "./support.ts";

const files = openFiles();
const read = (...lines: string[]) => files.skus(csv(...lines), options());

describe("SKUs from a file", () => {
  it("reads names, kinds, barcodes, tax rates and what bundles are made of", async () => {
    const file = await read(
      "sku,name,kind,barcode,tax rate,components",
      "0017,Green tea,,06901234567892,13%,",
      "CODE-1,Gift card,virtual,,0,",
      'SET,Tea set,,,9,"0017 x 2; CUP"',
      "CUP,,,,,",
    );
    expect(file.rejected).toEqual([]);
    expect(file.items.map(({ isKindGiven }) => isKindGiven)).toEqual([false, true, true, false]);
    expect(file.items.map(({ input }) => input)).toEqual([
      { code: "0017", name: "Green tea", kind: "physical", barcode: "06901234567892", taxRateBp: 1300 },
      { code: "CODE-1", name: "Gift card", kind: "virtual", taxRateBp: 0 },
      {
        code: "SET",
        name: "Tea set",
        kind: "bundle",
        taxRateBp: 900,
        components: [
          { sku: "0017", quantity: 2 },
          { sku: "CUP", quantity: 1 },
        ],
      },
      { code: "CUP", name: "CUP", kind: "physical" },
    ]);
  });

  it("refuses a code that is only another spelling of one before it (F126)", async () => {
    const file = await read("sku,name", "CAF\u00c9,One", '"CAFE\u0301 ",Two', "caf\u00e9,Three");
    expect(file.rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [3, "SKU CAF\u00c9 is already in line 2"],
    ]);
    expect(file.items.map(({ input }) => input.code)).toEqual(["CAF\u00c9", "caf\u00e9"]);
  });

  it.each([
    ["kind", "digital", 'the kind "digital" is not known; write one of physical, virtual, bundle'],
    ["tax rate", "0.13", 'the tax rate "0.13" is not clear; write it in percent, such as 13 or 13%'],
    ["tax rate", "thirteen", 'the tax rate "thirteen" is not clear; write it in percent, such as 13 or 13%'],
  ])("rejects the %s %s", async (column, value, reason) => {
    const file = await read(`sku,${column}`, `A,${value}`);
    expect(file.rejected).toEqual([{ line: 2, cells: ["A", value], reason }]);
    expect(file.items).toEqual([]);
  });
});
