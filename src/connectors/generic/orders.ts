import { nowInstant } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Json, OpenContext, Orders, PullPage } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import { type GenericClient, idLists } from "./client.ts";
import { afterPage, openRun, type PullPolicy, pullCursor } from "./pull.ts";
import type { GenericSettings } from "./settings.ts";
import { changeOf, readOrder } from "./wire.ts";

/** One hour of a very busy shop: 1,000 pages of the shop's own size. */
const maxListPages = 1000;

export function createOrders(client: GenericClient, settings: GenericSettings, context: OpenContext): Orders {
  const policy: PullPolicy = {
    overlapMs: Math.round(settings.pullOverlapSeconds * 1000),
    clockSkewMs: Math.round(settings.clockSkewSeconds * 1000),
  };
  return {
    async pull({ cursor, since }, call) {
      const now = nowInstant(context.clock);
      const stored = pullCursor.decode(cursor);
      const { state, problem } = openRun(stored.state, since, now, policy);
      const { after, page } = state.run;
      const result = await client.changedOrders({ after, cursor: page }, call);
      if (!result.ok) return result;
      const { orders: rows, nextCursor, watermark } = result.value;
      if (nextCursor !== null && nextCursor === page) {
        return failure("malformed", "GET /orders gives the cursor it was asked with as nextCursor");
      }
      const changes = rows.flatMap((row) => changeOf(row) ?? []);
      const step = afterPage(state, { rows: changes, nextCursor, watermark, askedAt: now }, policy);
      const pulled: PullPage = { ...readRows(rows), cursor: pullCursor.encode(step.state), more: step.more };
      if (step.watermark !== undefined) pulled.watermark = step.watermark;
      const warnings = [stored.problem, problem, step.problem].filter((text) => text !== undefined);
      if (warnings.length > 0) pulled.warnings = warnings;
      return { ok: true, value: pulled };
    },

    async fetch(externalIds, call) {
      const rows: Json[] = [];
      for (const ids of idLists(externalIds)) {
        const result = await client.ordersById(ids, call);
        if (!result.ok) return result;
        for (const row of result.value.orders) rows.push(row);
      }
      return { ok: true, value: { ...readRows(rows), cursor: null, more: false } };
    },

    list: async (window, call) => {
      // A list is whole or worthless, so a page that stumbles is asked for again instead of starting over.
      const collected = await collectPages<string, string>("GET /orders/ids", maxListPages, (cursor) =>
        withRetry(() => client.orderIds(window, cursor, call), call, context, { attempts: 3 }),
      );
      return collected.ok ? { ok: true, value: { externalIds: [...new Set(collected.value)] } } : collected;
    },
  };
}

function readRows(rows: readonly Json[]): Pick<PullPage, "orders" | "rejected"> {
  const orders: OrderSnapshot[] = [];
  const rejected: PullPage["rejected"] = [];
  for (const raw of rows) {
    const read = readOrder(raw);
    if (read.ok) orders.push(read.order);
    else rejected.push({ externalId: read.externalId, reason: read.reason, raw });
  }
  return { orders, rejected };
}
