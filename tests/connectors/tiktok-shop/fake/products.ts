import { http } from "msw";
import { z } from "zod";
import { good, host, refuse } from "./answers.ts";
import { type FakeShop, theirWarehouse } from "./shop.ts";

const stockBody = z.strictObject({
  skus: z
    .array(
      z.strictObject({
        id: z.string(),
        inventory: z
          .array(
            z.strictObject({
              warehouse_id: z.string().optional(),
              quantity: z.int().min(0).max(99_999),
              backorder_quantity: z.literal(0).optional(),
            }),
          )
          .min(1),
      }),
    )
    .min(1)
    .max(100),
});

/** Writes one row, or says why not. Every warehouse of a SKU must be named; some SKUs may fail while others are written. */
function problemOf(
  shop: FakeShop,
  productId: string,
  { id, inventory }: z.infer<typeof stockBody>["skus"][number],
) {
  const sku = shop.skus.find((one) => one.skuId === id && one.productId === productId);
  if (!sku) return { code: 12052556, extra: [] };
  if (theirWarehouse in sku.stock) return { code: 12052990, extra: [12052037] };
  const named = inventory.map((row) => row.warehouse_id ?? Object.keys(sku.stock)[0] ?? "");
  if (Object.keys(sku.stock).some((warehouse) => !named.includes(warehouse)))
    return { code: 12052990, extra: [12019028] };
  if (named.some((warehouse) => !(warehouse in sku.stock))) return { code: 12052990, extra: [12052097] };
  const sum = inventory.reduce((total, row) => total + row.quantity, 0);
  if (sku.isLocked && sum < shop.available(sku)) return { code: 12052990, extra: [12052393] };
  for (const [index, row] of inventory.entries()) sku.stock[named[index] ?? ""] = row.quantity;
  return null;
}

/** Products on sale, one a page, and whose warehouses are TikTok's. */
export function productHandlers(shop: FakeShop) {
  return [
    http.post(`${host}/product/202502/products/search`, async ({ request }) => {
      const query = new URL(request.url).searchParams;
      const body = z.strictObject({ status: z.literal("ACTIVATE") }).safeParse(await request.json());
      const size = Number(query.get("page_size"));
      if (!body.success || !(size >= 1 && size <= 100)) return refuse(12019109, "page size is invalid");
      const ids = [...new Set(shop.skus.map((sku) => sku.productId))];
      const start = Number(query.get("page_token") ?? 0);
      const end = start + Math.min(size, 1);
      const products = ids.slice(start, end).map((id) => {
        const skus = shop.skus.filter((sku) => sku.productId === id);
        return {
          id,
          title: skus[0]?.title,
          status: "ACTIVATE",
          skus: skus.map((sku) => ({
            id: sku.skuId,
            seller_sku: sku.code,
            inventory: Object.entries(sku.stock).map(([warehouse_id, quantity]) => ({
              warehouse_id,
              quantity,
            })),
          })),
        };
      });
      return good({
        products,
        next_page_token: end < ids.length ? String(end) : "",
        total_count: ids.length,
      });
    }),
    http.get(`${host}/fbt/202408/warehouses`, () =>
      good({
        warehouses: [
          { fbt_warehouse_id: "121219993203023", warehouse_ids: [theirWarehouse], subscribed: true },
        ],
      }),
    ),
  ];
}

export function stockHandlers(shop: FakeShop) {
  return [
    http.post(`${host}/product/202309/inventory/search`, async ({ request }) => {
      const body = z
        .strictObject({ sku_ids: z.array(z.string()).min(1).max(600) })
        .safeParse(await request.json());
      if (!body.success) return refuse(12019015, "The number of SKU exceed the limit");
      const found = shop.skus.filter((sku) => body.data.sku_ids.includes(sku.skuId));
      const inventory = [...Map.groupBy(found, (sku) => sku.productId)].map(([product_id, skus]) => ({
        product_id,
        skus: skus.map((sku) => ({
          id: sku.skuId,
          seller_sku: sku.code,
          total_available_quantity: shop.available(sku),
          total_committed_quantity: 0,
          warehouse_inventory: Object.entries(sku.stock).map(([warehouse_id, available_quantity]) => ({
            warehouse_id,
            available_quantity,
            committed_quantity: 0,
          })),
        })),
      }));
      return good({ inventory });
    }),
    http.post(`${host}/product/202309/products/:id/inventory/update`, async ({ request, params }) => {
      const productId = String(params.id);
      const body = stockBody.safeParse(await request.json());
      if (!body.success) return refuse(12019024, "stock count is invalid");
      if (!shop.skus.some((sku) => sku.productId === productId))
        return refuse(12052032, "The product does not exist");
      const errors = body.data.skus.flatMap((row) => {
        const problem = problemOf(shop, productId, row);
        if (problem === null) return [];
        const extra_errors = problem.extra.map((code) => ({ code, message: "no", warehouse_id: "1" }));
        return [{ code: problem.code, message: "Check failed", detail: { sku_id: row.id, extra_errors } }];
      });
      return good({ errors });
    }),
  ];
}
