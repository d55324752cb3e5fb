import type { Instant } from "../clock.ts";
import type { Sql, SqlValue } from "../db/database.ts";
import { decodeCursor, idPosition, type Page, type PageRequest, toPage } from "../page.ts";

/** Holds made through the API, for people and programs outside. */

export const holdStatuses = ["held", "consumed", "released", "expired"] as const;
export type HoldStatus = (typeof holdStatuses)[number];

export interface Hold {
  id: string;
  reference: string;
  status: HoldStatus;
  lines: { sku: string; quantity: number }[];
  expiresAt: Instant | null;
  createdAt: Instant;
  closedAt: Instant | null;
  /** The order that took the units over. */
  orderId: string | null;
}

export async function readHold(sql: Sql, merchantId: string, holdId: string): Promise<Hold | undefined> {
  const [hold] = await sql.query<Hold>(`${selectHolds("h.merchant_id = $1 and h.id = $2")}`, [
    merchantId,
    holdId,
  ]);
  return hold;
}

export interface HoldFilter {
  status?: HoldStatus | undefined;
  /** The caller's own id of the hold, exact. */
  reference?: string | undefined;
}

/** Newest first. */
export async function listHolds(
  sql: Sql,
  merchantId: string,
  filter: HoldFilter & PageRequest,
): Promise<Page<Hold>> {
  const { status, reference, limit, cursor } = filter;
  const [before] = cursor ? decodeCursor(cursor, idPosition) : [lastId];
  const params: SqlValue[] = [merchantId, before];
  let where = "h.merchant_id = $1 and h.id < $2";
  if (reference !== undefined) where += ` and h.reference = $${params.push(reference)}`;
  // Held ones are few among many closed ones, and have an index of their own, which needs the word itself.
  if (status === "held") where += " and h.status = 'held'";
  else if (status !== undefined) where += ` and h.status = $${params.push(status)}`;
  const newest = `order by h.id desc limit $${params.push(limit + 1)}`;
  return toPage(
    await sql.query<Hold>(`${selectHolds(`${where} ${newest}`)} order by h.id desc`, params),
    limit,
    (last) => [last.id],
  );
}

const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const selectHolds = (which: string): string =>
  `select h.id, h.reference, h.status, h.expires_at as "expiresAt", h.created_at as "createdAt", h.closed_at as "closedAt",
     h.order_id as "orderId", lines.lines
   from (select * from holds h where ${which}) h
   cross join lateral (
     select jsonb_agg(jsonb_build_object('sku', s.code, 'quantity', l.line -> 'quantity') order by l.position) as lines
     from jsonb_array_elements(h.lines) with ordinality as l (line, position)
     join skus s on s.merchant_id = $1 and s.id = (l.line ->> 'skuId')::uuid
   ) lines`;
