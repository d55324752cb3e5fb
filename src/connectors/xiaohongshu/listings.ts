import { z } from "zod";
import type { Listings, PulledListing } from "../contract.ts";
import type { XiaohongshuClient } from "./client.ts";
import type { XiaohongshuSettings } from "./settings.ts";
import * as wire from "./wire.ts";

const skusPerPage = 100;
const cursorSchema = z.int().min(1).catch(1);

/** Every SKU of the shop. The list shows a total, not what may be sold, so figures are left to the stock reading. */
export const createListings = (
  client: XiaohongshuClient,
  { platformWarehouses }: XiaohongshuSettings,
): Listings => ({
  async pull({ cursor }, call) {
    const pageNo = cursorSchema.parse(cursor ?? 1);
    const answer = await client.run(
      {
        method: "product.getDetailSkuList",
        params: { pageNo, pageSize: skusPerPage },
        answer: wire.skusSchema,
        effect: "read",
      },
      call,
    );
    if (!answer.ok) return answer;
    const { total, data } = answer.value;
    const more = pageNo * skusPerPage < total && data.length > 0;
    const listings = data.map((row) => listingOf(row, platformWarehouses));
    return { ok: true, value: { listings, cursor: more ? pageNo + 1 : null, more } };
  },
});

function listingOf({ item, sku }: wire.WireListed, platformWarehouses: readonly string[]): PulledListing {
  const listing: PulledListing = {
    externalId: item.id,
    externalVariantId: sku.id,
    title: sku.name || item.name || sku.id,
  };
  if (sku.erpCode) listing.sku = sku.erpCode;
  if (platformWarehouses.includes(sku.whcode ?? "")) listing.managedBy = "platform";
  return listing;
}
