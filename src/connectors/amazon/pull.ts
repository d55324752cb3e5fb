import { z } from "zod";
import { type Instant, msOf, nowInstant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Call, Json, OpenContext, Orders, PullPage, PullRequest, Result } from "../contract.ts";
import { cursorCodec } from "../toolkit/cursor.ts";
import { readEach, refused } from "../toolkit/each-order.ts";
import { chunksOf, collectPages } from "../toolkit/paging.ts";
import {
  afterWindow,
  type OpenWindow,
  openWindow,
  type WindowPolicy,
  windowCursor,
} from "../toolkit/windows.ts";
import type { AmazonClient } from "./client.ts";
import { getOrder, includedData, ordersPath, readRow } from "./read.ts";
import { isRefund, orderIdOf } from "./refunds.ts";
import { type AmazonSettings, marketplaceIdsOf } from "./settings.ts";
import * as wire from "./wire.ts";

/**
 * Two feeds, each with windows of its own: orders that changed, and refunds that were posted. A run reads one of them. searchOrders allows
 * some twenty calls an hour, so runs of it begin five minutes apart however often the hub asks: twelve an hour, and eight calls are left
 * for further pages and the gap report.
 */
export const ordersPaceMs = 300_000;

/** Refunds reach the finance records up to two days late, so these are read again each time, but rarely. */
const refundsPaceMs = 6 * 3_600_000;

/** "At least two minutes in the past", and half a minute for clocks that differ. */
export const searchTailMs = 150_000;

export const ordersPolicy: WindowPolicy = {
  longestMs: 31 * 86_400_000,
  overlapMs: 60_000,
  clockSkewMs: 5_000,
  tailMs: searchTailMs,
};

/** More than 180 days at once is answered with nothing. */
const refundsPolicy: WindowPolicy = {
  longestMs: 30 * 86_400_000,
  overlapMs: 48 * 3_600_000,
  clockSkewMs: 5_000,
  tailMs: searchTailMs,
};

/** Page tokens live a day. One that is nearly over is not asked with: the window is read again from its beginning. */
const tokenLifeMs = 23 * 3_600_000;
const pageSchema = z.object({ token: z.string(), at: instantSchema }).nullable().catch(null);

/** Orders with new refunds read for one page of the pull: two calls each, half a call a second. */
const refundedPerPage = 4;

const feedSchema = z.object({ window: z.json().nullable(), ranAt: instantSchema.nullable() });
type Feed = z.infer<typeof feedSchema>;
const stateSchema = z.object({
  version: z.literal(1),
  orders: feedSchema,
  refunds: feedSchema,
  /** Orders with refunds that are still to be read. */
  refunded: z.array(z.string()),
});
type State = z.infer<typeof stateSchema>;
const cursor = cursorCodec<State>(stateSchema);
const fresh: State = {
  version: 1,
  orders: { window: null, ranAt: null },
  refunds: { window: null, ranAt: null },
  refunded: [],
};

const isOpen = ({ window }: Feed): boolean => Boolean(windowCursor.decode(window).state?.run);

const isDue = ({ ranAt }: Feed, paceMs: number, now: Instant): boolean =>
  ranAt === null || msOf(now) - msOf(ranAt) >= paceMs || msOf(ranAt) > msOf(now);

interface Parts {
  client: AmazonClient;
  settings: AmazonSettings;
  now: Instant;
}

/** Orders go first whenever they are due, also in the midst of refunds: one feed that fails does not hold up the other. */
export function createPull(
  client: AmazonClient,
  settings: AmazonSettings,
  context: OpenContext,
): Orders["pull"] {
  return async (request, call) => {
    const now = nowInstant(context.clock);
    const parts = { client, settings, now };
    const stored = cursor.decode(request.cursor);
    const state = stored.state ?? fresh;
    const page = await nextPage(parts, state, request, call);
    if (page.ok && stored.problem !== undefined)
      page.value.warnings = [stored.problem, ...(page.value.warnings ?? [])];
    return page;
  };
}

function nextPage(parts: Parts, state: State, request: PullRequest, call: Call): Promise<Result<PullPage>> {
  const { settings, now } = parts;
  if (isOpen(state.orders) || isDue(state.orders, ordersPaceMs, now))
    return ordersPage(parts, state, request.since, call);
  if (state.refunded.length > 0) return refundedPage(parts, state, call);
  if (settings.refunds && (isOpen(state.refunds) || isDue(state.refunds, refundsPaceMs, now)))
    return refundsPage(parts, state, request.since, call);
  return Promise.resolve({
    ok: true,
    value: { orders: [], rejected: [], cursor: cursor.encode(state), more: false },
  });
}

function tokenOf(page: Json, now: Instant): string | null {
  const place = pageSchema.parse(page);
  return place && msOf(now) - msOf(place.at) < tokenLifeMs ? place.token : null;
}

/** The platform's own mark, where it is earlier than the bound that was asked for, is as far as it has looked. */
function cutTo(state: OpenWindow, told: Instant | null | undefined): OpenWindow {
  if (!told || msOf(told) >= msOf(state.run.to) || msOf(told) <= msOf(state.run.from)) return state;
  return { ...state, run: { ...state.run, to: told, until: told } };
}

async function ordersPage(
  { client, settings, now }: Parts,
  state: State,
  since: Instant,
  call: Call,
): Promise<Result<PullPage>> {
  const begun = openWindow(windowCursor.decode(state.orders.window).state, since, now, ordersPolicy);
  const { run } = begun.state;
  const token = tokenOf(run.page, now);
  const query = {
    lastUpdatedAfter: run.from,
    lastUpdatedBefore: run.to,
    marketplaceIds: marketplaceIdsOf(settings).join(","),
    maxResultsPerPage: settings.ordersPerPage,
    includedData,
    ...(token === null ? {} : { paginationToken: token }),
  };
  const result = await client.get(ordersPath, query, wire.searchSchema, call);
  if (!result.ok) return result;
  const { orders, pagination, lastUpdatedBefore } = result.value;
  const next = pagination?.nextToken ? { token: pagination.nextToken, at: now } : null;
  const step = afterWindow(next ? begun.state : cutTo(begun.state, lastUpdatedBefore), next, ordersPolicy);
  const ranAt = isOpen(state.orders) ? state.orders.ranAt : now;
  const following = { ...state, orders: { window: windowCursor.encode(step.state), ranAt } };
  const read = await readEach(orders, {
    origin: "listed",
    nameOf: (row) => ({ externalId: idOf(row), raw: row }),
    read: async (row) => ({ ok: true, value: readRow(row, marketplaceIdsOf(settings)) }),
  });
  if (!read.ok) return read;
  const page: PullPage = { ...read.value, cursor: cursor.encode(following), more: step.more };
  if (step.watermark !== undefined) page.watermark = step.watermark;
  if (begun.problem !== undefined) page.warnings = [begun.problem];
  return { ok: true, value: page };
}

const idOf = (row: Json): string =>
  wire.stampSchema.pick({ orderId: true }).safeParse(row).data?.orderId ?? "(no id)";

const transactionsPath = "/finances/2024-06-19/transactions";

/** Records cannot be asked for by type: those of all sales come along and are left. */
async function refundsPage(
  { client, now }: Parts,
  state: State,
  since: Instant,
  call: Call,
): Promise<Result<PullPage>> {
  const begun = openWindow(windowCursor.decode(state.refunds.window).state, since, now, refundsPolicy);
  const { run } = begun.state;
  const token = tokenOf(run.page, now);
  const query = {
    postedAfter: run.from,
    postedBefore: run.to,
    ...(token === null ? {} : { nextToken: token }),
  };
  const result = await client.get(transactionsPath, query, wire.transactionsSchema, call);
  const ranAt = isOpen(state.refunds) ? state.refunds.ranAt : now;
  if (!result.ok) {
    if (result.kind !== "unsupported") return result;
    // Orders come all the same; a person reads it, and the next try is in six hours.
    const later = { ...state, refunds: { ...state.refunds, ranAt: now } };
    const warnings = [`Refunds are not read. ${result.message}`];
    return {
      ok: true,
      value: { orders: [], rejected: [], cursor: cursor.encode(later), more: false, warnings },
    };
  }
  const { transactions, nextToken } = result.value.payload;
  const step = afterWindow(begun.state, nextToken ? { token: nextToken, at: now } : null, refundsPolicy);
  const refunded = [...new Set(transactions.filter(isRefund).flatMap((one) => orderIdOf(one) ?? []))].filter(
    wire.isOrderId,
  );
  const following = { ...state, refunds: { window: windowCursor.encode(step.state), ranAt }, refunded };
  const more = step.more || refunded.length > 0;
  return { ok: true, value: { orders: [], rejected: [], cursor: cursor.encode(following), more } };
}

/** Whole orders with all their refunds: one that was known and is not named would count as taken back. */
async function refundedPage(
  { client, settings }: Parts,
  state: State,
  call: Call,
): Promise<Result<PullPage>> {
  const [ids = [], ...rest] = chunksOf(state.refunded, refundedPerPage);
  const refunded = rest.flat();
  const more = refunded.length > 0 || isOpen(state.refunds);
  const read = await readEach(ids, {
    origin: "listed",
    nameOf: (id) => ({ externalId: id, raw: { orderId: id } }),
    async read(id) {
      const order = await getOrder(client, id, call);
      // Records name orders of other channels too, which Amazon does not show.
      if (!order.ok) return order.kind === "not_found" ? { ok: true, value: { kind: "none" } } : order;
      const records = await transactionsOf(client, id, call);
      if (!records.ok) return refused(id, order.value, records);
      return { ok: true, value: readRow(order.value, marketplaceIdsOf(settings), records.value) };
    },
  });
  return read.ok
    ? { ok: true, value: { ...read.value, cursor: cursor.encode({ ...state, refunded }), more } }
    : read;
}

const maxRecordPages = 10;

/** Every finance record of one order. */
async function transactionsOf(
  client: AmazonClient,
  orderId: string,
  call: Call,
): Promise<Result<wire.WireTransaction[]>> {
  return collectPages<wire.WireTransaction, string>("GET /transactions", maxRecordPages, async (token) => {
    const query = {
      relatedIdentifierName: "ORDER_ID",
      relatedIdentifierValue: orderId,
      ...(token === null ? {} : { nextToken: token }),
    };
    const result = await client.get(transactionsPath, query, wire.transactionsSchema, call);
    if (!result.ok) return result;
    const { transactions, nextToken } = result.value.payload;
    return { ok: true, value: { items: transactions, next: nextToken || null } };
  });
}
