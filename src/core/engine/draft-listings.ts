import type { ListingRow } from "./rows.ts";

const keyOf = (connectionId: string, item: string, variant: string) => `${connectionId}\n${item}\n${variant}`;

/** Which listing an order line points at. */
export class ListingIndex {
  private readonly listings = new Map<string, ListingRow>();
  private readonly ambiguous = new Set<string>();

  constructor(listings: readonly ListingRow[]) {
    for (const listing of listings) {
      this.listings.set(keyOf(listing.connectionId, listing.externalId, listing.externalVariantId), listing);
      if (listing.externalVariantId !== "") this.addByVariant(listing);
    }
  }

  /** A variant id under two items names neither: it is never guessed which one was sold. */
  private addByVariant(listing: ListingRow): void {
    const key = keyOf(listing.connectionId, "*", listing.externalVariantId);
    const other = this.listings.get(key);
    if (other && other.externalId !== listing.externalId) this.ambiguous.add(key);
    else this.listings.set(key, listing);
  }

  /**
   * Item and variant, else the variant alone, else the item alone. A line that names a variant is never taken for its item:
   * another variant may be another SKU (F042).
   */
  find(connectionId: string, itemId: string | null, variantId: string | null): ListingRow | undefined {
    const candidates: [string, string][] = [];
    if (itemId !== null && variantId !== null) candidates.push([itemId, variantId]);
    if (variantId !== null) candidates.push([variantId, ""], ["*", variantId]);
    else if (itemId !== null) candidates.push([itemId, ""]);
    for (const [item, variant] of candidates) {
      const key = keyOf(connectionId, item, variant);
      const listing = this.listings.get(key);
      if (listing && !this.ambiguous.has(key)) return listing;
    }
    return undefined;
  }
}
