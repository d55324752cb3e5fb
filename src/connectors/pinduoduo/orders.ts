import { addMs, type Instant, msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { earlierOf } from "../toolkit/cursor.ts";
import { type Rows, readEach, refused } from "../toolkit/each-order.ts";
import { failure } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import {
  afterLastFirst,
  afterWindow,
  lastFirstPage,
  openWindow,
  type WindowPolicy,
  wholeSeconds,
  windowCursor,
} from "../toolkit/windows.ts";
import type { PinduoduoClient } from "./client.ts";
import { readOrder } from "./map.ts";
import type { PinduoduoSettings } from "./settings.ts";
import { isRefunded } from "./status.ts";
import * as wire from "./wire.ts";

/** Half an hour at most, ending three minutes ago at the latest; only sales of the last three months (document ACD8CDA5CA04B827). */
export const windowPolicy: WindowPolicy = {
  longestMs: 1_800_000,
  overlapMs: 300_000,
  clockSkewMs: 5_000,
  tailMs: 181_000,
  historyMs: 89 * 86_400_000,
};

/** A quiet shop has many empty windows; so many of them, a month's worth, are one page of ours, if half the time is enough. */
const quietWindows = 1440;

const maxListPages = 200;
const dayMs = 86_400_000;

export function createOrders(
  client: PinduoduoClient,
  settings: PinduoduoSettings,
  context: OpenContext,
): Orders {
  return {
    async pull({ cursor, since }, call) {
      const now = nowInstant(context.clock);
      const stored = windowCursor.decode(cursor);
      const { state: first, problem } = openWindow(stored.state, since, now, windowPolicy);
      const halfTimeMs = (context.clock.nowMs() + call.deadlineMs) / 2;
      let state = first;
      for (let windows = 1; ; windows += 1) {
        const read = await readPage(client, state.run, settings.ordersPerPage, call);
        if (!read.ok) return read;
        const step = afterWindow(state, read.value.next, windowPolicy);
        const isQuiet = read.value.ids.length === 0 && read.value.next === null && step.more;
        if (isQuiet && windows < quietWindows && context.clock.nowMs() < halfTimeMs) {
          state = openWindow(step.state, since, now, windowPolicy).state;
          continue;
        }
        const rows = await readOrders(client, read.value.ids, "listed", call);
        if (!rows.ok) return rows;
        const page: PullPage = { ...rows.value, cursor: windowCursor.encode(step.state), more: step.more };
        // While groups wait, sales are made that no pull can see.
        if (step.watermark !== undefined && !settings.waitsForGroups) page.watermark = step.watermark;
        const warnings = [stored.problem, problem].filter((text) => text !== undefined);
        if (warnings.length > 0) page.warnings = warnings;
        return { ok: true, value: page };
      }
    },

    async fetch(externalIds, call) {
      const ids = [...new Set(externalIds)].filter((id) => wire.orderSnPattern.test(id));
      const rows = await readOrders(client, ids, "asked", call);
      return rows.ok ? { ok: true, value: { ...rows.value, cursor: null, more: false } } : rows;
    },

    list: (window, call) => listIds(client, window, context, call),
  };
}

const secondsOf = (instant: Instant): number => msOf(instant) / 1000;

/** Numbers of one page of a window. The platform's own advice: from the last page to the first. */
async function readPage(
  client: PinduoduoClient,
  run: { from: Instant; to: Instant; page: Json },
  rowsPerPage: number,
  call: Call,
): Promise<Result<{ ids: string[]; next: Json | null }>> {
  const { from, to } = wholeSeconds(run);
  const number = lastFirstPage(run.page);
  const result = await client.run(
    {
      method: "pdd.order.number.list.increment.get",
      parameters: {
        start_updated_at: secondsOf(from),
        // Whole seconds may have made the window longer than it may be.
        end_updated_at: Math.min(secondsOf(to), secondsOf(from) + windowPolicy.longestMs / 1000),
        order_status: 5,
        refund_status: 5,
        is_lucky_flag: 0,
        page: number ?? 1,
        page_size: rowsPerPage,
        use_has_next: number !== null,
      },
      answer: wire.orderNumbersSchema,
    },
    call,
  );
  if (!result.ok) return result;
  const ids = [...new Set(result.value.order_sn_list)];
  if (number !== null) return { ok: true, value: { ids, next: afterLastFirst(number, 0, rowsPerPage) } };
  const total = result.value.total_count ?? 0;
  if (total < ids.length)
    return failure("malformed", "pdd.order.number.list.increment.get does not count its rows (total_count)");
  if (total <= rowsPerPage) return { ok: true, value: { ids, next: null } };
  return { ok: true, value: { ids: [], next: afterLastFirst(null, total, rowsPerPage) } };
}

/** Lists give numbers only; each order is read in full, with its refund. */
const readOrders = (
  client: PinduoduoClient,
  ids: readonly string[],
  origin: "listed" | "asked",
  call: Call,
): Promise<Result<Rows>> =>
  readEach(ids, {
    origin,
    nameOf: (order_sn) => ({ externalId: order_sn, raw: { order_sn } }),
    async read(order_sn) {
      const row = await readRow(client, order_sn, call);
      if (!row.ok) return row;
      const refund = await readRefund(client, row.value, call);
      if (!refund.ok) return refused(order_sn, row.value, refund);
      const read = readOrder(row.value, refund.value);
      return {
        ok: true,
        value: read.ok ? { kind: "order", order: read.order } : { kind: "rejected", ...read, raw: row.value },
      };
    },
  });

export async function readRow(client: PinduoduoClient, order_sn: string, call: Call): Promise<Result<Json>> {
  const result = await client.run(
    { method: "pdd.order.information.get", parameters: { order_sn }, answer: wire.orderAnswerSchema },
    call,
  );
  return result.ok ? { ok: true, value: result.value.order_info } : result;
}

/** The figures of a refund that is done. */
async function readRefund(
  client: PinduoduoClient,
  row: Json,
  call: Call,
): Promise<Result<wire.WireRefund | null>> {
  const order = wire.orderSchema.safeParse(row).data;
  if (order === undefined || !isRefunded(order)) return { ok: true, value: null };
  const parameters = { order_sn: order.order_sn };
  return client.run({ method: "pdd.refund.information.get", parameters, answer: wire.refundSchema }, call);
}

/** By the time a sale was concluded, which never changes, a day at a time. */
async function listIds(
  client: PinduoduoClient,
  window: { from: Instant; to: Instant },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const found = new Set<string>();
  for (let from = window.from; msOf(from) < msOf(window.to); from = addMs(from, dayMs)) {
    const to = earlierOf(window.to, addMs(from, dayMs));
    const ids = await collectPages<string, number>("pdd.order.list.get", maxListPages, (page) =>
      withRetry(() => listPage(client, { from, to }, page ?? 1, call), call, context, { attempts: 3 }),
    );
    if (!ids.ok) return ids;
    for (const id of ids.value) found.add(id);
  }
  return { ok: true, value: { externalIds: [...found] } };
}

async function listPage(
  client: PinduoduoClient,
  { from, to }: { from: Instant; to: Instant },
  page: number,
  call: Call,
): Promise<Result<{ items: string[]; next: number | null }>> {
  const result = await client.run(
    {
      method: "pdd.order.list.get",
      parameters: {
        start_confirm_at: Math.ceil(secondsOf(from)),
        // Both ends are in the platform's window, ours ends before `to`; times there have whole seconds.
        end_confirm_at: Math.ceil(secondsOf(to)) - 1,
        order_status: 5,
        refund_status: 5,
        page,
        page_size: 100,
        use_has_next: true,
      },
      answer: wire.orderListSchema,
    },
    call,
  );
  if (!result.ok) return result;
  const items = result.value.order_list.map(({ order_sn }) => order_sn);
  return { ok: true, value: { items, next: result.value.has_next ? page + 1 : null } };
}
