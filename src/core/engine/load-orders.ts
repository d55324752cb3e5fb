import type { Sql } from "../db/database.ts";
import { holdColumns, orderColumns, refundColumns, shipmentColumns } from "./columns.ts";
import { decodeOrder, type RawOrder } from "./load-rows.ts";
import type { Component, HoldRow, OrderRow, RefundRow, ShipmentRow } from "./rows.ts";

export interface LockedOrders {
  orders: OrderRow[];
  holds: HoldRow[];
  shipments: ShipmentRow[];
  refunds: RefundRow[];
  /** SKUs whose stock these orders and holds may touch, the components their bundles had when ordered included. */
  skuIds: string[];
  unmapped: LineRefs[];
}

interface LineRefs {
  connectionId: string;
  sku: string | null;
  item: string | null;
  variant: string | null;
}

type LineSku = LineRefs & { skuId: string | null; components: Component[] | null };

/** Locks orders, then holds; reads what only their lock protects. */
export async function lockOrders(
  tx: Sql,
  merchantId: string,
  orderIds: readonly string[],
  holdIds: readonly string[],
): Promise<LockedOrders> {
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
    tx.query<LineSku>(
      `select distinct l.* from unnest($2::uuid[]) k(id) cross join lateral
         (select l.sku_id as "skuId", l.components, o.connection_id as "connectionId", l.external_sku as sku,
            l.external_item_id as item, l.external_variant_id as variant
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
  const skuIds = new Set(heldSkus.map((row) => row.skuId));
  for (const line of lineSkus) {
    if (line.skuId !== null) skuIds.add(line.skuId);
    for (const component of line.components ?? []) skuIds.add(component.skuId);
  }
  for (const shipment of shipments) for (const cost of shipment.lines.costs) skuIds.add(cost.skuId);
  for (const hold of holds) for (const line of hold.lines) skuIds.add(line.skuId);
  return {
    orders: orders.map(decodeOrder),
    holds,
    shipments,
    refunds,
    skuIds: [...skuIds],
    unmapped: lineSkus.filter((line) => line.skuId === null),
  };
}
