import { z } from "zod";
import { good, refuse } from "./answers.ts";
import { type FakeOrder, type FakeStore, orderView, productView, reverseView, unitView } from "./shop.ts";

/** What each call does with its own parameters. */
export type Answer = (store: FakeStore, given: ReadonlyMap<string, string>, method: string) => Response;

const timeOf = (text: string | undefined): number =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/.test(text ?? "") ? Date.parse(text ?? "") : Number.NaN;

const listOrders: Answer = (store, given) => {
  const known = [
    "update_after",
    "update_before",
    "created_after",
    "created_before",
    "sort_by",
    "sort_direction",
    "limit",
    "offset",
  ];
  if ([...given.keys()].some((name) => !known.includes(name))) return refuse("InvalidParameter");
  const times = known.slice(0, 4).map((name) => (given.has(name) ? timeOf(given.get(name)) : null));
  if (times.some((time) => Number.isNaN(time))) return refuse("17");
  const [updateAfter, updateBefore, createdAfter, createdBefore] = times;
  if (updateAfter === null && createdAfter === null) return refuse("MissingParameter");
  const [limit, offset] = [Number(given.get("limit") ?? 100), Number(given.get("offset") ?? 0)];
  if (!(limit >= 1 && limit <= 100)) return refuse("19");
  if (!(offset >= 0 && offset <= 5000)) return refuse("14");
  const within = (ms: number, after: number | null | undefined, before: number | null | undefined) =>
    ms >= (after ?? 0) && ms <= (before ?? Number.MAX_SAFE_INTEGER);
  const key = (order: FakeOrder) =>
    given.get("sort_by") === "updated_at" ? order.updatedMs : order.createdMs;
  const rows = [...store.orders.values()]
    .filter((order) => within(order.updatedMs, updateAfter, updateBefore))
    .filter((order) => within(order.createdMs, createdAfter, createdBefore))
    .sort((a, b) => (given.get("sort_direction") === "ASC" ? 1 : -1) * (key(a) - key(b) || a.id - b.id));
  const orders = rows.slice(offset, offset + limit).map(orderView);
  return good({ data: { count: orders.length, countTotal: rows.length, orders } });
};

const listUnits: Answer = (store, given) => {
  const ids = z
    .array(z.int())
    .max(50)
    .safeParse(JSON.parse(given.get("order_ids") ?? "null"));
  if (!ids.success) return refuse("InvalidParameter");
  const orders = ids.data.flatMap((id) => store.orders.get(String(id)) ?? []);
  return good({
    data: orders.map((order) => ({
      order_id: order.id,
      order_number: order.id,
      order_items: order.units.map((unit) => unitView(order, unit)),
    })),
  });
};

const listReverses: Answer = (store, given) => {
  const [page, size] = [Number(given.get("page_no")), Number(given.get("page_size"))];
  if (!(page >= 1 && size >= 1 && size <= 100)) return refuse("InvalidParameter");
  const from = Number(given.get("ReverseOrderLineModifiedTimeRangeStart") ?? 0);
  const to = Number(given.get("ReverseOrderLineModifiedTimeRangeEnd") ?? Number.MAX_SAFE_INTEGER);
  const order = given.get("trade_order_id");
  const rows = store.reverses.filter(
    (one) =>
      one.modifiedMs >= from &&
      one.modifiedMs <= to &&
      (order === undefined || String(one.orderId) === order),
  );
  const items = rows.slice((page - 1) * size, page * size).map(reverseView);
  return good({ result: { success: true, page_no: page, page_size: size, total: rows.length, items } });
};

/** One SKU a call, as text in angle brackets. A store with one warehouse names none. */
const writeStock =
  (mode: "update" | "adjust"): Answer =>
  (store, given, method) => {
    const payload = given.get("payload") ?? "";
    const match =
      /^<Request><Product><Skus><Sku><ItemId>(\d+)<\/ItemId><SkuId>(\d+)<\/SkuId><SellableQuantity>(-?\d+)<\/SellableQuantity><\/Sku><\/Skus><\/Product><\/Request>$/.exec(
        payload,
      );
    if (method !== "POST" || !match) return refuse("5");
    const [itemId, skuId, quantity] = match.slice(1).map(Number) as [number, number, number];
    const sku = store.skus.find((one) => one.itemId === itemId && one.skuId === skuId);
    if (!sku || sku.isFbl) return refuse("501", [{ message: "Update product failed", seller_sku: "" }]);
    const target = mode === "update" ? quantity : sku.sellable + quantity;
    if (target < 0) return refuse("501", [{ message: "INV_NEGATIVE_SELLABLE" }]);
    sku.sellable = target;
    return good({ data: {} });
  };

const packBody = z.strictObject({
  pack_order_list: z.tuple([z.strictObject({ order_id: z.int(), order_item_list: z.array(z.int()).min(1) })]),
  delivery_type: z.literal("dropship"),
  shipping_allocate_type: z.literal("TFS"),
});

const pack: Answer = (store, given) => {
  const body = packBody.safeParse(JSON.parse(given.get("packReq") ?? "null"));
  if (!body.success) return refuse("InvalidParameter");
  const [{ order_id, order_item_list }] = body.data.pack_order_list;
  const order = store.orders.get(String(order_id));
  if (!order) return good({ result: { success: false, error_code: "16", data: null } });
  const units = order.units.filter((unit) => order_item_list.includes(unit.id));
  const canPack =
    units.length === order_item_list.length &&
    units.every((unit) => /^(pending|repacked)$/.test(unit.status));
  const packageId = `FP${store.next()}`;
  if (canPack) store.change(order, units, { status: "packed", packageId, tracking: `LEX${packageId}` });
  const rows = order_item_list.map((id) => ({
    order_item_id: id,
    // Success of the call hides units that failed.
    item_err_code: canPack ? "0" : "700026",
    msg: canPack ? "" : "status not allowed",
    package_id: canPack ? packageId : null,
    tracking_number: canPack ? `LEX${packageId}` : null,
    retry: false,
  }));
  return good({
    result: { success: true, data: { pack_order_list: [{ order_id, order_item_list: rows }] } },
  });
};

const handOverBody = z.strictObject({
  packages: z
    .array(z.strictObject({ package_id: z.string() }))
    .min(1)
    .max(20),
});

/** The carrier comes at once. */
const handOver: Answer = (store, given) => {
  const body = handOverBody.safeParse(JSON.parse(given.get("readyToShipReq") ?? "null"));
  if (!body.success) return refuse("InvalidParameter");
  const packages = body.data.packages.map(({ package_id }) => {
    const order = [...store.orders.values()].find((one) =>
      one.units.some((unit) => unit.packageId === package_id),
    );
    const units =
      order?.units.filter((unit) => unit.packageId === package_id && unit.status === "packed") ?? [];
    if (order && units.length > 0) store.change(order, units, { status: "shipped" });
    return { package_id, item_err_code: units.length > 0 ? "0" : "700031", msg: "", retry: false };
  });
  return good({ result: { success: true, data: { packages } } });
};

export const calls: Readonly<Record<string, Answer>> = {
  "/seller/get": () =>
    good({ data: { seller_id: 1_000_114_855, name: "Demo Store", short_code: "SG1", cb: false } }),
  "/orders/get": listOrders,
  "/order/get": (store, given) => {
    const order = store.orders.get(given.get("order_id") ?? "");
    return order ? good({ data: orderView(order) }) : refuse("16");
  },
  "/orders/items/get": listUnits,
  "/reverse/getreverseordersforseller": listReverses,
  "/product/stock/sellable/update": writeStock("update"),
  "/product/stock/sellable/adjust": writeStock("adjust"),
  "/product/item/get": (store, given) => {
    const skus = store.skus.filter((sku) => String(sku.itemId) === given.get("item_id"));
    return skus.length === 0 ? refuse("16") : good({ data: productView(skus) });
  },
  "/products/get": (store, given) => {
    const [limit, offset] = [Number(given.get("limit")), Number(given.get("offset"))];
    if (!(limit >= 1 && limit <= 50)) return refuse("19");
    const items = [...Map.groupBy(store.skus, (sku) => sku.itemId).values()];
    return good({
      data: { total_products: items.length, products: items.slice(offset, offset + limit).map(productView) },
    });
  },
  "/order/fulfill/pack": pack,
  "/order/package/rts": handOver,
};
