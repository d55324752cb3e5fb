import { createHmac } from "node:crypto";
import { getResponse, HttpResponse, http } from "msw";
import { z } from "zod";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { type FakeProduct, FakeWoo, orderView, refundView, stockView } from "./shop.ts";

/** WooCommerce at its address. Checks keys, rights, page sizes and parameters; shares no code with the connector. */
export const baseUrl = "https://tea.example";
export const consumerKey = "ck_0123456789abcdef";
export const consumerSecret = "cs_0123456789abcdef";
export const webhookSecret = "wooSecretDemo";

const refuse = (status: number, code: string) =>
  HttpResponse.json({ code, message: "refused", data: { status } }, { status });
const api = `${baseUrl}/wp-json/wc/v3`;
const perPage = z.coerce.number().int().min(1).max(100);
const localTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);

export interface FakeWooCommerce {
  fetch: Fetch;
  shop: FakeWoo;
  /** Keys -> what they may do. */
  keys: Map<string, "read" | "read_write">;
  authorization: FakeAuthorization;
  sign(body: Uint8Array, topic: string): Record<string, string>;
}

export function createFakeWooCommerce(
  runtime: TestRuntime,
  products: readonly FakeProduct[],
): FakeWooCommerce {
  const shop = new FakeWoo(runtime, products);
  const keys = new Map([[`${consumerKey}:${consumerSecret}`, "read_write" as "read" | "read_write"]]);
  const mayNot = (request: Request) => {
    const url = new URL(request.url);
    const basic = atob(request.headers.get("authorization")?.replace(/^Basic /, "") ?? "");
    const given =
      basic || `${url.searchParams.get("consumer_key")}:${url.searchParams.get("consumer_secret")}`;
    const right = keys.get(given);
    if (!right || (right === "read" && request.method !== "GET"))
      return refuse(401, "woocommerce_rest_authentication_error");
    return undefined;
  };
  const handlers = [
    http.all(`${api}/*`, ({ request }) => mayNot(request)),
    ...orderHandlers(shop),
    ...productHandlers(shop),
    http.all(`${api}/*`, () => refuse(404, "rest_no_route")),
  ];
  return {
    shop,
    keys,
    authorization: grants(keys),
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ??
      HttpResponse.html("<h1>Not found</h1>", { status: 404 }),
    sign: (body, topic) => ({
      "content-type": "application/json",
      "x-wc-webhook-topic": topic,
      "x-wc-webhook-id": "3",
      // Of webhook and second, as in the real one: two orders of one second share it.
      "x-wc-webhook-delivery-id": createHmac("md5", "3").update(String(shop.now())).digest("hex"),
      "x-wc-webhook-signature": createHmac("sha256", webhookSecret).update(body).digest("base64"),
    }),
  };
}

function orderHandlers(shop: FakeWoo) {
  return [
    http.get(`${api}/orders`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const size = perPage.safeParse(query.get("per_page") ?? 10);
      const orderby = query.get("orderby") ?? "date";
      if (!size.success || !["date", "id", "modified", "include"].includes(orderby))
        return refuse(400, "rest_invalid_param");
      for (const name of ["modified_after", "modified_before", "after", "before"])
        if (query.has(name) && !localTime.safeParse(query.get(name)).success)
          return refuse(400, "rest_invalid_param");
      // Without the parameter, times are the shop's own, five hours behind.
      const shift = query.get("dates_are_gmt") === "true" ? 0 : 5 * 3_600_000;
      const bound = (name: string, none: number) =>
        query.has(name) ? Date.parse(`${query.get(name)}Z`) + shift : none;
      const include = query.get("include")?.split(",").map(Number);
      const rows = [...shop.orders.values()]
        .filter((order) => order.status !== "trash" && (include?.includes(order.id) ?? true))
        .filter(
          (order) =>
            order.modifiedMs > bound("modified_after", 0) &&
            order.modifiedMs < bound("modified_before", 1e15),
        )
        .filter((order) => order.createdMs > bound("after", 0) && order.createdMs < bound("before", 1e15))
        .sort((a, b) => (orderby === "modified" ? a.modifiedMs - b.modifiedMs : 0) || a.id - b.id);
      if (query.get("order") !== "asc") rows.reverse();
      const from = query.has("offset")
        ? Number(query.get("offset"))
        : (Number(query.get("page") ?? 1) - 1) * size.data;
      return HttpResponse.json(rows.slice(from, from + size.data).map((order) => orderView(shop, order)));
    }),
    http.get(`${api}/orders/:id`, ({ params }) => {
      const order = shop.orders.get(Number(params.id));
      return order
        ? HttpResponse.json(orderView(shop, order))
        : refuse(404, "woocommerce_rest_shop_order_invalid_id");
    }),
    http.get(`${api}/orders/:id/refunds`, ({ params }) =>
      HttpResponse.json(refundView(shop.order(Number(params.id)))),
    ),
    http.put(`${api}/orders/:id`, async ({ params, request }) => {
      const order = shop.orders.get(Number(params.id));
      if (!order) return refuse(400, "woocommerce_rest_shop_order_invalid_id");
      const body = z
        .strictObject({
          status: z.enum(["completed"]).optional(),
          meta_data: z.array(z.strictObject({ key: z.string(), value: z.string() })).optional(),
        })
        .parse(await request.json());
      for (const row of body.meta_data ?? []) order.meta.push({ id: shop.nextId(), ...row });
      order.modifiedMs = shop.now();
      if (body.status) shop.setStatus(order.id, body.status);
      return HttpResponse.json(orderView(shop, order));
    }),
    http.get(`${api}/orders/:id/notes`, ({ params }) =>
      HttpResponse.json(shop.order(Number(params.id)).notes.map((note, id) => ({ id, note }))),
    ),
    http.post(`${api}/orders/:id/notes`, async ({ params, request }) => {
      const { note } = z
        .strictObject({ note: z.string(), customer_note: z.literal(true) })
        .parse(await request.json());
      shop.order(Number(params.id)).notes.push(note);
      return HttpResponse.json({ id: shop.nextId(), note }, { status: 201 });
    }),
  ];
}

const batchBody = z.strictObject({
  update: z.array(z.strictObject({ id: z.int(), stock_quantity: z.int() })).max(100),
});

function productHandlers(shop: FakeWoo) {
  const list = (parent: number, query: URLSearchParams) => {
    const size = perPage.safeParse(query.get("per_page") ?? 10);
    if (!size.success) return refuse(400, "rest_invalid_param");
    const include = query.get("include")?.split(",").map(Number);
    const rows = [...shop.products.values()].filter(
      (product) => product.parent === parent && (include?.includes(product.id) ?? true),
    );
    const parents = [...shop.products.values()].flatMap((product) =>
      product.parent ? [product.parent] : [],
    );
    const variable =
      parent === 0 && !include
        ? [...new Set(parents)].map((id) => ({
            ...stockView({
              id,
              parent: 0,
              sku: "",
              name: `Product ${id}`,
              price: 0,
              stock: 0,
              managed: false,
            }),
            type: "variable",
          }))
        : [];
    const from = (Number(query.get("page") ?? 1) - 1) * size.data;
    return HttpResponse.json([...rows.map(stockView), ...variable].slice(from, from + size.data));
  };
  const batch = async (parent: number, request: Request) => {
    const { update } = batchBody.parse(await request.json());
    const rows = update.map(({ id, stock_quantity }) => {
      const product = shop.products.get(id);
      if (!product || product.parent !== parent)
        return {
          id,
          error: {
            code: "woocommerce_rest_product_invalid_id",
            message: "Invalid ID.",
            data: { status: 400 },
          },
        };
      // Ignored without a word where stock is not managed.
      if (product.managed === true) product.stock = stock_quantity;
      return stockView(product);
    });
    return HttpResponse.json(rows.length === 0 ? {} : { update: rows });
  };
  return [
    http.get(`${api}/products`, ({ request }) => list(0, new URL(request.url).searchParams)),
    http.get(`${api}/products/:parent/variations`, ({ request, params }) =>
      list(Number(params.parent), new URL(request.url).searchParams),
    ),
    http.post(`${api}/products/batch`, ({ request }) => batch(0, request)),
    http.post(`${api}/products/:parent/variations/batch`, ({ request, params }) =>
      batch(Number(params.parent), request),
    ),
  ];
}

/** The shop's page makes keys and sends them to the callback; they never expire. */
function grants(keys: Map<string, "read" | "read_write">): FakeAuthorization {
  let made = 0;
  const first = { accessToken: consumerKey, extra: { consumerSecret } };
  return {
    tokens: () => first,
    wrongTokens: () => ({
      accessToken: "ck_of_somebody_else",
      extra: { consumerSecret: "cs_of_somebody_else" },
    }),
    grant(address) {
      const url = new URL(address);
      if (!url.href.startsWith(`${baseUrl}/wc-auth/v1/authorize?`)) throw new Error("another page");
      made += 1;
      keys.set(`ck_granted_key_${made}:cs_granted_secret_${made}`, "read_write");
      return {
        key_id: String(made),
        user_id: url.searchParams.get("user_id") ?? "",
        consumer_key: `ck_granted_key_${made}`,
        consumer_secret: `cs_granted_secret_${made}`,
        key_permissions: "read_write",
      };
    },
    expire: () => undefined,
    revoke: () => keys.clear(),
  };
}
