import { shippedOf } from "../../src/connectors/sandbox/pricing.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import { excuses } from "../plan.ts";
import { modeOf } from "../world/furnish.ts";
import type { World } from "../world/world.ts";
import type { Evidence, ListingFound } from "./evidence.ts";
import { pairs } from "./orders.ts";
import type { Promised } from "./promised.ts";

/** Split units, judged by what the shops sold and what the warehouse was told it had. */
export const escrowPromises: readonly Promised[] = [
  { name: "in split mode no unit is oversold", broken: oversold },
  { name: "shops together offer no more split units than there are", broken: offered },
];

/**
 * Runs in which units are lost, sold before they are listed, or listed as something else meanwhile promise nothing; nor does a
 * shop whose pages leave orders out. See "When it can still happen" in docs/escrow.md.
 */
export function isPromised({ plan }: World): boolean {
  return (
    !excuses.some((feature) => plan.features.has(feature)) &&
    !plan.shops.some(({ faults }) => faults.shiftingPages)
  );
}

const splitSkus = ({ world, skus }: Evidence) =>
  isPromised(world)
    ? skus.filter(({ code, components }) => components.length === 0 && modeOf(world.plan, code) === "split")
    : [];

function oversold(evidence: Evidence): string[] {
  return splitSkus(evidence).flatMap(({ id, code }) => {
    const there = unitsThere(evidence, id, code);
    const sold = unitsSold(evidence, id);
    return sold <= there ? [] : [`${code}: ${sold} units are sold, ${there} were there`];
  });
}

/** What came in and came back, but for what is held for callers or was sold to them. */
function unitsThere(
  { world, reservations, movements, lines }: Evidence,
  skuId: string,
  code: string,
): number {
  const { truth } = world;
  const received = [...truth.adjustments.values()]
    .flat()
    .filter(({ sku }) => sku === code)
    .reduce((sum, { delta = 0 }) => sum + delta, 0);
  const returned = movements
    .filter((row) => row.skuId === skuId && row.kind === "return")
    .reduce((sum, { quantity }) => sum + quantity, 0);
  const held = reservations
    .filter((row) => row.skuId === skuId && row.holderKind === "hold")
    .reduce((sum, { quantity }) => sum + quantity, 0);
  const manual = [...truth.manualOrders.values()].flatMap(({ orderId }) =>
    lines
      .filter((line) => line.orderId === orderId)
      .map((line) => {
        const reserved = reservations
          .filter((row) => row.holderId === orderId && row.lineNo === line.lineNo && row.skuId === skuId)
          .reduce((sum, { quantity }) => sum + quantity, 0);
        const parts = line.components ?? [{ skuId: line.skuId, quantity: 1 }];
        const per = parts.find((part) => part.skuId === skuId)?.quantity ?? 0;
        return reserved + line.shipped * per;
      }),
  );
  return received + returned - held - manual.reduce((sum, units) => sum + units, 0);
}

function unitsSold(evidence: Evidence, skuId: string): number {
  return pairs(evidence).reduce((sum, { shop, told }) => {
    const isUntaken = told.status === "pending_payment" && shop.plan.deducts === "paid";
    return isUntaken ? sum : sum + unitsOf(evidence, shop.connectionId, told, skuId);
  }, 0);
}

function unitsOf(evidence: Evidence, connectionId: string, told: OrderSnapshot, skuId: string): number {
  const isOver = told.status === "cancelled" || told.status === "refunded";
  return told.lines.reduce((sum, line) => {
    const listing = evidence.listings.find(
      (row) =>
        row.connectionId === connectionId &&
        row.externalId === line.externalItemId &&
        row.variant === (line.externalVariantId ?? ""),
    );
    const quantity = isOver ? shippedOf(told, line.externalLineId) : line.quantity;
    return listing === undefined ? sum : sum + quantity * unitsPer(evidence, listing, skuId);
  }, 0);
}

/** Units of a SKU in one listed piece: of a pack, of a bundle. */
export function unitsPer({ skus }: Pick<Evidence, "skus">, listing: ListingFound, skuId: string): number {
  if (listing.skuId === skuId) return listing.unitsPer;
  const sku = skus.find(({ id }) => id === listing.skuId);
  return (sku?.components.find((part) => part.skuId === skuId)?.quantity ?? 0) * listing.unitsPer;
}

function offered(evidence: Evidence): string[] {
  return splitSkus(evidence).flatMap(({ id, code }) => {
    const shown = evidence.listings.reduce((sum, listing) => {
      const shop = evidence.world.shops.find(({ connectionId }) => connectionId === listing.connectionId);
      const product = shop?.sandbox.shop.products.find(
        (one) => one.externalId === listing.externalId && (one.externalVariantId ?? "") === listing.variant,
      );
      const figure = shop && product ? shop.sandbox.shop.shelf.figure(product) : 0;
      return sum + figure * unitsPer(evidence, listing, id);
    }, 0);
    const free = freeUnits(evidence, id);
    return shown <= free ? [] : [`${code}: the shops offer ${shown} units, ${free} are free`];
  });
}

/** Free units of places of our own. */
export function freeUnits(
  { locations, stock }: Pick<Evidence, "locations" | "stock">,
  skuId: string,
): number {
  const own = new Set(locations.filter(({ kind }) => kind === "own").map(({ id }) => id));
  const free = stock
    .filter((row) => row.skuId === skuId && own.has(row.locationId))
    .reduce((sum, row) => sum + row.onHand - row.reserved - row.heldBack - row.inDoubt, 0);
  return Math.max(0, free);
}
