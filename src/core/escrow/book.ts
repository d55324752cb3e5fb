import type { Instant } from "../clock.ts";
import { ListingIndex } from "../engine/draft-listings.ts";
import type { LineRow, ListingRow, Loaded, OrderRow } from "../engine/rows.ts";
import { type Exposure, exposedOf } from "./exposure.ts";
import { type AllocationState, type Claim, claimedUnits, shortOf, takeable } from "./free.ts";
import { type Taken, takenOf } from "./taken.ts";

export interface AllocationRow {
  skuId: string;
  state: AllocationState;
  since: Instant;
  possibleOversell: number;
  deficit: number;
  version: number;
}

/** What was read under the stock locks: every listing that sells one of the SKUs, by itself or in a bundle. */
export interface LoadedEscrow {
  allocations: AllocationRow[];
  links: { skuId: string; units: number; listing: ListingRow; exposure: Exposure | null }[];
  /** Order watermark by connection. */
  watermarks: ReadonlyMap<string, Instant | null>;
}

type TakenOf = Taken & { listingId: string };

type Originals = Pick<Loaded, "escrow" | "orders" | "lines">;

/** The part of a batch's working copy that knows what listings may sell unasked. Empty where nothing is published. */
export class EscrowBook {
  readonly watermarks: ReadonlyMap<string, Instant | null>;
  readonly allocations = new Map<string, AllocationRow>();
  readonly exposures = new Map<string, Exposure>();
  /** SKUs whose listings gave units back. */
  readonly news = new Set<string>();
  private readonly claims = new Map<string, Claim[]>();
  private readonly listings: ListingIndex;
  private readonly loaded: LoadedEscrow;
  private readonly granted = new Map<string, number>();
  /** Of these what was reserved until now. */
  private readonly passedOn = new Map<string, number>();
  /** What a line has to do with its platform's figure, and of which listing. */
  private readonly taken = new Map<string, TakenOf>();

  constructor({ escrow, orders, lines }: Originals) {
    this.loaded = escrow;
    this.watermarks = escrow.watermarks;
    for (const row of escrow.allocations) this.allocations.set(row.skuId, row);
    for (const { skuId, units, listing, exposure } of escrow.links) {
      const claim: Claim = { listingId: listing.id, units };
      const known = this.claims.get(skuId);
      if (known) known.push(claim);
      else this.claims.set(skuId, [claim]);
      if (exposure) this.exposures.set(listing.id, exposure);
    }
    this.listings = new ListingIndex(escrow.links.map(({ listing }) => listing));
    if (this.exposures.size > 0) this.remember(orders, lines);
  }

  get isEmpty(): boolean {
    return this.exposures.size === 0;
  }

  private remember(orders: readonly OrderRow[], lines: readonly LineRow[]): void {
    const byId = new Map(orders.map((order) => [order.id, order]));
    for (const line of lines) {
      const order = byId.get(line.orderId);
      const exposure = order && this.exposureOf(order.connectionId, line);
      if (order && exposure)
        this.setTaken(line, {
          listingId: exposure.listingId,
          ...takenOf(order, line, exposure.platform.deducts),
        });
    }
  }

  /** The exposure of the listing a line was bought from. */
  exposureOf(connectionId: string, line: LineRow): Exposure | undefined {
    if (line.skuId === null) return undefined;
    const listing = this.listings.find(connectionId, line.externalItemId, line.externalVariantId);
    return listing?.skuId === line.skuId ? this.exposures.get(listing.id) : undefined;
  }

  takenBefore(line: LineRow): TakenOf | undefined {
    return this.taken.get(`${line.orderId}:${line.lineNo}`);
  }

  setTaken(line: LineRow, taken: TakenOf): void {
    this.taken.set(`${line.orderId}:${line.lineNo}`, taken);
  }

  claimsOn = (skuId: string): readonly Claim[] => this.claims.get(skuId) ?? [];

  claimed = (skuId: string): number => claimedUnits(this.claimsOn(skuId), this.exposures);

  stateOf = (skuId: string): AllocationState => this.allocations.get(skuId)?.state ?? "shared";

  /** SKUs that a listing takes units of, with the units in one of it. */
  skusOf(listingId: string): { skuId: string; units: number }[] {
    return this.loaded.links
      .filter(({ listing }) => listing.id === listingId)
      .map(({ skuId, units }) => ({ skuId, units }));
  }

  takeable(skuId: string, available: number): number {
    const state = this.stateOf(skuId);
    if (state !== "split") return available;
    return takeable(state, available, this.claimed(skuId), this.granted.get(skuId) ?? 0);
  }

  /** Units that a listing stood for until now are the order's at hand, and no deficit takes them. */
  private grant(skuId: string, units: number): void {
    this.granted.set(skuId, (this.granted.get(skuId) ?? 0) + units);
  }

  /** Units that were reserved for whoever the command at hand serves are set free for it: no deficit takes them, and no doubt. */
  passOn(skuId: string, units: number): void {
    this.grant(skuId, units);
    this.passedOn.set(skuId, this.passedOnOf(skuId) + units);
  }

  passedOnOf = (skuId: string): number => this.passedOn.get(skuId) ?? 0;

  /** Units were taken: an order's own come first. */
  spend(skuId: string, units: number): void {
    for (const own of [this.granted, this.passedOn]) {
      const left = own.get(skuId);
      if (left) own.set(skuId, Math.max(0, left - units));
    }
  }

  /** Stores a changed exposure. Answers the SKUs of which it stands for fewer units than before. */
  put(exposure: Exposure, grants: boolean): string[] {
    const before = this.exposures.get(exposure.listingId);
    this.exposures.set(exposure.listingId, exposure);
    const fewer = (before === undefined ? 0 : exposedOf(before)) - exposedOf(exposure);
    if (fewer <= 0) return [];
    const skus = this.skusOf(exposure.listingId);
    for (const { skuId, units } of skus) if (grants) this.grant(skuId, fewer * units);
    return skus.map(({ skuId }) => skuId);
  }

  /** What an order brought is its own only while it is decided. */
  endCommand(): void {
    this.granted.clear();
    this.passedOn.clear();
  }

  isChanged(): boolean {
    return this.changedExposures().length > 0 || this.changedStates().length > 0;
  }

  changedExposures(): { exposure: Exposure; isNew: boolean }[] {
    const known = new Map(this.loaded.links.map(({ listing, exposure }) => [listing.id, exposure]));
    return [...this.exposures.values()]
      .filter((exposure) => known.get(exposure.listingId) !== exposure)
      .map((exposure) => ({ exposure, isNew: known.get(exposure.listingId) === null }));
  }

  private changedStates(): AllocationRow[] {
    return this.loaded.allocations.filter((row) => this.allocations.get(row.skuId) !== row);
  }

  /** Rows as they are to be stored, where they differ from what was read. */
  changedAllocations(availableOf: (skuId: string) => number): AllocationRow[] {
    return this.loaded.allocations.flatMap((loaded) => {
      const row = this.allocations.get(loaded.skuId) ?? loaded;
      const figures = shortOf(row.state, availableOf(row.skuId), this.claimed(row.skuId));
      const isSame =
        row === loaded &&
        figures.possibleOversell === row.possibleOversell &&
        figures.deficit === row.deficit;
      return isSame ? [] : [{ ...row, ...figures, version: loaded.version }];
    });
  }
}
