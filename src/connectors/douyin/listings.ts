import { z } from "zod";
import type { Call, Json, Listings, OpenContext, PulledListing, Result } from "../contract.ts";
import type { DouyinClient } from "./client.ts";
import type { DouyinSettings } from "./settings.ts";
import { isKeptByPlatform, levelOf } from "./stock.ts";
import * as wire from "./wire.ts";

const productsPerPage = 100;
/** Each product costs a call for its SKUs. */
const productsPerPull = 10;
const deepestRow = 10_000;
/** Before any product of the platform, in Unix seconds. */
const firstSecond = 1_451_606_400;
const deleted = 2;

/** Where the reading is: a window of creation times, a page of it, and how many of its products are done. */
const placeSchema = z.object({
  version: z.literal(1),
  from: z.int(),
  to: z.int(),
  until: z.int(),
  page: z.int().min(1),
  done: z.int().min(0),
});
type Place = z.infer<typeof placeSchema>;

/** Every SKU of every product that is not deleted. No more than 10,000 products are shown at once, so fuller windows are cut in two. */
export const createListings = (
  client: DouyinClient,
  settings: DouyinSettings,
  { clock }: OpenContext,
): Listings => ({
  async pull({ cursor }, call) {
    const nowSecond = Math.ceil(clock.nowMs() / 1000) + 60;
    const begin: Place = { version: 1, from: firstSecond, to: nowSecond, until: nowSecond, page: 1, done: 0 };
    const place = placeSchema.safeParse(cursor).data ?? begin;
    const params = { start_time: place.from, end_time: place.to, page: place.page, size: productsPerPage };
    const products = await client.run(
      { method: "product.listV2", params, answer: wire.productsSchema, effect: "read" },
      call,
    );
    if (!products.ok) return products;
    const { total, data } = products.value;
    if (total > deepestRow && place.to - place.from > 1) {
      const to = place.from + Math.floor((place.to - place.from) / 2);
      return page([], { ...place, to, page: 1, done: 0 });
    }
    const listings: PulledListing[] = [];
    for (const product of data.slice(place.done, place.done + productsPerPull)) {
      if (product.status === deleted) continue;
      const found = await listingsOf(client, settings, product, call);
      if (!found.ok) return found;
      listings.push(...found.value);
    }
    return page(listings, after(place, data.length, total));
  },
});

const page = (listings: PulledListing[], place: Place | null) => ({
  ok: true as const,
  value: { listings, cursor: place as Json, more: place !== null },
});

function after(place: Place, rows: number, total: number): Place | null {
  const done = place.done + productsPerPull;
  if (done < rows) return { ...place, done };
  if (place.page * productsPerPage < total) return { ...place, page: place.page + 1, done: 0 };
  if (place.to < place.until) return { ...place, from: place.to, to: place.until, page: 1, done: 0 };
  return null;
}

async function listingsOf(
  client: DouyinClient,
  settings: DouyinSettings,
  product: z.infer<typeof wire.productsSchema>["data"][number],
  call: Call,
): Promise<Result<PulledListing[]>> {
  const skus = await client.run(
    {
      method: "sku.list",
      params: { product_id: product.product_id },
      answer: wire.skusSchema,
      effect: "read",
    },
    call,
  );
  if (!skus.ok) return skus;
  const listings = skus.value.map((sku): PulledListing => {
    const names = [product.name, sku.spec_detail_name1, sku.spec_detail_name2, sku.spec_detail_name3];
    const listing: PulledListing = {
      externalId: product.product_id,
      externalVariantId: sku.id,
      title: names.filter(Boolean).join(" / ") || sku.id,
    };
    const level = levelOf(sku, settings);
    if (sku.code) listing.sku = sku.code;
    if (level.ok) listing.quantity = level.value.figure;
    if (isKeptByPlatform(sku, settings.platformWarehouses)) listing.managedBy = "platform";
    return listing;
  });
  return { ok: true, value: listings };
}
