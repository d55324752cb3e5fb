import { addMs, type Instant } from "../../core/clock.ts";
import type { FileOptions, OrderStep } from "../../core/model/file-import.ts";
import { type OrderSnapshot, orderSchema } from "../../core/model/order.ts";
import type { AdjustmentInput } from "../../core/model/stock.ts";
import { sumMinor } from "../../core/money/money.ts";
import { amountOf, codeOf } from "./order-lines.ts";
import type { OrderRow } from "./order-row.ts";
import { type BuiltOrder, buildOrder, classed } from "./order-snapshot.ts";
import type { Conventions } from "./presets.ts";

/**
 * Cancellation documents. They name no sale, so each row is given to the latest earlier order of the same buyer that
 * sold the same code at the same price and has that many units not yet returned: it becomes a refund of that order, the
 * goods back on the shelf. A row without such an order keeps its own document: see `standIn`.
 */
export class Returns {
  private readonly sold = new Map<string, Sold[]>();
  private readonly orders = new Map<string, OrderSnapshot>();
  /** What of each order's total is not yet given back: less than its lines cost where a discount was given. */
  private readonly refundable = new Map<string, number>();
  private readonly options: FileOptions;
  private readonly conventions: Conventions;

  constructor(options: FileOptions, conventions: Conventions) {
    this.options = options;
    this.conventions = conventions;
  }

  /** Remembers what an order sold. Orders must come in date order. */
  remember(order: BuiltOrder, rows: readonly OrderRow[]): void {
    this.orders.set(order.snapshot.externalId, order.snapshot);
    this.refundable.set(order.snapshot.externalId, order.snapshot.totalMinor);
    for (const row of rows) {
      const key = soldKey(row);
      if (key === undefined || row.quantity < 1) continue;
      const entry = { orderId: row.orderId, lineId: order.lineIdOf.get(row), left: row.quantity };
      const entries = this.sold.get(key);
      if (entries) entries.push(entry);
      else this.sold.set(key, [entry]);
    }
  }

  /** The steps one cancellation document makes, or why it is refused. */
  settle(
    rows: readonly OrderRow[],
    at: Instant,
  ): { ok: true; steps: OrderStep[] } | { ok: false; reason: string } {
    const wrong = rows.find((row) => row.quantity >= 0);
    if (wrong)
      return {
        ok: false,
        reason: `line ${wrong.line} of a cancellation has the quantity ${wrong.quantity}, which is not below zero`,
      };
    const byOrder = new Map<string, { row: OrderRow; from: Sold }[]>();
    const alone: OrderRow[] = [];
    for (const row of rows) {
      const from = this.take(row);
      if (!from) alone.push(row);
      else byOrder.set(from.orderId, [...(byOrder.get(from.orderId) ?? []), { row, from }]);
    }
    const own = alone.length === 0 ? undefined : standIn(alone, at, this.options, this.conventions);
    if (own && !own.ok) {
      for (const { row, from } of [...byOrder.values()].flat()) this.giveBack(row, from);
      return own;
    }
    const steps = [...byOrder].map(([orderId, parts]) => this.refund(orderId, parts, at));
    return { ok: true, steps: own ? [...steps, own.step] : steps };
  }

  private take(row: OrderRow): Sold | undefined {
    const key = soldKey(row);
    const units = -row.quantity;
    const amountMinor = -amountOf(row);
    const leftOf = (entry: Sold) => this.refundable.get(entry.orderId) ?? 0;
    const sold = key === undefined ? undefined : this.sold.get(key);
    const from = sold?.findLast((entry) => entry.left >= units && leftOf(entry) >= amountMinor);
    if (!from) return undefined;
    from.left -= units;
    this.refundable.set(from.orderId, leftOf(from) - amountMinor);
    return from;
  }

  /** A refused document has taken nothing: the next one may. */
  private giveBack(row: OrderRow, from: Sold): void {
    from.left -= row.quantity;
    this.refundable.set(from.orderId, (this.refundable.get(from.orderId) ?? 0) - amountOf(row));
  }

  /** The whole order again, with one refund more: that is how a platform would tell it. */
  private refund(orderId: string, parts: readonly { row: OrderRow; from: Sold }[], at: Instant): OrderStep {
    const before = this.orders.get(orderId);
    const document = parts[0]?.row.orderId ?? "";
    if (!before) throw new Error(`The order ${orderId} was sold from but not remembered.`);
    const ofLines = parts.filter(({ from }) => from.lineId !== undefined);
    const shippingMinor = -sumMinor(
      parts.filter(({ from }) => from.lineId === undefined).map(({ row }) => amountOf(row)),
    );
    const lines = ofLines.map(({ row, from }) => ({
      externalLineId: from.lineId ?? "",
      amountMinor: -amountOf(row),
      quantity: -row.quantity,
      restock: !this.conventions.services?.has(codeOf(row)),
    }));
    const refund = {
      externalId: document,
      refundedAt: at,
      amountMinor: sumMinor(lines.map((line) => line.amountMinor)) + shippingMinor,
      ...(shippingMinor === 0 ? {} : { shippingMinor }),
      ...(lines.length === 0 ? {} : { lines: mergedByLine(lines) }),
    };
    const refunds = [...(before.refunds ?? []), refund];
    const refundedMinor = sumMinor(refunds.map(({ amountMinor }) => amountMinor));
    const snapshot: OrderSnapshot = {
      ...before,
      refunds,
      status: refundedMinor === before.totalMinor ? "refunded" : before.status,
      // Later than what it replaces, even when the shop wrote both in one minute.
      updatedAt: at > before.updatedAt ? at : addMs(before.updatedAt, 1),
    };
    this.orders.set(orderId, snapshot);
    return { document, at, rows: parts.map(({ row }) => classed(row, "refund")), snapshot };
  }
}

interface Sold {
  orderId: string;
  /** Undefined for freight, which is no line of its order. */
  lineId: string | undefined;
  left: number;
}

/** Undefined without a buyer: nothing would tell whose sale it was. */
const soldKey = (row: OrderRow): string | undefined =>
  row.head.buyerId === undefined
    ? undefined
    : [row.head.buyerId, codeOf(row), row.unitPriceMinor, row.head.currency].join("\n");

type RefundLine = { externalLineId: string; amountMinor: number; quantity: number; restock: boolean };

/** A document may name one line twice; a refund names it once. */
function mergedByLine(lines: readonly RefundLine[]): RefundLine[] {
  const merged = new Map<string, RefundLine>();
  for (const line of lines) {
    const before = merged.get(line.externalLineId);
    merged.set(line.externalLineId, {
      ...line,
      amountMinor: line.amountMinor + (before?.amountMinor ?? 0),
      quantity: line.quantity + (before?.quantity ?? 0),
    });
  }
  return [...merged.values()];
}

/**
 * A return whose sale is not in the file: it happened before the file begins, or to a buyer the file does not name. The
 * hub books money only on orders, so the document is kept as an order of its own under its own number: sold, paid and
 * refunded in full at the time of the return, never shipped. The money nets to zero in these books, since the sale stands in
 * other ones. The goods did come back: a stock adjustment "return" puts them on the shelf at the average cost.
 */
function standIn(
  rows: readonly OrderRow[],
  at: Instant,
  options: FileOptions,
  conventions: Conventions,
): { ok: true; step: OrderStep } | { ok: false; reason: string } {
  const sale = rows.map((row) => ({ ...row, quantity: -row.quantity }));
  const built = buildOrder(
    sale,
    { ...options, status: "paid" },
    { ...conventions, services: soldServices(conventions) },
  );
  if (!built.ok) return built;
  const { snapshot } = built.value;
  const shippingMinor = snapshot.shippingMinor ?? 0;
  const refund = {
    externalId: `${snapshot.externalId}/refund`,
    refundedAt: at,
    amountMinor: snapshot.totalMinor,
    ...(shippingMinor === 0 ? {} : { shippingMinor }),
    lines: snapshot.lines.map((line) => ({
      externalLineId: line.externalLineId,
      amountMinor: line.unitPriceMinor * line.quantity - (line.discountMinor ?? 0),
      quantity: line.quantity,
    })),
  };
  const closed = orderSchema.parse({ ...snapshot, status: "refunded", refunds: [refund], note: standInNote });
  const adjustment: AdjustmentInput["lines"] = rows
    .filter((row) => !conventions.services?.has(codeOf(row)) && row.sku !== undefined)
    .map((row) => ({ sku: row.sku ?? "", delta: -row.quantity, reason: "return" }));
  return {
    ok: true,
    step: {
      document: snapshot.externalId,
      at,
      rows: rows.map((row) => classed(row, "return without sale")),
      snapshot: closed,
      ...(adjustment.length === 0 ? {} : { adjustment }),
    },
  };
}

const standInNote = "Stands for a sale that is not in the imported file and was returned.";

/** On a return a discount is money given back like any other, so it needs a line to stand on. */
const soldServices = (conventions: Conventions): Conventions["services"] & {} =>
  new Map(
    [...(conventions.services ?? [])].map(([code, role]) => [code, role === "discount" ? "service" : role]),
  );
