import { addMs, type Instant, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { type Rows, readEach, refused } from "../toolkit/each-order.ts";
import { failure } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import {
  afterByTime,
  afterWindow,
  byTimePlace,
  openWindow,
  type WindowPolicy,
  wholeSeconds,
  windowCursor,
} from "../toolkit/windows.ts";
import type { WooClient } from "./client.ts";
import { readOrder } from "./map.ts";
import type { WooSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** WooCommerce names no longest window; a week keeps each query small. Times have whole seconds. */
export const windowPolicy: WindowPolicy = {
  longestMs: 7 * 86_400_000,
  overlapMs: 120_000,
  clockSkewMs: 5_000,
};

const maxListPages = 200;
const idsPerListPage = 100;

/** Without `dates_are_gmt` the shop compares with its local time. */
const asText = (instant: Instant): string => instant.slice(0, 19);
const gmt = { dates_are_gmt: "true" };

export function createOrders(client: WooClient, settings: WooSettings, context: OpenContext): Orders {
  const limit = settings.ordersPerPage;
  return {
    async pull({ cursor, since }, call) {
      const stored = windowCursor.decode(cursor);
      const { state, problem } = openWindow(stored.state, since, nowInstant(context.clock), windowPolicy);
      const place = byTimePlace(state.run.page, wholeSeconds(state.run).from);
      const query = {
        ...gmt,
        // "after" leaves out its own second.
        modified_after: asText(addMs(place.after, -1000)),
        modified_before: asText(addMs(wholeSeconds(state.run).to, 1000)),
        status: "any",
        orderby: "modified",
        order: "asc",
        per_page: limit,
        offset: place.skip,
      };
      const result = await client.get("/orders", query, wire.rowsSchema, call);
      if (!result.ok) return result;
      const stamps = result.value.map((row) => wire.stampSchema.safeParse(row).data);
      const timed = stamps.flatMap((stamp) =>
        stamp ? { externalId: String(stamp.id), updatedAt: stamp.date_modified_gmt } : [],
      );
      // Without its time a row cannot be paged past; guessing could skip those behind it.
      if (timed.length < stamps.length)
        return failure("malformed", "GET /orders gives orders without id or date_modified_gmt");
      const next = afterByTime(place, timed, limit);
      if (next === "unsorted")
        return failure("malformed", "GET /orders does not give its rows in order of date_modified_gmt");
      const read = await readRows(client, result.value, settings, call);
      if (!read.ok) return read;
      const step = afterWindow(state, next, windowPolicy);
      const page: PullPage = { ...read.value, cursor: windowCursor.encode(step.state), more: step.more };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, problem].filter((text) => text !== undefined);
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const ids = [...new Set(externalIds)].filter((id) => /^\d{1,15}$/.test(id));
      const nothing = { orders: [], rejected: [], cursor: null, more: false };
      if (ids.length === 0) return { ok: true, value: nothing };
      const query = { include: ids.join(","), status: "any", per_page: Math.min(100, ids.length) };
      const result = await client.get("/orders", query, wire.rowsSchema, call);
      if (!result.ok) return result;
      const rows = [...result.value];
      const found = new Set(rows.map((row) => String(wire.stampSchema.safeParse(row).data?.id)));
      // Lists leave out what is in the bin; asked for by itself it says so.
      const missing = await readEach(
        ids.filter((id) => !found.has(id)),
        {
          origin: "asked",
          nameOf: (id) => ({ externalId: id, raw: { id } }),
          async read(id) {
            const one = await client.get(`/orders/${id}`, {}, wire.rowSchema, call);
            if (one.ok) rows.push(one.value);
            return one.ok ? { ok: true, value: { kind: "none" } } : one;
          },
        },
      );
      if (!missing.ok) return missing;
      const read = await readRows(client, rows, settings, call);
      if (!read.ok) return read;
      const rejected = [...missing.value.rejected, ...read.value.rejected];
      return { ok: true, value: { ...nothing, ...read.value, rejected } };
    },

    list: (window, call) => listIds(client, window, context, call),
  };
}

async function listIds(
  client: WooClient,
  { from, to }: { from: Instant; to: Instant },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const ids = await collectPages<string, number>("GET /orders", maxListPages, (page) =>
    withRetry(
      async () => {
        const query = {
          ...gmt,
          after: asText(addMs(from, -1000)),
          before: asText(to),
          status: "any",
          orderby: "id",
          order: "asc",
          per_page: idsPerListPage,
          page: page ?? 1,
          _fields: "id",
        };
        const result = await client.get("/orders", query, wire.idsSchema, call);
        if (!result.ok) return result;
        const items = result.value.map(({ id }) => String(id));
        return {
          ok: true,
          value: { items, next: items.length < idsPerListPage ? null : (page ?? 1) + 1 },
        };
      },
      call,
      context,
      { attempts: 3 },
    ),
  );
  return ids.ok ? { ok: true, value: { externalIds: [...new Set(ids.value)] } } : ids;
}

const idOf = (row: Json): string => String(wire.stampSchema.safeParse(row).data?.id ?? "(no id)");

/** An order names its refunds without their lines; those that have any are asked for. */
const readRows = (
  client: WooClient,
  rows: readonly Json[],
  settings: WooSettings,
  call: Call,
): Promise<Result<Rows>> =>
  readEach(rows, {
    origin: "listed",
    nameOf: (row) => ({ externalId: idOf(row), raw: row }),
    async read(row) {
      const { id, refunds = [] } =
        wire.orderSchema.pick({ id: true, refunds: true }).safeParse(row).data ?? {};
      const told =
        refunds.length === 0
          ? null
          : await client.get(`/orders/${id}/refunds`, { per_page: 100 }, wire.refundsSchema, call);
      if (told && !told.ok) return refused(idOf(row), row, told);
      const read = readOrder(row, told?.value ?? [], settings);
      return { ok: true, value: read.kind === "draft" ? { kind: "none" } : { ...read, raw: row } };
    },
  });
