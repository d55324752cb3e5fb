import { http } from "msw";
import { z } from "zod";
import { good, host, refuse } from "./answers.ts";
import { afterSaleView, type FakeAfterSale, type FakeShop, orderView } from "./shop.ts";

const time = z.int().min(1).optional();
const filters = {
  create_time_ge: time,
  create_time_lt: time,
  update_time_ge: time,
  update_time_lt: time,
  order_ids: z.array(z.string()).min(1).optional(),
};

/** A page token is opaque, names a place by counting rows, and is good for the same filters only. */
async function search<Row>(
  request: Request,
  allowed: readonly (keyof typeof filters)[],
  most: number,
  rows: readonly Row[],
  facts: (row: Row) => { orderId: string; create_time: number; update_time: number },
): Promise<{ rows: Row[]; token: string; total: number } | null> {
  const query = new URL(request.url).searchParams;
  const parsed = z.strictObject(filters).safeParse(await request.json());
  const size = Number(query.get("page_size"));
  const field = query.get("sort_field") ?? "create_time";
  if (!parsed.success || !(size >= 1 && size <= most)) return null;
  if (field !== "create_time" && field !== "update_time") return null;
  if (Object.keys(parsed.data).some((name) => !allowed.includes(name as never))) return null;
  const f = parsed.data;
  const inSpan = (at: number, from = 0, to = Number.POSITIVE_INFINITY) => at >= from && at < to;
  const found = rows
    .filter((row) => inSpan(facts(row).create_time, f.create_time_ge, f.create_time_lt))
    .filter((row) => inSpan(facts(row).update_time, f.update_time_ge, f.update_time_lt))
    .filter((row) => !f.order_ids || f.order_ids.includes(facts(row).orderId));
  const sign = query.get("sort_order") === "ASC" ? 1 : -1;
  found.sort((a, b) => sign * (facts(a)[field] - facts(b)[field]));
  const key = JSON.stringify(f);
  const [start = "0", of = key] = JSON.parse(atob(query.get("page_token") ?? btoa("[]"))) as string[];
  if (of !== key) return null;
  const end = Number(start) + size;
  const token = end < found.length ? btoa(JSON.stringify([String(end), key])) : "";
  return { rows: found.slice(Number(start), end), token, total: found.length };
}

const spans = ["create_time_ge", "create_time_lt", "update_time_ge", "update_time_lt"] as const;

export function orderHandlers(shop: FakeShop) {
  const afterSales = (path: string, name: string, kind: FakeAfterSale["kind"]) =>
    http.post(`${host}/return_refund/202309/${path}/search`, async ({ request }) => {
      const all = [...shop.afterSales.values()].filter((one) => one.kind === kind);
      const page = await search(request, [...spans, "order_ids"], 50, all, (one) => ({
        orderId: one.orderId,
        create_time: one.updated,
        update_time: one.updated,
      }));
      if (!page) return refuse(25001001, "An invalid request parameter was passed.");
      const rows = page.rows.map((one) => afterSaleView(shop, one));
      return good({ [name]: rows, next_page_token: page.token, total_count: page.total });
    });
  return [
    http.post(`${host}/order/202309/orders/search`, async ({ request }) => {
      const page = await search(request, spans, 100, [...shop.orders.values()], (order) => ({
        orderId: order.id,
        create_time: order.created,
        update_time: order.updated,
      }));
      if (!page) return refuse(36009004, "Invalid parameters");
      const orders = page.rows.map((order) => orderView(shop, order));
      return good({ orders, next_page_token: page.token, total_count: page.total });
    }),
    http.get(`${host}/order/202309/orders`, ({ request }) => {
      const ids = (new URL(request.url).searchParams.get("ids") ?? "").split(",");
      if (ids.length > 50) return refuse(36009004, "too many ids");
      return good({
        orders: ids.flatMap((id) => shop.orders.get(id) ?? []).map((order) => orderView(shop, order)),
      });
    }),
    afterSales("returns", "return_orders", "return"),
    afterSales("cancellations", "cancellations", "cancellation"),
    http.post(`${host}/affiliate_seller/202410/orders/search`, async ({ request }) => {
      const body = z
        .strictObject({ create_time_ge: z.int(), create_time_lt: z.int() })
        .safeParse(await request.json());
      if (!body.success) return refuse(36009004, "Invalid parameters");
      const { create_time_ge: from, create_time_lt: to } = body.data;
      const found = [...shop.orders.values()].filter(
        (order) => order.live !== null && order.created >= from && order.created < to,
      );
      const orders = found.map(({ id, live, units }) => ({
        id,
        skus: [{ sku_id: units[0]?.sku.skuId, content_type: "LIVE", content_id: live }],
      }));
      return good({ orders, next_page_token: "", total_count: orders.length });
    }),
  ];
}

export const providers = [
  { id: "7117858858072016686", name: "USPS" },
  { id: "7117858858072016687", name: "SF Express" },
];

const own = z.strictObject({ tracking_number: z.string().min(1), shipping_provider_id: z.string() });
const uploadBody = own.extend({ order_line_item_ids: z.array(z.string()).min(1) });
const shipBody = z.union([
  z.strictObject({ self_shipment: own }),
  z.strictObject({ handover_method: z.enum(["PICKUP", "DROP_OFF"]) }),
]);

const nameOf = (id: string): string | undefined => providers.find((one) => one.id === id)?.name;

export function parcelHandlers(shop: FakeShop) {
  return [
    http.get(`${host}/logistics/202309/delivery_options/:id/shipping_providers`, ({ params }) =>
      params.id === "7091146663229654785"
        ? good({ shipping_providers: providers })
        : refuse(21008116, "none"),
    ),
    // Units that have no package yet, sent by the seller's own carrier.
    http.post(`${host}/fulfillment/202309/orders/:id/packages`, async ({ request, params }) => {
      const order = shop.orders.get(String(params.id));
      const body = uploadBody.safeParse(await request.json());
      if (!order || !body.success) return refuse(21001001, "Invalid parameters.");
      const { order_line_item_ids: ids, tracking_number, shipping_provider_id } = body.data;
      const provider = nameOf(shipping_provider_id);
      if (provider === undefined) return refuse(21011022, "Invalid tracking number or provider ID.");
      const units = order.units.filter((unit) => ids.includes(unit.id));
      if (units.length !== ids.length) return refuse(21011029, "order does not belong to fulfill unit");
      if (units.some((unit) => unit.status !== "AWAITING_SHIPMENT"))
        return refuse(21011006, "These orders are already shipped.");
      if (
        [...shop.orders.values()].some((one) => one.units.some((unit) => unit.tracking === tracking_number))
      )
        return refuse(21011025, "Duplicate tracking number.");
      const package_id = shop.nextId("115213");
      shop.ship(order, ids, package_id, tracking_number, provider);
      return good({ order_id: order.id, order_line_item_ids: ids, package_id });
    }),
    // Packages that are there already.
    http.post(`${host}/fulfillment/202309/packages/:id/ship`, async ({ request, params }) => {
      const id = String(params.id);
      const order = [...shop.orders.values()].find((one) => one.units.some((unit) => unit.packageId === id));
      const body = shipBody.safeParse(await request.json());
      if (!order || !body.success) return refuse(11001002, "invalid param.");
      const isOwn = "self_shipment" in body.data;
      if (isOwn !== (order.shippingType === "SELLER")) return refuse(11001002, "invalid param.");
      const units = order.units.filter((unit) => unit.packageId === id);
      if (units.some((unit) => unit.status !== "AWAITING_SHIPMENT"))
        return refuse(21008099, "Package has been shipped.");
      const given = "self_shipment" in body.data ? body.data.self_shipment : null;
      const tracking = given?.tracking_number ?? "TT1042";
      const provider = given ? (nameOf(given.shipping_provider_id) ?? "") : "TT Virtual express";
      shop.ship(
        order,
        units.map((unit) => unit.id),
        id,
        tracking,
        provider,
      );
      return good();
    }),
  ];
}
