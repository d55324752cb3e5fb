import { http } from "msw";
import { z } from "zod";
import { good, host, refuse } from "./answers.ts";
import { baseView, type FakeShop, modelView } from "./shop.ts";

const api = `${host}/api/v2/product`;

const stockBody = z.strictObject({
  item_id: z.int(),
  stock_list: z
    .array(
      z.strictObject({
        model_id: z.int(),
        seller_stock: z.tuple([
          z.strictObject({ location_id: z.string().optional(), stock: z.int().min(0) }),
        ]),
      }),
    )
    .min(1)
    .max(50),
});

/** Items, models and stock. A shop without warehouses names no location. */
export function productHandlers(shop: FakeShop) {
  const itemIds = () => [...new Set(shop.models.map((model) => model.itemId))];
  const modelsOf = (itemId: number) => shop.models.filter((model) => model.itemId === itemId);
  return [
    http.get(`${api}/get_item_list`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const [offset, size] = [Number(query.get("offset")), Number(query.get("page_size"))];
      if (!(size >= 1 && size <= 100) || query.getAll("item_status").length === 0)
        return refuse("error_param", "Wrong parameters");
      const ids = itemIds();
      return good({
        item: ids
          .slice(offset, offset + size)
          .map((item_id) => ({ item_id, item_status: "NORMAL", update_time: 1 })),
        total_count: ids.length,
        has_next_page: ids.length > offset + size,
        next_offset: offset + size,
      });
    }),
    http.get(`${api}/get_item_base_info`, ({ request }) => {
      const ids = (new URL(request.url).searchParams.get("item_id_list") ?? "").split(",").map(Number);
      if (ids.length > 50) return refuse("error_param", "Wrong parameters");
      const known = ids.filter((id) => itemIds().includes(id));
      return good({ item_list: known.map((id) => baseView(modelsOf(id))) });
    }),
    http.get(`${api}/get_model_list`, ({ request }) => {
      const models = modelsOf(Number(new URL(request.url).searchParams.get("item_id")));
      return models.length === 0
        ? refuse("product.error_item_not_found", "no item")
        : good({ model: models.filter((model) => model.modelId !== 0).map(modelView) });
    }),
    http.post(`${api}/update_stock`, async ({ request }) => {
      const body = stockBody.safeParse(await request.json());
      if (!body.success) return refuse("product.error_param", "Wrong parameters");
      const models = modelsOf(body.data.item_id);
      if (models.length === 0) return refuse("product.error_item_not_found", "no item");
      const success_list: object[] = [];
      const failure_list: object[] = [];
      for (const { model_id, seller_stock } of body.data.stock_list) {
        const model = models.find((one) => one.modelId === model_id);
        const [{ stock, location_id }] = seller_stock;
        const why = !model
          ? "model not exist"
          : location_id !== undefined
            ? "location id not allowed"
            : model.isShopees || stock < (model.reserved ?? 0)
              ? "stock can not be edited"
              : null;
        if (why === null && model) {
          model.stock = stock;
          success_list.push({ model_id, stock });
        } else failure_list.push({ model_id, failed_reason: why });
      }
      return good({ success_list, failure_list });
    }),
  ];
}
