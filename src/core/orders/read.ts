import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { type OrderSummary, summaryColumns } from "./read-list.ts";
import type { OrderTerms } from "./terms.ts";

/** One order with all that belongs to it, for people and programs outside. */

export interface OrderLineDetail {
  line: number;
  externalLineId: string;
  /** Null while the line waits for a mapping. */
  sku: string | null;
  externalSku: string | null;
  externalItemId: string | null;
  externalVariantId: string | null;
  title: string | null;
  quantity: number;
  /** SKU units in one ordered unit. */
  unitsPer: number;
  unitPriceMinor: number;
  discountMinor: number;
  taxMinor: number | null;
  /** In SKU units; of a bundle, as many as its scarcest component allows. */
  reserved: number;
  shipped: number;
  returned: number;
  cancelled: number;
  shortfall: number;
}

export interface ShipmentDetail {
  id: string;
  externalId: string | null;
  origin: "hub" | "platform";
  status: "shipped" | "cancelled";
  carrier: string | null;
  trackingNumber: string | null;
  shippedAt: Instant;
  cancelledAt: Instant | null;
  lines: { line: number; quantity: number }[];
}

export interface RefundDetail {
  id: string;
  externalId: string;
  origin: "hub" | "platform";
  amountMinor: number;
  shippingMinor: number;
  reason: string | null;
  refundedAt: Instant;
}

export interface ReservationDetail {
  line: number;
  sku: string;
  location: string;
  quantity: number;
}

export interface OrderDetail extends OrderSummary {
  note: string | null;
  terms: OrderTerms | null;
  /** Sealed; null when the platform gave none. */
  buyer: Uint8Array | null;
  lines: OrderLineDetail[];
  /** Units held for this order now. */
  reservations: ReservationDetail[];
  shipments: ShipmentDetail[];
  refunds: RefundDetail[];
}

export async function readOrder(
  sql: Sql,
  merchantId: string,
  orderId: string,
): Promise<OrderDetail | undefined> {
  const [orders, lines, reservations, shipments, refunds] = await Promise.all([
    sql.query<OrderHead>(
      `select ${summaryColumns}, o.note, o.terms, o.buyer from orders o where o.merchant_id = $1 and o.id = $2`,
      [merchantId, orderId],
    ),
    readLines(sql, merchantId, orderId),
    readReservations(sql, merchantId, orderId),
    readShipments(sql, merchantId, orderId),
    readRefunds(sql, merchantId, orderId),
  ]);
  const [order] = orders;
  if (!order) return undefined;
  const detailed = lines.map((line) => detailOfLine(line, reservations));
  return {
    ...order,
    shortfall: detailed.reduce((sum, line) => sum + line.shortfall, 0),
    unmapped: detailed.filter((line) => line.sku === null).length,
    lines: detailed,
    reservations: reservations.map(({ line, sku, location, quantity }) => ({
      line,
      sku,
      location,
      quantity,
    })),
    shipments,
    refunds,
  };
}

type OrderHead = Omit<
  OrderDetail,
  "shortfall" | "unmapped" | "lines" | "reservations" | "shipments" | "refunds"
>;

interface LineRow extends Omit<OrderLineDetail, "reserved"> {
  components: { skuId: string; quantity: number }[] | null;
}

const readLines = (sql: Sql, merchantId: string, orderId: string): Promise<LineRow[]> =>
  sql.query<LineRow>(
    `select l.line_no as line, l.external_line_id as "externalLineId", s.code as sku, l.external_sku as "externalSku",
       l.external_item_id as "externalItemId", l.external_variant_id as "externalVariantId", l.title, l.quantity,
       l.units_per as "unitsPer", l.unit_price_minor as "unitPriceMinor", l.discount_minor as "discountMinor",
       l.tax_minor as "taxMinor", l.shipped, l.returned, l.cancelled, l.shortfall, l.components
     from order_lines l left join skus s on s.merchant_id = $1 and s.id = l.sku_id
     where l.merchant_id = $1 and l.order_id = $2 order by l.line_no`,
    [merchantId, orderId],
  );

interface ReservationRow extends ReservationDetail {
  skuId: string;
}

const readReservations = (sql: Sql, merchantId: string, holderId: string): Promise<ReservationRow[]> =>
  sql.query<ReservationRow>(
    `select r.line_no as line, r.sku_id as "skuId", s.code as sku, p.code as location, sum(r.quantity)::bigint as quantity
     from reservations r
       join skus s on s.merchant_id = $1 and s.id = r.sku_id
       join locations p on p.merchant_id = $1 and p.id = r.location_id
     where r.merchant_id = $1 and r.holder_id = $2 and r.status = 'held'
     group by r.line_no, r.sku_id, s.code, p.code order by r.line_no, s.code, p.code`,
    [merchantId, holderId],
  );

function detailOfLine(row: LineRow, reservations: readonly ReservationRow[]): OrderLineDetail {
  const { components, ...line } = row;
  const held = reservations.filter((reservation) => reservation.line === line.line);
  const sumOf = (rows: readonly ReservationRow[]) => rows.reduce((sum, { quantity }) => sum + quantity, 0);
  if (!components || components.length === 0) return { ...line, reserved: sumOf(held) };
  const sets = components.map(({ skuId, quantity }) =>
    Math.floor(sumOf(held.filter((reservation) => reservation.skuId === skuId)) / quantity),
  );
  return { ...line, reserved: Math.min(...sets) };
}

async function readShipments(sql: Sql, merchantId: string, orderId: string): Promise<ShipmentDetail[]> {
  const rows = await sql.query<ShipmentRow>(
    `select id, external_id as "externalId", origin, status, carrier, tracking_number as "trackingNumber",
       shipped_at as "shippedAt", cancelled_at as "cancelledAt", lines -> 'lines' as lines
     from shipments where merchant_id = $1 and order_id = $2 order by shipped_at, id`,
    [merchantId, orderId],
  );
  return rows.map((row) => ({
    ...row,
    lines: (row.lines ?? []).map(({ lineNo, quantity }) => ({ line: lineNo, quantity })),
  }));
}

interface ShipmentRow extends Omit<ShipmentDetail, "lines"> {
  lines: { lineNo: number; quantity: number }[] | null;
}

const readRefunds = (sql: Sql, merchantId: string, orderId: string): Promise<RefundDetail[]> =>
  sql.query<RefundDetail>(
    `select id, external_id as "externalId", origin, amount_minor as "amountMinor", shipping_minor as "shippingMinor",
       reason, refunded_at as "refundedAt"
     from refunds where merchant_id = $1 and order_id = $2 order by refunded_at, id`,
    [merchantId, orderId],
  );
