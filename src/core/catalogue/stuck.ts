import { z } from "zod";
import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";

/** What is stuck on a connection and waits for a person: pushes given up, and deliveries that could not be used. */

export interface ParkedPush {
  kind: "stock" | "fulfilment";
  /** Listing id (stock) or shipment id (fulfilment). */
  subjectId: string;
  attempts: number;
  errorKind: string | null;
  errorMessage: string | null;
  updatedAt: Instant;
}

const parkedPosition = z.tuple([z.string(), z.uuid()]);

export async function listParked(
  sql: Sql,
  merchantId: string,
  connectionId: string,
  request: PageRequest,
): Promise<Page<ParkedPush>> {
  const [kind, subjectId] = request.cursor
    ? decodeCursor(request.cursor, parkedPosition)
    : ["", "00000000-0000-0000-0000-000000000000"];
  const rows = await sql.query<ParkedPush>(
    `select kind, subject_id as "subjectId", attempts, error_kind as "errorKind", error_message as "errorMessage",
       updated_at as "updatedAt"
     from outbox
     where merchant_id = $1 and connection_id = $2 and status = 'parked' and (kind, subject_id) > ($3, $4::uuid)
     order by kind, subject_id limit $5`,
    [merchantId, connectionId, kind, subjectId, request.limit + 1],
  );
  return toPage(rows, request.limit, (last) => [last.kind, last.subjectId]);
}

export interface QuarantinedDelivery {
  deliveryId: string;
  /** SHA-256 of the raw body: one delivery id with another content is another delivery. */
  digest: string;
  topic: string;
  attempts: number;
  errorKind: string | null;
  errorMessage: string | null;
  receivedAt: Instant;
}

const quarantinedPosition = z.tuple([z.iso.datetime(), z.string(), z.string()]);

/** Oldest first. What was delivered stays sealed: it holds buyers' data. */
export async function listQuarantined(
  sql: Sql,
  merchantId: string,
  connectionId: string,
  request: PageRequest,
): Promise<Page<QuarantinedDelivery>> {
  const [receivedAt, deliveryId, digest] = request.cursor
    ? decodeCursor(request.cursor, quarantinedPosition)
    : ["1970-01-01T00:00:00.000Z", "", ""];
  const rows = await sql.query<QuarantinedDelivery>(
    `select delivery_id as "deliveryId", digest, topic, attempts, error_kind as "errorKind",
       error_message as "errorMessage", received_at as "receivedAt"
     from inbox
     where merchant_id = $1 and connection_id = $2 and status = 'quarantined'
       and (received_at, delivery_id, digest) > ($3::timestamptz, $4, $5)
     order by received_at, delivery_id, digest limit $6`,
    [merchantId, connectionId, receivedAt, deliveryId, digest, request.limit + 1],
  );
  return toPage(rows, request.limit, (last) => [last.receivedAt, last.deliveryId, last.digest]);
}
