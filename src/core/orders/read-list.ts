import type { Instant } from "../clock.ts";
import type { Sql, SqlValue } from "../db/database.ts";
import { type OrderStatus, orderStatuses } from "../model/order.ts";
import { decodeCursor, idPosition, type Page, type PageRequest, toPage } from "../page.ts";

/** One row of an order list. Buyers' data is not in it. */
export interface OrderSummary {
  id: string;
  connectionId: string;
  externalId: string;
  status: OrderStatus;
  currency: string;
  totalMinor: number;
  shippingMinor: number;
  discountMinor: number;
  platformDiscountMinor: number;
  refundedMinor: number;
  placedAt: Instant;
  paidAt: Instant | null;
  updatedAt: Instant;
  receivedAt: Instant;
  heldReason: string | null;
  liveSession: string | null;
  /** SKU units wanted and not reserved, over all lines. */
  shortfall: number;
  /** Lines that wait for a mapping. */
  unmapped: number;
}

export interface OrderFilter {
  status?: OrderStatus | undefined;
  connectionId?: string | undefined;
  externalId?: string | undefined;
}

/** Columns of `orders o` under the names of `OrderSummary`. */
export const summaryColumns = `o.id, o.connection_id as "connectionId", o.external_id as "externalId", o.status, o.currency,
  o.total_minor as "totalMinor", o.shipping_minor as "shippingMinor", o.discount_minor as "discountMinor",
  o.platform_discount_minor as "platformDiscountMinor", o.refunded_minor as "refundedMinor", o.placed_at as "placedAt",
  o.paid_at as "paidAt", o.updated_at as "updatedAt", o.received_at as "receivedAt", o.held_reason as "heldReason",
  o.live_session as "liveSession"`;

/**
 * Newest first, by key: each page reads `limit` entries of one index, however many orders there are (ids are UUIDv7,
 * so a higher id came in later).
 */
export async function listOrders(
  sql: Sql,
  merchantId: string,
  filter: OrderFilter & PageRequest,
): Promise<Page<OrderSummary>> {
  const { limit, cursor } = filter;
  const [beforeId] = cursor ? decodeCursor(cursor, idPosition) : [afterAll];
  const { text, params } = pageStatement(merchantId, filter, beforeId, limit + 1);
  const rows = await sql.query<OrderSummary>(
    `select ${summaryColumns}, lines.shortfall, lines.unmapped
     from (${text}) o
     cross join lateral (
       select coalesce(sum(l.shortfall), 0)::bigint as shortfall, count(*) filter (where l.sku_id is null) as unmapped
       from order_lines l where l.merchant_id = $1 and l.order_id = o.id
     ) lines
     order by o.id desc`,
    params,
  );
  return toPage(rows, limit, (last) => [last.id]);
}

/** Higher than any UUIDv7: where the first page starts. */
const afterAll = "ffffffff-ffff-ffff-ffff-ffffffffffff";

interface Statement {
  text: string;
  params: SqlValue[];
}

function pageStatement(merchantId: string, filter: OrderFilter, beforeId: string, rows: number): Statement {
  const { status, connectionId, externalId } = filter;
  const params: SqlValue[] = [merchantId, beforeId, rows];
  const bind = (value: SqlValue): string => `$${params.push(value)}`;
  const newest = "order by o.id desc limit $3";
  if (externalId !== undefined) {
    const external = bind(externalId);
    const only = [
      ...(status === undefined ? [] : [`o.status = ${bind(status)}`]),
      ...(connectionId === undefined ? [] : [`c.id = ${bind(connectionId)}`]),
    ];
    // The unique key leads with the connection: one look per connection instead of a scan of the merchant's orders.
    const text = `select o.* from connections c cross join lateral (
        select o.* from orders o where o.merchant_id = $1 and o.connection_id = c.id and o.external_id = ${external}
      ) o where ${["c.merchant_id = $1", "o.id < $2", ...only].join(" and ")} ${newest}`;
    return { text, params };
  }
  if (connectionId !== undefined) {
    const statuses = bind(status === undefined ? orderStatuses : [status]);
    const text = `select o.* from unnest(${statuses}::text[]) as wanted (status) cross join lateral (
        select o.* from orders o
        where o.merchant_id = $1 and o.connection_id = ${bind(connectionId)} and o.status = wanted.status and o.id < $2
          and o.id > '00000000-0000-0000-0000-000000000000' -- the condition of the index orders_by_connection
        ${newest}
      ) o ${newest}`;
    return { text, params };
  }
  const withStatus = status === undefined ? "" : `and o.status = ${bind(status)}`;
  return {
    text: `select o.* from orders o where o.merchant_id = $1 and o.id < $2 ${withStatus} ${newest}`,
    params,
  };
}
