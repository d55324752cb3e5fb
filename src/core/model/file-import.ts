import { z } from "zod";
import type { Instant } from "../clock.ts";
import type { SkuInput } from "./catalogue.ts";
import { type OrderSnapshot, orderStatusSchema } from "./order.ts";
import { currencySchema, instantSchema } from "./primitives.ts";
import { type AdjustmentInput, adjustmentReasons } from "./stock.ts";

/**
 * What a file of orders, stock or SKUs says, in the hub's own model. Every row of the file stands in exactly one place:
 * under a step or an item with a class, or among the rejected rows with a reason.
 */

export const importKinds = ["orders", "stock", "skus"] as const;
export type ImportKind = (typeof importKinds)[number];

const isTimeZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
};

export const fileOptionsSchema = z.object({
  mapping: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe("Field -> header of the file, where the usual names do not fit"),
  preset: z.string().optional().describe("A named set of conventions, such as online-retail"),
  sheet: z.string().optional().describe("Sheet of a workbook; the first visible one when left out"),
  currency: currencySchema.describe("Currency of amounts in files without a currency column"),
  timeZone: z
    .string()
    .refine(isTimeZone, "must be an IANA time zone, such as Asia/Shanghai")
    .describe("Zone of times written without one"),
  dateOrder: z
    .enum(["dmy", "mdy"])
    .optional()
    .describe("How to read 03/04/2026; left out, such a date is refused"),
  status: orderStatusSchema
    .optional()
    .describe("Status of orders in files without a status column; paid when left out"),
  reason: z
    .enum(adjustmentReasons)
    .optional()
    .describe("Reason of stock changes in files without a reason column"),
  asOf: instantSchema.describe("When the file was true, for orders without a time of their last change"),
});
export type FileOptions = z.infer<typeof fileOptionsSchema>;
export type FileOptionsInput = z.input<typeof fileOptionsSchema>;

export interface FileSource {
  /** For messages; not a path to open. */
  name: string;
  bytes: Uint8Array;
}

/** Where a row stands in the file and what it said, cell by cell. The header is line 1 of a plain table. */
export interface FileRow {
  line: number;
  cells: readonly string[];
}

export interface RejectedRow extends FileRow {
  reason: string;
}

/** Something a person should look at although the row was taken. */
export interface FileWarning {
  line: number;
  message: string;
}

export interface FileFacts {
  headers: readonly string[];
  /** Field -> header it was read from. */
  columns: Readonly<Record<string, string>>;
  /** How the bytes were read, such as "UTF-8 CSV" or "XLSX sheet Orders". */
  format: string;
  /** Rows with content, the header left out. */
  rows: number;
  rejected: RejectedRow[];
  warnings: FileWarning[];
}

/** What a row of an order file turned into. */
export const rowClasses = [
  "order line",
  "freight",
  "discount",
  "service line",
  "refund",
  "return without sale",
  "stock write-off",
  "stock gain",
] as const;
export type RowClass = (typeof rowClasses)[number];

export interface ClassedRow extends FileRow {
  class: RowClass;
  /** Quantity x price of the row, negative where money goes back, in minor units. */
  amountMinor: number;
  currency: string;
}

/** One document of the file at one moment. Steps are in date order; the adjustment comes before the snapshot. */
export interface OrderStep {
  /** Number of the order or cancellation, as the file writes it. */
  document: string;
  at: Instant;
  rows: ClassedRow[];
  adjustment?: AdjustmentInput["lines"];
  snapshot?: OrderSnapshot;
  /** The file names no time for the snapshot's state, which is as of the `asOf` of the options. */
  isUndated?: boolean;
}

/** A SKU the file names, with the first text it gives for it. */
export interface NamedSku {
  code: string;
  name: string;
  kind: "physical" | "virtual";
}

export interface OrdersFile extends FileFacts {
  steps: OrderStep[];
  skus: NamedSku[];
}

export interface StockItem extends FileRow {
  adjustment: AdjustmentInput["lines"][number];
}

export interface StockFile extends FileFacts {
  items: StockItem[];
}

export interface SkuItem extends FileRow {
  input: SkuInput;
  /** False where the kind is only the default: such a row fits a SKU of any kind. */
  isKindGiven: boolean;
}

export interface SkusFile extends FileFacts {
  items: SkuItem[];
}
