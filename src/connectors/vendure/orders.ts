import { type Instant, msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf, collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import type { VendureClient } from "./client.ts";
import { orderIdsQuery, ordersQuery, stampsQuery } from "./documents.ts";
import { changedAt, type MapOptions, readOrder } from "./map.ts";
import {
  afterPage,
  looksAtStamps,
  type OpenRun,
  openRun,
  pullCursor,
  type ReadPage,
  stampsPerPage,
} from "./pull.ts";
import type { VendureSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** One hour of a very busy shop: 200 pages of 500 orders. */
const maxListPages = 200;
const idsPerListPage = 500;

type Rows = Pick<PullPage, "orders" | "rejected">;

type Feed = Rows & ReadPage;

export function createOrders(client: VendureClient, settings: VendureSettings, context: OpenContext): Orders {
  const reader = { client, settings };
  const watchMs = settings.watchDays * 86_400_000;
  return {
    async pull({ cursor, since }, call) {
      const stored = pullCursor.decode(cursor);
      const open = openRun(stored.state, since, nowInstant(context.clock), watchMs);
      const feed = await readFeed(reader, open, call);
      if (!feed.ok) return feed;
      const stamps = looksAtStamps(open, feed.value) ? await readStamps(reader, open, call) : null;
      if (stamps?.ok === false) return stamps;
      const step = afterPage(open, feed.value, stamps?.value ?? null);
      if (step === null) return failure("malformed", "Vendure does not give its orders in order of time");
      const page: PullPage = {
        orders: [...feed.value.orders, ...(stamps?.value.orders ?? [])],
        rejected: [...feed.value.rejected, ...(stamps?.value.rejected ?? [])],
        cursor: step.cursor,
        more: step.more,
      };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, ...open.problems].filter((text) => text !== undefined);
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const result = await readByIds(reader, externalIds, call);
      return result.ok ? { ok: true, value: { ...result.value, cursor: null, more: false } } : result;
    },

    async list(window, call) {
      const ids = await collectPages<string, number>("The list of orders", maxListPages, (skip) =>
        withRetry(() => listPage(client, window, skip ?? 0, call), call, context, { attempts: 3 }),
      );
      return ids.ok ? { ok: true, value: { externalIds: [...new Set(ids.value)] } } : ids;
    },
  };
}

interface Reader {
  client: VendureClient;
  settings: VendureSettings;
}

/** Both ends are within, and Vendure compares its own microseconds: a row may show a time a thousandth before the beginning's. */
const within = (from: Instant, to: Instant) => ({ between: { start: from, end: to } });

const sortedBy = (field: "orderPlacedAt" | "updatedAt") => ({ [field]: "ASC", id: "ASC" });

/** In a marketplace a purchase is an `Aggregate` and again one order per seller; these are taken. */
const notAggregate = { notEq: "Aggregate" };

async function readFeed(reader: Reader, open: OpenRun, call: Call): Promise<Result<Feed>> {
  const { from, to } = open.window.run;
  const field = open.feed === "placed" ? "orderPlacedAt" : "updatedAt";
  const times = within(open.after, to);
  const filter =
    open.feed === "placed"
      ? { orderPlacedAt: times, type: notAggregate }
      : { updatedAt: times, orderPlacedAt: { before: from }, type: notAggregate };
  const rowsPerPage = reader.settings.ordersPerPage;
  const options = { filter, sort: sortedBy(field), skip: open.skip, take: rowsPerPage };
  const page = await reader.client.run(ordersQuery, { options }, wire.ordersPageSchema, call);
  if (!page.ok) return page;
  const { items } = page.value.orders;
  const places = items.flatMap((row) => wire.placeSchema.safeParse(row).data ?? []);
  // Without its times a row cannot be paged past; guessing could skip those behind it.
  if (places.length < items.length)
    return failure("malformed", "Vendure gives orders without id, updatedAt or orderPlacedAt");
  const rows = readRows(page.value, reader.settings);
  const timed = places.map((place) => ({ externalId: place.id, updatedAt: place[field] }));
  return { ok: true, value: { ...rows, timed, rowsPerPage } };
}

async function readStamps(
  reader: Reader,
  { round, toldUntil, window }: OpenRun,
  call: Call,
): Promise<Result<Feed>> {
  const options = {
    filter: { orderPlacedAt: within(round.after, window.run.from), type: notAggregate },
    sort: sortedBy("orderPlacedAt"),
    skip: round.skip,
    take: stampsPerPage,
  };
  const page = await reader.client.run(stampsQuery, { options }, wire.stampsPageSchema, call);
  if (!page.ok) return page;
  const { items } = page.value.orders;
  const changed = items.filter((stamps) => msOf(changedAt(stamps)) >= msOf(toldUntil));
  const read = await readByIds(
    reader,
    changed.map(({ id }) => id),
    call,
  );
  if (!read.ok) return read;
  const timed = items.map(({ id, orderPlacedAt }) => ({ externalId: id, updatedAt: orderPlacedAt }));
  return { ok: true, value: { ...read.value, timed, rowsPerPage: stampsPerPage } };
}

async function readByIds(
  { client, settings }: Reader,
  externalIds: readonly string[],
  call: Call,
): Promise<Result<Rows>> {
  const all: Rows = { orders: [], rejected: [] };
  const ids = [...new Set(externalIds)].filter(wire.isId);
  for (const some of chunksOf(ids, settings.ordersPerPage)) {
    const options = { filter: { id: { in: some } }, take: some.length };
    const page = await client.run(ordersQuery, { options }, wire.ordersPageSchema, call);
    if (!page.ok) return page;
    const { orders, rejected } = readRows(page.value, settings);
    all.orders.push(...orders);
    all.rejected.push(...rejected);
  }
  return { ok: true, value: all };
}

function readRows(
  {
    orders,
    globalSettings,
  }: { orders: { items: Json[] }; globalSettings: { serverConfig: { moneyStrategyPrecision: number } } },
  { captureAtShipment }: VendureSettings,
): Rows {
  const precision = globalSettings.serverConfig.moneyStrategyPrecision;
  const options: MapOptions = { captureAtShipment, precision };
  const rows: Rows = { orders: [], rejected: [] };
  for (const raw of orders.items) {
    const read = readOrder(raw, options);
    if (read.kind === "order") rows.orders.push(read.order);
    if (read.kind === "rejected")
      rows.rejected.push({ externalId: read.externalId, reason: read.reason, raw });
  }
  return rows;
}

async function listPage(
  client: VendureClient,
  { from, to }: { from: Instant; to: Instant },
  skip: number,
  call: Call,
): Promise<Result<{ items: string[]; next: number | null }>> {
  const filter = { orderPlacedAt: within(from, to), type: notAggregate };
  const options = { filter, sort: sortedBy("orderPlacedAt"), skip, take: idsPerListPage };
  const page = await client.run(orderIdsQuery, { options }, wire.orderIdsSchema, call);
  if (!page.ok) return page;
  const rows = page.value.orders.items;
  const placed = rows.filter(
    ({ orderPlacedAt }) =>
      orderPlacedAt !== null && msOf(orderPlacedAt) >= msOf(from) && msOf(orderPlacedAt) < msOf(to),
  );
  const next = rows.length < idsPerListPage ? null : skip + rows.length;
  return { ok: true, value: { items: placed.map(({ id }) => id), next } };
}
