import { addMs, type Instant, instantOf, msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import {
  afterLastFirst,
  afterWindow,
  lastFirstPage,
  type OpenWindow,
  openWindow,
  type WindowPolicy,
  wholeSeconds,
  windowCursor,
} from "../toolkit/windows.ts";
import { afterSalesOf } from "./after-sales.ts";
import type { DouyinClient } from "./client.ts";
import { noSuchOrder } from "./codes.ts";
import { deductsAtPayment, readOrder } from "./map.ts";
import type { DouyinSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/**
 * The longest window is ours: none is documented, but pages reach 50,000 rows deep, and a fuller window is cut in two. Only orders
 * made in the last 90 days are shown, whatever is asked for.
 */
export const windowPolicy: WindowPolicy = {
  longestMs: 12 * 3_600_000,
  overlapMs: 180_000,
  clockSkewMs: 2_000,
  historyMs: 90 * 86_400_000,
};

const deepestRow = 50_000;
const shortestMs = 2_000;
const idsPerListPage = 100;

const secondsOf = (instant: Instant): number => msOf(instant) / 1000;

export function createOrders(client: DouyinClient, settings: DouyinSettings, context: OpenContext): Orders {
  const { ordersPerPage } = settings;
  const read = (rows: readonly Json[], call: Call) => readRows(client, settings, rows, call);
  return {
    async pull({ cursor, since }, call) {
      const stored = windowCursor.decode(cursor);
      const { state, problem } = openWindow(stored.state, since, nowInstant(context.clock), windowPolicy);
      const pageNumber = lastFirstPage(state.run.page);
      const answer = await searchPage(client, state, (pageNumber ?? 1) - 1, ordersPerPage, call);
      if (!answer.ok) return answer;
      const { total, shop_order_list } = answer.value;
      const narrower = total > deepestRow ? halfOf(state) : null;
      if (narrower)
        return {
          ok: true,
          value: { orders: [], rejected: [], cursor: windowCursor.encode(narrower), more: true },
        };
      const rows = await read(shop_order_list, call);
      if (!rows.ok) return rows;
      // The first page alone is all there is when everything fits on it; else it tells where the last one is, and comes again.
      const isWhole = pageNumber === null && total <= ordersPerPage;
      const next = isWhole ? null : afterLastFirst(pageNumber, total, ordersPerPage);
      const step = afterWindow(state, next, windowPolicy);
      const page: PullPage = { ...rows.value, cursor: windowCursor.encode(step.state), more: step.more };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, problem, ...(rows.value.warnings ?? [])].filter(
        (text) => text !== undefined,
      );
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const found: Json[] = [];
      for (const shop_order_id of new Set(externalIds.filter(wire.isNumber))) {
        const detail = await client.run(
          {
            method: "order.orderDetail",
            params: { shop_order_id },
            answer: wire.orderDetailSchema.nullable(),
            effect: "read",
            kinds: noSuchOrder,
          },
          call,
        );
        if (!detail.ok && detail.kind !== "not_found") return detail;
        if (detail.ok && detail.value !== null) found.push(detail.value.shop_order_detail);
      }
      const rows = await read(found, call);
      return rows.ok ? { ok: true, value: { ...rows.value, cursor: null, more: false } } : rows;
    },

    async list(window, call) {
      const ids = await collectPages<string, number>(
        "The list of orders",
        deepestRow / idsPerListPage,
        (page) => withRetry(() => listPage(client, window, page ?? 0, call), call, context, { attempts: 3 }),
      );
      return ids.ok ? { ok: true, value: { externalIds: [...new Set(ids.value)] } } : ids;
    },
  };
}

function searchPage(client: DouyinClient, { run }: OpenWindow, page: number, size: number, call: Call) {
  const { from, to } = wholeSeconds(run);
  const params = {
    update_time_start: secondsOf(from),
    update_time_end: secondsOf(to),
    order_by: "update_time",
    order_asc: true,
    page,
    size,
  };
  return client.run(
    { method: "order.searchList", params, answer: wire.ordersPageSchema, effect: "read" },
    call,
  );
}

/** The first half of the window; null when it is too short to be cut. */
function halfOf(state: OpenWindow): OpenWindow | null {
  const { from, to } = state.run;
  const lengthMs = msOf(to) - msOf(from);
  if (lengthMs < shortestMs) return null;
  return { ...state, run: { ...state.run, to: addMs(from, Math.floor(lengthMs / 2)), page: null } };
}

/** Whether the end belongs to the window is not documented: it is looked at here. */
async function listPage(
  client: DouyinClient,
  window: { from: Instant; to: Instant },
  page: number,
  call: Call,
): Promise<Result<{ items: string[]; next: number | null }>> {
  const { from, to } = wholeSeconds(window);
  const params = {
    create_time_start: secondsOf(from),
    create_time_end: secondsOf(to),
    order_by: "create_time",
    order_asc: true,
    page,
    size: idsPerListPage,
  };
  const answer = await client.run(
    { method: "order.searchList", params, answer: wire.orderIdsSchema, effect: "read" },
    call,
  );
  if (!answer.ok) return answer;
  const { shop_order_list, total } = answer.value;
  const within = shop_order_list.filter(({ create_time }) => {
    const placedAt = instantOf(create_time * 1000);
    return placedAt >= window.from && placedAt < window.to;
  });
  const next = (page + 1) * idsPerListPage < total ? page + 1 : null;
  return { ok: true, value: { items: within.map(({ order_id }) => order_id), next } };
}

async function readRows(
  client: DouyinClient,
  { platformWarehouses, stockDeducted }: DouyinSettings,
  rows: readonly Json[],
  call: Call,
): Promise<Result<Pick<PullPage, "orders" | "rejected" | "warnings">>> {
  const page: Pick<PullPage, "orders" | "rejected" | "warnings"> = { orders: [], rejected: [] };
  for (const raw of rows) {
    const parsed = wire.orderSchema.safeParse(raw);
    const cases = parsed.success ? await afterSalesOf(client, parsed.data, call) : null;
    if (cases && !cases.ok) return cases;
    const order = readOrder(raw, cases?.value.paid ?? [], platformWarehouses);
    if (order.kind === "order") page.orders.push(asOfNewest(order.order, cases?.value.changedAt));
    else page.rejected.push({ externalId: order.externalId, reason: order.reason, raw });
    if (parsed.success && stockDeducted === "placed" && deductsAtPayment(parsed.data))
      page.warnings = [
        "Some goods are taken off Douyin's stock at payment (付款减库存), but the settings say at the order; set stockDeducted to paid.",
      ];
  }
  return { ok: true, value: page };
}
