import type { FileOptions, FileSource, StockFile, StockItem } from "../../core/model/file-import.ts";
import { type AdjustmentReason, adjustmentLineSchema, adjustmentReasons } from "../../core/model/stock.ts";
import { plainHeader } from "./columns.ts";
import { stockColumns } from "./fields.ts";
import { closeFacts, openFile, rejectRow } from "./open-file.ts";
import { conventionsOf } from "./presets.ts";
import type { RowReader } from "./row-reader.ts";
import { stated } from "./stated.ts";

/**
 * Reads a file of stock: what was counted (`count`, the figure it shall be) or what changed (`delta`). A SKU counted
 * twice at one place is rejected with all its rows, since nothing says which count holds.
 */
export async function readStock(source: FileSource, options: FileOptions): Promise<StockFile> {
  const file = await openFile(source, options, conventionsOf(options.preset), stockColumns);
  const items: StockItem[] = [];
  for await (const { row, reader } of file.rows) {
    const adjustment = reader.problems.length === 0 ? readLine(reader, options) : undefined;
    if (adjustment) items.push({ line: row.line, cells: row.cells, adjustment });
    else rejectRow(file, row, reader.problems.join("; "));
  }
  const counted = new Map<string, StockItem[]>();
  for (const item of items) {
    if (item.adjustment.delta === undefined)
      counted.set(placeOf(item), [...(counted.get(placeOf(item)) ?? []), item]);
  }
  const twice = new Set([...counted.values()].filter((same) => same.length > 1).flat());
  for (const item of twice) {
    const lines = counted
      .get(placeOf(item))
      ?.map(({ line }) => line)
      .join(", ");
    rejectRow(
      file,
      item,
      `SKU ${item.adjustment.sku} is counted more than once, in lines ${lines}; keep one of them`,
    );
  }
  return { ...closeFacts(file), items: items.filter((item) => !twice.has(item)) };
}

const placeOf = ({ adjustment }: StockItem): string => `${adjustment.sku}\n${adjustment.location ?? ""}`;

function readLine(reader: RowReader, options: FileOptions): StockItem["adjustment"] | undefined {
  reader.required("sku");
  const delta = reader.whole("delta");
  const line = stated({
    sku: reader.code("sku"),
    location: reader.code("location"),
    count: reader.whole("count"),
    delta,
    heldBack: reader.whole("heldBack"),
    unitCostMinor: reader.amount("unitCost", options.currency),
    reason: readReason(reader) ?? options.reason ?? (delta === undefined ? "count" : "other"),
  });
  if (reader.problems.length > 0) return undefined;
  const parsed = adjustmentLineSchema.safeParse(line);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    reader.refuse([issue.path.join("."), issue.message].filter(Boolean).join(" "));
  return undefined;
}

const chineseReasons: Record<string, AdjustmentReason> = {
  期初: "opening",
  入库: "receipt",
  采购入库: "receipt",
  盘点: "count",
  报损: "damage",
  损坏: "damage",
  丢失: "loss",
  盘亏: "loss",
  盘盈: "gain",
  样品: "sample",
  退货: "return",
  其他: "other",
};

function readReason(reader: RowReader): AdjustmentReason | undefined {
  const text = reader.text("reason");
  if (text === undefined) return undefined;
  const reason = adjustmentReasons.find((known) => known === plainHeader(text)) ?? chineseReasons[text];
  if (!reason)
    reader.refuse(`the reason "${text}" is not known; write one of ${adjustmentReasons.join(", ")}`);
  return reason;
}
