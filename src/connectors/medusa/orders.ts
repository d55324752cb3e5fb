import { msOf, nowInstant } from "../../core/clock.ts";
import type { Call, Json, OpenContext, Orders, PullPage, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf, collectPages } from "../toolkit/paging.ts";
import { withRetry } from "../toolkit/retry.ts";
import type { MedusaClient } from "./client.ts";
import { type MapOptions, readOrder } from "./map.ts";
import { afterPage, openRun, type PageFacts, pullCursor, type Run } from "./pull.ts";
import type { MedusaSettings } from "./settings.ts";
import { orderStampSchema, type WirePayment } from "./wire.ts";

/** One hour of a very busy shop: 500 pages of 200 orders. */
const maxListPages = 500;
const idsPerListPage = 200;

/** 50 ids make an address of 4 kB with the fields; servers and proxies take 8 kB and more. */
const idsPerCall = 50;

type Pulled = Omit<PageFacts, "limit"> & Pick<PullPage, "orders" | "rejected">;

export function createOrders(client: MedusaClient, settings: MedusaSettings, context: OpenContext): Orders {
  const limit = settings.ordersPerPage;
  return {
    async pull({ cursor, since }, call) {
      const stored = pullCursor.decode(cursor);
      const { state, problem } = openRun(stored.state, since, nowInstant(context.clock));
      const result = await pullFeed(client, settings, state.run, call);
      if (!result.ok) return result;
      const { orders, rejected, ...facts } = result.value;
      const step = afterPage(state, { ...facts, limit });
      if (step === null)
        return failure("malformed", "GET /admin/… does not give its rows in order of updated_at");
      const more = step.state.run !== null;
      const page: PullPage = { orders, rejected, cursor: pullCursor.encode(step.state), more };
      if (step.watermark !== undefined) page.watermark = step.watermark;
      const warnings = [stored.problem, problem, step.problem].filter((text) => text !== undefined);
      if (warnings.length > 0) page.warnings = warnings;
      return { ok: true, value: page };
    },

    async fetch(externalIds, call) {
      const result = await readById(client, settings, externalIds, call);
      if (!result.ok) return result;
      const { orders, rejected } = result.value;
      return { ok: true, value: { orders, rejected, cursor: null, more: false } };
    },

    list: async ({ from, to }, call) => {
      const ids = await collectPages<string, number>("GET /admin/orders", maxListPages, (offset) =>
        withRetry(
          async () => {
            const window = { from, to, limit: idsPerListPage, offset: offset ?? 0 };
            const page = await client.placedOrderIds(window, call);
            if (!page.ok) return page;
            const items = page.value.orders.map((order) => order.id);
            return {
              ok: true,
              value: { items, next: items.length < idsPerListPage ? null : window.offset + items.length },
            };
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

async function pullFeed(
  client: MedusaClient,
  settings: MedusaSettings,
  run: Run,
  call: Call,
): Promise<Result<Pulled>> {
  const window = { from: run.after, to: run.to, limit: settings.ordersPerPage, offset: run.offset };
  switch (run.feed) {
    case "payments": {
      const page = await client.changedPayments(window, call);
      if (!page.ok) return page;
      const { payments } = page.value;
      const result = await readById(client, settings, ordersToRead(payments, run), call);
      if (!result.ok) return result;
      return { ok: true, value: { ...result.value, times: payments.map((payment) => payment.updated_at) } };
    }
    case "orders": {
      const page = await client.changedOrders(window, call);
      if (!page.ok) return page;
      const stamps = page.value.orders.map((row) => orderStampSchema.safeParse(row).data);
      const times = stamps.flatMap((stamp) => stamp?.updated_at ?? []);
      // Without its time stamp a row cannot be paged past; guessing could skip those behind it.
      if (times.length < stamps.length)
        return failure("malformed", "GET /admin/orders gives orders without id or updated_at");
      return { ok: true, value: { ...readRows(page.value.orders, settings), times } };
    }
    case "owed": {
      const ids = run.left.slice(0, settings.ordersPerPage);
      const result = await readById(client, settings, ids, call);
      if (!result.ok) return result;
      const read = new Set([...result.value.owing, ...result.value.even]);
      // One that is not to be had any more (deleted, another channel) is not asked for again.
      const even = [...result.value.even, ...ids.filter((id) => !read.has(id))];
      return { ok: true, value: { ...result.value, even, times: [] } };
    }
  }
}

/** Orders whose own time lies in the window come with the next feed. */
function ordersToRead(payments: readonly WirePayment[], run: Run): string[] {
  const orders = payments.flatMap((payment) => payment.payment_collection?.order ?? []);
  const apart = orders.filter(
    (order) => msOf(order.updated_at) < msOf(run.from) || msOf(order.updated_at) >= msOf(run.to),
  );
  return [...new Set(apart.map((order) => order.id))];
}

async function readById(
  client: MedusaClient,
  settings: MedusaSettings,
  ids: readonly string[],
  call: Call,
): Promise<Result<Omit<Pulled, "times">>> {
  const rows: Json[] = [];
  for (const some of chunksOf([...new Set(ids)], idsPerCall)) {
    const page = await client.ordersById(some, call);
    if (!page.ok) return page;
    for (const row of page.value.orders) rows.push(row);
  }
  return { ok: true, value: readRows(rows, settings) };
}

function readRows(rows: readonly Json[], options: MapOptions): Omit<Pulled, "times"> {
  const page: Omit<Pulled, "times"> = { orders: [], rejected: [], owing: [], even: [] };
  const owing: string[] = [];
  const even: string[] = [];
  for (const raw of rows) {
    const read = readOrder(raw, options);
    if (!read.ok) {
      page.rejected.push({ externalId: read.externalId, reason: read.reason, raw });
      continue;
    }
    page.orders.push(read.order);
    (read.owesMoney ? owing : even).push(read.order.externalId);
  }
  return { ...page, owing, even };
}
