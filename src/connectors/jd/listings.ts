import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { JdClient } from "./client.ts";
import * as methods from "./methods.ts";
import type { WireSku } from "./wire.ts";

const skusPerPage = 50;
const cursorSchema = z.object({ page: z.int().min(1) }).catch({ page: 1 });

/**
 * Every SKU on sale or taken off sale, oldest number first. The listing's id is the SKU's number, which order lines and stock carry,
 * too; the shop's own code is `outerId`. JD does not say which of them it keeps in its own warehouse.
 */
export const createListings = (client: JdClient): Listings => ({
  async pull({ cursor }, call) {
    const { page } = cursorSchema.parse(cursor ?? {});
    const asked = {
      skuStatuValue: "1,2",
      field: "skuId,skuName,wareTitle,outerId",
      orderFiled: "skuId",
      orderType: "asc",
      pageNo: page,
      page_size: skusPerPage,
    };
    const result = await client.run(methods.searchSkus, asked, call);
    if (!result.ok) return result;
    const more = page * skusPerPage < result.value.totalItem && result.value.data.length > 0;
    return {
      ok: true,
      value: { listings: result.value.data.map(listingOf), cursor: { page: page + 1 }, more },
    };
  },
});

function listingOf({ skuId, skuName, wareTitle, outerId }: WireSku): PulledListing {
  const listing: PulledListing = { externalId: skuId, title: skuName || wareTitle || skuId };
  if (outerId !== "") listing.sku = outerId;
  return listing;
}
