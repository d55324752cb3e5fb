import { addMs, type Instant, msOf, nowInstant } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Call, Failure, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { laterOf } from "../toolkit/cursor.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import {
  afterWindow,
  byCursor,
  halvedWindow,
  type OpenWindow,
  openWindow,
  type WindowPolicy,
  type WindowState,
  windowCursor,
} from "../toolkit/windows.ts";
import { isCode, nextKey, type WechatClient } from "./client.ts";
import { scanIsLost, tooMuchInWindow } from "./codes.ts";
import { readOrder } from "./map.ts";
import { aftersalesChanged, ordersOfAftersales, stopsPage, withAftersales } from "./refunds.ts";
import type { WechatSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Seven days at most; six leave room for whole seconds. */
export const windowPolicy: WindowPolicy = {
  longestMs: 6 * 86_400_000,
  overlapMs: 120_000,
  clockSkewMs: 2_000,
};

const listPath = "/channels/ec/order/list/get";
const idsPerListPage = 100;
const maxListPages = 200;
const nothing = { orders: [], rejected: [] };

type Rows = Required<Pick<PullPage, "orders" | "rejected" | "warnings">>;

const secondsOf = ({ from, to }: { from: Instant; to: Instant }) => ({
  start_time: Math.floor(msOf(from) / 1000),
  end_time: Math.ceil(msOf(to) / 1000),
});

export function createOrders(client: WechatClient, settings: WechatSettings, context: OpenContext): Orders {
  return {
    async pull({ cursor, since }, call) {
      const stored = windowCursor.decode(cursor);
      const now = nowInstant(context.clock);
      const { state, problem } = openWindow(stored.state, since, now, windowPolicy);
      const body = {
        update_time_range: secondsOf(state.run),
        page_size: settings.ordersPerPage,
        next_key: typeof state.run.page === "string" ? state.run.page : "",
      };
      const listed = await client.post(listPath, body, wire.orderIdsSchema, call);
      if (!listed.ok) {
        const again = askedOtherwise(state, listed);
        return again === null
          ? listed
          : { ok: true, value: { ...nothing, cursor: windowCursor.encode(again), more: true } };
      }
      const next = nextKey(listed.value, body.next_key);
      if (!next.ok) return next;
      const listedIds = listed.value.order_id_list;
      const read = await readOrders(client, settings, listedIds, call, "listed");
      if (!read.ok) return read;
      const step = afterWindow(state, byCursor(next.value), windowPolicy);
      const page: PullPage = { ...read.value, cursor: windowCursor.encode(step.state), more: step.more };
      if (!step.more) {
        const from = laterOf(state.floor, addMs(state.resumeAt, -windowPolicy.overlapMs));
        const late = await changedByAftersales(client, settings, page, { from, to: now }, call);
        if (!late.ok) return late;
        page.orders = [...page.orders, ...late.value.orders];
        page.rejected = [...page.rejected, ...late.value.rejected];
        page.warnings = late.value.warnings;
      }
      if (step.watermark !== undefined) page.watermark = step.watermark;
      page.warnings = [
        ...new Set([stored.problem, problem, ...read.value.warnings, ...(page.warnings ?? [])]),
      ].filter((text) => text !== undefined);
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const ids = [...new Set(externalIds)].filter((id) => /^\d{1,20}$/.test(id));
      const read = await readOrders(client, settings, ids, call, "named");
      return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
    },

    list: (window, call) => listIds(client, window, context, call),
  };
}

/** A scan that WeChat has lost begins anew; a window that holds too much is halved. Null: the refusal stands. */
function askedOtherwise(state: OpenWindow, refused: Result<unknown>): WindowState | null {
  if (isCode(refused, scanIsLost) && state.run.page !== null)
    return { ...state, run: { ...state.run, page: null } };
  return isCode(refused, tooMuchInWindow) ? halvedWindow(state) : null;
}

/** Lists give ids only: one call for each order, and one for each of its after-sales. */
async function readOrders(
  client: WechatClient,
  settings: WechatSettings,
  ids: readonly string[],
  call: Call,
  known: "listed" | "named",
): Promise<Result<Rows>> {
  const page: Rows = { orders: [], rejected: [], warnings: [] };
  let isForbidden = false;
  for (const order_id of ids) {
    const raw = await getOrder(client, order_id, call);
    if (!raw.ok) {
      if (raw.kind !== "not_found") return raw;
      // An id of somebody else's may be unknown. One that WeChat has just listed must not get lost.
      if (known === "listed") page.rejected.push(hidden(order_id, raw));
      continue;
    }
    const read = readOrder(raw.value);
    if (read.kind === "rejected") {
      page.rejected.push({ externalId: read.externalId, reason: read.reason, raw: raw.value });
      continue;
    }
    // Without the permission for after-sales, or with one that cannot be read, orders come all the same.
    const whole: Result<OrderSnapshot> = isForbidden
      ? { ok: true, value: read.order }
      : await withAftersales(client, settings, read.order, read.wire, call);
    if (!whole.ok) {
      if (stopsPage(whole)) return whole;
      isForbidden = whole.kind === "unsupported";
      page.warnings.push(`Refunds of order ${read.order.externalId} are not read. ${whole.message}`);
    }
    page.orders.push(whole.ok ? whole.value : read.order);
  }
  return { ok: true, value: page };
}

const hidden = (order_id: string, { message }: Failure): PullPage["rejected"][number] => ({
  externalId: order_id,
  reason: `WeChat lists it, but: ${message}`,
  raw: { order_id },
});

export async function getOrder(client: WechatClient, order_id: string, call: Call): Promise<Result<Json>> {
  const result = await client.post("/channels/ec/order/get", { order_id }, wire.orderAnswerSchema, call);
  return result.ok ? { ok: true, value: result.value.order } : result;
}

/** It is not told whether an after-sale changes its order's time, so those that changed come with the end of each run. */
async function changedByAftersales(
  client: WechatClient,
  settings: WechatSettings,
  given: Pick<PullPage, "orders">,
  window: { from: Instant; to: Instant },
  call: Call,
): Promise<Result<Rows>> {
  const changed = await aftersalesChanged(client, window, call);
  const orders = changed.ok ? await ordersOfAftersales(client, changed.value, call) : changed;
  if (!orders.ok && orders.kind === "unsupported")
    return { ok: true, value: { ...nothing, warnings: [`Refunds are not read. ${orders.message}`] } };
  if (!orders.ok) return orders;
  const known = new Set(given.orders.map((order) => order.externalId));
  const { orderIds, warnings } = orders.value;
  const missing = orderIds.filter((id) => !known.has(id));
  const read = await readOrders(client, settings, missing, call, "listed");
  return read.ok
    ? { ok: true, value: { ...read.value, warnings: [...warnings, ...read.value.warnings] } }
    : read;
}

async function listIds(
  client: WechatClient,
  window: { from: Instant; to: Instant },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  // WeChat's ends are both in; the last second belongs to the next window.
  const { start_time, end_time } = secondsOf(window);
  const create_time_range = { start_time, end_time: Math.max(start_time, end_time - 1) };
  const ids = await collectPages<string, string>("The list of orders", maxListPages, (cursor) =>
    withRetry(
      async () => {
        const body = { create_time_range, page_size: idsPerListPage, next_key: cursor ?? "" };
        const page = await client.post(listPath, body, wire.orderIdsSchema, call);
        if (!page.ok) return page;
        const next = nextKey(page.value, body.next_key);
        return next.ok ? { ok: true, value: { items: page.value.order_id_list, next: next.value } } : next;
      },
      call,
      context,
      { attempts: 3 },
    ),
  );
  return ids.ok ? { ok: true, value: { externalIds: [...new Set(ids.value)] } } : ids;
}
