import type { Call, Json, PullPage, Result } from "../contract.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { LazadaClient } from "./client.ts";
import { readOrder } from "./map.ts";
import type { LazadaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Orders come without their units, and units without their returns: whole orders take up to three questions. */

export const mostOrders = 50;

export type Read = Pick<PullPage, "orders" | "rejected">;

export const idOf = (row: Json): string =>
  wire.stampSchema.pick({ order_id: true }).safeParse(row).data?.order_id ?? "";

/** Returns are read for orders that show any sign of one; with `reverses` for all. */
export async function wholeOrders(
  client: LazadaClient,
  settings: LazadaSettings,
  rows: readonly Json[],
  call: Call,
  reverses: "where told" | "all" = "where told",
): Promise<Result<Read>> {
  const read: Read = { orders: [], rejected: [] };
  const items = await itemsOf(client, rows.map(idOf), call);
  if (!items.ok) return items;
  for (const raw of rows) {
    const units = items.value.get(idOf(raw)) ?? [];
    const isTold = units.some(
      (unit) => (unit.reverse_order_id ?? "0") !== "0" || Boolean(unit.return_status),
    );
    const told = isTold || reverses === "all" ? await reversesOf(client, idOf(raw), call) : null;
    if (told && !told.ok) return told;
    const result = readOrder(raw, units, told?.value ?? null, settings);
    if (result.kind === "order") read.orders.push(result.order);
    else read.rejected.push({ externalId: result.externalId, reason: result.reason, raw });
  }
  return { ok: true, value: read };
}

/** Units by order. */
export async function itemsOf(
  client: LazadaClient,
  ids: readonly string[],
  call: Call,
): Promise<Result<Map<string, wire.WireItem[]>>> {
  const found = new Map<string, wire.WireItem[]>();
  for (const chunk of chunksOf(ids.filter(wire.isOrderId), mostOrders)) {
    const result = await client.get(
      "/orders/items/get",
      { order_ids: `[${chunk.join(",")}]` },
      wire.itemsSchema,
      call,
    );
    if (!result.ok) return result;
    for (const { order_id, order_items } of result.value) found.set(order_id, order_items);
  }
  return { ok: true, value: found };
}

const mostReverses = 100;

async function reversesOf(
  client: LazadaClient,
  orderId: string,
  call: Call,
): Promise<Result<wire.WireReverse[]>> {
  const parameters = { trade_order_id: orderId, page_no: "1", page_size: String(mostReverses) };
  const result = await client.get(
    "/reverse/getreverseordersforseller",
    parameters,
    wire.reversesSchema,
    call,
  );
  return result.ok ? { ok: true, value: result.value.items ?? [] } : result;
}

/** Orders one by one; those the store does not know are left out. */
export async function rowsOf(
  client: LazadaClient,
  ids: readonly string[],
  call: Call,
): Promise<Result<Json[]>> {
  const rows: Json[] = [];
  for (const order_id of new Set(ids)) {
    if (!wire.isOrderId(order_id)) continue;
    const result = await client.get("/order/get", { order_id }, wire.oneOrderSchema, call);
    if (result.ok) rows.push(result.value);
    else if (result.kind !== "not_found") return result;
  }
  return { ok: true, value: rows };
}
