import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Json } from "../../../src/connectors/contract.ts";
import { type MapOptions, readOrder } from "../../../src/connectors/medusa/map.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { soldParts } from "../../../src/core/orders/amounts.ts";

/** Recorded orders and how to read them. */

const pageSchema = z.object({ orders: z.array(z.record(z.string(), z.unknown())).length(1) });

export type RawOrder = Record<string, unknown>;

/** The one order of a recorded answer of `GET /admin/orders`. */
export function recordedOrder(name: string): RawOrder {
  const text = readFileSync(new URL(`../../fixtures/medusa/${name}.json`, import.meta.url), "utf8");
  const [order] = pageSchema.parse(JSON.parse(text)).orders;
  if (order === undefined) throw new Error(`no order in ${name}`);
  return order;
}

/** The location of the recorded shops; both were made anew, so there are two. */
export const locations = ["sloc_01M81YG0821N2WVF61WVW73KXF", "sloc_01M81ZM62C0CY5J2VC3APDCJTA"] as const;

export function mapped(order: RawOrder, options: Partial<MapOptions> = {}): OrderSnapshot {
  const result = readOrder(order as Json, {
    stockLocationId: locations[1],
    captureAtShipment: false,
    ...options,
  });
  if (!result.ok) throw new Error(result.reason);
  return result.order;
}

/** What the core says about the sum: 0, or the order is held for a person. */
export const differenceOf = (order: OrderSnapshot): number =>
  soldParts({
    lines: order.lines.map((line, index) => ({
      lineNo: index + 1,
      skuId: null,
      virtual: false,
      quantity: line.quantity,
      unitPriceMinor: line.unitPriceMinor,
      discountMinor: line.discountMinor ?? 0,
      taxMinor: line.taxMinor ?? null,
      taxRateBp: 0,
    })),
    shippingMinor: order.shippingMinor ?? 0,
    discountMinor: order.discountMinor ?? 0,
    platformDiscountMinor: 0,
    totalMinor: order.totalMinor,
  }).differenceMinor;

/** An order in a few lines of text. */
export const summaryOf = (order: OrderSnapshot) => ({
  status: order.status,
  updatedAt: order.updatedAt,
  paidAt: order.paidAt,
  lines: order.lines.map(
    ({ sku, quantity, unitPriceMinor, discountMinor = 0, taxMinor }) =>
      `${sku}: ${quantity} x ${unitPriceMinor} - ${discountMinor}, tax ${taxMinor}`,
  ),
  shipping: order.shippingMinor,
  total: order.totalMinor,
  ...(order.shipments
    ? { shipped: order.shipments.map((parcel) => (parcel.lines ?? []).map((line) => line.quantity)) }
    : {}),
  ...(order.refunds
    ? {
        refunds: order.refunds.map(({ externalId, amountMinor, lines = [] }) => {
          const name = externalId.startsWith("ref_")
            ? "money"
            : externalId.replace(/^(settled:)?(retitem|return)_\w+/, "$1$2");
          return `${name} ${amountMinor}${lines.map((line) => ` (${line.amountMinor} for ${line.quantity}${line.restock ? ", restocked" : ""})`).join("")}`;
        }),
      }
    : {}),
});
