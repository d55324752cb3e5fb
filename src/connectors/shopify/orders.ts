import { nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { type Rows, readEach, refused } from "../toolkit/each-order.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import {
  afterWindow,
  byCursor,
  openWindow,
  type WindowPolicy,
  wholeSeconds,
  windowCursor,
} from "../toolkit/windows.ts";
import type { ShopifyClient } from "./client.ts";
import { moreLinesQuery, orderIdsQuery, ordersByIdQuery, ordersQuery } from "./documents.ts";
import { readOrder } from "./map.ts";
import { wholeParcels, wholeRefunds } from "./rows.ts";
import type { ShopifySettings } from "./settings.ts";
import * as wire from "./wire.ts";

/**
 * Shopify names no longest window; a connection gives at most 25,000 rows, which a day of few shops exceeds. Its cursors name the
 * last row (time and id), so an order that changes meanwhile drags no other with it.
 */
export const windowPolicy: WindowPolicy = { longestMs: 86_400_000, overlapMs: 120_000, clockSkewMs: 2_000 };

const maxListPages = 200;
const idsPerListPage = 250;
/** Lines beyond the first fifty of an order, a hundred at a time. */
const maxLinePages = 20;

export function createOrders(client: ShopifyClient, settings: ShopifySettings, context: OpenContext): Orders {
  return {
    async pull({ cursor, since }, call) {
      const stored = windowCursor.decode(cursor);
      const { state, problem } = openWindow(stored.state, since, nowInstant(context.clock), windowPolicy);
      const { from, to } = wholeSeconds(state.run);
      const variables = {
        first: settings.ordersPerPage,
        after: typeof state.run.page === "string" ? state.run.page : null,
        q: `updated_at:>='${from}' AND updated_at:<'${to}'`,
      };
      const result = await client.run(ordersQuery, variables, wire.ordersPageSchema, call);
      if (!result.ok) return result;
      const { nodes, pageInfo } = result.value.orders;
      const read = await readRows(client, nodes, settings, call);
      if (!read.ok) return read;
      const step = afterWindow(
        state,
        pageInfo.hasNextPage ? byCursor(pageInfo.endCursor) : null,
        windowPolicy,
      );
      const page: PullPage = {
        ...read.value,
        cursor: windowCursor.encode(step.state),
        more: step.more,
      };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, problem].filter((text) => text !== undefined);
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const ids = [...new Set(externalIds)].filter(wire.isNumber).map((id) => wire.gidOf("Order", id));
      if (ids.length === 0)
        return { ok: true, value: { orders: [], rejected: [], cursor: null, more: false } };
      const result = await client.run(ordersByIdQuery, { ids }, wire.nodesSchema, call);
      if (!result.ok) return result;
      const found = result.value.nodes.filter(
        (node) => node !== null && Object.keys(Object(node)).length > 0,
      );
      const read = await readRows(client, found, settings, call);
      return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
    },

    async list(window, call) {
      const { from, to } = window;
      const ids = await collectPages<string, string>("The list of orders", maxListPages, (after) =>
        withRetry(
          async () => {
            const q = `created_at:>='${from}' AND created_at:<'${to}'`;
            const page = await client.run(
              orderIdsQuery,
              { first: idsPerListPage, after, q },
              wire.orderIdsSchema,
              call,
            );
            if (!page.ok) return page;
            const { nodes, pageInfo } = page.value.orders;
            const next = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
            return { ok: true, value: { items: nodes.map((node) => node.legacyResourceId), next } };
          },
          call,
          context,
          { attempts: 3 },
        ),
      );
      return ids.ok ? { ok: true, value: { externalIds: [...new Set(ids.value)] } } : ids;
    },
  };
}

const idOf = (row: Json): string =>
  wire.orderSchema.pick({ legacyResourceId: true }).safeParse(row).data?.legacyResourceId ?? "(no id)";

const readRows = (
  client: ShopifyClient,
  rows: readonly Json[],
  settings: ShopifySettings,
  call: Call,
): Promise<Result<Rows>> =>
  readEach(rows, {
    origin: "listed",
    nameOf: (row) => ({ externalId: idOf(row), raw: row }),
    async read(row) {
      const whole = await completed(client, row, call);
      if (!whole.ok) return refused(idOf(row), row, whole);
      const read = readOrder(whole.value, settings);
      return read.kind === "order" || read.kind === "rejected"
        ? { ok: true, value: { ...read, raw: whole.value } }
        : { ok: true, value: { kind: "none" } };
    },
  });

/** An order, a parcel or a refund of more than fifty lines gets the rest of them: half an order must not be taken for the whole. */
async function completed(client: ShopifyClient, row: Json, call: Call): Promise<Result<Json>> {
  const { data: order } = wire.orderSchema.safeParse(row);
  if (!order || !isCut(order)) return { ok: true, value: row };
  const lines = await allLines(client, order, call);
  if (!lines.ok) return lines;
  const parcels = await wholeParcels(client, order.fulfillments, call);
  if (!parcels.ok) return parcels;
  const refunds = await wholeRefunds(client, order.refunds, call);
  if (!refunds.ok) return refunds;
  const all = { lineItems: lines.value, fulfillments: parcels.value, refunds: refunds.value };
  return { ok: true, value: { ...(row as { [key: string]: Json }), ...(all as { [key: string]: Json }) } };
}

const isCut = ({ lineItems, fulfillments, refunds }: wire.WireOrder): boolean =>
  [
    lineItems,
    ...fulfillments.map((parcel) => parcel.fulfillmentLineItems),
    ...refunds.map((refund) => refund.refundLineItems),
  ].some(({ pageInfo }) => pageInfo.hasNextPage);

async function allLines(
  client: ShopifyClient,
  { id, lineItems }: wire.WireOrder,
  call: Call,
): Promise<Result<wire.WireOrder["lineItems"]>> {
  if (!lineItems.pageInfo.hasNextPage) return { ok: true, value: lineItems };
  const more = await collectPages<wire.WireLine, string>(
    "The lines of an order",
    maxLinePages,
    async (cursor) => {
      const after = cursor ?? lineItems.pageInfo.endCursor ?? null;
      const page = await client.run(moreLinesQuery, { id, after }, wire.moreLinesSchema, call);
      if (!page.ok) return page;
      const found = page.value.order?.lineItems;
      const next = found?.pageInfo.hasNextPage ? (found.pageInfo.endCursor ?? null) : null;
      return { ok: true, value: { items: found?.nodes ?? [], next } };
    },
  );
  if (!more.ok) return more;
  return {
    ok: true,
    value: { pageInfo: { hasNextPage: false }, nodes: [...lineItems.nodes, ...more.value] },
  };
}
