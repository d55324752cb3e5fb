import { createHmac } from "node:crypto";
import { getResponse, HttpResponse, http } from "msw";
import { z } from "zod";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import { FakeLogin } from "./login.ts";
import { type FakeListing, FakeMarket, sellerId, us } from "./market.ts";
import { host, isSeller, orderHandlers, refuse, unknownIn } from "./orders.ts";
import { listingView } from "./view.ts";

/**
 * Amazon as the connector meets it: token, name of the application, parameters, two minutes of silence, page tokens, and the calls each operation
 * allows. Shares no code with the connector.
 */
export interface FakeAmazon {
  fetch: Fetch;
  market: FakeMarket;
  login: FakeLogin;
  /** From now on this operation is refused; left out, it works again. */
  fail(operation: Operation, answer?: { status: number; code: string; details?: string }): void;
  /** What the forwarder behind the queue sends. */
  forward(body: Uint8Array): Record<string, string>;
  /** Calls each operation has had. */
  calls: Map<Operation, number>;
}

export const webhookKey = Buffer.from("0123456789abcdef0123456789abcdef");

/** Calls a second and at once, as published. */
const operations = {
  searchOrders: [/^GET \/orders\/2026-01-01\/orders$/, 0.0056, 20],
  getOrder: [/^GET \/orders\/2026-01-01\/orders\/[^/]+$/, 0.5, 30],
  confirmShipment: [/^POST \/orders\/v0\//, 2, 10],
  listTransactions: [/^GET \/finances\//, 0.5, 10],
  searchListings: [/^GET \/listings\/2021-08-01\/items\/[^/]+$/, 5, 5],
  getListing: [/^GET \/listings\/2021-08-01\/items\/[^/]+\/[^/]+$/, 5, 10],
  patchListing: [/^PATCH \/listings\//, 5, 5],
  inventory: [/^GET \/fba\/inventory\//, 2, 2],
  participations: [/^GET \/sellers\//, 0.016, 15],
} as const;
export type Operation = keyof typeof operations;

export function createFakeAmazon(runtime: TestRuntime, listings: readonly FakeListing[]): FakeAmazon {
  const market = new FakeMarket(runtime, listings);
  const login = new FakeLogin(runtime);
  const failing = new Map<Operation, { status: number; code: string; details?: string }>();
  const buckets = new Map<Operation, { left: number; atMs: number }>();
  const calls = new Map<Operation, number>();
  const isOverLimit = (name: Operation): boolean => {
    const [, perSecond, burst] = operations[name];
    const bucket = buckets.get(name) ?? { left: burst, atMs: market.now() };
    const refilled = bucket.left + ((market.now() - bucket.atMs) / 1000) * perSecond;
    const left = Math.min(burst, refilled) - 1;
    buckets.set(name, { left: Math.max(left, -1) < 0 ? left + 1 : left, atMs: market.now() });
    return left < 0;
  };
  const guard = ({ request }: { request: Request }) => {
    const { pathname } = new URL(request.url);
    const line = `${request.method} ${pathname}`;
    const name = (Object.keys(operations) as Operation[]).find((one) => operations[one][0].test(line));
    if (!name) return refuse(404, "NotFound");
    calls.set(name, (calls.get(name) ?? 0) + 1);
    const whyNot = login.whyNot(request.headers.get("x-amz-access-token"));
    if (whyNot !== null)
      return HttpResponse.json(
        {
          errors: [
            { code: "Unauthorized", message: "Access to requested resource is denied.", details: whyNot },
          ],
        },
        { status: 403 },
      );
    if (!/^\S+\/\S+ \(Language=\w+/.test(request.headers.get("user-agent") ?? ""))
      return refuse(400, "InvalidInput");
    const planned = failing.get(name);
    if (planned) return refuse(planned.status, planned.code, planned.details);
    return isOverLimit(name) ? refuse(429, "QuotaExceeded") : undefined;
  };
  const handlers = [
    http.post("https://api.amazon.com/auth/o2/token", ({ request }) => login.answer(request)),
    http.all(`${host}/*`, guard),
    ...orderHandlers(market),
    ...listingHandlers(market),
  ];
  return {
    market,
    login,
    calls,
    fail: (operation, answer) => (answer ? failing.set(operation, answer) : failing.delete(operation)),
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ?? HttpResponse.error(),
    forward(body) {
      const id = `msg-${createHmac("md5", "id").update(body).digest("hex")}-${market.now()}`;
      const seconds = String(Math.floor(market.now() / 1000));
      const mac = createHmac("sha256", webhookKey).update(`${id}.${seconds}.`).update(body).digest("base64");
      return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": `v1,${mac}`,
      };
    },
  };
}

const patchBody = z.strictObject({
  productType: z.string().min(1),
  patches: z.tuple([
    z.strictObject({
      op: z.literal("merge"),
      path: z.literal("/attributes/fulfillment_availability"),
      value: z.tuple([z.strictObject({ fulfillment_channel_code: z.string(), quantity: z.int().min(0) })]),
    }),
  ]),
});

const mostPaged = 1000;

function listingHandlers(market: FakeMarket) {
  const items = `${host}/listings/2021-08-01/items`;
  const setsOf = (query: URLSearchParams) => new Set((query.get("includedData") ?? "summaries").split(","));
  return [
    http.get(`${items}/:seller`, ({ params, request }) => {
      if (!isSeller(params.seller)) return refuse(404, "NotFound");
      return searchListings(market, new URL(request.url).searchParams, setsOf);
    }),
    http.get(`${items}/:seller/:sku`, ({ params, request }) => {
      const query = new URL(request.url).searchParams;
      const listing = market.listings.get(String(params.sku));
      if (!isSeller(params.seller) || !listing) return refuse(404, "NotFound");
      return HttpResponse.json(listingView(listing, us, setsOf(query)));
    }),
    http.patch(`${items}/:seller/:sku`, async ({ params, request }) => {
      const query = new URL(request.url).searchParams;
      const listing = market.listings.get(String(params.sku));
      if (!isSeller(params.seller) || !listing) return refuse(404, "NotFound");
      const body = patchBody.safeParse(await request.json());
      if (query.get("marketplaceIds") !== us || !body.success) return refuse(400, "InvalidInput");
      const [{ value }] = body.data.patches;
      const answer = (status: string, issues: object[]) =>
        HttpResponse.json({ sku: listing.sku, status, submissionId: "f1dc2914-75dd-11ea-bc55", issues });
      if (value[0].fulfillment_channel_code !== "DEFAULT")
        return answer("INVALID", [
          { code: "90220", message: "a sentence", severity: "ERROR", categories: [] },
        ]);
      // The real one would take the goods out of Amazon's hands.
      listing.channel = "DEFAULT";
      market.write(listing.sku, value[0].quantity);
      return answer("ACCEPTED", []);
    }),
    http.get(`${host}/fba/inventory/v1/summaries`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const skus = query.get("sellerSkus")?.split(",") ?? [];
      if (
        query.get("granularityType") !== "Marketplace" ||
        query.get("granularityId") !== us ||
        skus.length > 50
      )
        return refuse(400, "InvalidInput");
      const rows = [...market.listings.values()].filter(
        (one) => one.channel !== "DEFAULT" && skus.includes(one.sku),
      );
      const inventorySummaries = rows.map((one) => ({
        asin: one.asin,
        sellerSku: one.sku,
        totalQuantity: one.quantity + 5,
        inventoryDetails: { fulfillableQuantity: one.quantity, inboundShippedQuantity: 5 },
      }));
      return HttpResponse.json({ payload: { granularity: {}, inventorySummaries } });
    }),
    http.get(`${host}/sellers/v1/marketplaceParticipations`, () =>
      HttpResponse.json({
        payload: [
          {
            marketplace: { id: us, name: "Amazon.com", countryCode: "US" },
            storeName: "Demo Store",
            participation: { isParticipating: true, hasSuspendedListings: false },
          },
        ],
      }),
    ),
  ];
}

function searchListings(
  market: FakeMarket,
  query: URLSearchParams,
  setsOf: (query: URLSearchParams) => Set<string>,
) {
  const known = ["marketplaceIds", "includedData", "identifiers", "identifiersType", "sortBy", "sortOrder"];
  if (unknownIn(query, [...known, "pageSize", "pageToken", "createdAfter"]))
    return refuse(400, "InvalidInput");
  const size = z.coerce
    .number()
    .int()
    .min(1)
    .max(20)
    .safeParse(query.get("pageSize") ?? 10);
  const skus = query.get("identifiers")?.split(",");
  const isBad = skus && (skus.length > 20 || query.get("identifiersType") !== "SKU");
  if (query.get("marketplaceIds") !== us || !size.success || isBad) return refuse(400, "InvalidInput");
  market.settle();
  const afterMs = Date.parse(query.get("createdAfter") ?? "1970-01-01T00:00:00Z");
  const rows = [...market.listings.values()]
    .filter((one) => one.createdMs >= afterMs && (skus?.includes(one.sku) ?? true))
    .sort((a, b) => a.createdMs - b.createdMs || (a.sku < b.sku ? -1 : 1));
  const start = Number(query.get("pageToken") ?? 0);
  const end = Math.min(start + size.data, mostPaged);
  const next = rows.length > end && end < mostPaged ? { nextToken: String(end) } : {};
  return HttpResponse.json({
    numberOfResults: rows.length,
    pagination: next,
    items: rows.slice(start, end).map((one) => listingView(one, us, setsOf(query))),
  });
}

export { sellerId };
