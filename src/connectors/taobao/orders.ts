import { msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { type Rows, readEach, refused } from "../toolkit/each-order.ts";
import { failure } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import { localWindow } from "../toolkit/time.ts";
import {
  afterLastFirst,
  afterWindow,
  lastFirstPage,
  openWindow,
  type WindowPolicy,
  wholeSeconds,
} from "../toolkit/windows.ts";
import type { TaobaoClient } from "./client.ts";
import { readOrder } from "./map.ts";
import { cursorAfter, placeOf, type Row, unseen } from "./seen.ts";
import type { TaobaoSettings } from "./settings.ts";
import { hasEndedRefund } from "./status.ts";
import * as wire from "./wire.ts";

/** A window may span a day; trades older than three months are not given. The last minute is left alone: it still fills. */
export const windowPolicy: WindowPolicy = {
  longestMs: 86_400_000,
  overlapMs: 300_000,
  clockSkewMs: 5_000,
  tailMs: 60_000,
  historyMs: 89 * 86_400_000,
};

/** All of them: left out, the platform keeps every kind but five to itself without a word. */
export const tradeTypes =
  "fixed,auction,guarantee_trade,step,independent_simple_trade,independent_shop_trade,auto_delivery,ec,cod,game_equipment,shopex_trade,netcn_trade,external_trade,instant_trade,b2c_cod,hotel_trade,super_market_trade,super_market_cod_trade,taohua,waimai,o2o_offlinetrade,nopaid,eticket,tmall_i18n,insurance_plus,finance,pre_auth_type";

const maxListPages = 500;
const idsPerListPage = 100;

export function createOrders(client: TaobaoClient, settings: TaobaoSettings, context: OpenContext): Orders {
  return {
    async pull({ cursor, since }, call) {
      const place = placeOf(cursor);
      const { state, problem } = openWindow(place.state, since, nowInstant(context.clock), windowPolicy);
      const read = await readPage(client, state.run, settings.ordersPerPage, call);
      if (!read.ok) return read;
      const ids = unseen(place, read.value.rows).map(({ tid }) => tid);
      const rows = await readTrades(client, ids, "listed", settings, call);
      if (!rows.ok) return rows;
      const given = new Map(rows.value.orders.map(({ externalId, updatedAt }) => [externalId, updatedAt]));
      const step = afterWindow(state, read.value.next, windowPolicy);
      const next = cursorAfter(place, step.state, read.value.rows, given, context.clock.nowMs());
      const page: PullPage = { ...rows.value, cursor: next, more: step.more };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [place.problem, problem].filter((text) => text !== undefined);
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const ids = [...new Set(externalIds)].filter((id) => /^\d{1,20}$/.test(id));
      const rows = await readTrades(client, ids, "asked", settings, call);
      return rows.ok ? { ok: true, value: { ...rows.value, cursor: null, more: false } } : rows;
    },

    list: (window, call) => listIds(client, window, context, call),
  };
}

/**
 * Ids of one page of a window, with the times of their last change. By the time a row entered the platform's query database, not by `modified`, which can lie behind it.
 * Rows come newest first, so the pages are read from the last to the first, as the platform advises: a trade that changes leaves
 * the window and moves those behind it onto pages still to be read.
 */
async function readPage(
  client: TaobaoClient,
  run: { from: string; to: string; page: Json },
  rowsPerPage: number,
  call: Call,
): Promise<Result<{ rows: Row[]; next: Json | null }>> {
  const { from, to } = localWindow(wholeSeconds(run), wire.timeZone);
  const number = lastFirstPage(run.page);
  const result = await client.run(
    {
      method: "taobao.trades.sold.incrementv.get",
      parameters: {
        fields: "tid,modified",
        start_create: from,
        end_create: to,
        type: tradeTypes,
        page_no: number ?? 1,
        page_size: rowsPerPage,
        // Counting costs the platform more; only the first call of a window needs it.
        use_has_next: number !== null,
      },
      answer: wire.tradeIdsSchema,
    },
    call,
  );
  if (!result.ok) return result;
  const rows = [...new Map(result.value.trades.map((row) => [row.tid, row])).values()];
  if (number !== null) return { ok: true, value: { rows, next: afterLastFirst(number, 0, rowsPerPage) } };
  const total = result.value.total_results ?? 0;
  if (total < rows.length)
    return failure("malformed", "taobao.trades.sold.incrementv.get does not count its rows (total_results)");
  if (total <= rowsPerPage) return { ok: true, value: { rows, next: null } };
  return { ok: true, value: { rows: [], next: afterLastFirst(null, total, rowsPerPage) } };
}

/** Lists give part of a trade only; each is read in full, with its refunds that have ended. */
const readTrades = (
  client: TaobaoClient,
  ids: readonly string[],
  origin: "listed" | "asked",
  settings: TaobaoSettings,
  call: Call,
): Promise<Result<Rows>> =>
  readEach(ids, {
    origin,
    nameOf: (tid) => ({ externalId: tid, raw: { tid } }),
    async read(tid) {
      const row = await readTrade(client, tid, call);
      if (!row.ok) return row;
      const refunds = await readRefunds(client, row.value, call);
      if (!refunds.ok) return refused(tid, row.value, refunds);
      const read = readOrder(row.value, refunds.value, settings);
      return {
        ok: true,
        value: read.ok ? { kind: "order", order: read.order } : { kind: "rejected", ...read, raw: row.value },
      };
    },
  });

export async function readTrade(client: TaobaoClient, tid: string, call: Call): Promise<Result<Json>> {
  const result = await client.run(
    {
      method: "taobao.trade.fullinfo.get",
      parameters: { tid, fields: wire.tradeFields, include_oaid: "include_oaid" },
      answer: wire.fullInfoSchema,
    },
    call,
  );
  return result.ok ? { ok: true, value: result.value.trade } : result;
}

/** Also those that moved no money: their time tells when the goods were free again. */
async function readRefunds(client: TaobaoClient, row: Json, call: Call): Promise<Result<wire.WireRefund[]>> {
  const refunds: wire.WireRefund[] = [];
  for (const line of wire.tradeSchema.safeParse(row).data?.orders ?? []) {
    if (!hasEndedRefund(line)) continue;
    const result = await client.run(
      {
        method: "taobao.refund.get",
        parameters: { refund_id: line.refund_id, fields: wire.refundFields },
        answer: wire.refundAnswerSchema,
      },
      call,
    );
    if (!result.ok) return result;
    refunds.push(result.value.refund);
  }
  return { ok: true, value: refunds };
}

/** By the time of placing, which never changes; the platform's window has both its ends in it. */
async function listIds(
  client: TaobaoClient,
  window: { from: string; to: string },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const { from, to } = localWindow(wholeSeconds(window), wire.timeZone);
  const isIn = (created: string | undefined) =>
    created !== undefined && msOf(created) >= msOf(window.from) && msOf(created) < msOf(window.to);
  const ids = await collectPages<string, number>("taobao.trades.sold.get", maxListPages, (page) =>
    withRetry(
      async () => {
        const parameters = {
          fields: "tid,created",
          start_created: from,
          end_created: to,
          type: tradeTypes,
          page_no: page ?? 1,
          page_size: idsPerListPage,
          use_has_next: true,
        };
        const question = { method: "taobao.trades.sold.get", parameters, answer: wire.tradeIdsSchema };
        const result = await client.run(question, call);
        if (!result.ok) return result;
        const items = result.value.trades.filter(({ created }) => isIn(created)).map(({ tid }) => tid);
        return { ok: true, value: { items, next: result.value.has_next ? (page ?? 1) + 1 : null } };
      },
      call,
      context,
      { attempts: 3 },
    ),
  );
  return ids.ok ? { ok: true, value: { externalIds: [...new Set(ids.value)] } } : ids;
}
