import type { Instant } from "../../core/clock.ts";
import type { OrderStep } from "../../core/model/file-import.ts";
import { codeOf } from "./order-lines.ts";
import type { OrderRow } from "./order-row.ts";
import { classed } from "./order-snapshot.ts";
import type { Conventions } from "./presets.ts";

/**
 * Rows of an invoice file that are the warehouse's notes and no sale: no price, no buyer, and either a negative quantity,
 * no text at all, or a text such as "damages" or "found". Negative means gone, positive means more than the books knew.
 */
export function isStockNote(row: OrderRow, conventions: Conventions): boolean {
  if (
    !conventions.stockTexts ||
    row.unitPriceMinor !== 0 ||
    row.head.buyerId !== undefined ||
    row.sku === undefined
  )
    return false;
  if (conventions.services?.has(codeOf(row)) || row.quantity === 0) return false;
  return row.quantity < 0 || row.title === undefined || conventions.stockTexts.has(row.title.toLowerCase());
}

export function stockNoteStep(rows: readonly OrderRow[], at: Instant): OrderStep {
  return {
    document: rows[0]?.orderId ?? "",
    at,
    rows: rows.map((row) => classed(row, row.quantity < 0 ? "stock write-off" : "stock gain")),
    adjustment: rows.map((row) => ({ sku: row.sku ?? "", delta: row.quantity, reason: reasonOf(row) })),
  };
}

function reasonOf(row: OrderRow): "damage" | "loss" | "gain" {
  if (row.quantity > 0) return "gain";
  return /damage/i.test(row.title ?? "") ? "damage" : "loss";
}
