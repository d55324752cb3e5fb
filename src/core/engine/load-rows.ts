import type { Sql } from "../db/database.ts";
import { decodeBooked } from "./booked-codec.ts";
import { lineColumns, orderColumns, reservationColumns, skuColumns } from "./columns.ts";
import type { NamedKeys } from "./keys.ts";
import type { Bystanders, LineRow, ListingRow, OrderRow, ReservationRow, SkuRow } from "./rows.ts";

/**
 * Rows by key. Sets are looked up row by row (`cross join lateral (… limit 1)` or `offset 0`, which the planner cannot
 * turn into a scan of the whole merchant, as it does with a join or `key = any($1)`).
 */

/** An order read without the decoded books. */
export type RawOrder = Omit<OrderRow, "booked"> & { booked: unknown };

export const decodeOrder = (order: RawOrder): OrderRow => ({ ...order, booked: decodeBooked(order.booked) });

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

export const listingColumns = `l.id, l.connection_id as "connectionId", l.external_id as "externalId",
  l.external_variant_id as "externalVariantId", l.sku_id as "skuId", l.units_per as "unitsPer", l.managed_by as "managedBy"`;

export async function readListings(
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

/** Whole orders without a lock of their own: what is used of them is protected by the stock rows that are locked. */
export async function readBystanders(
  tx: Sql,
  merchantId: string,
  orderIds: readonly string[],
): Promise<Bystanders> {
  if (orderIds.length === 0) return { orders: [], lines: [], reservations: [] };
  const [orders, lines, reservations] = await Promise.all([
    tx.query<RawOrder>(
      `select o.* from unnest($2::uuid[]) k(id) cross join lateral
         (select ${orderColumns} from orders o where o.merchant_id = $1 and o.id = k.id limit 1) o`,
      [merchantId, [...orderIds]],
    ),
    readLines(tx, merchantId, orderIds),
    readHeld(tx, merchantId, orderIds),
  ]);
  return { orders: orders.map(decodeOrder), lines, reservations };
}
