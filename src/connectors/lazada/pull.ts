import { z } from "zod";
import { type Instant, msOf, nowInstant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Call, Json, OpenContext, Orders, PullPage, PullRequest, Result } from "../contract.ts";
import { cursorCodec } from "../toolkit/cursor.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import {
  afterByTime,
  afterLastFirst,
  afterWindow,
  byTimePlace,
  lastFirstPage,
  openWindow,
  type WindowPolicy,
  wholeSeconds,
  windowCursor,
} from "../toolkit/windows.ts";
import type { LazadaClient } from "./client.ts";
import { ordersById, wholeOrders } from "./read.ts";
import type { LazadaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** No longest window is named; a month keeps each question small. Sorted by time of change, whole seconds. */
export const windowPolicy: WindowPolicy = {
  longestMs: 30 * 86_400_000,
  overlapMs: 300_000,
  clockSkewMs: 5_000,
};

/** Pushes do not tell every change of a return. */
const returnsPaceMs = 600_000;
const returnsPerPage = 50;

const feedSchema = z.object({ window: z.json().nullable(), ranAt: instantSchema.nullable() });
type Feed = z.infer<typeof feedSchema>;
const stateSchema = z.object({
  version: z.literal(1),
  orders: feedSchema,
  returns: feedSchema,
  /** Orders whose returns changed and that are still to be read. */
  returned: z.array(z.string()),
});
type State = z.infer<typeof stateSchema>;
const cursor = cursorCodec<State>(stateSchema);
const begin: Feed = { window: null, ranAt: null };
const fresh: State = { version: 1, orders: begin, returns: begin, returned: [] };

/** `2026-11-22T08:00:00+00:00` */
export const textOf = (instant: Instant): string => `${instant.slice(0, 19)}+00:00`;

const isOpen = ({ window }: Feed): boolean => Boolean(windowCursor.decode(window).state?.run);

interface Parts {
  client: LazadaClient;
  settings: LazadaSettings;
  now: Instant;
}

/** Orders first; returns in runs of their own, so that one that fails does not hold up the other. */
export function createPull(
  client: LazadaClient,
  settings: LazadaSettings,
  context: OpenContext,
): Orders["pull"] {
  return async (request, call) => {
    const stored = cursor.decode(request.cursor);
    const parts = { client, settings, now: nowInstant(context.clock) };
    const page = await nextPage(parts, stored.state ?? fresh, request, call);
    if (page.ok && stored.problem !== undefined)
      page.value.warnings = [stored.problem, ...(page.value.warnings ?? [])];
    return page;
  };
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
  const { orders, returns, returned } = state;
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
  const begun = openWindow(windowCursor.decode(state.orders.window).state, since, now, windowPolicy);
  const whole = wholeSeconds(begun.state.run);
  const place = byTimePlace(begun.state.run.page, whole.from);
  const parameters = {
    update_after: textOf(place.after),
    update_before: textOf(whole.to),
    sort_by: "updated_at",
    sort_direction: "ASC",
    limit: String(settings.ordersPerPage),
    offset: String(place.skip),
  };
  const result = await client.get("/orders/get", parameters, wire.ordersSchema, call);
  if (!result.ok) return result;
  const rows = result.value.orders;
  const timed = rows.flatMap((row) => {
    const stamp = wire.stampSchema.safeParse(row).data;
    return stamp ? { externalId: stamp.order_id, updatedAt: stamp.updated_at } : [];
  });
  // Without its time a row cannot be paged past; guessing could skip those behind it.
  if (timed.length < rows.length)
    return failure("malformed", "GET /orders/get gives orders without order_id or updated_at");
  const next = afterByTime(place, timed, settings.ordersPerPage);
  if (next === "unsorted")
    return failure("malformed", "GET /orders/get does not sort its rows by updated_at");
  const read = await wholeOrders(client, settings, rows, call);
  if (!read.ok) return read;
  const step = afterWindow(begun.state, next, windowPolicy);
  const following = { ...state, orders: { window: windowCursor.encode(step.state), ranAt: now } };
  const page: PullPage = { ...read.value, cursor: cursor.encode(following), more: step.more };
  if (step.watermark !== undefined) page.watermark = step.watermark;
  if (begun.problem !== undefined) page.warnings = [begun.problem];
  return { ok: true, value: page };
}

/** Numbered pages, the last one first, since a return that changes leaves its window. */
async function returnsPage(
  { client, now }: Parts,
  state: State,
  since: Instant,
  call: Call,
): Promise<Result<PullPage>> {
  const begun = openWindow(windowCursor.decode(state.returns.window).state, since, now, windowPolicy);
  const { run } = begun.state;
  const number = lastFirstPage(run.page);
  const parameters = {
    page_no: String(number ?? 1),
    page_size: String(returnsPerPage),
    ReverseOrderLineModifiedTimeRangeStart: String(msOf(run.from)),
    ReverseOrderLineModifiedTimeRangeEnd: String(msOf(run.to)),
  };
  const result = await client.get(
    "/reverse/getreverseordersforseller",
    parameters,
    wire.reversesSchema,
    call,
  );
  if (!result.ok) return result;
  const { items, total } = result.value;
  const next: Json | null = afterLastFirst(number, total, returnsPerPage);
  const step = afterWindow(begun.state, next, windowPolicy);
  const returned = [...new Set((items ?? []).map((one) => one.trade_order_id))].filter(wire.isOrderId);
  const isOver = !step.more && returned.length === 0;
  const returns = { window: windowCursor.encode(step.state), ranAt: isOver ? now : state.returns.ranAt };
  const following = cursor.encode({ ...state, returns, returned });
  return { ok: true, value: { orders: [], rejected: [], cursor: following, more: !isOver } };
}

const returnedPerPage = 10;

async function returnedPage(
  { client, settings, now }: Parts,
  state: State,
  call: Call,
): Promise<Result<PullPage>> {
  const [ids = [], ...rest] = chunksOf(state.returned, returnedPerPage);
  const read = await ordersById(client, settings, ids, call, "all");
  if (!read.ok) return read;
  const returned = rest.flat();
  const more = returned.length > 0 || isOpen(state.returns);
  const returns = more ? state.returns : { ...state.returns, ranAt: now };
  return { ok: true, value: { ...read.value, cursor: cursor.encode({ ...state, returns, returned }), more } };
}
