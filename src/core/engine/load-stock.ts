import type { Sql } from "../db/database.ts";
import { decodeBooked } from "./booked-codec.ts";
import { holdColumns, lineColumns, orderColumns, reservationColumns, stockColumns } from "./columns.ts";
import type { NamedKeys } from "./keys.ts";
import { readHeld, readSkus } from "./load.ts";
import type { HoldRow, LineRow, LocationRow, OrderRow, ReservationRow, SkuRow, StockRow } from "./rows.ts";

/** Waiting lines read per SKU and batch; a longer queue goes on in a following batch. */
const waitingPerSku = 500;
/** Newest reservations read per place when a figure may fall below what is reserved. */
const shrinkDepth = 5000;

export interface StockNeeds {
  skus: Map<string, SkuRow>;
  locations: readonly LocationRow[];
  keys: NamedKeys;
  /** Whether a command of the batch may give units back. */
  freeing: boolean;
}

const mayFree = (needs: StockNeeds): boolean =>
  needs.freeing || needs.keys.stockPlaces.length > 0 || needs.keys.servingSkuIds.length > 0;

/**
 * Locks all stock rows of the SKUs concerned, in key order. Where units may come free or shrink, the other components of
 * bundles are locked too: a bundle's line is then settled under all its components at once.
 */
export async function lockStock(tx: Sql, merchantId: string, needs: StockNeeds): Promise<StockRow[]> {
  const { skus } = needs;
  const wanted = new Set<string>();
  for (const sku of skus.values()) {
    if (sku.kind !== "bundle") wanted.add(sku.id);
    for (const component of sku.components) wanted.add(component.skuId);
  }
  if (mayFree(needs)) {
    const bundles = await tx.query<{ bundleId: string; componentId: string }>(
      `select b2.bundle_id as "bundleId", b2.component_id as "componentId" from unnest($2::uuid[]) k(id)
       join bundles b on b.merchant_id = $1 and b.component_id = k.id
       join bundles b2 on b2.merchant_id = $1 and b2.bundle_id = b.bundle_id`,
      [merchantId, [...wanted]],
    );
    const bundleIds = bundles.map((row) => row.bundleId).filter((id) => !skus.has(id));
    for (const sku of await readSkus(tx, merchantId, [], bundleIds)) skus.set(sku.id, sku);
    for (const row of bundles) wanted.add(row.componentId);
  }
  const unread = [...wanted].filter((id) => !skus.has(id));
  for (const sku of await readSkus(tx, merchantId, [], unread)) skus.set(sku.id, sku);
  await makePlaces(tx, merchantId, needs);
  if (wanted.size === 0) return [];
  return tx.query<StockRow>(
    `select s.* from unnest($2::uuid[]) k(id) cross join lateral
       (select ${stockColumns} from stock_levels s where s.merchant_id = $1 and s.sku_id = k.id order by s.location_id for no key update) s`,
    [merchantId, [...wanted].sort()],
  );
}

/** Stock rows a document names exist before they are locked; an empty row is no stock and stays harmless. */
async function makePlaces(tx: Sql, merchantId: string, needs: StockNeeds): Promise<void> {
  const skuByCode = new Map([...needs.skus.values()].map((sku) => [sku.code, sku]));
  const locationByCode = new Map(needs.locations.map((location) => [location.code, location]));
  const places = new Map<string, { skuId: string; locationId: string; own: boolean }>();
  for (const place of needs.keys.stockPlaces) {
    const sku = skuByCode.get(place.sku);
    const location = locationByCode.get(place.location);
    if (!sku || !location || sku.kind === "bundle") continue;
    places.set(`${sku.id}${location.id}`, {
      skuId: sku.id,
      locationId: location.id,
      own: location.kind === "own",
    });
  }
  if (places.size === 0) return;
  const rows = [...places.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await tx.query(
    `insert into stock_levels (merchant_id, sku_id, location_id, own)
     select $1, k.sku_id, k.location_id, k.own from unnest($2::uuid[], $3::uuid[], $4::boolean[]) k(sku_id, location_id, own)
     on conflict do nothing`,
    [merchantId, rows.map((row) => row.skuId), rows.map((row) => row.locationId), rows.map((row) => row.own)],
  );
}

export interface Waiting {
  lines: LineRow[];
  orders: OrderRow[];
  reservations: ReservationRow[];
  holds: HoldRow[];
  skus: SkuRow[];
  beyond: string[];
}

/**
 * What stands in the queue for units that may come free, and the reservations that may have to shrink. Read after the stock rows
 * are locked, which protect both. `known`: holders the batch has read already.
 */
export async function readWaiting(
  tx: Sql,
  merchantId: string,
  needs: StockNeeds,
  stock: readonly StockRow[],
  known: ReadonlySet<string>,
): Promise<Waiting> {
  const empty: Waiting = { lines: [], orders: [], reservations: [], holds: [], skus: [], beyond: [] };
  if (!mayFree(needs)) return empty;
  const queue = await tx.query<LineRow>(
    `select l.* from unnest($2::uuid[]) k(id) cross join lateral
       (select ${lineColumns} from order_lines l where l.merchant_id = $1 and l.sku_id = k.id and l.shortfall > 0
        order by l.waiting_since limit ${waitingPerSku}) l`,
    [merchantId, [...needs.skus.keys()]],
  );
  const shrinking = await readShrinking(tx, merchantId, needs, stock);
  const lines = new Map<string, LineRow>();
  for (const line of [...queue, ...shrinking.lines]) {
    if (!known.has(line.orderId)) lines.set(`${line.orderId}:${line.lineNo}`, line);
  }
  const orderIds = [...new Set([...lines.values()].map((line) => line.orderId))].sort();
  const holdIds = shrinking.holdIds.filter((id) => !known.has(id));
  if (orderIds.length === 0 && holdIds.length === 0) return empty;
  const [orders, reservations, holds] = await Promise.all([
    tx.query<Omit<OrderRow, "booked"> & { booked: unknown }>(
      `select o.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${orderColumns} from orders o where o.merchant_id = $1 and o.id = k.id limit 1) o`,
      [merchantId, orderIds],
    ),
    readHeld(tx, merchantId, [...orderIds, ...holdIds]),
    tx.query<HoldRow>(
      `select h.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${holdColumns} from holds h where h.merchant_id = $1 and h.id = k.id limit 1) h`,
      [merchantId, holdIds],
    ),
  ]);
  return {
    lines: [...lines.values()],
    orders: orders.map((order) => ({ ...order, booked: decodeBooked(order.booked) })),
    reservations,
    holds,
    skus: [],
    beyond: countBeyond(queue),
  };
}

function countBeyond(queue: readonly LineRow[]): string[] {
  const counts = new Map<string, number>();
  for (const line of queue)
    if (line.skuId !== null) counts.set(line.skuId, (counts.get(line.skuId) ?? 0) + 1);
  return [...counts].filter(([, count]) => count >= waitingPerSku).map(([skuId]) => skuId);
}

/** The newest reservations at places where a count or a loss may fall below what is promised. */
async function readShrinking(
  tx: Sql,
  merchantId: string,
  needs: StockNeeds,
  stock: readonly StockRow[],
): Promise<{ lines: LineRow[]; holdIds: string[] }> {
  const skuByCode = new Map([...needs.skus.values()].map((sku) => [sku.code, sku]));
  const locationByCode = new Map(needs.locations.map((location) => [location.code, location]));
  const places: StockRow[] = [];
  for (const row of stock) {
    const named = needs.keys.shrinking.filter(
      (entry) =>
        skuByCode.get(entry.sku)?.id === row.skuId &&
        locationByCode.get(entry.location)?.id === row.locationId,
    );
    if (named.length === 0 || row.reserved === 0) continue;
    const lowest =
      Math.min(row.onHand, ...named.flatMap((entry) => entry.count ?? [])) +
      named.reduce((sum, entry) => sum + entry.delta, 0);
    if (lowest < row.reserved + row.heldBack) places.push(row);
  }
  if (places.length === 0) return { lines: [], holdIds: [] };
  const reservations = await tx.query<ReservationRow>(
    `select r.* from unnest($2::uuid[], $3::uuid[]) k(sku_id, location_id) cross join lateral
       (select ${reservationColumns} from reservations r where r.merchant_id = $1 and r.sku_id = k.sku_id
          and r.location_id = k.location_id and r.status = 'held' order by r.created_at desc, r.id desc limit ${shrinkDepth}) r`,
    [merchantId, places.map((row) => row.skuId), places.map((row) => row.locationId)],
  );
  const ofOrders = reservations.filter((row) => row.holderKind === "order");
  const lines = await tx.query<LineRow>(
    `select l.* from unnest($2::uuid[], $3::int[]) k(order_id, line_no) cross join lateral
       (select ${lineColumns} from order_lines l where l.merchant_id = $1 and l.order_id = k.order_id and l.line_no = k.line_no limit 1) l`,
    [merchantId, ofOrders.map((row) => row.holderId), ofOrders.map((row) => row.lineNo)],
  );
  return {
    lines,
    holdIds: [...new Set(reservations.filter((row) => row.holderKind === "hold").map((row) => row.holderId))],
  };
}
