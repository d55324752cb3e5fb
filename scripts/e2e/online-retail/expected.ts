import { parse } from "csv-parse/sync";
import { z } from "zod";

/**
 * What the invoices add up to, computed straight from the rows with nothing of the hub: the figures its books and its
 * stock are held against.
 */

const rowSchema = z.object({
  InvoiceNo: z.string().min(1),
  StockCode: z.string().min(1),
  Description: z.string(),
  Quantity: z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
  UnitPrice: z
    .string()
    .regex(/^\d+\.\d{1,2}$/)
    .transform((text) => {
      const [pounds = "0", pence = "0"] = text.split(".");
      return Number(pounds) * 100 + Number(pence.padEnd(2, "0"));
    }),
  CustomerID: z.string(),
});
export type InvoiceRow = z.infer<typeof rowSchema>;

export interface SkuFigures {
  name: string;
  sold: number;
  /** What notes on stock, returns and cancellations add; negative when more was written off. */
  otherChange: number;
  writtenOff: number;
  /** Highest price asked, in pence: the cost is taken from it. */
  priceMinor: number;
}

export interface Expected {
  rows: number;
  grossMinor: number;
  refundsMinor: number;
  cancellationRows: number;
  skus: Map<string, SkuFigures>;
}

const services = new Set(["POST", "DOT", "C2", "D", "M", "S"]);
const stockTexts = new Set(["", "check", "damaged", "damages", "found", "on cargo order"]);

export function readInvoices(text: string): InvoiceRow[] {
  return z.array(rowSchema).parse(parse(text, { columns: true, skip_empty_lines: true }));
}

export function expectedOf(rows: readonly InvoiceRow[]): Expected {
  const expected: Expected = {
    rows: rows.length,
    grossMinor: 0,
    refundsMinor: 0,
    cancellationRows: 0,
    skus: new Map(),
  };
  for (const row of rows) {
    const isCancellation = row.InvoiceNo.startsWith("C");
    const amount = Math.abs(row.Quantity) * row.UnitPrice;
    if (isCancellation) {
      expected.refundsMinor += amount;
      expected.cancellationRows += 1;
    } else {
      expected.grossMinor += amount;
    }
    if (!services.has(row.StockCode)) countUnits(expected.skus, row, isCancellation);
  }
  return expected;
}

function countUnits(skus: Map<string, SkuFigures>, row: InvoiceRow, isCancellation: boolean): void {
  const text = row.Description.trim();
  const isNote =
    row.UnitPrice === 0 && row.CustomerID === "" && (row.Quantity < 0 || stockTexts.has(text.toLowerCase()));
  const figures = skus.get(row.StockCode) ?? {
    name: "",
    sold: 0,
    otherChange: 0,
    writtenOff: 0,
    priceMinor: 0,
  };
  if (isCancellation) figures.otherChange -= row.Quantity;
  else if (isNote) figures.otherChange += row.Quantity;
  else figures.sold += row.Quantity;
  if (isNote && row.Quantity < 0) figures.writtenOff -= row.Quantity;
  if (!isNote && figures.name === "") figures.name = text;
  figures.priceMinor = Math.max(figures.priceMinor, row.UnitPrice);
  skus.set(row.StockCode, figures);
}

export interface Opening {
  units: number;
  unitCostMinor: number;
  /** Begins with less than was sold, on purpose. */
  isShort: boolean;
}

/** Spare units on the shelf, so that stock is left at the end. */
const spare = 10;
/** Cost of goods as a share of the highest price. */
const costPercent = 40;

/**
 * Stock to begin with: all that was sold or written off in the year and some more. `shortSkus` of the best sellers begin with half
 * of it, so that the hub has to say what it shipped without having it.
 */
export function openingStock(skus: ReadonlyMap<string, SkuFigures>, shortSkus: number): Map<string, Opening> {
  const untouched = [...skus].filter(
    ([, figures]) => figures.otherChange === 0 && figures.writtenOff === 0 && figures.sold > 1,
  );
  const best = untouched.toSorted(([, a], [, b]) => b.sold - a.sold).slice(0, shortSkus);
  const short = new Set(best.map(([code]) => code));
  return new Map(
    [...skus].map(([code, { sold, writtenOff, priceMinor }]) => {
      const units = short.has(code) ? Math.floor(sold / 2) : sold + writtenOff + spare;
      const unitCostMinor = Math.max(1, Math.floor((priceMinor * costPercent) / 100));
      return [code, { units, unitCostMinor, isShort: short.has(code) }];
    }),
  );
}
