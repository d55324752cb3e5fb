import type { Sql } from "../db/database.ts";

/**
 * Orders whose lines wait for a SKU, found by what they wait for. The engine decides what becomes of each (`order.map`).
 * `limit 1` and `offset 0` keep the planner from turning the look-ups into a scan of all the merchant's rows.
 */

/** Orders with a line that names one of these codes and has no SKU yet. */
export async function ordersWaitingForSkus(
  sql: Sql,
  merchantId: string,
  codes: readonly string[],
): Promise<string[]> {
  const rows = await sql.query<{ orderId: string }>(
    `select distinct w.order_id as "orderId" from unnest($2::text[]) as c (code)
     cross join lateral (
       select order_id from order_lines where merchant_id = $1 and sku_id is null and external_sku = c.code offset 0
     ) as w
     order by w.order_id`,
    [merchantId, codes],
  );
  return rows.map((row) => row.orderId);
}

/**
 * Orders of the listings' connections with a line that means one of these listings: by variant where the listing has
 * one, else by item, or by a variant id that stands in the place of the item's.
 */
export async function ordersWaitingForListings(
  sql: Sql,
  merchantId: string,
  listings: readonly { connectionId: string; externalId: string; externalVariantId: string }[],
): Promise<string[]> {
  const rows = await sql.query<{ orderId: string }>(
    `select distinct o.id as "orderId"
     from unnest($2::uuid[], $3::text[], $4::text[]) as r (connection_id, item, variant)
     cross join lateral (
       select order_id from order_lines where merchant_id = $1 and sku_id is null
         and external_variant_id = case when r.variant = '' then r.item else r.variant end
       union all
       select order_id from order_lines where merchant_id = $1 and sku_id is null
         and r.variant = '' and external_item_id = r.item
       offset 0
     ) as w
     cross join lateral (
       select id from orders where merchant_id = $1 and id = w.order_id and connection_id = r.connection_id limit 1
     ) as o
     order by o.id`,
    [
      merchantId,
      listings.map((listing) => listing.connectionId),
      listings.map((listing) => listing.externalId),
      listings.map((listing) => listing.externalVariantId),
    ],
  );
  return rows.map((row) => row.orderId);
}

/** From when on each order has units reserved, as its connection's platform takes them off its own figure (`ask`). */
export async function reserveFromOfOrders(
  sql: Sql,
  merchantId: string,
  orderIds: readonly string[],
  ask: (connectionId: string) => Promise<"placed" | "paid">,
): Promise<(orderId: string) => "placed" | "paid"> {
  const rows = await sql.query<{ id: string; connectionId: string }>(
    `select o.id, o.connection_id as "connectionId" from unnest($2::uuid[]) k(id)
       cross join lateral (select id, connection_id from orders where merchant_id = $1 and id = k.id limit 1) o`,
    [merchantId, orderIds],
  );
  const connectionIds = [...new Set(rows.map((row) => row.connectionId))];
  const told = new Map(await Promise.all(connectionIds.map(async (id) => [id, await ask(id)] as const)));
  const of = new Map(rows.map((row) => [row.id, told.get(row.connectionId)]));
  return (orderId) => of.get(orderId) ?? "placed";
}
