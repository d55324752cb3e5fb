import type { Call, Json, PullPage, Result } from "../contract.ts";
import { askTogether } from "../toolkit/each-order.ts";
import { chunksOf, collectPages } from "../toolkit/paging.ts";
import { eachKnown, type TiktokClient } from "./client.ts";
import { liveRoomsOf } from "./live.ts";
import { type AfterSales, readOrder } from "./map.ts";
import { cancellationSearch, returnSearch, type Search } from "./searches.ts";
import type { TiktokSettings } from "./settings.ts";
import { isCancelled, isWhollyCancelled } from "./units.ts";
import * as wire from "./wire.ts";

/** Rows of orders completed by what stands elsewhere: returns, cancellations of single units, live rooms. */

/** Ids one question takes. */
export const mostDetails = 50;

type Read = Pick<PullPage, "orders" | "rejected" | "warnings">;

export async function readRows(
  client: TiktokClient,
  settings: TiktokSettings,
  rows: readonly Json[],
  call: Call,
): Promise<Result<Read>> {
  const found = rows.flatMap((row) => wire.orderSchema.safeParse(row).data ?? []);
  const page: Read = { orders: [], rejected: [] };
  const warnings: string[] = [];
  const returns = await ofOrders(client, returnSearch, wire.returnSchema, found.map(idOf), call);
  if (!returns.ok) return returns;
  const cut = found.filter((order) => !isWhollyCancelled(order) && order.line_items.some(isCancelled));
  const cancelled = await ofOrders(client, cancellationSearch, wire.cancellationSchema, cut.map(idOf), call);
  if (!cancelled.ok) return cancelled;
  const rooms = settings.liveRooms ? await liveRoomsOf(client, found, call) : null;
  if (rooms && !rooms.ok && rooms.kind !== "unsupported") return rooms;
  if (rooms && !rooms.ok) warnings.push(`Live rooms are not read. ${rooms.message}`);
  warnings.push(...new Set([...returns.value.warnings, ...cancelled.value.warnings]));
  for (const row of rows) {
    const id = wire.orderHeadSchema.safeParse(row).data?.id ?? "";
    const isUnread = returns.value.unread(id) || cancelled.value.unread(id);
    const afterSales: AfterSales | null = isUnread
      ? null
      : { returns: returns.value.of(id), cancellations: cancelled.value.of(id) };
    const read = readOrder(row, afterSales, rooms?.ok ? rooms.value.get(id) : undefined);
    if (read.kind === "order") page.orders.push(read.order);
    else page.rejected.push({ externalId: read.externalId, reason: read.reason, raw: row });
  }
  if (warnings.length > 0) page.warnings = warnings;
  return { ok: true, value: page };
}

const idOf = ({ id }: { id: string }): string => id;

interface OfOrders<Row> {
  of(orderId: string): Row[];
  /** Something of this order could not be read. */
  unread(orderId: string): boolean;
  warnings: string[];
}

/**
 * After-sales of these orders. One that is refused or cannot be read holds up no order; without the permission orders come all the same.
 */
async function ofOrders<Row extends { order_id: string }>(
  client: TiktokClient,
  search: Search,
  schema: { safeParse(row: Json): { data?: Row | undefined } },
  orderIds: readonly string[],
  call: Call,
): Promise<Result<OfOrders<Row>>> {
  const rows: Json[] = [];
  const refused = new Map<string, string>();
  for (const order_ids of chunksOf(orderIds, mostDetails)) {
    const result = await askTogether(order_ids, (some) => searched(client, search, some, call));
    if (!result.ok && result.kind !== "unsupported") return result;
    if (!result.ok) {
      const warnings = [`Refunds are not read. ${result.message}`];
      return { ok: true, value: { of: () => [], unread: (id) => orderIds.includes(id), warnings } };
    }
    const { refusals } = result.value;
    const [refusal] = refusals.values();
    // What is refused for each of several is not for the sake of one.
    if (refusal && refusals.size > 1 && refusals.size === order_ids.length) return refusal;
    for (const [id, { message }] of refusals) refused.set(id, message);
    rows.push(...result.value.rows);
  }
  const read = rows.map((row) => schema.safeParse(row).data ?? null);
  const bad = rows.filter((_, index) => read[index] === null);
  const badIds = new Set(bad.map((row) => wire.afterSaleHeadSchema.safeParse(row).data?.order_id));
  const byOrder = Map.groupBy(
    read.filter((row) => row !== null),
    (row) => row.order_id,
  );
  return {
    ok: true,
    value: {
      of: (id) => byOrder.get(id) ?? [],
      // One that does not even name its order may be of any.
      unread: (id) => refused.has(id) || badIds.has(id) || badIds.has(undefined),
      warnings: [
        ...(bad.length === 0 ? [] : [`${search.name} gave ${bad.length} rows that could not be read`]),
        ...[...refused].map(([id, message]) => `Refunds of order ${id} are not read. ${message}`),
      ],
    },
  };
}

const searched = (
  client: TiktokClient,
  search: Search,
  order_ids: readonly string[],
  call: Call,
): Promise<Result<Json[]>> =>
  collectPages(search.name, 20, async (token: string | null) => {
    const query = { page_size: search.most, page_token: token ?? undefined };
    const page = await client.ask(search.path, query, { order_ids }, search.answer, call);
    return page.ok ? { ok: true, value: { items: page.value.rows, next: page.value.token } } : page;
  });

/** Whole orders by id; those TikTok does not show are left out. */
export async function readOrders(
  client: TiktokClient,
  settings: TiktokSettings,
  ids: readonly string[],
  call: Call,
): Promise<Result<Read>> {
  const rows: Json[] = [];
  for (const chunk of chunksOf([...new Set(ids)].filter(wire.isId), mostDetails)) {
    const found = await orderRows(client, chunk, call);
    if (!found.ok) return found;
    rows.push(...found.value);
  }
  return rows.length === 0
    ? { ok: true, value: { orders: [], rejected: [] } }
    : readRows(client, settings, rows, call);
}

export const orderRows = (
  client: TiktokClient,
  ids: readonly string[],
  call: Call,
): Promise<Result<Json[]>> =>
  eachKnown(ids, async (some) => {
    const query = { ids: some.join(",") };
    const result = await client.get("/order/202309/orders", query, wire.orderRowsSchema, call);
    return result.ok ? { ok: true, value: result.value.orders ?? [] } : result;
  });
