import type { OrderSnapshot } from "../../src/core/model/order.ts";
import { soldParts } from "../../src/core/orders/amounts.ts";

/** What the buyer pays less what the lines say: nothing is left over where an order adds up. */
export const leftOver = (order: OrderSnapshot): number => {
  const priced = order.lines.map((line, lineNo) => ({
    lineNo,
    skuId: null,
    virtual: false,
    quantity: line.quantity,
    unitPriceMinor: line.unitPriceMinor,
    discountMinor: line.discountMinor ?? 0,
    taxMinor: line.taxMinor ?? null,
    taxRateBp: 0,
  }));
  const { shippingMinor = 0, discountMinor = 0, platformDiscountMinor = 0, totalMinor } = order;
  return soldParts({ lines: priced, shippingMinor, discountMinor, platformDiscountMinor, totalMinor })
    .differenceMinor;
};
