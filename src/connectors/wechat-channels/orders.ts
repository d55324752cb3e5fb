import { addMs, type Instant, msOf, nowInstant } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { laterOf } from "../toolkit/cursor.ts";
import { readEach } from "../toolkit/each-order.ts";
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

type PageRows = Required<Pick<PullPage, "orders" | "rejected" | "warnings">>;

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
      const read = await readOrders(client, settings, ids, call, "asked");
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
  origin: "listed" | "asked",
): Promise<Result<PageRows>> {
  const warnings: string[] = [];
  let isForbidden = false;
  const read = await readEach(ids, {
    origin,
    nameOf: (order_id) => ({ externalId: order_id, raw: { order_id } }),
    async read(order_id) {
      const raw = await getOrder(client, order_id, call);
      if (!raw.ok) return raw;
      const order = readOrder(raw.value);
      if (order.kind === "rejected") return { ok: true, value: { ...order, raw: raw.value } };
      // Without the permission for after-sales, or with one that cannot be read, orders come all the same.
      const whole: Result<OrderSnapshot> = isForbidden
        ? { ok: true, value: order.order }
        : await withAftersales(client, settings, order.order, order.wire, call);
      if (!whole.ok) {
        if (stopsPage(whole)) return whole;
        isForbidden = whole.kind === "unsupported";
        warnings.push(`Refunds of order ${order_id} are not read. ${whole.message}`);
      }
      return { ok: true, value: { kind: "order", order: whole.ok ? whole.value : order.order } };
    },
  });
  return read.ok ? { ok: true, value: { ...read.value, warnings } } : read;
}

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
): Promise<Result<PageRows>> {
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
