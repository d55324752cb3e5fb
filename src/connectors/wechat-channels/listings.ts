import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { WechatClient } from "./client.ts";
import * as wire from "./wire.ts";

const productsPerPage = 30;
const cursorSchema = z.object({ key: z.string() }).catch({ key: "" });

/** Every SKU of every product; each product is one more call. The shop's own code is `sku_code`. */
export const createListings = (client: WechatClient): Listings => ({
  async pull({ cursor }, call) {
    const { key } = cursorSchema.parse(cursor ?? {});
    const body = { page_size: productsPerPage, ...(key === "" ? {} : { next_key: key }) };
    const listed = await client.post("/channels/ec/product/list/get", body, wire.productIdsSchema, call);
    if (!listed.ok) return listed;
    const listings: PulledListing[] = [];
    for (const product_id of listed.value.product_ids) {
      // What is on sale, not the draft.
      const asked = { product_id, data_type: 1 };
      const product = await client.post("/channels/ec/product/get", asked, wire.productAnswerSchema, call);
      // Deleted meanwhile.
      if (!product.ok && product.kind === "not_found") continue;
      if (!product.ok) return product;
      listings.push(...listingsOf(product.value.product));
    }
    const next = listed.value.next_key ?? "";
    // The end is told by an empty page, or by no further key.
    const more = next !== "" && next !== key && listed.value.product_ids.length > 0;
    return { ok: true, value: { listings, cursor: { key: next }, more } };
  },
});

const listingsOf = ({ product_id, title, skus }: wire.WireListing): PulledListing[] =>
  skus.map((sku) => {
    const names = [title, ...sku.sku_attrs.map(({ attr_value }) => attr_value)].filter(Boolean);
    const listing: PulledListing = {
      externalId: product_id,
      externalVariantId: sku.sku_id,
      title: names.join(" / ") || sku.sku_id,
    };
    if (sku.sku_code !== "") listing.sku = sku.sku_code;
    return listing;
  });
