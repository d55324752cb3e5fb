import { createHmac } from "node:crypto";
import { getResponse, HttpResponse, http } from "msw";
import { z } from "zod";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { allScopes, clientSecret, createLogin, shopDomain } from "./login.ts";
import { FakeShop, type FakeVariant } from "./shop.ts";
import {
  lineRows,
  openRows,
  orderView,
  parcelOrderView,
  parcelRows,
  refundRows,
  rowsFrom,
  variantView,
} from "./view.ts";
import { digits, locationId, ship, userErrors, writeStock } from "./writes.ts";

/** Shopify at its real address. Checks token, version, page sizes, cost, keys of writes; shares no code with the connector. */
export const appToken = "shpat_0123456789abcdef";

const requestSchema = z.strictObject({ query: z.string(), variables: z.record(z.string(), z.unknown()) });
type Variables = Record<string, unknown>;

export interface FakeShopify {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** Points left in the bucket; a query that needs more is throttled. */
  points: number;
  scopes: string;
  sign(body: Uint8Array, topic: string): Record<string, string>;
}

export function createFakeShopify(runtime: TestRuntime, variants: readonly FakeVariant[]): FakeShopify {
  const shop = new FakeShop(runtime, variants);
  const access = new Set([appToken]);
  const login = createLogin(runtime, access);
  const replays = new Map<string, { variables: string; answer: unknown }>();
  const fake: FakeShopify = {
    shop,
    points: 2_000,
    scopes: allScopes,
    authorization: login.fake,
    sign: (body, topic) => ({
      "content-type": "application/json",
      "x-shopify-topic": topic,
      "x-shopify-shop-domain": shopDomain,
      "x-shopify-webhook-id": runtime.ids.next(),
      "x-shopify-hmac-sha256": createHmac("sha256", clientSecret).update(body).digest("base64"),
    }),
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ??
      HttpResponse.json({ errors: "Not Found" }, { status: 404 }),
  };
  const operations = operationsOf(fake, replays);
  const handlers = [
    http.post(`https://${shopDomain}/admin/oauth/access_token`, async ({ request }) =>
      login.answer(await request.json()),
    ),
    http.post(`https://${shopDomain}/admin/api/2026-07/graphql.json`, async ({ request }) => {
      if (!access.has(request.headers.get("x-shopify-access-token") ?? ""))
        return HttpResponse.json({ errors: "[API] Invalid API key or access token" }, { status: 401 });
      const { query, variables } = requestSchema.parse(await request.json());
      // A list of ids alone is cheap.
      const cost = Number(variables.first ?? 1) * (query.includes("HubOrderIds") ? 2 : 20);
      const extensions = {
        cost: {
          requestedQueryCost: cost,
          throttleStatus: { maximumAvailable: 2000, currentlyAvailable: fake.points, restoreRate: 100 },
        },
      };
      const refuse = (code: string) =>
        HttpResponse.json({ errors: [{ message: "refused", extensions: { code } }], extensions });
      if (cost > fake.points) return refuse("THROTTLED");
      if (Number(variables.first ?? 1) > 250) return refuse("MAX_COST_EXCEEDED");
      const name = /^(?:query|mutation) (\w+)/.exec(query)?.[1] ?? "";
      const operation = operations[name];
      if (!operation) return refuse("undefinedField");
      return HttpResponse.json({ data: operation(variables, query), extensions });
    }),
  ];
  return fake;
}

type Operations = Record<string, (variables: Variables, query: string) => unknown>;

const windowSchema = /^(updated|created)_at:>='([^']+)' AND \1_at:<'([^']+)'$/;

function operationsOf(
  fake: FakeShopify,
  replays: Map<string, { variables: string; answer: unknown }>,
): Operations {
  const { shop } = fake;
  const pageOf = (variables: Variables, field: "updatedMs" | "createdMs") => {
    const [, , from = "", to = ""] = windowSchema.exec(String(variables.q)) ?? [];
    if (Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to)))
      throw new Error(`bad query ${variables.q}`);
    const [afterMs = 0, afterId = 0] = variables.after
      ? atob(String(variables.after)).split(":").map(Number)
      : [];
    // Shopify keeps whole seconds.
    const timeOf = (order: { updatedMs: number; createdMs: number }) =>
      Math.floor(order[field] / 1000) * 1000;
    const rows = [...shop.orders.values()]
      .filter((order) => timeOf(order) >= Date.parse(from) && timeOf(order) < Date.parse(to))
      .filter((order) => timeOf(order) > afterMs || (timeOf(order) === afterMs && order.id > afterId))
      .sort((a, b) => timeOf(a) - timeOf(b) || a.id - b.id);
    const given = rows.slice(0, Number(variables.first));
    const last = given.at(-1);
    const pageInfo = {
      hasNextPage: rows.length > given.length,
      endCursor: last ? btoa(`${timeOf(last)}:${last.id}`) : null,
    };
    return { given, pageInfo };
  };
  /** A key is needed; the same key gives the first answer again. */
  const once = (variables: Variables, query: string, work: () => unknown): unknown => {
    if (!query.includes("@idempotent(key: $key)") || !variables.key)
      throw new Error("a stock write without a key");
    const known = replays.get(String(variables.key));
    const text = JSON.stringify(variables);
    if (known && known.variables !== text)
      return userErrors([{ code: "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" }]);
    const answer = known?.answer ?? work();
    replays.set(String(variables.key), { variables: text, answer });
    return answer;
  };
  return {
    HubShop: ({ location }) => ({
      shop: { name: "Tea House", myshopifyDomain: shopDomain },
      location: String(location).endsWith(`/${locationId}`) ? { name: "Warehouse", isActive: true } : null,
      currentAppInstallation: { accessScopes: fake.scopes.split(" ").map((handle) => ({ handle })) },
    }),
    HubOrders(variables) {
      const { given, pageInfo } = pageOf(variables, "updatedMs");
      return { orders: { pageInfo, nodes: given.map((order) => orderView(shop, order)) } };
    },
    HubOrderIds(variables) {
      const { given, pageInfo } = pageOf(variables, "createdMs");
      return { orders: { pageInfo, nodes: given.map((order) => ({ legacyResourceId: String(order.id) })) } };
    },
    HubOrdersById: ({ ids }) => ({
      nodes: z
        .array(z.string().regex(/^gid:\/\/shopify\/Order\/\d+$/))
        .parse(ids)
        .map((id) => {
          const order = shop.orders.get(digits(id));
          return order ? orderView(shop, order) : null;
        }),
    }),
    HubLines({ id, after }) {
      const order = shop.order(digits(id));
      return { order: { lineItems: rowsFrom(lineRows(shop, order), Number(after), 100) } };
    },
    HubMoreRows({ id, after }) {
      const [kind = "", number = ""] = String(id).split("/").slice(-2);
      const orders = [...shop.orders.values()];
      const from = Number(after);
      const parcel = orders.flatMap((order) => order.parcels).find((one) => String(one.id) === number);
      const refund = orders.flatMap((order) => order.refunds).find((one) => String(one.id) === number);
      const order = shop.orders.get(Number(number));
      if (kind === "Fulfillment" && parcel)
        return { node: { fulfillmentLineItems: rowsFrom(parcelRows(parcel), from, 250) } };
      if (kind === "Refund" && refund)
        return { node: { refundLineItems: rowsFrom(refundRows(refund), from, 250) } };
      if (kind === "FulfillmentOrder" && order)
        return { node: { lineItems: rowsFrom(openRows(shop, order), from, 250) } };
      return { node: null };
    },
    HubVariants: ({ ids, location }) => ({
      nodes: z
        .array(z.string().regex(/^gid:\/\/shopify\/ProductVariant\/\d+$/))
        .parse(ids)
        .map((id) => {
          const variant = shop.variants.get(digits(id));
          return variant ? variantView(variant, String(location)) : null;
        }),
    }),
    HubListings({ first, after, location }) {
      const from = Number(after ?? 0);
      const all = [...shop.variants.values()];
      const given = all.slice(from, from + Number(first));
      const end = from + given.length;
      return {
        productVariants: {
          pageInfo: { hasNextPage: end < all.length, endCursor: String(end) },
          nodes: given.map((variant) => variantView(variant, String(location))),
        },
      };
    },
    HubSet: (variables, query) => ({
      inventorySetQuantities: {
        userErrors: once(variables, query, () => writeStock(shop, variables.input, "set")),
      },
    }),
    HubAdjust: (variables, query) => ({
      inventoryAdjustQuantities: {
        userErrors: once(variables, query, () => writeStock(shop, variables.input, "adjust")),
      },
    }),
    HubParcelOrder({ id }) {
      const order = shop.orders.get(digits(id));
      return { order: order ? parcelOrderView(shop, order) : null };
    },
    HubNote({ metafields }) {
      const rows = z
        .array(
          z.strictObject({
            ownerId: z.string(),
            namespace: z.literal("sluice"),
            key: z.string().max(64),
            type: z.literal("json"),
            value: z.string(),
          }),
        )
        .max(25)
        .parse(metafields);
      for (const row of rows) {
        const order = shop.order(digits(row.ownerId));
        JSON.parse(row.value);
        order.metafields.set(row.key, row.value);
        order.updatedMs = shop.now();
      }
      return { metafieldsSet: { userErrors: [] } };
    },
    HubShip: ({ f }) => ({ fulfillmentCreate: ship(shop, f) }),
  };
}
