import type { OrderSnapshot } from "../../core/model/order.ts";
import { mulDivRound, sumMinor } from "../../core/money/money.ts";

export type OrderLine = OrderSnapshot["lines"][number];

/** What the buyer pays: goods after line discounts, plus freight, less the discounts of shop and platform. */
export const totalOf = (
  order: Pick<OrderSnapshot, "lines" | "shippingMinor" | "discountMinor" | "platformDiscountMinor">,
) =>
  goodsOf(order.lines) +
  (order.shippingMinor ?? 0) -
  (order.discountMinor ?? 0) -
  (order.platformDiscountMinor ?? 0);

export const goodsOf = (lines: readonly OrderLine[]): number =>
  sumMinor(
    lines.map((line) => mulDivRound(line.unitPriceMinor, line.quantity, 1) - (line.discountMinor ?? 0)),
  );

export const refundedOf = (order: Pick<OrderSnapshot, "refunds">): number =>
  sumMinor((order.refunds ?? []).map((refund) => refund.amountMinor));

export const shippedOf = (order: Pick<OrderSnapshot, "shipments">, externalLineId: string): number =>
  sumMinor(
    (order.shipments ?? []).flatMap((shipment) =>
      (shipment.lines ?? [])
        .filter((line) => line.externalLineId === externalLineId)
        .map((line) => line.quantity),
    ),
  );

export const unitsOf = (lines: readonly { quantity: number }[]): number =>
  sumMinor(lines.map((line) => line.quantity));
