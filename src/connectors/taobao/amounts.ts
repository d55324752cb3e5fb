import { sumMinor } from "../../core/money/money.ts";
import { minorOf } from "../toolkit/money.ts";
import { isCancelledLine } from "./status.ts";
import type { WireLine, WireTrade } from "./wire.ts";

/** Amounts of a trade. Pure; yuan with two decimals in, fen out. */

export const fen = (yuan: string): number => minorOf(yuan, "CNY");

/** What the buyer pays for the line after every discount, freight aside. */
export const shareOf = (trade: WireTrade, line: WireLine): number => {
  if (isCancelledLine(trade, line)) return 0;
  if (line.divide_order_fee !== undefined) return fen(line.divide_order_fee);
  return fen(line.payment ?? line.price) - fen(line.part_mjz_discount ?? "0");
};

/**
 * `payment` is lowered by refunds afterwards (articleId 108471), while the hub wants what was paid at first and lists the refunds
 * beside it. Where the lines still add up to `payment`, it was not lowered.
 */
export function totalOf(trade: WireTrade, shippingMinor: number, refundedMinor: number): number {
  const paid = fen(trade.payment);
  const ofLines = sumMinor(trade.orders.map((line) => shareOf(trade, line))) + shippingMinor;
  return paid === ofLines ? paid : paid + refundedMinor;
}
