import { instantOf } from "../../core/clock.ts";
import type { OrderStatus, Presale } from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import { openAfterSale, orderStatus } from "./codes.ts";
import type { WireOrder, WirePhase } from "./wire.ts";

/** Null for a number that is not in the documents: such an order is kept for a person. */
export function statusOf(order: WireOrder, refundedMinor: number, totalMinor: number): OrderStatus | null {
  if (order.order_status === orderStatus.cancelled) return order.pay_time ? "refunded" : "cancelled";
  if (refundedMinor > 0 && refundedMinor >= totalMinor) return "refunded";
  const plain = plainStatuses[order.order_status];
  if (plain === undefined) return null;
  const isOpen = order.sku_order_list.some((line) =>
    openAfterSale.has(line.after_sale_info?.after_sale_status ?? 0),
  );
  return isOpen && plain !== "pending_payment" ? "refunding" : plain;
}

const plainStatuses: Readonly<Record<number, OrderStatus>> = {
  [orderStatus.awaitingPayment]: "pending_payment",
  // Paid, and still checked by the platform: its units are held, and shipping is refused until it is 2.
  [orderStatus.inChecks]: "paid",
  [orderStatus.toShip]: "paid",
  [orderStatus.partlyShipped]: "partially_shipped",
  [orderStatus.shipped]: "shipped",
  [orderStatus.completed]: "completed",
};

const depositTrade = 2;

/** Deposit and final payment. A pre-sale that is paid at once is an ordinary order with a later ship date. */
export function presaleOf(order: WireOrder, totalMinor: number): Presale | undefined {
  const isDeposit = [order, ...order.sku_order_list].some(({ trade_type }) => trade_type === depositTrade);
  const phases = (phase: number) => order.order_phase_list.filter((row) => row.current_phase === phase);
  const [first, second] = [phases(1), phases(2)];
  if (!isDeposit || first.length === 0) return undefined;
  const depositMinor = Math.min(totalMinor, sumMinor(first.map(amountOf)));
  const presale: Presale = { depositMinor, finalMinor: totalMinor - depositMinor };
  const depositPaidAt = paidAt(first);
  const finalPaidAt = paidAt(second);
  const closes = Math.max(0, ...second.map((row) => row.phase_close_time ?? 0));
  if (depositPaidAt) presale.depositPaidAt = depositPaidAt;
  if (closes > 0) presale.finalDueAt = instantOf(closes * 1000);
  if (finalPaidAt) presale.finalPaidAt = finalPaidAt;
  return presale;
}

const amountOf = (row: WirePhase): number => row.phase_pay_amount || row.phase_order_amount || 0;

/** All parts of a phase are paid. */
function paidAt(rows: readonly WirePhase[]) {
  const times = rows.map((row) => (row.pay_success ? (row.phase_pay_time ?? 0) : 0));
  return times.length > 0 && times.every((time) => time > 0)
    ? instantOf(Math.max(...times) * 1000)
    : undefined;
}
