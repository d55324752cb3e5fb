import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { namedKeys, nameLine, type PreparedCommand } from "./keys.ts";
import { nameMapped } from "./keys-live.ts";
import { makeAllocations, readEscrow, skusOfListings } from "./load-escrow.ts";
import { findNamed } from "./load-keys.ts";
import { findSessions, lockSessions } from "./load-live.ts";
import { type LockedOrders, lockOrders } from "./load-orders.ts";
import { readHeld, readLines, readListings, readSkus } from "./load-rows.ts";
import { findShrinking, readShrinking } from "./load-shrinking.ts";
import { lockStock } from "./load-stock.ts";
import type { ListingRow, Loaded, SkuRow } from "./rows.ts";

/**
 * Reads and locks what a batch needs: orders first, then holds, then stock, each in key order, so that no two batches can wait
 * for each other. Everything a stock row protects (lines, reservations, the queue) is read after that row is locked.
 */
export async function load(
  tx: Sql,
  merchantId: string,
  commands: readonly PreparedCommand[],
  now: Instant,
): Promise<Loaded> {
  const keys = namedKeys(commands);
  const [found, listedSkuIds] = await Promise.all([
    findNamed(tx, merchantId, keys),
    skusOfListings(tx, merchantId, keys),
  ]);
  const skus = new Map(found.skus.map((sku) => [sku.id, sku]));
  const shrinking = await findShrinking(tx, merchantId, { skus, locations: found.locations, keys });
  const holdIds = [...new Set([...found.holdIds, ...shrinking.holdIds])].sort();
  const locked = await lockOrders(tx, merchantId, found.orderIds, holdIds);
  nameMapped(keys.live, commands, locked.orders);
  const liveOrderIds = keys.live.orders.length > 0 ? found.orderIds : keys.live.orderIds;
  const liveNeeds = { keys: keys.live, orderIds: liveOrderIds, shrinking, now };
  const sessionIds = await findSessions(tx, merchantId, keys.live, liveOrderIds, shrinking);
  const { live, ...ofLive } = await lockSessions(tx, merchantId, sessionIds, liveNeeds);

  const moreListings = await readLate(tx, merchantId, locked.unmapped, skus, [
    ...locked.skuIds,
    ...listedSkuIds,
    ...found.listings.map((listing) => listing.skuId),
  ]);
  const needs = {
    skus,
    locations: found.locations,
    keys,
    freeing:
      locked.orders.length > 0 ||
      holdIds.length > 0 ||
      keys.stockPlaces.length > 0 ||
      keys.restocks ||
      ofLive.skuIds.length > 0 ||
      listedSkuIds.length > 0,
    moreSkuIds: [...shrinking.skuIds, ...ofLive.skuIds],
  };
  await makeAllocations(tx, merchantId, listedSkuIds, skus);
  const { stock, waitingBundles } = await lockStock(tx, merchantId, needs);
  const orderIds = locked.orders.map((order) => order.id);
  const holderIds = [...orderIds, ...locked.holds.map((hold) => hold.id), ...ofLive.holderIds];
  const [lines, reservations, { bystanders, claims }, escrow] = await Promise.all([
    readLines(tx, merchantId, orderIds),
    readHeld(tx, merchantId, holderIds),
    readShrinking(
      tx,
      merchantId,
      needs,
      stock,
      new Set(holderIds),
      new Set(live.sessions.map(({ id }) => id)),
    ),
    readEscrow(tx, merchantId, stock),
  ]);
  return {
    merchant: found.merchant,
    locations: found.locations,
    listings: [...found.listings, ...moreListings],
    documents: found.documents,
    skus: [...skus.values()],
    stock,
    orders: locked.orders,
    holds: locked.holds,
    shipments: locked.shipments,
    refunds: locked.refunds,
    lines,
    reservations,
    bystanders,
    waitingBundles,
    live: { ...live, claims: [...live.claims, ...claims] },
    escrow,
  };
}

/** Listings of lines that wait for a SKU, and SKUs that only the locked rows name: these are added to `skus`. */
async function readLate(
  tx: Sql,
  merchantId: string,
  unmapped: LockedOrders["unmapped"],
  skus: Map<string, SkuRow>,
  skuIds: readonly string[],
): Promise<ListingRow[]> {
  const late = namedKeys([]);
  for (const line of unmapped) nameLine(late, line.connectionId, line.sku, line.item, line.variant);
  const [listings, named] = await Promise.all([
    readListings(tx, merchantId, late.listingKeys),
    readSkus(tx, merchantId, [...new Set(late.skuCodes)], skuIds),
  ]);
  for (const sku of named) skus.set(sku.id, sku);
  const missing = listings.map((listing) => listing.skuId).filter((id) => !skus.has(id));
  for (const sku of await readSkus(tx, merchantId, [], missing)) skus.set(sku.id, sku);
  return listings;
}
