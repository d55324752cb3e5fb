import { addMs, type Instant, instantOf, msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { laterOf } from "../toolkit/cursor.ts";
import { isOwnRefusal, type ReadOne, readEach, refused } from "../toolkit/each-order.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import { afterWindow, byCursor, openWindow, type WindowPolicy, windowCursor } from "../toolkit/windows.ts";
import { type KuaishouClient, longOf } from "./client.ts";
import { refundFailed, refundSucceeded } from "./codes.ts";
import { readOrder } from "./map.ts";
import type { KuaishouSettings } from "./settings.ts";
import * as wire from "./wire.ts";

const dayMs = 86_400_000;

/** At most 7 days in one window, none of it older than 90 days; an hour is left for the way. */
export const windowPolicy: WindowPolicy = {
  longestMs: 7 * dayMs,
  overlapMs: 180_000,
  clockSkewMs: 2_000,
  historyMs: 90 * dayMs - 3_600_000,
};

const lastCursor = "nomore";
const idsPerListPage = 50;
const maxListPages = 1_000;
const byCreation = 1;
const byUpdate = 2;

export function createOrders(
  client: KuaishouClient,
  settings: KuaishouSettings,
  context: OpenContext,
): Orders {
  return {
    async pull({ cursor, since }, call) {
      const stored = windowCursor.decode(cursor);
      const { state, problem } = openWindow(stored.state, since, nowInstant(context.clock), windowPolicy);
      const place = typeof state.run.page === "string" ? state.run.page : "";
      const params = paramsOf(state.run, byUpdate, settings.ordersPerPage, place);
      const answer = await client.run(
        { method: "open.order.cursor.list", params, answer: wire.ordersPageSchema, verb: "GET" },
        call,
      );
      if (!answer.ok) return answer;
      const rows = await readEach(answer.value.orderList, {
        origin: "listed",
        nameOf: (row) => ({ externalId: oidOf(row), raw: row }),
        read: (row) => readListed(client, settings, row, call),
      });
      if (!rows.ok) return rows;
      const step = afterWindow(state, nextOf(answer.value.cursor), windowPolicy);
      const page: PullPage = { ...rows.value, cursor: windowCursor.encode(step.state), more: step.more };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, problem].filter((text) => text !== undefined);
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const read = await readEach([...new Set(externalIds.filter(wire.isNumber))], {
        origin: "asked",
        nameOf: (oid) => ({ externalId: oid, raw: { oid } }),
        async read(oid) {
          const detail = await detailOf(client, oid, call);
          // There is no number of its own for "no such order": what is refused for reasons unknown is kept for a person.
          if (!detail.ok) return refused(oid, { oid }, detail);
          return detail.value === null
            ? { ok: true, value: { kind: "none" } }
            : readDetail(client, detail.value, call);
        },
      });
      return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
    },

    async list(window, call) {
      const oldest = addMs(nowInstant(context.clock), -(windowPolicy.historyMs ?? 0));
      const within = { from: laterOf(window.from, oldest), to: window.to };
      if (within.from >= within.to) return { ok: true, value: { externalIds: [] } };
      const ids: string[] = [];
      for (let from = within.from; from < within.to; from = addMs(from, windowPolicy.longestMs)) {
        const to = instantOf(Math.min(msOf(within.to), msOf(from) + windowPolicy.longestMs));
        const found = await collectPages<string, string>("The list of orders", maxListPages, (place) =>
          withRetry(() => listPage(client, { from, to }, place ?? "", call), call, context, { attempts: 3 }),
        );
        if (!found.ok) return found;
        ids.push(...found.value);
      }
      return { ok: true, value: { externalIds: [...new Set(ids)] } };
    },
  };
}

const nextOf = (cursor: string): string | null =>
  cursor === lastCursor ? null : (byCursor(cursor) as string | null);

/** All of them must stay the same while a cursor is followed. */
const paramsOf = (
  window: { from: Instant; to: Instant },
  queryType: number,
  pageSize: number,
  cursor: string,
) => ({
  orderViewStatus: 1,
  pageSize,
  sort: 2,
  queryType,
  beginTime: msOf(window.from),
  endTime: msOf(window.to),
  cpsType: 0,
  cursor,
});

/** Whether the ends belong to the window is not documented: they are looked at here. */
async function listPage(
  client: KuaishouClient,
  window: { from: Instant; to: Instant },
  place: string,
  call: Call,
): Promise<Result<{ items: string[]; next: string | null }>> {
  const params = paramsOf(window, byCreation, idsPerListPage, place);
  const answer = await client.run(
    { method: "open.order.cursor.list", params, answer: wire.orderIdsSchema, verb: "GET" },
    call,
  );
  if (!answer.ok) return answer;
  const items = answer.value.orderList.flatMap(({ orderBaseInfo: { oid, createTime } }) =>
    createTime >= msOf(window.from) && createTime < msOf(window.to) ? [oid] : [],
  );
  return { ok: true, value: { items, next: nextOf(answer.value.cursor) } };
}

const detailOf = (client: KuaishouClient, oid: string, call: Call): Promise<Result<Json>> =>
  client.run(
    {
      method: "open.order.detail",
      params: { oid: longOf(oid) },
      answer: wire.anyOrderSchema,
      verb: "GET",
      otherwise: "not_found",
    },
    call,
  );

const oidOf = (row: Json): string => wire.roomSchema.safeParse(row).data?.orderBaseInfo.oid ?? "(no id)";

/** Lists leave out where an order was bought; its detail tells. */
async function readListed(
  client: KuaishouClient,
  { liveRooms }: KuaishouSettings,
  row: Json,
  call: Call,
): Promise<Result<ReadOne>> {
  const listed = wire.roomSchema.safeParse(row);
  const lacksRoom = listed.success && liveRooms && listed.data.orderBaseInfo.carrierType == null;
  const detail = lacksRoom ? await detailOf(client, listed.data.orderBaseInfo.oid, call) : null;
  // The order itself is there in full; only its room stays unknown.
  if (detail && !detail.ok && !isOwnRefusal(detail)) return detail;
  return readDetail(client, detail?.ok ? detail.value : row, call);
}

/**
 * What was paid back stands only in the detail of each refund, and so does when one was taken back: that frees the order's units.
 */
async function readDetail(client: KuaishouClient, row: Json, call: Call): Promise<Result<ReadOne>> {
  const parsed = wire.orderSchema.safeParse(row);
  const ended: { status: number; refund: wire.WireRefund }[] = [];
  for (const { refundId, refundStatus } of parsed.data?.orderRefundList ?? []) {
    if (refundStatus !== refundSucceeded && refundStatus !== refundFailed) continue;
    const refund = await client.run(
      {
        method: "open.seller.order.refund.detail",
        params: { refundId: longOf(refundId) },
        answer: wire.refundSchema,
        verb: "GET",
      },
      call,
    );
    if (!refund.ok) return refused(oidOf(row), row, refund);
    ended.push({ status: refundStatus, refund: refund.value });
  }
  const paid = ended.filter(({ status }) => status === refundSucceeded).map(({ refund }) => refund);
  const changedAt = ended.map(({ refund }) => refund.updateTime || refund.endTime);
  const read = readOrder(row, paid);
  if (read.kind === "rejected") return { ok: true, value: { ...read, raw: row } };
  const order = asOfNewest(
    read.order,
    changedAt.map((at) => (at ? instantOf(at) : null)),
  );
  return { ok: true, value: { kind: "order", order } };
}
