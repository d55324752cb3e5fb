import type { Instant } from "../../core/clock.ts";
import type { ClassedRow, FileOptions, RowClass } from "../../core/model/file-import.ts";
import { type OrderSnapshot, orderSchema } from "../../core/model/order.ts";
import { formatMinor, sumMinor } from "../../core/money/money.ts";
import { amountOf, codeOf, orderLines } from "./order-lines.ts";
import { contradictionIn, doubtsAbout, refundsOf, shipmentsOf } from "./order-progress.ts";
import type { OrderHead, OrderRow } from "./order-row.ts";
import type { Conventions } from "./presets.ts";
import { stated } from "./stated.ts";

/** The rows of one order, put together to what the platform would have said of it. Pure. */

export interface BuiltOrder {
  snapshot: OrderSnapshot;
  /** Neither the file nor its conventions name a time for the state: it is as of `options.asOf`. */
  isUndated: boolean;
  /** What a person should look at although the order was taken. */
  doubts: string[];
  rows: ClassedRow[];
  /** Which line of the order a row became; rows that became freight or discount have none. */
  lineIdOf: ReadonlyMap<OrderRow, string>;
}

export type Built = { ok: true; value: BuiltOrder } | { ok: false; reason: string };

export const classed = (row: OrderRow, name: RowClass): ClassedRow => ({
  line: row.line,
  cells: row.cells,
  class: name,
  amountMinor: amountOf(row),
  currency: row.head.currency,
});

export function buildOrder(rows: readonly OrderRow[], options: FileOptions, conventions: Conventions): Built {
  const head = agreedHead(rows);
  if (!head.ok) return head;
  const sorted = sortRows(rows, conventions);
  if (!sorted.ok) return sorted;
  const { goods, freight, discounts } = sorted;
  const placed = earliest(rows);
  if (!placed) return { ok: false, reason: "the order has no time at which it was placed" };
  const orderId = rows[0]?.orderId ?? "";
  const status = head.value.status ?? options.status ?? conventions.status ?? "paid";
  const lines = orderLines(goods);
  if (!lines.ok) return lines;
  const shippingMinor = (head.value.shippingMinor ?? 0) + sumMinor(freight.map(amountOf));
  const discountMinor =
    (head.value.discountMinor ?? 0) + sumMinor(discounts.map((row) => Math.abs(amountOf(row))));
  const total = orderTotal(goods, shippingMinor, discountMinor, head.value);
  if (!total.ok) return total;
  const told = {
    orderId,
    status,
    head: head.value,
    lines: lines.value,
    totalMinor: total.value,
    placedAt: placed,
  };
  const contradiction = contradictionIn(told);
  if (contradiction !== null) return { ok: false, reason: contradiction };
  const statedAt = head.value.updatedAt ?? (conventions.isDated ? latest(rows) : undefined);
  const updatedAt = statedAt ?? options.asOf;
  const parsed = orderSchema.safeParse({
    externalId: orderId,
    updatedAt,
    placedAt: placed,
    status,
    currency: head.value.currency,
    lines: lines.value.map(({ line }) => line),
    ...(shippingMinor === 0 ? {} : { shippingMinor }),
    ...(discountMinor === 0 ? {} : { discountMinor }),
    totalMinor: total.value,
    ...stated({
      platformDiscountMinor: head.value.platformDiscountMinor,
      paidAt:
        head.value.paidAt ?? (status === "pending_payment" || status === "cancelled" ? undefined : placed),
      buyer: buyerOf(head.value),
      note: head.value.note,
      shipments: shipmentsOf(told),
      refunds: refundsOf(told, updatedAt),
    }),
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, reason: `the order does not fit: ${issue?.path.join(".")} ${issue?.message}` };
  }
  const lineIdOf = new Map(
    lines.value.flatMap((built) => built.rows.map((row) => [row, built.line.externalLineId] as const)),
  );
  const built = {
    snapshot: parsed.data,
    isUndated: statedAt === undefined,
    doubts: doubtsAbout(told),
    rows: classify(rows, sorted, conventions),
    lineIdOf,
  };
  return { ok: true, value: built };
}

type Sorted =
  | { ok: true; goods: OrderRow[]; freight: OrderRow[]; discounts: OrderRow[] }
  | { ok: false; reason: string };

/** Freight without anything it goes with is a line of its own, since an order needs one. */
function sortRows(rows: readonly OrderRow[], conventions: Conventions): Sorted {
  const roleOf = (row: OrderRow) => conventions.services?.get(codeOf(row));
  const discounts = rows.filter((row) => roleOf(row) === "discount");
  const wrongDiscount = discounts.find((row) => row.quantity >= 0);
  if (wrongDiscount)
    return { ok: false, reason: `the discount in line ${wrongDiscount.line} is not below zero` };
  const freight = rows.filter((row) => roleOf(row) === "freight");
  const sold = rows.filter((row) => roleOf(row) !== "freight" && roleOf(row) !== "discount");
  const wrong = [...sold, ...freight].find((row) => row.quantity < 1);
  if (wrong) {
    return {
      ok: false,
      reason: `line ${wrong.line} has the quantity ${wrong.quantity}, but it is neither a return nor a note about stock`,
    };
  }
  if (sold.length > 0) return { ok: true, goods: sold, freight, discounts };
  if (freight.length === 0) return { ok: false, reason: "it has a discount and nothing it was given on" };
  return { ok: true, goods: freight, freight: [], discounts };
}

function classify(
  rows: readonly OrderRow[],
  sorted: Exclude<Sorted, { ok: false }>,
  conventions: Conventions,
): ClassedRow[] {
  return rows.map((row) => {
    if (sorted.freight.includes(row)) return classed(row, "freight");
    if (sorted.discounts.includes(row)) return classed(row, "discount");
    return classed(row, conventions.services?.has(codeOf(row)) ? "service line" : "order line");
  });
}

/** The file's own total must be what its rows add up to, with the tax inside the prices or on top of them. */
function orderTotal(
  goods: readonly OrderRow[],
  shippingMinor: number,
  discountMinor: number,
  head: OrderHead,
): { ok: true; value: number } | { ok: false; reason: string } {
  const sum = sumMinor(goods.map((row) => amountOf(row) - row.discountMinor));
  const inclusive = sum + shippingMinor - discountMinor - (head.platformDiscountMinor ?? 0);
  const exclusive = inclusive + sumMinor(goods.map((row) => row.taxMinor ?? 0));
  const value = head.totalMinor ?? inclusive;
  if (value < 0) return { ok: false, reason: "its discounts are larger than its lines" };
  if (value === inclusive || value === exclusive) return { ok: true, value };
  const shown = (minor: number) => `${formatMinor(minor, head.currency)} ${head.currency}`;
  return { ok: false, reason: `its rows add up to ${shown(inclusive)}, but its total says ${shown(value)}` };
}

/**
 * What rows say about their order: shops repeat it on each row or write it on the first only. Two answers on money, buyer or
 * status are a fault; of times the latest counts, of texts the first.
 */
function agreedHead(
  rows: readonly OrderRow[],
): { ok: true; value: OrderHead } | { ok: false; reason: string } {
  const agreed: Record<string, unknown> = {};
  for (const row of rows) {
    for (const [field, said] of Object.entries(row.head)) {
      if (said === undefined) continue;
      const before = agreed[field];
      const isLater = latestFields.has(field) && String(said) > String(before);
      if (before === undefined || isLater) agreed[field] = said;
      else if (before !== said && field in exactFields)
        return { ok: false, reason: `its rows do not agree on ${exactFields[field]}` };
    }
  }
  const [first] = rows;
  if (!first) return { ok: false, reason: "it has no rows" };
  return { ok: true, value: Object.assign({ ...first.head }, agreed) };
}

const latestFields = new Set(["updatedAt", "shippedAt", "paidAt", "refundedAt"]);

const exactFields: Record<string, string> = {
  currency: "the currency",
  status: "the status",
  shippingMinor: "the shipping",
  discountMinor: "the order discount",
  platformDiscountMinor: "the platform discount",
  totalMinor: "the total",
  refundedMinor: "the refunded amount",
  buyerId: "the buyer",
};

const earliest = (rows: readonly OrderRow[]): Instant | undefined =>
  rows.flatMap((row) => row.placedAt ?? []).toSorted()[0];

const latest = (rows: readonly OrderRow[]): Instant | undefined =>
  rows
    .flatMap(({ placedAt, head }) => [placedAt, head.paidAt, head.shippedAt, head.refundedAt])
    .filter((at) => at !== undefined)
    .toSorted()
    .at(-1);

function buyerOf(head: OrderHead): OrderSnapshot["buyer"] {
  const address =
    head.country === undefined
      ? head.buyerAddress
      : stated({ address: head.buyerAddress, country: head.country });
  const buyer = stated({
    externalId: head.buyerId,
    name: head.buyerName,
    phone: head.buyerPhone,
    email: head.buyerEmail,
    address,
  });
  return Object.keys(buyer).length === 0 ? undefined : buyer;
}
