import type { Sql } from "../db/database.ts";
import {
  holdColumns,
  lineColumns,
  orderColumns,
  refundColumns,
  reservationColumns,
  shipmentColumns,
  skuColumns,
} from "./columns.ts";
import { decodeBooked } from "./booked-codec.ts";
import { type NamedKeys, nameLine, namedKeys, type PreparedCommand } from "./keys.ts";
import type {
  HoldRow,
  LineRow,
  ListingRow,
  Loaded,
  LocationRow,
  OrderRow,
  RefundRow,
  ReservationRow,
  ShipmentRow,
  SkuRow,
} from "./rows.ts";
import { lockStock, readWaiting, type StockNeeds } from "./load-stock.ts";

/** An order read without the decoded books. */
type RawOrder = Omit<OrderRow, "booked"> & { booked: unknown };

/** What the first statements find: no lock is held yet, and nothing here decides anything. */
interface Found {
  merchant: Loaded["merchant"];
  locations: LocationRow[];
  skus: SkuRow[];
  listings: ListingRow[];
  orderIds: string[];
  holdIds: string[];
  documents: Loaded["documents"];
}

/**
 * Reads and locks what a batch needs: orders first, then holds, then stock, each in key order, so that no two batches can wait
 * for each other. Everything a stock row protects (lines, reservations, the queue) is read after that row is
 * locked. Sets are looked up row by row (`cross join lateral (… limit 1)`, which
 * the planner cannot turn into a scan of the whole merchant, as it does with a join or `key = any($1)`).
 */
export async function load(
  tx: Sql,
  merchantId: string,
  commands: readonly PreparedCommand[],
): Promise<Loaded> {
  const keys = namedKeys(commands);
  const found = await find(tx, merchantId, keys);
  const locked = await lockOrders(tx, merchantId, found);
  const late = { ...emptyKeys(), listingKeys: [] as NamedKeys["listingKeys"] };
  for (const line of locked.unmapped) nameLine(late, line.connectionId, line.sku, line.item, line.variant);
  const [moreListings, moreSkus] = await Promise.all([
    readListings(tx, merchantId, late.listingKeys),
    readSkus(
      tx,
      merchantId,
      [...new Set(late.skuCodes)],
      [...locked.skuIds, ...found.listings.map((listing) => listing.skuId), ...keys.servingSkuIds],
    ),
  ]);
  const listings = [...found.listings, ...moreListings];
  const skus = new Map([...found.skus, ...moreSkus].map((sku) => [sku.id, sku]));
  const missing = moreListings.map((listing) => listing.skuId).filter((id) => !skus.has(id));
  for (const sku of await readSkus(tx, merchantId, [], missing)) skus.set(sku.id, sku);

  const needs: StockNeeds = {
    skus,
    locations: found.locations,
    keys,
    freeing: locked.orders.length > 0 || found.holdIds.length > 0,
  };
  const stock = await lockStock(tx, merchantId, needs);
  const holderIds = [...locked.orders.map((order) => order.id), ...locked.holds.map((hold) => hold.id)];
  const orderIds = locked.orders.map((order) => order.id);
  const [lines, reservations, waiting] = await Promise.all([
    readLines(tx, merchantId, orderIds),
    readHeld(tx, merchantId, holderIds),
    readWaiting(tx, merchantId, needs, stock, new Set(holderIds)),
  ]);
  for (const sku of waiting.skus) if (!skus.has(sku.id)) skus.set(sku.id, sku);
  return {
    merchant: found.merchant,
    locations: found.locations,
    listings,
    documents: found.documents,
    skus: [...skus.values()],
    stock,
    orders: locked.orders,
    holds: [...locked.holds, ...waiting.holds],
    shipments: locked.shipments,
    refunds: locked.refunds,
    lines: [...lines, ...waiting.lines],
    reservations: [...reservations, ...waiting.reservations],
    bystanders: waiting.orders,
    waitingBeyond: waiting.beyond,
  };
}

const emptyKeys = (): NamedKeys => namedKeys([]);

async function find(tx: Sql, merchantId: string, keys: NamedKeys): Promise<Found> {
  const [merchants, locations, skus, listings, orders, holds, documents] = await Promise.all([
    tx.query<MerchantRow>(
      `select m.base_currency as "baseCurrency", m.settings,
         array(select c.id::text from connections c where c.merchant_id = $1 and c.connector = 'manual') as "manualConnectionIds"
       from merchants m where m.merchant_id = $1`,
      [merchantId],
    ),
    tx.query<LocationRow>("select id, code, kind from locations where merchant_id = $1 order by id", [
      merchantId,
    ]),
    readSkus(tx, merchantId, keys.skuCodes, []),
    readListings(tx, merchantId, keys.listingKeys),
    findOrderIds(tx, merchantId, keys),
    keys.holdReferences.length === 0
      ? []
      : tx.query<{ id: string }>(
          `select h.id from unnest($2::text[]) k(reference) cross join lateral
             (select h.id from holds h where h.merchant_id = $1 and h.reference = k.reference limit 1) h`,
          [merchantId, keys.holdReferences],
        ),
    keys.documentReferences.length === 0
      ? []
      : tx.query<Loaded["documents"][number]>(
          `select d.* from unnest($2::text[]) k(reference) cross join lateral
             (select d.reference, d.kind, d.digest, d.result, d.created_at as "createdAt" from stock_documents d
              where d.merchant_id = $1 and d.reference = k.reference limit 1) d`,
          [merchantId, keys.documentReferences],
        ),
  ]);
  const merchant = merchants[0];
  if (!merchant) throw new Error(`merchant ${merchantId} does not exist`);
  const settings = merchant.settings as { defaultTaxRateBp?: number; roundingToleranceMinor?: number };
  return {
    merchant: {
      id: merchantId,
      baseCurrency: merchant.baseCurrency,
      defaultTaxRateBp: settings.defaultTaxRateBp ?? 0,
      roundingToleranceMinor: settings.roundingToleranceMinor ?? 0,
      manualConnectionIds: merchant.manualConnectionIds,
    },
    locations,
    skus,
    listings,
    orderIds: [...new Set([...orders.map((row) => row.id), ...keys.orderIds])].sort(),
    holdIds: [...new Set([...holds.map((row) => row.id), ...keys.holdIds])].sort(),
    documents,
  };
}

interface MerchantRow {
  baseCurrency: string;
  settings: unknown;
  manualConnectionIds: string[];
}

async function findOrderIds(tx: Sql, merchantId: string, keys: NamedKeys): Promise<{ id: string }[]> {
  if (keys.orderKeys.length === 0) return [];
  return tx.query<{ id: string }>(
    `select o.id from unnest($2::uuid[], $3::text[]) k(connection_id, external_id) cross join lateral
       (select o.id from orders o where o.merchant_id = $1 and o.connection_id = k.connection_id and o.external_id = k.external_id limit 1) o`,
    [merchantId, keys.orderKeys.map((key) => key.connectionId), keys.orderKeys.map((key) => key.externalId)],
  );
}

export async function readSkus(
  tx: Sql,
  merchantId: string,
  codes: readonly string[],
  ids: readonly string[],
): Promise<SkuRow[]> {
  const [byCode, byId] = await Promise.all([
    codes.length === 0
      ? []
      : tx.query<SkuRow>(
          `select k.* from unnest($2::text[]) n(code) cross join lateral
             (select ${skuColumns} from skus k where k.merchant_id = $1 and k.code = n.code limit 1) k`,
          [merchantId, [...codes]],
        ),
    ids.length === 0
      ? []
      : tx.query<SkuRow>(
          `select k.* from unnest($2::uuid[]) n(id) cross join lateral
             (select ${skuColumns} from skus k where k.merchant_id = $1 and k.id = n.id limit 1) k`,
          [merchantId, [...new Set(ids)]],
        ),
  ]);
  return [...byCode, ...byId];
}

const listingColumns = `l.connection_id as "connectionId", l.external_id as "externalId",
  l.external_variant_id as "externalVariantId", l.sku_id as "skuId", l.units_per as "unitsPer"`;

async function readListings(
  tx: Sql,
  merchantId: string,
  keys: NamedKeys["listingKeys"],
): Promise<ListingRow[]> {
  const unique = [
    ...new Map(keys.map((key) => [`${key.connectionId}\n${key.item}\n${key.variant}`, key])).values(),
  ];
  const exact = unique.filter((key) => key.item !== "*");
  const byVariant = unique.filter((key) => key.item === "*");
  const [exactly, loosely] = await Promise.all([
    exact.length === 0
      ? []
      : tx.query<ListingRow>(
          `select l.* from unnest($2::uuid[], $3::text[], $4::text[]) k(connection_id, item, variant) cross join lateral
             (select ${listingColumns} from listings l where l.merchant_id = $1 and l.connection_id = k.connection_id
                and l.external_id = k.item and l.external_variant_id = k.variant limit 1) l`,
          [
            merchantId,
            exact.map((key) => key.connectionId),
            exact.map((key) => key.item),
            exact.map((key) => key.variant),
          ],
        ),
    byVariant.length === 0
      ? []
      : tx.query<ListingRow>(
          `select l.* from unnest($2::uuid[], $3::text[]) k(connection_id, variant) cross join lateral
             (select ${listingColumns} from listings l where l.merchant_id = $1 and l.connection_id = k.connection_id
                and l.external_variant_id = k.variant and l.external_variant_id <> '' limit 2) l`,
          [merchantId, byVariant.map((key) => key.connectionId), byVariant.map((key) => key.variant)],
        ),
  ]);
  return [...exactly, ...loosely];
}

interface LockedOrders {
  orders: OrderRow[];
  holds: HoldRow[];
  shipments: ShipmentRow[];
  refunds: RefundRow[];
  skuIds: string[];
  unmapped: { connectionId: string; sku: string | null; item: string | null; variant: string | null }[];
}

/** Locks orders, then holds; reads what only their lock protects. */
async function lockOrders(tx: Sql, merchantId: string, found: Found): Promise<LockedOrders> {
  const { orderIds, holdIds } = found;
  if (orderIds.length === 0 && holdIds.length === 0) {
    return { orders: [], holds: [], shipments: [], refunds: [], skuIds: [], unmapped: [] };
  }
  const [orders, holds, shipments, refunds, lineSkus, heldSkus] = await Promise.all([
    tx.query<RawOrder>(
      `select o.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${orderColumns} from orders o where o.merchant_id = $1 and o.id = k.id for no key update) o`,
      [merchantId, orderIds],
    ),
    tx.query<HoldRow>(
      `select h.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${holdColumns} from holds h where h.merchant_id = $1 and h.id = k.id for no key update) h`,
      [merchantId, holdIds],
    ),
    tx.query<ShipmentRow>(
      `select p.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${shipmentColumns} from shipments p where p.merchant_id = $1 and p.order_id = k.id order by p.id offset 0) p`,
      [merchantId, orderIds],
    ),
    tx.query<RefundRow>(
      `select f.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${refundColumns} from refunds f where f.merchant_id = $1 and f.order_id = k.id order by f.id offset 0) f`,
      [merchantId, orderIds],
    ),
    tx.query<LockedOrders["unmapped"][number] & { skuId: string | null }>(
      `select distinct l.* from unnest($2::uuid[]) k(id) cross join lateral
         (select l.sku_id as "skuId", o.connection_id as "connectionId", l.external_sku as sku, l.external_item_id as item,
            l.external_variant_id as variant
          from orders o join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id
          where o.merchant_id = $1 and o.id = k.id offset 0) l`,
      [merchantId, orderIds],
    ),
    tx.query<{ skuId: string }>(
      `select distinct r.sku_id as "skuId" from unnest($2::uuid[]) k(id) cross join lateral
         (select r.sku_id from reservations r where r.merchant_id = $1 and r.holder_id = k.id and r.status = 'held' offset 0) r`,
      [merchantId, [...orderIds, ...holdIds]],
    ),
  ]);
  const shipped = shipments.flatMap((shipment) => shipment.lines.costs.map((cost) => cost.skuId));
  const ofHolds = holds.flatMap((hold) => hold.lines.map((line) => line.skuId));
  return {
    orders: orders.map((order) => ({ ...order, booked: decodeBooked(order.booked) })),
    holds,
    shipments,
    refunds,
    skuIds: [
      ...new Set([
        ...lineSkus.flatMap((line) => line.skuId ?? []),
        ...heldSkus.map((row) => row.skuId),
        ...shipped,
        ...ofHolds,
      ]),
    ],
    unmapped: lineSkus.filter((line) => line.skuId === null),
  };
}

export const readLines = async (
  tx: Sql,
  merchantId: string,
  orderIds: readonly string[],
): Promise<LineRow[]> =>
  orderIds.length === 0
    ? []
    : tx.query<LineRow>(
        `select l.* from unnest($2::uuid[]) k(id) cross join lateral
           (select ${lineColumns} from order_lines l where l.merchant_id = $1 and l.order_id = k.id order by l.line_no offset 0) l`,
        [merchantId, [...orderIds]],
      );

export const readHeld = async (
  tx: Sql,
  merchantId: string,
  holderIds: readonly string[],
): Promise<ReservationRow[]> =>
  holderIds.length === 0
    ? []
    : tx.query<ReservationRow>(
        `select r.* from unnest($2::uuid[]) k(id) cross join lateral
           (select ${reservationColumns} from reservations r where r.merchant_id = $1 and r.holder_id = k.id and r.status = 'held' order by r.id offset 0) r`,
        [merchantId, [...holderIds]],
      );
