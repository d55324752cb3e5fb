import type { PlatformRefund } from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import { decimalText, minorOf } from "../toolkit/money.ts";
import { isFee, isShipping, refundType } from "./codes.ts";
import type { WireBreakdown, WireOrder, WireTransaction } from "./wire.ts";

/**
 * Refunds out of an order's finance records. Orders themselves have no refunded state. A record nets what goes back to the buyer against
 * Amazon's fees, so the fees are left out. Whether goods came back is not told: they are booked back by hand. Pure.
 */

export const orderIdOf = (transaction: WireTransaction): string | undefined =>
  identifierOf(transaction, "ORDER_ID");

export const isRefund = ({ transactionType }: WireTransaction): boolean =>
  refundType.test(transactionType ?? "");

const identifierOf = ({ relatedIdentifiers }: WireTransaction, name: string): string | undefined =>
  relatedIdentifiers?.find((one) => one.relatedIdentifierName === name)?.relatedIdentifierValue ?? undefined;

/** All refunds of the order. One that is deferred first and released later is two records with one refund id, and one refund here. */
export function refundsOf(
  transactions: readonly WireTransaction[],
  order: WireOrder,
  currency: string,
): PlatformRefund[] {
  const refunds = new Map<string, PlatformRefund>();
  for (const transaction of transactions) {
    if (!isRefund(transaction) || orderIdOf(transaction) !== order.orderId) continue;
    const refund = refundOf(transaction, order, currency);
    if (refund && !refunds.has(refund.externalId)) refunds.set(refund.externalId, refund);
  }
  return [...refunds.values()];
}

function refundOf(transaction: WireTransaction, order: WireOrder, currency: string): PlatformRefund | null {
  const externalId = identifierOf(transaction, "REFUND_ID") ?? transaction.transactionId;
  if (!externalId || !transaction.postedDate) return null;
  const items = transaction.items ?? [];
  const parts = items.map((item) => ({
    sku: item.contexts?.find((context) => context.sku)?.sku ?? undefined,
    ...sharesOf(item.breakdowns ?? [], currency),
  }));
  const whole = items.length > 0 ? parts : [sharesOf(transaction.breakdowns ?? [], currency)];
  const shippingMinor = Math.max(0, sumMinor(whole.map((part) => part.shipping)));
  const amountMinor = shippingMinor + sumMinor(whole.map((part) => part.goods));
  if (amountMinor <= 0) return null;
  const lines = parts.flatMap(({ sku, goods }) => {
    // An order with one code on two lines does not say which of them is meant.
    const fitting = order.orderItems.filter((item) => sku !== undefined && item.product.sellerSku === sku);
    const [line] = fitting;
    return line && fitting.length === 1 && goods > 0
      ? [{ externalLineId: line.orderItemId, amountMinor: goods }]
      : [];
  });
  const refund: PlatformRefund = { externalId, refundedAt: transaction.postedDate, amountMinor };
  if (shippingMinor > 0) refund.shippingMinor = shippingMinor;
  if (lines.length > 0) refund.lines = lines;
  if (transaction.description) refund.reason = transaction.description.slice(0, 500);
  return refund;
}

/** Money back to the buyer, positive: leaves of the tree that are no fees. */
function sharesOf(
  breakdowns: readonly WireBreakdown[],
  currency: string,
): { goods: number; shipping: number } {
  const shares = { goods: 0, shipping: 0 };
  const walk = (node: WireBreakdown, isFreight: boolean): void => {
    const type = node.breakdownType ?? "";
    if (isFee.test(type)) return;
    const freight = isFreight || isShipping.test(type);
    if (node.breakdowns && node.breakdowns.length > 0) {
      for (const child of node.breakdowns) walk(child, freight);
      return;
    }
    const amount = -minorOf(decimalText(node.breakdownAmount?.currencyAmount ?? 0), currency);
    shares[freight ? "shipping" : "goods"] += amount;
  };
  for (const node of breakdowns) walk(node, false);
  return shares;
}
