import { z } from "zod";
import type { Listings } from "../contract.ts";
import type { PinduoduoClient } from "./client.ts";
import * as wire from "./wire.ts";

const goodsPerPage = 100;
const pageSchema = z.int().min(1).catch(1);

/** Every SKU of every item, on sale or not. The merchant's code of the SKU is `outer_id`; that of the item says nothing of it. */
export const createListings = (client: PinduoduoClient): Listings => ({
  async pull({ cursor }, call) {
    const page = pageSchema.parse(cursor);
    const result = await client.run(
      {
        method: "pdd.goods.list.get",
        parameters: { page, page_size: goodsPerPage },
        answer: wire.goodsListSchema,
      },
      call,
    );
    if (!result.ok) return result;
    const { goods_list, total_count } = result.value;
    const listings = goods_list.flatMap(({ goods_id, goods_name, sku_list }) =>
      sku_list.map((sku) => ({
        externalId: goods_id,
        externalVariantId: sku.sku_id,
        title: [goods_name, sku.spec].filter(Boolean).join(" / ") || goods_id,
        quantity: Math.max(0, sku.sku_quantity),
        ...(sku.outer_id ? { sku: sku.outer_id } : {}),
      })),
    );
    const more = goods_list.length > 0 && page * goodsPerPage < total_count;
    return { ok: true, value: { listings, cursor: page + 1, more } };
  },
});
