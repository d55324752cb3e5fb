import { addMs, type Instant, msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, Result } from "../contract.ts";
import { earlierOf } from "../toolkit/cursor.ts";
import { readEach } from "../toolkit/each-order.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import type { AmazonClient } from "./client.ts";
import { createPull, searchTailMs } from "./pull.ts";
import { getOrder, ordersPath, readRow } from "./read.ts";
import { type AmazonSettings, marketplaceIdsOf } from "./settings.ts";
import * as wire from "./wire.ts";

const maxListPages = 50;

export function createOrders(client: AmazonClient, settings: AmazonSettings, context: OpenContext): Orders {
  return {
    pull: createPull(client, settings, context),

    async fetch(externalIds, call) {
      const read = await readEach([...new Set(externalIds)].filter(wire.isOrderId), {
        origin: "asked",
        nameOf: (id) => ({ externalId: id, raw: { orderId: id } }),
        async read(id) {
          const order = await getOrder(client, id, call);
          return order.ok ? { ok: true, value: readRow(order.value, marketplaceIdsOf(settings)) } : order;
        },
      });
      return read.ok ? { ok: true, value: { ...read.value, cursor: null, more: false } } : read;
    },

    list: (window, call) => listIds(client, settings, window, context, call),
  };
}

/** Amazon takes no upper bound younger than two minutes: what was placed since is left for the next report. */
async function listIds(
  client: AmazonClient,
  settings: AmazonSettings,
  { from, to }: { from: Instant; to: Instant },
  context: OpenContext,
  call: Call,
): Promise<Result<{ externalIds: string[] }>> {
  const last = earlierOf(addMs(to, -1), addMs(nowInstant(context.clock), -searchTailMs));
  if (msOf(last) < msOf(from)) return { ok: true, value: { externalIds: [] } };
  const query = {
    createdAfter: from,
    createdBefore: last,
    marketplaceIds: marketplaceIdsOf(settings).join(","),
    maxResultsPerPage: 100,
  };
  const rows = await collectPages<Json, string>("GET /orders", maxListPages, (token) =>
    withRetry(
      async () => {
        const asked = { ...query, ...(token === null ? {} : { paginationToken: token }) };
        const result = await client.get(ordersPath, asked, wire.searchSchema, call);
        if (!result.ok) return result;
        return {
          ok: true,
          value: { items: result.value.orders, next: result.value.pagination?.nextToken || null },
        };
      },
      call,
      context,
      { attempts: 2 },
    ),
  );
  if (!rows.ok) return rows;
  const ids = rows.value.flatMap((row) => {
    const stamp = wire.listedSchema.safeParse(row).data;
    const isHere = stamp && msOf(stamp.createdTime) >= msOf(from) && msOf(stamp.createdTime) < msOf(to);
    return isHere && stamp.salesChannel.channelName !== "NON_AMAZON" ? [stamp.orderId] : [];
  });
  return { ok: true, value: { externalIds: [...new Set(ids)] } };
}
