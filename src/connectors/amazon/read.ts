import type { Call, Json, Result } from "../contract.ts";
import type { ReadOne } from "../toolkit/each-order.ts";
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

/** Where a row belongs: among the orders, among the rejected, or nowhere. */
export function readRow(
  raw: Json,
  marketplaceIds: readonly string[],
  transactions: readonly wire.WireTransaction[] | null = null,
): ReadOne {
  const read = readOrder(raw, marketplaceIds, transactions);
  return read.kind === "order" || read.kind === "rejected" ? { ...read, raw } : { kind: "none" };
}
