import type { ListingRef } from "../contract.ts";
import { createChance } from "./random.ts";

/** One listing of the shop. `quantity` is what it may sell when it opens. */
export interface Product extends ListingRef {
  /** The seller's own code, as shown in the listing. */
  sku?: string;
  title: string;
  priceMinor: number;
  quantity: number;
  /** The shop keeps and ships it itself. */
  managedBy?: "platform";
}

const goods = [
  "蓝色马克杯 350ml",
  "帆布手提袋",
  "Desk lamp",
  "无线耳机",
  "Linen shirt",
  "手工香皂",
  "Notebook A5",
  "保温水壶",
];

/** A small catalogue for demos: `count` products with codes DEMO-001 …, prices and stock from the seed. */
export function demoProducts(count: number, seed: number): Product[] {
  const chance = createChance(seed);
  return Array.from({ length: count }, (_, index): Product => {
    const number = String(index + 1).padStart(3, "0");
    return {
      externalId: `P${number}`,
      externalVariantId: `V${number}`,
      sku: `DEMO-${number}`,
      title: goods[index % goods.length] ?? "Sundries",
      priceMinor: chance.between(10, 400) * 100 - 10,
      quantity: chance.between(20, 200),
    };
  });
}

/** A listing as named on the wire, where a field left out may stand as undefined. */
export interface Named {
  externalId: string;
  externalVariantId?: string | undefined;
}

/** One text per listing. */
export const keyOf = (listing: Named): string =>
  JSON.stringify([listing.externalId, listing.externalVariantId ?? null]);

export const refOf = ({ externalId, externalVariantId }: Named): ListingRef =>
  externalVariantId === undefined ? { externalId } : { externalId, externalVariantId };
