import { addMs, type Instant, nowInstant } from "../../core/clock.ts";
import type { OrderSnapshot, PlatformRefund } from "../../core/model/order.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { laterOf } from "../toolkit/cursor.ts";
import { readEach } from "../toolkit/each-order.ts";
import { failure, isRetryable } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import { localWindow } from "../toolkit/time.ts";
import {
  afterLastFirst,
  afterWindow,
  halvedWindow,
  lastFirstPage,
  type OpenWindow,
  openWindow,
  type WindowPolicy,
  windowCursor,
} from "../toolkit/windows.ts";
import type { JdClient } from "./client.ts";
import { askedStates } from "./codes.ts";
import { readOrder, withRefunds } from "./map.ts";
import * as methods from "./methods.ts";
import { completedAt, refundsOf, servicesSince } from "./refunds.ts";
import type { JdSettings } from "./settings.ts";
import { timeZone } from "./sign.ts";
import { splitParents } from "./split.ts";
import { timeOf } from "./status.ts";
import * as wire from "./wire.ts";

const dayMs = 86_400_000;

/** JD takes a month at most, and gives what changed within three months. A day keeps the pages few. */
export const windowPolicy: WindowPolicy = {
  longestMs: dayMs,
  overlapMs: 300_000,
  clockSkewMs: 5_000,
  historyMs: 89 * dayMs,
};

/** Beyond this page JD gives empty ones (second-hand); a window with more is halved. */
const deepestPage = 100;
const rowsPerListPage = 100;

export function createOrders(client: JdClient, settings: JdSettings, context: OpenContext): Orders {
  return {
    async pull({ cursor, since }, call) {
      const stored = windowCursor.decode(cursor);
      const now = nowInstant(context.clock);
      const { state, problem } = openWindow(stored.state, since, now, windowPolicy);
      const found = await searchWindow(client, settings, state, call);
      if (!found.ok) return found;
      const { rows, next } = found.value;
      if (next === "too deep") {
        const half = halvedWindow(state);
        return half === null
          ? failure("malformed", "JD tells of more orders in two seconds than it gives pages for")
          : { ok: true, value: { ...nothing, cursor: windowCursor.encode(half), more: true } };
      }
      const read = await readRows(client, settings, rows, call);
      if (!read.ok) return read;
      const step = afterWindow(state, next, windowPolicy);
      const page: PullPage = { ...read.value, cursor: windowCursor.encode(step.state), more: step.more };
      if (!step.more) {
        // Of a first run all orders were read with their refunds just now; later ones may have missed a while.
        const missed = state.resumeAt > state.floor ? state.resumeAt : state.run.startedAt;
        const from = laterOf(state.floor, addMs(missed, -windowPolicy.overlapMs));
        const refunded = await refundedSince(client, settings, page.orders, from, now, call);
        if (!refunded.ok) return refunded;
        page.orders = [...page.orders, ...refunded.value.orders];
        page.rejected = [...page.rejected, ...refunded.value.rejected];
        page.warnings = refunded.value.warnings;
      }
      if (step.watermark !== undefined) page.watermark = step.watermark;
      page.warnings = [
        ...new Set([stored.problem, problem, ...read.value.warnings, ...(page.warnings ?? [])]),
      ].filter((text) => text !== undefined);
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const read = await readByIds(client, settings, externalIds, call);
      return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
    },

    list: (window, call) => listIds(client, settings, window, context, call),
  };
}

const nothing = { orders: [], rejected: [] };

type PageRows = Required<Pick<PullPage, "orders" | "rejected" | "warnings">>;

const searchOf = (
  settings: JdSettings,
  window: { from: Instant; to: Instant },
  page: number,
  by: "created" | "modified",
) => {
  const { from, to } = localWindow(window, timeZone);
  return {
    start_date: from,
    end_date: to,
    dateType: by === "created" ? 1 : 0,
    order_state: askedStates.join(","),
    optional_fields: by === "created" ? wire.stampFields : wire.orderFields,
    // JD wants both as text.
    page: String(page),
    page_size: String(by === "created" ? rowsPerListPage : settings.ordersPerPage),
    // Ascending.
    sortType: 0,
    source_id: "JOS",
  };
};

/** Numbered pages, the last one first: what leaves the window while it is read drags no other order past us. */
async function searchWindow(
  client: JdClient,
  settings: JdSettings,
  state: OpenWindow,
  call: Call,
): Promise<Result<{ rows: Json[]; next: Json | null | "too deep" }>> {
  const page = lastFirstPage(state.run.page);
  const asked = searchOf(settings, state.run, page ?? 1, "modified");
  const result = await client.run(methods.searchOrders(settings.encryptedBuyers), asked, call);
  if (!result.ok) return result;
  const { orderTotal, orderInfoList: rows } = result.value;
  const size = settings.ordersPerPage;
  if (page === null && orderTotal > size * deepestPage)
    return { ok: true, value: { rows: [], next: "too deep" } };
  // A first page that holds everything is all there is.
  const next = page === null && orderTotal <= size ? null : afterLastFirst(page, orderTotal, size);
  return { ok: true, value: { rows, next } };
}

interface Found {
  rows: Json[];
  rejected: PullPage["rejected"];
}

/** JD has no list by ids; one call each. Ids that it does not know are left out. */
async function getOrders(
  client: JdClient,
  settings: JdSettings,
  externalIds: readonly string[],
  call: Call,
): Promise<Result<Found>> {
  const rows: Json[] = [];
  const ids = [...new Set(externalIds)].filter((id) => /^\d{6,20}$/.test(id));
  const read = await readEach(ids, {
    origin: "asked",
    nameOf: (order_id) => ({ externalId: order_id, raw: { order_id } }),
    async read(order_id) {
      const asked = { order_id, optional_fields: wire.orderFields, source_id: "JOS" };
      const result = await client.run(methods.getOrder(settings.encryptedBuyers), asked, call);
      if (result.ok && result.value.orderInfo) rows.push(result.value.orderInfo);
      return result.ok ? { ok: true, value: { kind: "none" } } : result;
    },
  });
  return read.ok ? { ok: true, value: { rows, rejected: read.value.rejected } } : read;
}

async function readByIds(
  client: JdClient,
  settings: JdSettings,
  externalIds: readonly string[],
  call: Call,
): Promise<Result<PageRows>> {
  const found = await getOrders(client, settings, externalIds, call);
  if (!found.ok) return found;
  const read = await readRows(client, settings, found.value.rows, call);
  if (!read.ok) return read;
  const rejected = [...found.value.rejected, ...read.value.rejected];
  return { ok: true, value: { ...read.value, rejected } };
}

async function readRows(
  client: JdClient,
  settings: JdSettings,
  rows: readonly Json[],
  call: Call,
): Promise<Result<PageRows>> {
  const warnings: string[] = [];
  let isForbidden = false;
  const children: wire.WireOrder[] = [];
  const read = await readEach(rows, {
    origin: "listed",
    nameOf: (row) => ({ externalId: wire.stampSchema.safeParse(row).data?.orderId ?? "(no id)", raw: row }),
    async read(row) {
      const order = readOrder(row, settings);
      if (order.kind === "rejected") return { ok: true, value: { ...order, raw: row } };
      children.push(order.wire);
      // Without the permission for after-sales, or with one that cannot be read, orders come all the same.
      const refunds: Result<PlatformRefund[]> = isForbidden
        ? { ok: true, value: [] }
        : await refundsOf(client, order.order, order.wire, call);
      if (!refunds.ok) {
        if (refunds.kind === "auth" || isRetryable(refunds)) return refunds;
        isForbidden = refunds.kind === "unsupported";
        warnings.push(`Refunds of order ${order.order.externalId} are not read. ${refunds.message}`);
      }
      const told = withRefunds(order.order, refunds.ok ? refunds.value : []);
      return { ok: true, value: { kind: "order", order: told } };
    },
  });
  if (!read.ok) return read;
  const parents = await splitParents(children, (ids) => getOrders(client, settings, ids, call), settings);
  if (!parents.ok) return parents;
  return {
    ok: true,
    value: {
      // Before its parts, so that its units are free for them.
      orders: [...parents.value.orders, ...read.value.orders],
      rejected: [...parents.value.rejected, ...read.value.rejected],
      warnings,
    },
  };
}

/** A refund after shipping does not change the order's time, so orders with one come with the end of each run. */
async function refundedSince(
  client: JdClient,
  settings: JdSettings,
  given: readonly OrderSnapshot[],
  from: Instant,
  now: Instant,
  call: Call,
): Promise<Result<PageRows>> {
  const services = await servicesSince(client, from, now, call);
  if (!services.ok && services.kind === "unsupported")
    return { ok: true, value: { ...nothing, warnings: [`Refunds are not read. ${services.message}`] } };
  if (!services.ok) return services;
  const known = new Set(given.map((order) => order.externalId));
  const ids = services.value
    .filter((service) => (completedAt(service) ?? "") >= from)
    .map((service) => service.sameOrderServiceBill.orderId)
    .filter((id) => !known.has(id));
  return readByIds(client, settings, ids, call);
}

async function listIds(
  client: JdClient,
  settings: JdSettings,
  window: { from: Instant; to: Instant },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const method = methods.searchOrders(settings.encryptedBuyers);
  const rows = await collectPages<{ orderId: string; placedAt: Instant }, number>(
    "The list of orders",
    deepestPage,
    (cursor) =>
      withRetry(
        async () => {
          const page = cursor ?? 1;
          const result = await client.run(method, searchOf(settings, window, page, "created"), call);
          if (!result.ok) return result;
          const items = result.value.orderInfoList.flatMap((row) => stampOf(row) ?? []);
          // A list with a hole must not be taken for the whole.
          if (items.length < result.value.orderInfoList.length)
            return failure("malformed", "The list of orders gives rows without number or time");
          const next = page * rowsPerListPage < result.value.orderTotal ? page + 1 : null;
          return { ok: true, value: { items, next } };
        },
        call,
        context,
        { attempts: 3 },
      ),
  );
  if (!rows.ok) return rows;
  // JD's ends are whole seconds and both in.
  const placed = rows.value.filter(({ placedAt }) => placedAt >= window.from && placedAt < window.to);
  return { ok: true, value: { externalIds: [...new Set(placed.map(({ orderId }) => orderId))] } };
}

function stampOf(row: Json): { orderId: string; placedAt: Instant } | null {
  const stamp = wire.stampSchema.safeParse(row).data;
  const placedAt = stamp ? timeOf(stamp.orderStartTime) : null;
  return stamp && placedAt !== null ? { orderId: stamp.orderId, placedAt } : null;
}
