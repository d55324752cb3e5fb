import { z } from "zod";
import { addMs, type Instant, msOf, nowInstant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Call, Json, OpenContext, Orders, PullPage, PullRequest, Result } from "../contract.ts";
import { cursorCodec } from "../toolkit/cursor.ts";
import {
  afterWindow,
  openWindow,
  type WindowPolicy,
  type WindowStep,
  windowCursor,
} from "../toolkit/windows.ts";
import type { TiktokClient } from "./client.ts";
import { mostDetails, readOrders, readRows } from "./read.ts";
import { cancellationSearch, changedWithin, orderSearch, returnSearch, type Search } from "./searches.ts";
import type { TiktokSettings } from "./settings.ts";
import { afterSaleHeadSchema } from "./wire.ts";

/** No longest window is documented; a day at once keeps it far from any. */
export const windowPolicy: WindowPolicy = {
  longestMs: 86_400_000,
  overlapMs: 120_000,
  clockSkewMs: 5_000,
};

/** Returns and cancellations of single units do not move an order's time, so they are looked for by themselves; they change rarely. */
const afterSalePaceMs = 600_000;
const afterSales = ["returns", "cancellations"] as const;
type AfterSale = (typeof afterSales)[number];
const searches: Readonly<Record<AfterSale, Search>> = {
  returns: returnSearch,
  cancellations: cancellationSearch,
};

const feedSchema = z.object({ window: z.json().nullable(), ranAt: instantSchema.nullable() });
type Feed = z.infer<typeof feedSchema>;
const stateSchema = z.object({
  version: z.literal(1),
  /** After-sales older than the first pull came with their orders. */
  began: instantSchema,
  orders: feedSchema,
  returns: feedSchema,
  cancellations: feedSchema,
});
type State = z.infer<typeof stateSchema>;
const cursor = cursorCodec<State>(stateSchema);
const begin: Feed = { window: null, ranAt: null };

interface Parts {
  client: TiktokClient;
  settings: TiktokSettings;
  now: Instant;
}

/** After-sales that are due go before a run of orders, which follows in any case and ends the pull. */
export function createPull(
  client: TiktokClient,
  settings: TiktokSettings,
  context: OpenContext,
): Orders["pull"] {
  return async (request, call) => {
    const now = nowInstant(context.clock);
    const stored = cursor.decode(request.cursor);
    const began = addMs(now, -windowPolicy.overlapMs);
    const state = stored.state ?? { version: 1, began, orders: begin, returns: begin, cancellations: begin };
    const parts = { client, settings, now };
    const due = dueAfterSale(state, now);
    const page =
      due === undefined
        ? await ordersPage(parts, state, request, call)
        : await afterSalePage(parts, state, due, call);
    if (page.ok && stored.problem !== undefined)
      page.value.warnings = [stored.problem, ...(page.value.warnings ?? [])];
    return page;
  };
}

const isOpen = ({ window }: Feed): boolean => Boolean(windowCursor.decode(window).state?.run);

function dueAfterSale(state: State, now: Instant): AfterSale | undefined {
  const { orders } = state;
  if (orders.ranAt === null || isOpen(orders) || msOf(now) - msOf(orders.ranAt) < 30_000) return undefined;
  return afterSales.find((name) => {
    const { ranAt } = state[name];
    return ranAt === null || msOf(now) - msOf(ranAt) >= afterSalePaceMs;
  });
}

interface Changed {
  rows: Json[];
  step: WindowStep;
  problem: string | undefined;
}

async function changed(
  { client, now }: Parts,
  search: Search,
  { window }: Feed,
  since: Instant,
  size: number,
  call: Call,
): Promise<Result<Changed>> {
  const opened = openWindow(windowCursor.decode(window).state, since, now, windowPolicy);
  const page = await changedWithin(client, search, opened.state.run, size, call);
  if (!page.ok) return page;
  const step = afterWindow(opened.state, page.value.next, windowPolicy);
  return { ok: true, value: { rows: page.value.rows, step, problem: opened.problem } };
}

async function ordersPage(
  parts: Parts,
  state: State,
  { since }: PullRequest,
  call: Call,
): Promise<Result<PullPage>> {
  const { client, settings, now } = parts;
  const listed = await changed(parts, orderSearch, state.orders, since, settings.ordersPerPage, call);
  if (!listed.ok) return listed;
  const { rows, step, problem } = listed.value;
  const read = await readRows(client, settings, rows, call);
  if (!read.ok) return read;
  const orders = { window: windowCursor.encode(step.state), ranAt: now };
  const page: PullPage = { ...read.value, cursor: cursor.encode({ ...state, orders }), more: step.more };
  if (step.watermark !== undefined) page.watermark = step.watermark;
  if (problem !== undefined) page.warnings = [problem, ...(page.warnings ?? [])];
  return { ok: true, value: page };
}

/** Orders do not wait for a feed that fails: it is told, and tried again when it is due next. */
async function afterSalePage(
  parts: Parts,
  state: State,
  name: AfterSale,
  call: Call,
): Promise<Result<PullPage>> {
  const page = await changedOrders(parts, state, name, call);
  if (page.ok || page.kind === "auth" || page.kind === "rate_limited") return page;
  const later = { ...state, [name]: { ...state[name], ranAt: parts.now } };
  const warnings = [`${searches[name].name} failed; its changes wait. ${page.message}`];
  return {
    ok: true,
    value: { orders: [], rejected: [], cursor: cursor.encode(later), more: true, warnings },
  };
}

async function changedOrders(
  parts: Parts,
  state: State,
  name: AfterSale,
  call: Call,
): Promise<Result<PullPage>> {
  const { client, settings, now } = parts;
  const feed = state[name];
  const listed = await changed(parts, searches[name], feed, state.began, mostDetails, call);
  if (!listed.ok) return listed;
  const { rows, step, problem } = listed.value;
  const heads = rows.map((row) => afterSaleHeadSchema.safeParse(row).data?.order_id);
  const ids = [...new Set(heads.filter((id) => id !== undefined))];
  const read = await readOrders(client, settings, ids, call);
  if (!read.ok) return read;
  const next = {
    ...state,
    [name]: { window: windowCursor.encode(step.state), ranAt: step.more ? feed.ranAt : now },
  };
  const page: PullPage = { ...read.value, cursor: cursor.encode(next), more: true };
  const shown = new Set([...page.orders, ...page.rejected].map((one) => one.externalId));
  for (const externalId of ids.filter((id) => !shown.has(id)))
    page.rejected.push({
      externalId,
      reason: `${searches[name].name} names this order, and TikTok does not show it`,
      raw: { id: externalId },
    });
  const unnamed = heads.filter((id) => id === undefined).length;
  const told = [
    problem,
    unnamed > 0 ? `${searches[name].name} gave ${unnamed} rows that name no order` : undefined,
  ];
  const warnings = [...told.filter((one) => one !== undefined), ...(page.warnings ?? [])];
  if (warnings.length > 0) page.warnings = warnings;
  return { ok: true, value: page };
}
