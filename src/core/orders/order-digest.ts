import { createHash } from "node:crypto";
import type { OrderSnapshot } from "../model/order.ts";
import { termsOf } from "./terms.ts";

/**
 * SHA-256 over the content of a snapshot in a fixed spelling, so that a webhook and a poll that tell the same
 * give the same digest whatever the order of their keys, parcels and refunds, and whether what is empty is named.
 */
export function digestOrder(order: OrderSnapshot): string {
  const fields: unknown[] = [
    order.externalId,
    order.updatedAt,
    order.placedAt,
    order.status,
    order.currency,
    order.totalMinor,
    order.shippingMinor ?? 0,
    order.discountMinor ?? 0,
    order.platformDiscountMinor ?? 0,
    order.paidAt ?? null,
    order.liveSession ?? null,
    order.note ?? null,
    order.lines.map((line) => [
      line.externalLineId,
      line.sku ?? null,
      line.externalItemId ?? null,
      line.externalVariantId ?? null,
      line.quantity,
      line.unitPriceMinor,
      line.discountMinor ?? 0,
      line.taxMinor ?? null,
      line.title ?? null,
    ]),
    order.buyer ? sorted(order.buyer) : null,
    recordsOf(order.shipments),
    recordsOf(order.refunds),
  ];
  const terms = termsOf(order);
  // Only where there are any, so that orders without them keep the digest they have.
  if (terms !== null) fields.push(sorted(terms));
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64");
}

const recordsOf = (records: readonly { externalId: string }[] | undefined): unknown =>
  records === undefined || records.length === 0
    ? null
    : records.toSorted((a, b) => (a.externalId < b.externalId ? -1 : 1)).map(sorted);

/** The same value with all object keys in order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** Digest of a stock document's content. */
export const digestDocument = (document: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(sorted(document)))
    .digest("base64");
