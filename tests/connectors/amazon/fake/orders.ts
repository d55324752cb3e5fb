import { HttpResponse, http } from "msw";
import { z } from "zod";
import { type FakeMarket, type FakeOrder, sellerId } from "./market.ts";
import { orderView, transactionView } from "./view.ts";

export const host = "https://sellingpartnerapi-na.amazon.com";

export const refuse = (status: number, code: string, details = "") =>
  HttpResponse.json({ errors: [{ code, message: "refused", details }] }, { status });

const invalid = () => refuse(400, "InvalidInput");

/** Unknown parameters are refused, as a typing error would be. */
export const unknownIn = (query: URLSearchParams, known: readonly string[]): boolean =>
  [...query.keys()].some((name) => !known.includes(name)) ||
  known.some((name) => query.getAll(name).length > 1);

const dataSets = [
  "BUYER",
  "RECIPIENT",
  "PROCEEDS",
  "EXPENSE",
  "PROMOTION",
  "CANCELLATION",
  "FULFILLMENT",
  "PACKAGES",
  "TAX",
  "PAYMENT",
  "FULFILLMENT_ORDERS",
];
const listOf = (query: URLSearchParams, name: string) => (query.get(name) ?? "").split(",").filter(Boolean);
const includedIn = (query: URLSearchParams): Set<string> | null => {
  const sets = listOf(query, "includedData");
  return sets.every((one) => dataSets.includes(one)) ? new Set(sets) : null;
};

const stamp = z.iso.datetime({ offset: true });
const twoMinutesMs = 120_000;

export function orderHandlers(market: FakeMarket) {
  return [
    http.get(`${host}/orders/2026-01-01/orders`, ({ request }) =>
      search(market, new URL(request.url).searchParams),
    ),
    http.get(`${host}/orders/2026-01-01/orders/:id`, ({ params, request }) => {
      const included = includedIn(new URL(request.url).searchParams);
      const order = market.orders.get(String(params.id));
      if (!included) return invalid();
      return order
        ? HttpResponse.json({ order: orderView(market, order, included) })
        : refuse(404, "NotFound");
    }),
    http.post(`${host}/orders/v0/orders/:id/shipmentConfirmation`, async ({ params, request }) =>
      confirm(market, market.orders.get(String(params.id)), await request.json()),
    ),
    http.get(`${host}/finances/2024-06-19/transactions`, ({ request }) =>
      transactions(market, new URL(request.url).searchParams),
    ),
  ];
}

/** A token names the last row given and the question it belongs to; it lives a day. */
const tokenOf = (market: FakeMarket, question: string, place: string) =>
  Buffer.from(JSON.stringify({ question, place, untilMs: market.now() + 86_400_000 })).toString("base64url");

function placeOf(market: FakeMarket, token: string | null, question: string): string | null | "bad" {
  if (token === null) return null;
  try {
    const read = JSON.parse(Buffer.from(token, "base64url").toString()) as Record<string, unknown>;
    const isGood = read.question === question && Number(read.untilMs) > market.now();
    return isGood ? String(read.place) : "bad";
  } catch {
    return "bad";
  }
}

function search(market: FakeMarket, query: URLSearchParams) {
  const known = ["marketplaceIds", "maxResultsPerPage", "includedData", "paginationToken"];
  const times = ["createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore"];
  const byCreation = query.has("createdAfter");
  if (unknownIn(query, [...known, ...times]) || byCreation === query.has("lastUpdatedAfter"))
    return invalid();
  if (byCreation ? query.has("lastUpdatedBefore") : query.has("createdBefore")) return invalid();
  if (times.some((name) => query.has(name) && !stamp.safeParse(query.get(name)).success)) return invalid();
  const size = z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .safeParse(query.get("maxResultsPerPage") ?? 100);
  const included = includedIn(query);
  const marketplaces = listOf(query, "marketplaceIds");
  if (!size.success || !included || marketplaces.length > 50) return invalid();
  const fromMs = Date.parse(query.get(byCreation ? "createdAfter" : "lastUpdatedAfter") ?? "");
  const latestMs = market.now() - twoMinutesMs;
  const asked = query.get(byCreation ? "createdBefore" : "lastUpdatedBefore");
  const toMs = asked === null ? latestMs : Date.parse(asked);
  if (toMs > latestMs || toMs < fromMs) return invalid();
  const question = [fromMs, asked, marketplaces].join("|");
  const place = placeOf(market, query.get("paginationToken"), question);
  if (place === "bad") return invalid();
  const timeOf = (order: FakeOrder) => (byCreation ? order.createdMs : order.updatedMs);
  const keyOf = (order: FakeOrder) => `${new Date(timeOf(order)).toISOString()} ${order.id}`;
  const rows = [...market.orders.values()]
    .filter((order) => timeOf(order) >= fromMs && timeOf(order) <= toMs)
    .filter((order) => marketplaces.length === 0 || marketplaces.includes(order.marketplaceId))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .filter((order) => place === null || keyOf(order) > place);
  const given = rows.slice(0, size.data);
  const last = given.at(-1);
  return HttpResponse.json({
    orders: given.map((order) => orderView(market, order, included)),
    ...(last && rows.length > given.length
      ? { pagination: { nextToken: tokenOf(market, question, keyOf(last)) } }
      : {}),
    [byCreation ? "createdBefore" : "lastUpdatedBefore"]: new Date(toMs).toISOString(),
  });
}

const confirmation = z.strictObject({
  marketplaceId: z.string().min(1),
  packageDetail: z.strictObject({
    packageReferenceId: z.string().regex(/^[1-9]\d{0,19}$/),
    carrierCode: z.string().min(1),
    carrierName: z.string().min(1).optional(),
    shippingMethod: z.string().optional(),
    trackingNumber: z.string().min(1),
    shipDate: stamp,
    orderItems: z.array(z.strictObject({ orderItemId: z.string(), quantity: z.int().min(1) })).min(1),
  }),
});

function confirm(market: FakeMarket, order: FakeOrder | undefined, body: unknown) {
  if (!order) return refuse(404, "NotFound");
  const read = confirmation.safeParse(body);
  if (!read.success || read.data.marketplaceId !== order.marketplaceId) return invalid();
  const { packageDetail: detail } = read.data;
  const shippedMs = Date.parse(detail.shipDate);
  if (detail.carrierCode === "Other" && !detail.carrierName) return invalid();
  if (shippedMs < order.createdMs || shippedMs > market.now()) return invalid();
  if (order.fulfilledBy === "AMAZON" || !/SHIPPED$/.test(order.status)) return invalid();
  const others = order.packages.filter((one) => one.reference !== detail.packageReferenceId);
  const isTooMuch = detail.orderItems.some(({ orderItemId, quantity }) => {
    const item = order.items.find((one) => one.id === orderItemId);
    const sent = others.flatMap((one) => one.items).filter((row) => row.orderItemId === orderItemId);
    return !item || quantity + sent.reduce((sum, row) => sum + row.quantity, 0) > item.quantity;
  });
  if (isTooMuch) return invalid();
  market.ship(order, {
    reference: detail.packageReferenceId,
    atMs: shippedMs,
    carrier: detail.carrierName ?? detail.carrierCode,
    number: detail.trackingNumber,
    items: detail.orderItems,
  });
  return new HttpResponse(null, { status: 204 });
}

const recordsPerPage = 3;
const longestRecordsMs = 180 * 86_400_000;

function transactions(market: FakeMarket, query: URLSearchParams) {
  const byOrder =
    query.get("relatedIdentifierName") === "ORDER_ID" ? query.get("relatedIdentifierValue") : null;
  const known = [
    "postedAfter",
    "postedBefore",
    "relatedIdentifierName",
    "relatedIdentifierValue",
    "nextToken",
  ];
  if (unknownIn(query, known) || (byOrder === null && !query.has("postedAfter"))) return invalid();
  const latestMs = market.now() - twoMinutesMs;
  const fromMs = Date.parse(query.get("postedAfter") ?? "1970-01-01T00:00:00Z");
  const toMs = query.has("postedBefore") ? Date.parse(query.get("postedBefore") ?? "") : latestMs;
  if (byOrder === null && (fromMs > latestMs || toMs > latestMs || toMs < fromMs)) return invalid();
  const question = [fromMs, query.get("postedBefore"), byOrder].join("|");
  const place = placeOf(market, query.get("nextToken"), question);
  if (place === "bad") return invalid();
  const isTooLong = byOrder === null && toMs - fromMs > longestRecordsMs;
  const rows = market.transactions.filter((one) =>
    byOrder === null ? !isTooLong && one.postedMs >= fromMs && one.postedMs < toMs : one.orderId === byOrder,
  );
  const start = Number(place ?? 0);
  const end = start + recordsPerPage;
  const more = rows.length > end ? { nextToken: tokenOf(market, question, String(end)) } : {};
  return HttpResponse.json({
    payload: { transactions: rows.slice(start, end).map(transactionView), ...more },
  });
}

export const isSeller = (id: unknown): boolean => id === sellerId;
