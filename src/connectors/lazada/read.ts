import type { Call, Json, Result } from "../contract.ts";
import { askTogether, type Rows, readEach, refused } from "../toolkit/each-order.ts";
import { failure } from "../toolkit/failures.ts";
import { issuesOf } from "../toolkit/http.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { LazadaClient } from "./client.ts";
import { readOrder } from "./map.ts";
import type { LazadaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Orders come without their units, and units without their returns: whole orders take up to three questions. */

export const mostOrders = 50;

export const idOf = (row: Json): string =>
  wire.stampSchema.pick({ order_id: true }).safeParse(row).data?.order_id ?? "";

/** Returns are read for orders that show any sign of one; with `reverses` for all. */
export async function wholeOrders(
  client: LazadaClient,
  settings: LazadaSettings,
  rows: readonly Json[],
  call: Call,
  reverses: "where told" | "all" = "where told",
): Promise<Result<Rows>> {
  const items = await itemsOf(client, rows.map(idOf), call);
  if (!items.ok) return items;
  return readEach(rows, {
    origin: "listed",
    nameOf: (row) => ({ externalId: idOf(row) || "(no id)", raw: row }),
    async read(row) {
      const known = items.value.get(idOf(row));
      if (known && !known.ok) return refused(idOf(row), row, known);
      const units = known?.value ?? [];
      const isTold = units.some(
        (unit) => (unit.reverse_order_id ?? "0") !== "0" || Boolean(unit.return_status),
      );
      const told = isTold || reverses === "all" ? await reversesOf(client, idOf(row), call) : null;
      if (told && !told.ok) return refused(idOf(row), row, told);
      const read = readOrder(row, units, told?.value ?? null, settings);
      return { ok: true, value: { ...read, raw: row } };
    },
  });
}

/** Units by order; where they were refused or cannot be read, why. */
export async function itemsOf(
  client: LazadaClient,
  ids: readonly string[],
  call: Call,
): Promise<Result<Map<string, Result<wire.WireItem[]>>>> {
  const found = new Map<string, Result<wire.WireItem[]>>();
  for (const chunk of chunksOf(ids.filter(wire.isOrderId), mostOrders)) {
    const answer = await askTogether(chunk, (some) =>
      client.get("/orders/items/get", { order_ids: `[${some.join(",")}]` }, wire.itemsSchema, call),
    );
    if (!answer.ok) return answer;
    for (const [id, refusal] of answer.value.refusals) found.set(id, refusal);
    for (const row of answer.value.rows) {
      const units = wire.unitsSchema.safeParse(row);
      if (units.success) found.set(units.data.order_id, { ok: true, value: units.data.order_items });
      else
        found.set(
          idOf(row),
          failure("malformed", `The items of an order have an unexpected shape (${issuesOf(units.error)})`),
        );
    }
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

/** Whole orders by id; those the store does not know are left out. */
export async function ordersById(
  client: LazadaClient,
  settings: LazadaSettings,
  ids: readonly string[],
  call: Call,
  reverses: "where told" | "all" = "where told",
): Promise<Result<Rows>> {
  const rows: Json[] = [];
  const known = await readEach([...new Set(ids)].filter(wire.isOrderId), {
    origin: "asked",
    nameOf: (order_id) => ({ externalId: order_id, raw: { order_id } }),
    async read(order_id) {
      const row = await client.get("/order/get", { order_id }, wire.oneOrderSchema, call);
      if (row.ok) rows.push(row.value);
      return row.ok ? { ok: true, value: { kind: "none" } } : row;
    },
  });
  if (!known.ok) return known;
  const read = await wholeOrders(client, settings, rows, call, reverses);
  if (!read.ok) return read;
  const rejected = [...known.value.rejected, ...read.value.rejected];
  return { ok: true, value: { orders: read.value.orders, rejected } };
}
