import type { Instant } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import { goodsOf, type OrderLine, totalOf } from "./pricing.ts";
import { keyOf, type Named, type Product } from "./products.ts";

/** What a shopper takes to the till. */
export interface Basket {
  lines: (Named & { quantity: number })[];
  buyer?: OrderSnapshot["buyer"];
  shippingMinor?: number | undefined;
  discountMinor?: number | undefined;
  platformDiscountMinor?: number | undefined;
  liveSession?: string | undefined;
}

/** The new order, or null when the basket names what the shop does not sell or is priced below nothing. */
export function orderOf(
  basket: Basket,
  products: ReadonlyMap<string, Product>,
  externalId: string,
  currency: string,
  at: Instant,
): OrderSnapshot | null {
  const lines = basket.lines.flatMap((item, index) => lineOf(item, products.get(keyOf(item)), index) ?? []);
  if (lines.length === 0 || lines.length !== basket.lines.length) return null;
  const { buyer, liveSession, shippingMinor, discountMinor, platformDiscountMinor } = basket;
  const amounts = {
    ...(shippingMinor === undefined ? {} : { shippingMinor }),
    ...(discountMinor === undefined ? {} : { discountMinor }),
    ...(platformDiscountMinor === undefined ? {} : { platformDiscountMinor }),
  };
  if ((discountMinor ?? 0) + (platformDiscountMinor ?? 0) > goodsOf(lines)) return null;
  return {
    externalId,
    updatedAt: at,
    placedAt: at,
    status: "pending_payment",
    currency,
    lines,
    ...amounts,
    totalMinor: totalOf({ lines, ...amounts }),
    ...(buyer === undefined ? {} : { buyer }),
    ...(liveSession === undefined ? {} : { liveSession }),
  };
}

function lineOf(
  item: Named & { quantity: number },
  product: Product | undefined,
  index: number,
): OrderLine | null {
  if (product === undefined || !Number.isInteger(item.quantity) || item.quantity < 1) return null;
  return {
    externalLineId: `L${index + 1}`,
    externalItemId: product.externalId,
    ...(product.externalVariantId === undefined ? {} : { externalVariantId: product.externalVariantId }),
    title: product.title,
    quantity: item.quantity,
    unitPriceMinor: product.priceMinor,
  };
}
