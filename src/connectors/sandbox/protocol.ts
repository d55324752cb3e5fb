import { type Context, Hono } from "hono";
import type { z } from "zod";
import { type Instant, instantOf } from "../../core/clock.ts";
import type { Runtime } from "../../core/runtime.ts";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { shipmentOf } from "./order-changes.ts";
import { refOf } from "./products.ts";
import type { Chance } from "./random.ts";
import type { Shop } from "./shop.ts";
import {
  changedQuerySchema,
  fulfilmentRequestSchema,
  listingsQuerySchema,
  stockRequestSchema,
  windowQuerySchema,
} from "./wire.ts";

export interface ProtocolParts {
  shop: Shop;
  faults: Faults;
  chance: Chance;
  journal: Journal;
  runtime: Pick<Runtime, "clock" | "timers">;
  apiToken: string | undefined;
  name: string;
}

/** The shop's side of `docs/generic-protocol.md`, with the faults switched on in between. */
export function protocolRoutes(parts: ProtocolParts): Hono {
  const { shop, faults, chance } = parts;
  const app = new Hono();

  app.use(async (c, next) => {
    const { apiToken } = parts;
    if (apiToken !== undefined && c.req.header("authorization") !== `Bearer ${apiToken}`) {
      return c.json({ code: "unauthorized" }, 401);
    }
    if (chance.happens(faults.rateLimit)) {
      const wait = faults.retryAfterSeconds;
      return c.json({ code: "rate_limited" }, 429, wait === null ? {} : { "retry-after": String(wait) });
    }
    if (chance.happens(faults.serverError)) {
      return new Response(JSON.stringify({ code: "broken" }), { status: faults.serverErrorStatus });
    }
    return next();
  });

  app.get("/orders/ids", (c) =>
    withQuery(c, windowQuerySchema, (query) => c.json(placedWithin(shop, query))),
  );
  app.get("/orders", (c) => {
    const ids = c.req.queries("ids");
    if (ids) return c.json({ orders: ids.flatMap((id) => shop.orders.get(id) ?? []), nextCursor: null });
    return withQuery(c, changedQuerySchema, (query) =>
      c.json({ account: parts.name, ...changedPage(shop, faults, query) }),
    );
  });
  app.post("/stock", (c) => writeStock(c, parts));
  app.get("/stock", (c) => {
    const wanted = new Set(c.req.queries("externalId") ?? []);
    const levels = shop.products
      .filter((product) => wanted.has(product.externalId))
      .map((product) => ({ ...refOf(product), quantity: shop.shelf.figure(product) }));
    return c.json({ levels });
  });
  app.post("/fulfilments", (c) => acceptParcel(c, parts));
  app.get("/listings", (c) =>
    withQuery(c, listingsQuerySchema, ({ cursor, limit }) => {
      const listings = shop.products
        .slice(cursor, cursor + limit)
        .map(({ priceMinor: _price, ...product }) => ({
          ...product,
          quantity: shop.shelf.figure(product),
        }));
      const end = cursor + listings.length;
      return c.json({ listings, nextCursor: end < shop.products.length ? String(end) : null });
    }),
  );
  return app;
}

function withQuery<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
  answer: (query: z.output<Schema>) => Response,
): Response {
  const parsed = schema.safeParse(c.req.query());
  return parsed.success
    ? answer(parsed.data)
    : c.json({ code: "invalid", fields: parsed.error.issues.map((issue) => issue.path) }, 422);
}

/** Changed orders in order of their change. The cursor is the number of the last change given: nothing can slip past it. */
function changedPage(shop: Shop, faults: Faults, query: z.output<typeof changedQuerySchema>) {
  const watermark = instantOf(shop.nowMs());
  if (faults.shiftingPages) return { ...countedPage(shop, query), watermark };
  const from = query.cursor === undefined ? query.updatedAfter : Number(query.cursor);
  const found = shop.orders.changedAfter(from, query.limit + 1);
  const page = found.slice(0, query.limit);
  const nextCursor = found.length > query.limit ? String(page.at(-1)?.change ?? 0) : null;
  return { orders: page.map(({ order }) => order), nextCursor, watermark };
}

/** As many platforms do it: the cursor counts orders, and one that changes meanwhile moves all others up by one. */
function countedPage(shop: Shop, query: z.output<typeof changedQuerySchema>) {
  const offset = Number(query.cursor ?? 0);
  const found = shop.orders.countedAfter(query.updatedAfter, offset, query.limit + 1);
  const orders = found.slice(0, query.limit);
  const isLast = found.length <= query.limit;
  const moving = orders.find((order) => order.status === "paid");
  if (!isLast && moving) shop.askForShipment(moving.externalId);
  return { orders, nextCursor: isLast ? null : String(offset + orders.length) };
}

function placedWithin(
  shop: Shop,
  query: { placedFrom: Instant; placedTo: Instant; cursor: number; limit: number },
) {
  const ids: string[] = [];
  for (const order of shop.orders.all()) {
    if (order.placedAt >= query.placedFrom && order.placedAt < query.placedTo) ids.push(order.externalId);
  }
  const page = ids.slice(query.cursor, query.cursor + query.limit);
  const end = query.cursor + page.length;
  return { externalIds: page, nextCursor: end < ids.length ? String(end) : null };
}

async function writeStock(c: Context, parts: ProtocolParts): Promise<Response> {
  const { shop, faults, chance } = parts;
  const body = stockRequestSchema.safeParse(await c.req.json().catch(() => null));
  if (!body.success) return c.json({ code: "invalid" }, 422);
  const isSkipped = chance.happens(faults.writeAnsweredButNotApplied);
  const outcomes = body.data.updates.map((write) => ({
    writeId: write.writeId,
    ...(isSkipped ? shop.shelf.preview(write) : shop.shelf.write(write)),
  }));
  return (await silence(c, parts)) ?? c.json({ outcomes });
}

async function acceptParcel(c: Context, parts: ProtocolParts): Promise<Response> {
  const { shop, faults, chance, journal } = parts;
  const body = fulfilmentRequestSchema.safeParse(await c.req.json().catch(() => null));
  if (!body.success) return c.json({ code: "invalid" }, 422);
  const { orderExternalId: orderId, shipmentId } = body.data;
  if (chance.happens(faults.writeAnsweredButNotApplied)) {
    journal.write({ kind: "fulfilment_not_applied", orderId, shipmentId });
    return c.json({ externalId: `${orderId}-S0` });
  }
  const result = shop.ship(body.data);
  if (!result.ok)
    return c.json(
      { code: result.code },
      result.code === "not_found" ? 404 : result.code === "invalid" ? 422 : 409,
    );
  return (
    (await silence(c, parts)) ??
    c.json({ externalId: shipmentOf(result.order, shipmentId)?.externalId ?? orderId })
  );
}

/** The write is done; its answer is kept back until the caller has given up, or for `hangMs`. */
async function silence(c: Context, { faults, chance, runtime }: ProtocolParts): Promise<Response | null> {
  if (!chance.happens(faults.writeAppliedButTimedOut)) return null;
  await runtime.timers.sleep(faults.hangMs, c.req.raw.signal);
  return c.json({ code: "gateway_timeout" }, 504);
}
