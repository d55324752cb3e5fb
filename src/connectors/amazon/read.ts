import type { Call, Json, PullPage, Result } from "../contract.ts";
import type { AmazonClient } from "./client.ts";
import { readOrder } from "./map.ts";
import * as wire from "./wire.ts";

/** What reading by windows and reading by id have in common. */

export const ordersPath = "/orders/2026-01-01/orders";

/** Without these, amounts, addresses, states and parcels are missing. */
export const includedData = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT,PACKAGES,TAX";

/** One whole order, as Amazon writes it. Half a call a second, 30 at once. */
export async function getOrder(client: AmazonClient, id: string, call: Call): Promise<Result<Json>> {
  const result = await client.get(`${ordersPath}/${id}`, { includedData }, wire.oneOrderSchema, call);
  return result.ok ? { ok: true, value: result.value.order } : result;
}

/** Puts a row where it belongs: among the orders, among the rejected, or nowhere. */
export function addRow(
  page: PullPage,
  raw: Json,
  marketplaceIds: readonly string[],
  transactions: readonly wire.WireTransaction[] | null = null,
): void {
  const read = readOrder(raw, marketplaceIds, transactions);
  if (read.kind === "order") page.orders.push(read.order);
  if (read.kind === "rejected") page.rejected.push({ externalId: read.externalId, reason: read.reason, raw });
}
