import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { KuaishouClient } from "./client.ts";
import { figureOf } from "./products.ts";
import * as wire from "./wire.ts";

const itemsPerPage = 50;
const cursorSchema = z.int().min(1).catch(1);
const notDeleted = 1;

/** Every valid SKU of every item that is not deleted. Pages count; items made meanwhile come with the next pull. */
export const createListings = (client: KuaishouClient): Listings => ({
  async pull({ cursor }, call) {
    const pageNumber = cursorSchema.parse(cursor ?? 1);
    const params = { itemStatus: notDeleted, pageNumber, pageSize: itemsPerPage };
    const answer = await client.run(
      { method: "open.item.list.get", params, answer: wire.productsSchema, verb: "GET" },
      call,
    );
    if (!answer.ok) return answer;
    const more = pageNumber < answer.value.totalPage;
    const listings = answer.value.items.flatMap(listingsOf);
    return { ok: true, value: { listings, cursor: more ? pageNumber + 1 : null, more } };
  },
});

const listingsOf = (item: wire.WireProduct): PulledListing[] =>
  item.skuList
    .filter((sku) => sku.isValid !== 0)
    .map((sku) => {
      const externalVariantId = sku.kwaiSkuId;
      const title = [item.title, sku.specification].filter(Boolean).join(" / ") || externalVariantId;
      const listing: PulledListing = { externalId: item.kwaiItemId, externalVariantId, title };
      if (sku.skuNick) listing.sku = sku.skuNick;
      const figure = figureOf(item, listing);
      if (figure.ok) listing.quantity = figure.value.quantity;
      if (item.multipleStock) listing.managedBy = "platform";
      return listing;
    });
