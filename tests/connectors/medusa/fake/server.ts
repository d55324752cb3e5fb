import { z } from "zod";
import type { Clock } from "../../../../src/core/clock.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import { createInventory, type Inventory } from "./inventory.ts";
import type { FakeOrder } from "./order.ts";
import { Refusal } from "./refusal.ts";
import { createShop, type FakeShop } from "./shop.ts";
import { orderRow, paymentRow, variantRow } from "./view.ts";
import { writeFulfillment, writeLevels, writeShipment } from "./writes.ts";

export const baseUrl = "https://medusa.example";
export const apiKey = "sk_3d2f1c0b9a8e7d6c5b4a";
export const locationId = "sloc_main";

export type FakeMedusa = ReturnType<typeof createFakeMedusa>;

/** An in-memory Medusa: the admin routes the connector uses, behaving as recorded from the real one. */
export function createFakeMedusa(clock: Clock) {
  const inventory = createInventory(locationId);
  const shop = createShop(clock, inventory);
  /** Requests, for tests that count or look at them. */
  const requests: { method: string; path: string; query: URLSearchParams; body: unknown }[] = [];
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const body: unknown = request.method === "POST" ? await request.json() : undefined;
    requests.push({ method: request.method, path: url.pathname, query: url.searchParams, body });
    if (url.origin !== baseUrl) throw new TypeError("fetch failed");
    const isKnown = [`Basic ${btoa(`${apiKey}:`)}`, `Basic ${apiKey}`].includes(
      request.headers.get("authorization") ?? "",
    );
    if (!isKnown) return Response.json({ message: "Unauthorized" }, { status: 401 });
    try {
      const answer = route({ shop, inventory, turn: requests.length }, request.method, url, body);
      return (
        answer ??
        new Response("<!DOCTYPE html><pre>Cannot find it</pre>", {
          status: 404,
          headers: { "content-type": "text/html" },
        })
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Response.json({ type: error.type, message: error.message }, { status: error.status });
    }
  };
  return { fetch, shop, inventory, requests };
}

interface Parts {
  shop: FakeShop;
  inventory: Inventory;
  /** Counts requests. */
  turn: number;
}

function route(
  parts: Parts,
  method: string,
  { pathname, searchParams: query }: URL,
  body: unknown,
): Response | null {
  const fulfillments = /^\/admin\/orders\/([^/]+)\/fulfillments(?:\/([^/]+)\/shipments)?$/.exec(pathname);
  if (method === "POST") {
    const [, orderId, fulfillmentId] = fulfillments ?? [];
    if (orderId !== undefined && fulfillmentId !== undefined)
      return writeShipment(parts, orderId, fulfillmentId, body);
    if (orderId !== undefined) return writeFulfillment(parts, orderId, body);
    return pathname === "/admin/inventory-items/location-levels/batch" ? writeLevels(parts, body) : null;
  }
  switch (pathname) {
    case "/admin/orders":
      return listOrders(parts, query);
    case "/admin/payments":
      return listPayments(parts, query);
    case "/admin/product-variants":
      return listVariants(parts, query);
    case "/admin/stores":
      return Response.json({
        stores: [{ id: "store_1", name: "Teapots & Co" }],
        count: 1,
        offset: 0,
        limit: 50,
      });
  }
  const location = /^\/admin\/stock-locations\/([^/]+)$/.exec(pathname)?.[1];
  if (location === undefined) return null;
  if (location !== locationId)
    throw new Refusal(404, "not_found", `Stock location with id: ${location} was not found`);
  return Response.json({
    stock_location: { id: locationId, name: "Main warehouse", sales_channels: [{ id: "sc_web" }] },
  });
}

const pageSchema = z.object({
  limit: z.coerce.number().int().min(1),
  offset: z.coerce.number().int().min(0).default(0),
});

const pageOf = <Value>(query: URLSearchParams, values: readonly Value[], defaultLimit: number) => {
  const { limit, offset } = pageSchema.parse({
    limit: query.get("limit") ?? defaultLimit,
    offset: query.get("offset") ?? 0,
  });
  return { rows: values.slice(offset, offset + limit), count: values.length, offset, limit };
};

/** `field[$gte]` and `field[$lt]`, and `order=field`; any other order is an error nobody explains. */
function inWindow<Value>(
  query: URLSearchParams,
  values: readonly Value[],
  timesOf: (value: Value) => Record<string, string>,
): Value[] {
  const field = query.get("order");
  const kept = values.filter((value) =>
    Object.entries(timesOf(value)).every(([name, time]) => {
      const [from, to] = [query.get(`${name}[$gte]`), query.get(`${name}[$lt]`)];
      return (from === null || time >= from) && (to === null || time < to);
    }),
  );
  if (field === null) return kept;
  const timeOf = (value: Value): string => {
    const time = timesOf(value)[field];
    if (time === undefined) throw new Refusal(500, "unknown_error", "An unknown error occurred.");
    return time;
  };
  return kept.toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : 0));
}

const named = (query: URLSearchParams, name: string, value: string): boolean => {
  const asked = [...query.getAll(`${name}[]`), ...query.getAll(name)];
  return asked.length === 0 || asked.includes(value);
};

function listOrders({ shop, turn }: Parts, query: URLSearchParams): Response {
  const found = [...shop.orders.values()].filter(
    (order) => named(query, "id", order.id) && named(query, "sales_channel_id", order.salesChannelId),
  );
  const times = ({ updatedAt, createdAt }: FakeOrder) => ({ updated_at: updatedAt, created_at: createdAt });
  const { rows, ...page } = pageOf(query, inWindow(query, found, times), 15);
  const fields = query.get("fields") ?? "";
  return Response.json({ orders: rows.map((order) => orderRow(order, fields, turn)), ...page });
}

function listPayments({ shop }: Parts, query: URLSearchParams): Response {
  const times = ({ payment }: FakeOrder) => ({
    updated_at: payment.updatedAt,
    created_at: payment.createdAt,
  });
  const { rows, ...page } = pageOf(query, inWindow(query, [...shop.orders.values()], times), 20);
  return Response.json({ payments: rows.map(paymentRow), ...page });
}

function listVariants({ inventory }: Parts, query: URLSearchParams): Response {
  const found = [...inventory.variants.values()].filter((variant) => named(query, "id", variant.id));
  const { rows, ...page } = pageOf(
    query,
    found.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    20,
  );
  return Response.json({ variants: rows.map((variant) => variantRow(variant, inventory)), ...page });
}
