import type { Instant } from "../../core/clock.ts";
import type { FileOptions, FileRow } from "../../core/model/file-import.ts";
import type { OrderStatus } from "../../core/model/order.ts";
import { isCurrency } from "../../core/money/currency.ts";
import { mulDivRound } from "../../core/money/money.ts";
import type { RowReader } from "./row-reader.ts";
import { knownStatuses, statusOf } from "./statuses.ts";

/** One row of an order file, read but not yet judged. Quantities and amounts keep the file's signs. */
export interface OrderRow extends FileRow {
  orderId: string;
  lineId: string | undefined;
  /** Our SKU code or, without one, the platform's variant id. */
  sku: string | undefined;
  variantId: string | undefined;
  title: string | undefined;
  quantity: number;
  shippedQuantity: number | undefined;
  unitPriceMinor: number;
  discountMinor: number;
  taxMinor: number | undefined;
  placedAt: Instant | undefined;
  /** What the row says about the whole order; undefined where it says nothing. */
  head: OrderHead;
}

export interface OrderHead {
  currency: string;
  status: OrderStatus | undefined;
  paidAt: Instant | undefined;
  shippedAt: Instant | undefined;
  updatedAt: Instant | undefined;
  shippingMinor: number | undefined;
  discountMinor: number | undefined;
  platformDiscountMinor: number | undefined;
  totalMinor: number | undefined;
  refundedMinor: number | undefined;
  refundedAt: Instant | undefined;
  buyerId: string | undefined;
  buyerName: string | undefined;
  buyerPhone: string | undefined;
  buyerEmail: string | undefined;
  buyerAddress: string | undefined;
  country: string | undefined;
  note: string | undefined;
  carrier: string | undefined;
  trackingNumber: string | undefined;
}

/** Undefined when the row cannot be used; `reader.problems` says why, and so does a bad field beside a good order id. */
export function readOrderRow(row: FileRow, reader: RowReader, options: FileOptions): OrderRow | undefined {
  const orderId = reader.required("orderId") && reader.code("orderId");
  const sku = reader.code("sku");
  const variantId = reader.code("variantId");
  if (sku === undefined && variantId === undefined && reader.problems.length === 0)
    reader.refuse("the SKU is empty");
  const currency = readCurrency(reader, options);
  const quantity = reader.required("quantity") && reader.whole("quantity");
  const unitPriceMinor = reader.required("unitPrice") && reader.amount("unitPrice", currency);
  const rest = {
    lineId: reader.code("lineId"),
    title: reader.text("title"),
    shippedQuantity: reader.whole("shippedQuantity"),
    discountMinor: Math.abs(reader.amount("discount", currency) ?? 0),
    taxMinor: reader.amount("tax", currency),
    placedAt: reader.time("placedAt", options),
    head: readHead(reader, currency, options),
  };
  if (typeof quantity === "number" && typeof unitPriceMinor === "number")
    checkAmount(reader, quantity, unitPriceMinor);
  if (!orderId || typeof quantity !== "number" || typeof unitPriceMinor !== "number") return undefined;
  return { line: row.line, cells: row.cells, orderId, sku, variantId, quantity, unitPriceMinor, ...rest };
}

function checkAmount(reader: RowReader, quantity: number, unitPriceMinor: number): void {
  if (unitPriceMinor < 0) reader.refuse("the unit price is negative; write returns with a negative quantity");
  try {
    mulDivRound(quantity, unitPriceMinor, 1);
  } catch {
    reader.refuse("quantity times unit price is too large to be exact");
  }
}

function readCurrency(reader: RowReader, options: FileOptions): string {
  const currency = reader.text("currency")?.toUpperCase();
  if (currency === undefined) return options.currency;
  if (isCurrency(currency)) return currency;
  reader.refuse(`"${currency}" is not an active ISO 4217 currency code, such as CNY`);
  return options.currency;
}

function readHead(reader: RowReader, currency: string, options: FileOptions): OrderHead {
  const discount = reader.amount("orderDiscount", currency);
  const platformDiscount = reader.amount("platformDiscount", currency);
  return {
    currency,
    status: readStatus(reader),
    paidAt: reader.time("paidAt", options),
    shippedAt: reader.time("shippedAt", options),
    updatedAt: reader.time("updatedAt", options),
    shippingMinor: reader.amount("shipping", currency),
    // Some exports write discounts below zero, some above; both mean less to pay.
    discountMinor: discount === undefined ? undefined : Math.abs(discount),
    platformDiscountMinor: platformDiscount === undefined ? undefined : Math.abs(platformDiscount),
    totalMinor: reader.amount("total", currency),
    refundedMinor: reader.amount("refunded", currency),
    refundedAt: reader.time("refundedAt", options),
    buyerId: reader.text("buyerId"),
    buyerName: reader.text("buyerName"),
    buyerPhone: reader.text("buyerPhone"),
    buyerEmail: reader.text("buyerEmail"),
    buyerAddress: reader.text("buyerAddress"),
    country: reader.text("country"),
    note: reader.text("note"),
    carrier: reader.text("carrier"),
    trackingNumber: reader.text("trackingNumber"),
  };
}

function readStatus(reader: RowReader): OrderStatus | undefined {
  const text = reader.text("status");
  if (text === undefined) return undefined;
  const status = statusOf(text);
  if (!status) reader.refuse(`the status "${text}" is not known; write one of ${knownStatuses}`);
  return status;
}
