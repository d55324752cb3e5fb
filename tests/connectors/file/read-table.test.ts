import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { type Cell, writeXlsx } from "hucre/xlsx";
import { describe, expect, it } from "vitest";
import { readTable } from "../../../src/connectors/file/read-table.ts";
import type { TableRow } from "../../../src/connectors/file/table.ts";
import { csv } from "./support.ts";

async function read(bytes: Uint8Array, sheet?: string) {
  const table = await readTable({ name: "test", bytes }, sheet);
  const rows: TableRow[] = [];
  for await (const row of table.rows) rows.push(row);
  return { format: table.format, headers: table.headers, rows };
}

describe("text tables", () => {
  it.each([
    [",", "UTF-8 CSV"],
    [";", "UTF-8 CSV (semicolons)"],
    ["\t", "UTF-8 CSV (tabs)"],
    ["|", "UTF-8 CSV (bars)"],
  ])("finds the delimiter %j", async (delimiter, format) => {
    const { bytes } = csv(
      ["sku", '"name, with; all|of them"', "quantity"].join(delimiter),
      ["0017", "Tea", "3"].join(delimiter),
    );
    expect(await read(bytes)).toEqual({
      format,
      headers: ["sku", "name, with; all|of them", "quantity"],
      rows: [{ line: 2, cells: ["0017", "Tea", "3"] }],
    });
  });

  it("numbers rows by the line they begin in, over empty lines and line breaks in quotes", async () => {
    const { bytes } = csv("sku,name", "", '1,"two', 'lines"', " , ", "2,x");
    expect((await read(bytes)).rows).toEqual([
      { line: 3, cells: ["1", "two\nlines"] },
      { line: 6, cells: ["2", "x"] },
    ]);
  });

  it("obeys the delimiter a spreadsheet names in front", async () => {
    const { headers, rows } = await read(csv("sep=;", "sku;a,b,c", "1;2").bytes);
    expect({ headers, rows }).toEqual({ headers: ["sku", "a,b,c"], rows: [{ line: 3, cells: ["1", "2"] }] });
  });

  it("keeps quotes that stand inside a cell", async () => {
    expect((await read(csv("sku,name", '1,5" nails').bytes)).rows).toEqual([
      { line: 2, cells: ["1", '5" nails'] },
    ]);
  });

  it("refuses a quote that is never closed, with the line", async () => {
    await expect(read(csv("sku,name", '1,"open', "2,x").bytes)).rejects.toThrow(
      /^test: the row behind line 1 cannot be read \(Quote Not Closed.*look for a quote that is never closed\.$/,
    );
  });

  it("refuses a file with nothing but blank lines", async () => {
    await expect(read(csv("", "  ").bytes)).rejects.toThrow(
      "test: it has no header row; the first row must name the columns.",
    );
  });

  it("reads back any cells exactly", async () => {
    const cell = fc
      .string({ unit: "grapheme", maxLength: 8 })
      .filter((text) => text.trim() !== "" && !text.includes("\0"));
    const row = fc.array(cell, { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
        const text = stringify([["a", "b", "c"], ...rows], { quoted: true });
        const found = await read(new TextEncoder().encode(text));
        expect(found.rows.map(({ cells }) => cells)).toEqual(rows);
      }),
    );
  });
});

const formula = (value: number): Cell => ({ value, type: "formula", formula: "B2*2", formulaResult: value });

describe("workbooks", () => {
  it("keeps text exactly and marks what is no text", async () => {
    const bytes = await writeXlsx({
      sheets: [
        {
          name: "Orders",
          rows: [
            ["sku", "number", "date", "sum"],
            ["0017", 90.75, new Date(Date.UTC(2010, 11, 1, 8, 26)), null],
            [],
            ["1E5", 6901234567892, true, null],
          ],
          cells: new Map([["1,3", formula(34)]]),
        },
      ],
    });
    const { format, rows } = await read(bytes);
    expect(format).toBe("XLSX sheet Orders");
    expect(rows).toEqual([
      {
        line: 2,
        cells: ["0017", "90.75", "2010-12-01 08:26:00", "34"],
        marks: new Map([
          [1, "number"],
          [2, "date"],
          [3, "formula"],
        ]),
      },
      { line: 4, cells: ["1E5", "6901234567892", "TRUE", ""], marks: new Map([[1, "number"]]) },
    ]);
  });

  it("reads dates by the system of the workbook", async () => {
    const at = new Date(Date.UTC(2026, 10, 22, 8, 0, 1));
    for (const dateSystem of ["1900", "1904"] as const) {
      const bytes = await writeXlsx({ dateSystem, sheets: [{ name: "S", rows: [["date"], [at]] }] });
      expect((await read(bytes)).rows[0]?.cells).toEqual(["2026-11-22 08:00:01"]);
    }
  });

  it("takes the first visible sheet, or the one named", async () => {
    const bytes = await writeXlsx({
      sheets: [
        { name: "Notes", hidden: true, rows: [["hidden"], ["1"]] },
        { name: "Stock", rows: [["stock"], ["2"]] },
        { name: "库存", rows: [["named"], ["3"]] },
      ],
    });
    expect((await read(bytes)).headers).toEqual(["stock"]);
    expect((await read(bytes, "库存")).headers).toEqual(["named"]);
    await expect(read(bytes, "Orders")).rejects.toThrow(
      'test: there is no sheet "Orders"; the sheets are: Notes, Stock, 库存.',
    );
  });

  it("refuses a small workbook that claims to be huge, before unpacking it", async () => {
    const bytes = await writeXlsx({ sheets: [{ name: "S", rows: [["sku"], ["1"]] }] });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entry = bytes.findIndex(
      (_, at) => at + 4 <= bytes.length && view.getUint32(at, true) === 0x02014b50,
    );
    view.setUint32(entry + 24, 300 * 1024 * 1024, true);
    await expect(read(bytes)).rejects.toThrow(
      /^test: it unpacks to 3145\d+ bytes, more than the 268435456 allowed/,
    );
  });

  it("refuses what only begins like a workbook", async () => {
    const bytes = await writeXlsx({ sheets: [{ name: "S", rows: [["sku"], ["1"]] }] });
    await expect(read(bytes.subarray(0, 200))).rejects.toThrow(
      "test: its ZIP directory is damaged; save the workbook again.",
    );
  });
});
