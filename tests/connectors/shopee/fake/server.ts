import { createHmac } from "node:crypto";
import { getResponse, HttpResponse, http } from "msw";
import { z } from "zod";
import type { Tokens } from "../../../../src/connectors/contract.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { good, host, refuse } from "./answers.ts";
import { productHandlers } from "./products.ts";
import { escrowView, type FakeModel, type FakeOrder, FakeShop, orderView, returnView } from "./shop.ts";

/**
 * Shopee as the connector meets it: signature, five minutes of clock, token, shop, windows of fifteen days, pages that count. Answers 200 to
 * refusals, as the real one does. Shares no code with the connector.
 */
export const partnerId = 2001887;
export const partnerKey = "shopeePartnerKeyDemo";
export const shopId = 14701711;
const api = `${host}/api/v2`;

const hex = (text: string) => createHmac("sha256", partnerKey).update(text).digest("hex");

export interface FakeShopee {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** From now on calls whose path ends so are refused; left out, they work again. */
  fail(path: string, answer?: { error: string; message?: string }): void;
  sign(url: string, body: Uint8Array): string;
  calls: string[];
}

export function createFakeShopee(runtime: TestRuntime, models: readonly FakeModel[]): FakeShopee {
  const shop = new FakeShop(runtime, models);
  const grants = new Grants(shop);
  const failing = new Map<string, { error: string; message?: string }>();
  const calls: string[] = [];
  const guard = ({ request }: { request: Request }) => {
    const { pathname, searchParams: query } = new URL(request.url);
    calls.push(pathname.slice("/api/v2".length));
    const isPublic = pathname.startsWith("/api/v2/auth/");
    if (query.get("partner_id") !== String(partnerId)) return refuse("error_param", "Invalid partner_id.");
    const timestamp = query.get("timestamp") ?? "";
    if (!/^\d{10}$/.test(timestamp) || Math.abs(shop.now() - Number(timestamp)) > 300)
      return refuse("error_param", "Invalid timestamp");
    const of = isPublic ? "" : `${query.get("access_token")}${query.get("shop_id")}`;
    if (query.get("sign") !== hex(`${partnerId}${pathname}${timestamp}${of}`))
      return refuse("error_sign", "Wrong sign.", 403);
    if (!isPublic && query.get("shop_id") !== String(shopId))
      return refuse("error_shop", "shopid is invalid");
    if (!isPublic && !grants.isGood(query.get("access_token")))
      return refuse("error_auth", "Invalid access_token.", 403);
    const planned = failing.get(pathname.slice(pathname.lastIndexOf("/") + 1));
    return planned ? refuse(planned.error, planned.message) : undefined;
  };
  const handlers = [
    http.all(`${api}/*`, guard),
    http.post(`${api}/auth/token/get`, ({ request }) => grants.exchange(request)),
    http.post(`${api}/auth/access_token/get`, ({ request }) => grants.refresh(request)),
    http.get(`${api}/shop/get_shop_info`, () =>
      HttpResponse.json({ error: "", message: "", shop_name: "Demo Shop", region: "SG", status: "NORMAL" }),
    ),
    ...orderHandlers(shop),
    ...logisticsHandlers(shop),
    ...productHandlers(shop),
  ];
  return {
    shop,
    calls,
    authorization: grants.authorization,
    fail: (path, answer) => (answer ? failing.set(path, answer) : failing.delete(path)),
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ?? HttpResponse.error(),
    sign: (url, body) => createHmac("sha256", partnerKey).update(`${url}|`).update(body).digest("hex"),
  };
}

/** Codes are used once and live ten minutes, access tokens four hours, refresh tokens are replaced at each use. */
class Grants {
  private readonly access = new Map<string, number>();
  private readonly refreshes = new Set<string>();
  private readonly codes = new Map<string, number>();
  private made = 0;
  private readonly shop: FakeShop;
  private current: Tokens;

  constructor(shop: FakeShop) {
    this.shop = shop;
    this.current = this.issue();
  }

  private issue(): Tokens {
    this.made += 1;
    const tokens = { accessToken: `shopeeAccess${this.made}x`, refreshToken: `shopeeRefresh${this.made}x` };
    this.access.set(tokens.accessToken, this.shop.now() + 14_400);
    this.refreshes.add(tokens.refreshToken);
    return tokens;
  }

  isGood(token: string | null): boolean {
    return (this.access.get(token ?? "") ?? 0) > this.shop.now();
  }

  private answer() {
    const { accessToken, refreshToken } = this.issue();
    return HttpResponse.json({
      error: "",
      message: "",
      request_id: "d1demo",
      access_token: accessToken,
      refresh_token: refreshToken,
      expire_in: 14_400,
    });
  }

  async exchange(request: Request) {
    const body = z
      .strictObject({ code: z.string(), partner_id: z.literal(partnerId), shop_id: z.literal(shopId) })
      .safeParse(await request.json());
    if (!body.success) return refuse("error_param", "parameter invalid");
    if ((this.codes.get(body.data.code) ?? 0) <= this.shop.now()) return refuse("error_auth", "Invalid code");
    this.codes.delete(body.data.code);
    return this.answer();
  }

  async refresh(request: Request) {
    const body = z
      .strictObject({
        refresh_token: z.string(),
        partner_id: z.literal(partnerId),
        shop_id: z.literal(shopId),
      })
      .safeParse(await request.json());
    if (!body.success) return refuse("error_param", "parameter invalid");
    if (!this.refreshes.delete(body.data.refresh_token))
      return refuse("error_auth", "Invalid refresh_token.");
    return this.answer();
  }

  readonly authorization: FakeAuthorization = {
    tokens: () => {
      // As the hub would hold them: renewed in time.
      const until = this.access.get(this.current.accessToken) ?? 0;
      if (until > 0 && until <= this.shop.now()) this.current = this.issue();
      return this.current;
    },
    wrongTokens: () => ({ accessToken: "tokenOfSomebodyElse", refreshToken: "refreshOfSomebodyElse" }),
    grant: (address) => {
      const url = new URL(address);
      const query = url.searchParams;
      const path = "/api/v2/shop/auth_partner";
      if (url.origin !== host || url.pathname !== path) throw new Error(`another page: ${address}`);
      if (query.get("sign") !== hex(`${partnerId}${path}${query.get("timestamp")}`))
        throw new Error("wrong sign");
      this.made += 1;
      const code = `code${this.made}`;
      this.codes.set(code, this.shop.now() + 600);
      const callback = new URL(query.get("redirect") ?? "");
      return { ...Object.fromEntries(callback.searchParams), code, shop_id: String(shopId) };
    },
    expire: () => {
      for (const token of this.access.keys()) this.access.set(token, 0);
    },
    revoke: () => {
      this.access.clear();
      this.refreshes.clear();
    },
  };
}

const longest = 15 * 86_400;

/** A window in seconds, both ends in; null where it is none. */
function windowOf(query: URLSearchParams, from: string, to: string): { from: number; to: number } | null {
  const window = { from: Number(query.get(from) ?? Number.NaN), to: Number(query.get(to) ?? Number.NaN) };
  const isWhole = Number.isInteger(window.from) && Number.isInteger(window.to);
  return isWhole && window.from <= window.to && window.to - window.from <= longest ? window : null;
}

function orderHandlers(shop: FakeShop) {
  return [
    http.get(`${api}/order/get_order_list`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const field = query.get("time_range_field");
      const window = windowOf(query, "time_from", "time_to");
      if (!window)
        return refuse(
          "order.order_list_invalid_time",
          "Start time must be earlier than end time and diff in 15days.",
        );
      const size = Number(query.get("page_size"));
      if (!(size >= 1 && size <= 100) || (field !== "create_time" && field !== "update_time"))
        return refuse("error_param", "Wrong parameters");
      const timeOf = (order: FakeOrder) => (field === "create_time" ? order.created : order.updated);
      const rows = [...shop.orders.values()]
        .filter((order) => timeOf(order) >= window.from && timeOf(order) <= window.to)
        .filter((order) => order.status !== "PENDING" || query.get("request_order_status_pending") === "true")
        .sort((a, b) => timeOf(b) - timeOf(a) || (a.sn < b.sn ? 1 : -1));
      const start = Number(query.get("cursor") ?? 0);
      const given = rows.slice(start, start + size).map(({ sn }) => ({ order_sn: sn }));
      const more = rows.length > start + size;
      return good({ more, next_cursor: more ? String(start + size) : "", order_list: given });
    }),
    http.get(`${api}/order/get_order_detail`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const sns = (query.get("order_sn_list") ?? "").split(",");
      if (sns.length > 50) return refuse("error_param", "Wrong parameters");
      // One that is not the shop's spoils the question.
      if (sns.some((sn) => !shop.orders.has(sn)))
        return refuse("error_not_found", "Wrong parameters, detail: order not found");
      const fields = new Set((query.get("response_optional_fields") ?? "").split(","));
      return good({ order_list: sns.map((sn) => orderView(shop, shop.order(sn), fields)) });
    }),
    http.post(`${api}/payment/get_escrow_detail_batch`, async ({ request }) => {
      const body = z
        .strictObject({ order_sn_list: z.array(z.string()).min(1).max(50) })
        .safeParse(await request.json());
      if (!body.success) return refuse("error_param", "Wrong parameters");
      if (body.data.order_sn_list.some((sn) => shop.orders.get(sn)?.paid === null))
        return refuse("error_param", "order is not paid");
      const paid = body.data.order_sn_list
        .flatMap((sn) => shop.orders.get(sn) ?? [])
        .filter((one) => one.paid !== null);
      return good(paid.map((order) => ({ escrow_detail: escrowView(shop, order) })));
    }),
    http.get(`${api}/returns/get_return_list`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const window = windowOf(query, "update_time_from", "update_time_to");
      const size = Number(query.get("page_size"));
      if (!window || !(size >= 1 && size <= 100)) return refuse("error_param", "Wrong parameters");
      const rows = [...shop.returns.values()].filter(
        (one) => one.updated >= window.from && one.updated <= window.to,
      );
      const start = Number(query.get("page_no")) * size;
      return good({
        more: rows.length > start + size,
        return: rows.slice(start, start + size).map(returnView),
      });
    }),
    http.get(`${api}/returns/get_return_detail`, ({ request }) => {
      const one = shop.returns.get(new URL(request.url).searchParams.get("return_sn") ?? "");
      return one ? good(returnView(one)) : refuse("error_not_found", "no return");
    }),
  ];
}

const number = z.object({ tracking_number: z.string().optional() });
const shipBody = z.strictObject({
  order_sn: z.string(),
  package_number: z.string().min(1).optional(),
  pickup: z.strictObject({ address_id: z.literal(234), pickup_time_id: z.literal("slot-2") }).optional(),
  dropoff: z.strictObject({ branch_id: z.int() }).optional(),
  non_integrated: number.optional(),
});

function logisticsHandlers(shop: FakeShop) {
  return [
    http.get(`${api}/logistics/get_shipping_parameter`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const order = shop.orders.get(query.get("order_sn") ?? "");
      if (!order) return refuse("error_not_found", "no order");
      if (order.parcels.length > 1 && !query.get("package_number"))
        return refuse(
          "logistics.package_number_not_exist",
          "Please request with package_number for this split order.",
        );
      const slots = [{ pickup_time_id: "slot-1" }, { pickup_time_id: "slot-2", flags: ["recommended"] }];
      const address = { address_id: 234, address_flag: ["pickup_address"], time_slot_list: slots };
      if (order.channel === "pickup")
        return good({
          info_needed: { pickup: ["address_id", "pickup_time_id"], dropoff: ["branch_id"] },
          pickup: { address_list: [{ ...address, address_id: 111, address_flag: [] }, address] },
        });
      if (order.channel === "dropoff") return good({ info_needed: { dropoff: ["branch_id"] }, pickup: null });
      return good({ info_needed: { non_integrated: ["tracking_no"] }, pickup: null });
    }),
    http.post(`${api}/logistics/ship_order`, async ({ request }) => {
      const body = shipBody.safeParse(await request.json());
      if (!body.success) return refuse("error_param", "Wrong parameters");
      const order = shop.orders.get(body.data.order_sn);
      const parcel = order?.parcels.find(({ number: own }) => own === (body.data.package_number ?? own));
      if (!order || !parcel) return refuse("error_not_found", "no order");
      if (!body.data[order.channel]) return refuse("error_param", "Wrong parameters");
      if (parcel.status !== "LOGISTICS_READY")
        return refuse("logistics.package_already_shipped", "already shipped");
      const isOwn = order.channel === "non_integrated";
      parcel.tracking = isOwn ? (body.data.non_integrated?.tracking_number ?? null) : "SPXSG0001";
      parcel.status = isOwn ? "LOGISTICS_PICKUP_DONE" : "LOGISTICS_REQUEST_CREATED";
      const isAll = order.parcels.every((one) => one.status !== "LOGISTICS_READY");
      if (isAll) order.status = isOwn ? "SHIPPED" : "PROCESSED";
      order.updated = shop.now();
      return HttpResponse.json({ error: "", message: "", request_id: "d1demo" });
    }),
  ];
}
