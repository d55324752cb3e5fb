import { z } from "zod";
import { type Instant, instantOf, msOf, nowInstant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Call, OpenContext, Orders, PullPage, PullRequest, Result } from "../contract.ts";
import { cursorCodec } from "../toolkit/cursor.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf, collectPages } from "../toolkit/paging.ts";
import { afterWindow, openWindow, type WindowPolicy, windowCursor } from "../toolkit/windows.ts";
import type { ShopeeClient } from "./client.ts";
import { readOrders } from "./read.ts";
import type { ShopeeSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Fifteen days at most in one question; orders may show up in lists some minutes late. */
export const windowPolicy: WindowPolicy = {
  longestMs: 15 * 86_400_000,
  overlapMs: 600_000,
  clockSkewMs: 5_000,
};

/** Returns change rarely. */
const returnsPaceMs = 600_000;

const feedSchema = z.object({
  window: z.json().nullable(),
  spanMs: z.int().min(1),
  ranAt: instantSchema.nullable(),
});
type Feed = z.infer<typeof feedSchema>;
const stateSchema = z.object({
  version: z.literal(1),
  orders: feedSchema,
  returns: feedSchema,
  /** Orders that were listed and are still to be read: a second may hold more than a page. */
  listed: z.array(z.string()).default([]),
  /** Orders whose returns changed and that are still to be read. */
  returned: z.array(z.string()),
});
type State = z.infer<typeof stateSchema>;
const cursor = cursorCodec<State>(stateSchema);
const begin: Feed = { window: null, spanMs: windowPolicy.longestMs, ranAt: null };
const fresh: State = { version: 1, orders: begin, returns: begin, listed: [], returned: [] };

/** What changed in [from, to], at most a page of it, and the place of the next page. */
type List = (
  window: { from: Instant; to: Instant },
  place: string | null,
  call: Call,
) => Promise<Result<{ ids: string[]; next: string | null }>>;

const secondsOf = (instant: Instant, round: "floor" | "ceil"): number => Math[round](msOf(instant) / 1000);

const mostPagesOfSecond = 100;
const mostReadings = 5;

/** A single second: its pages can only be followed, so they are until two readings in a row name the same. */
export async function readSecond(
  list: List,
  window: { from: Instant; to: Instant },
  call: Call,
): Promise<Result<string[]>> {
  const found = new Set<string>();
  let before: string | null = null;
  for (let readings = 0; readings < mostReadings; readings += 1) {
    const rows = await collectPages<string, string>(
      "The list of one second",
      mostPagesOfSecond,
      async (place) => {
        const page = await list(window, place, call);
        return page.ok ? { ok: true, value: { items: page.value.ids, next: page.value.next } } : page;
      },
    );
    if (!rows.ok) return rows;
    for (const id of rows.value) found.add(id);
    const now = [...new Set(rows.value)].sort().join();
    if (now === before) return { ok: true, value: [...found] };
    before = now;
  }
  return failure("malformed", "The list of one second changes each time it is read");
}

/**
 * Page cursors of lists count rows, and an order that changes leaves its window: those behind it would be passed over. So pages are not followed:
 * a window that does not fit one page is halved until it does, and the next ones grow again.
 */
async function listWindow(
  list: List,
  feed: Feed,
  since: Instant,
  now: Instant,
  call: Call,
): Promise<Result<{ ids: string[]; feed: Feed; more: boolean; watermark?: Instant; problem?: string }>> {
  const policy = { ...windowPolicy, longestMs: feed.spanMs };
  const begun = openWindow(windowCursor.decode(feed.window).state, since, now, policy);
  const { run } = begun.state;
  let toMs = msOf(run.to);
  // Fifteen days are a second after 21 halvings.
  for (let tries = 0; tries < 25; tries += 1) {
    const to = instantOf(toMs);
    const window = { from: run.from, to };
    const spanMs = toMs - msOf(run.from);
    const listed = await list(window, null, call);
    if (!listed.ok) return listed;
    const fits = listed.value.next === null;
    if (fits || spanMs <= 1000) {
      const ids = fits
        ? { ok: true as const, value: listed.value.ids }
        : await readSecond(list, window, call);
      if (!ids.ok) return ids;
      const wider = Math.min(windowPolicy.longestMs, Math.max(1000, spanMs * 2));
      const step = afterWindow({ ...begun.state, run: { ...run, to } }, null, {
        ...windowPolicy,
        longestMs: wider,
      });
      const next: Feed = { window: windowCursor.encode(step.state), spanMs: wider, ranAt: feed.ranAt };
      return {
        ok: true,
        value: {
          ids: ids.value,
          feed: next,
          more: step.more,
          ...(step.watermark === undefined ? {} : { watermark: step.watermark }),
          ...(begun.problem === undefined ? {} : { problem: begun.problem }),
        },
      };
    }
    toMs = msOf(run.from) + Math.ceil(spanMs / 2);
  }
  return failure("malformed", "Shopee tells of more changes, however short the window");
}

const isOpen = ({ window }: Feed): boolean => Boolean(windowCursor.decode(window).state?.run);

/** Orders first; returns in runs of their own, so that one that fails does not hold up the other. */
export function createPull(
  client: ShopeeClient,
  settings: ShopeeSettings,
  context: OpenContext,
): Orders["pull"] {
  return async (request, call) => {
    const now = nowInstant(context.clock);
    const stored = cursor.decode(request.cursor);
    const state = stored.state ?? fresh;
    const page = await nextPage({ client, settings, now }, state, request, call);
    if (page.ok && stored.problem !== undefined)
      page.value.warnings = [stored.problem, ...(page.value.warnings ?? [])];
    return page;
  };
}

interface Parts {
  client: ShopeeClient;
  settings: ShopeeSettings;
  now: Instant;
}

/**
 * A run of returns takes the turn of one of orders, half a minute after it at the soonest. One that fails is told and tried again when returns
 * are due next: orders do not wait for it.
 */
async function nextPage(
  parts: Parts,
  state: State,
  request: PullRequest,
  call: Call,
): Promise<Result<PullPage>> {
  const { orders, returns, listed, returned } = state;
  if (listed.length > 0) return listedPage(parts, state, call);
  const sinceMs = ({ ranAt }: Feed) =>
    ranAt === null ? Number.POSITIVE_INFINITY : msOf(parts.now) - msOf(ranAt);
  const isTurn = orders.ranAt !== null && !isOpen(orders) && sinceMs(orders) >= 30_000;
  if (!isTurn || sinceMs(returns) < returnsPaceMs) return ordersPage(parts, state, request.since, call);
  const page =
    returned.length > 0
      ? await returnedPage(parts, state, call)
      : await returnsPage(parts, state, request.since, call);
  if (page.ok || page.kind === "auth" || page.kind === "rate_limited") return page;
  const later = cursor.encode({ ...state, returns: { ...returns, ranAt: parts.now } });
  const warnings = [`Returns are not read for now. ${page.message}`];
  return { ok: true, value: { orders: [], rejected: [], cursor: later, more: false, warnings } };
}

async function ordersPage(
  { client, settings, now }: Parts,
  state: State,
  since: Instant,
  call: Call,
): Promise<Result<PullPage>> {
  const listed = await listWindow(
    listOrders(client, settings, "update_time"),
    state.orders,
    since,
    now,
    call,
  );
  if (!listed.ok) return listed;
  const { ids, feed, more, watermark, problem } = listed.value;
  const [first = [], ...rest] = chunksOf(ids, settings.ordersPerPage);
  const read = await readOrders(client, first, "listed", call);
  if (!read.ok) return read;
  const next = { ...state, orders: { ...feed, ranAt: now }, listed: rest.flat() };
  const page: PullPage = { ...read.value, cursor: cursor.encode(next), more: more || rest.length > 0 };
  // Not before all that was listed is given: then the next run tells it.
  if (watermark !== undefined && rest.length === 0) page.watermark = watermark;
  if (problem !== undefined) page.warnings = [problem, ...(page.warnings ?? [])];
  return { ok: true, value: page };
}

/** What a crowded second still holds, with no list to ask. */
async function listedPage({ client, settings }: Parts, state: State, call: Call): Promise<Result<PullPage>> {
  const [ids = [], ...rest] = chunksOf(state.listed, settings.ordersPerPage);
  const read = await readOrders(client, ids, "listed", call);
  if (!read.ok) return read;
  const listed = rest.flat();
  const more = listed.length > 0 || isOpen(state.orders);
  return { ok: true, value: { ...read.value, cursor: cursor.encode({ ...state, listed }), more } };
}

async function returnsPage(
  { client, now }: Parts,
  state: State,
  since: Instant,
  call: Call,
): Promise<Result<PullPage>> {
  const listed = await listWindow(listReturns(client), state.returns, since, now, call);
  if (!listed.ok) return listed;
  const { ids, feed, more } = listed.value;
  const isOver = !more && ids.length === 0;
  const next = {
    ...state,
    returns: { ...feed, ranAt: isOver ? now : feed.ranAt },
    returned: [...new Set(ids)],
  };
  return {
    ok: true,
    value: { orders: [], rejected: [], cursor: cursor.encode(next), more: !isOver },
  };
}

const returnedPerPage = 10;

async function returnedPage({ client, now }: Parts, state: State, call: Call): Promise<Result<PullPage>> {
  const [ids = [], ...rest] = chunksOf(state.returned, returnedPerPage);
  const read = await readOrders(client, ids, "listed", call);
  if (!read.ok) return read;
  const returned = rest.flat();
  const more = returned.length > 0 || isOpen(state.returns);
  const returns = more ? state.returns : { ...state.returns, ranAt: now };
  return { ok: true, value: { ...read.value, cursor: cursor.encode({ ...state, returns, returned }), more } };
}

/** Ids of orders by time, both ends included. */
export const listOrders =
  (client: ShopeeClient, settings: ShopeeSettings, field: "update_time" | "create_time"): List =>
  async ({ from, to }, place, call) => {
    const query = {
      time_range_field: field,
      time_from: secondsOf(from, "floor"),
      time_to: secondsOf(to, "ceil"),
      page_size: field === "create_time" ? 100 : settings.ordersPerPage,
      request_order_status_pending: "true",
      ...(place === null ? {} : { cursor: place }),
    };
    const result = await client.get("/order/get_order_list", query, wire.orderListSchema, call);
    if (!result.ok) return result;
    const { more, next_cursor, order_list } = result.value;
    if (more && !next_cursor)
      return failure("malformed", "Shopee tells of more orders, and not of their place");
    return {
      ok: true,
      value: { ids: order_list.map((row) => row.order_sn), next: more ? (next_cursor ?? null) : null },
    };
  };

/** Orders of the returns that changed. Pages begin at 0. */
const listReturns =
  (client: ShopeeClient): List =>
  async ({ from, to }, place, call) => {
    const query = {
      update_time_from: secondsOf(from, "floor"),
      update_time_to: secondsOf(to, "ceil"),
      page_no: Number(place ?? 0),
      page_size: 100,
    };
    const result = await client.get("/returns/get_return_list", query, wire.returnListSchema, call);
    if (!result.ok) return result;
    const ids = result.value.return.map((row) => row.order_sn);
    return { ok: true, value: { ids, next: result.value.more ? String(query.page_no + 1) : null } };
  };
