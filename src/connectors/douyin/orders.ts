import { addMs, type Instant, instantOf, msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { type ReadOne, type Rows, readEach, refused } from "../toolkit/each-order.ts";
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
      const read = await readEach(shop_order_list, {
        origin: "listed",
        nameOf: (row) => ({ externalId: idOf(row), raw: row }),
        read: (row) => readRow(client, settings, row, call),
      });
      if (!read.ok) return read;
      const rows = pageOf(read.value, shop_order_list, settings);
      // The first page alone is all there is when everything fits on it; else it tells where the last one is, and comes again.
      const isWhole = pageNumber === null && total <= ordersPerPage;
      const next = isWhole ? null : afterLastFirst(pageNumber, total, ordersPerPage);
      const step = afterWindow(state, next, windowPolicy);
      const page: PullPage = { ...rows, cursor: windowCursor.encode(step.state), more: step.more };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, problem, ...(rows.warnings ?? [])].filter(
        (text) => text !== undefined,
      );
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const ids = [...new Set(externalIds.filter(wire.isNumber))];
      const found: Json[] = [];
      const read = await readEach(ids, {
        origin: "asked",
        nameOf: (id) => ({ externalId: id, raw: { shop_order_id: id } }),
        async read(id) {
          const detail = await detailOf(client, id, call);
          if (!detail.ok || detail.value === null)
            return detail.ok ? { ok: true, value: { kind: "none" } } : detail;
          found.push(detail.value);
          return readRow(client, settings, detail.value, call);
        },
      });
      return read.ok
        ? { ok: true, value: { ...pageOf(read.value, found, settings), cursor: null, more: false } }
        : read;
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

async function detailOf(client: DouyinClient, id: string, call: Call): Promise<Result<Json | null>> {
  const detail = await client.run(
    {
      method: "order.orderDetail",
      params: { shop_order_id: id },
      answer: wire.orderDetailSchema.nullable(),
      effect: "read",
      kinds: noSuchOrder,
    },
    call,
  );
  return detail.ok ? { ok: true, value: detail.value?.shop_order_detail ?? null } : detail;
}

const idOf = (row: Json): string =>
  wire.orderSchema.pick({ order_id: true }).safeParse(row).data?.order_id ?? "(no id)";

/** One order with its after-sales. */
async function readRow(
  client: DouyinClient,
  { platformWarehouses }: DouyinSettings,
  raw: Json,
  call: Call,
): Promise<Result<ReadOne>> {
  const parsed = wire.orderSchema.safeParse(raw);
  const cases = parsed.success ? await afterSalesOf(client, parsed.data, call) : null;
  if (cases && !cases.ok) return refused(idOf(raw), raw, cases);
  const order = readOrder(raw, cases?.value.paid ?? [], platformWarehouses);
  return {
    ok: true,
    value:
      order.kind === "order"
        ? { kind: "order", order: asOfNewest(order.order, cases?.value.changedAt) }
        : { ...order, raw },
  };
}

/** What was read of `rows`, with a word on settings that do not fit them. */
function pageOf(
  read: Rows,
  rows: readonly Json[],
  { stockDeducted }: DouyinSettings,
): Pick<PullPage, "orders" | "rejected" | "warnings"> {
  const isOtherwise =
    stockDeducted === "placed" &&
    rows.some((row) => {
      const parsed = wire.orderSchema.safeParse(row);
      return parsed.success && deductsAtPayment(parsed.data);
    });
  if (!isOtherwise) return read;
  const warnings = [
    "Some goods are taken off Douyin's stock at payment (付款减库存), but the settings say at the order; set stockDeducted to paid.",
  ];
  return { ...read, warnings };
}
