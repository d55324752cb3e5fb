import { z } from "zod";
import type { Call, Listings, PulledListing, Result } from "../contract.ts";
import type { TaobaoClient } from "./client.ts";
import type { TaobaoSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** Twenty items can be asked for with their SKUs at once. */
export const itemsPerCall = 20;

const sources = ["taobao.items.onsale.get", "taobao.items.inventory.get"] as const;

const placeSchema = z
  .object({ source: z.int().min(0).max(1), page: z.int().min(1) })
  .catch({ source: 0, page: 1 });

/** Items on sale, then those off the shelf: every SKU is a listing, and an item without SKUs is one itself. */
export const createListings = (client: TaobaoClient, { platformItems }: TaobaoSettings): Listings => ({
  async pull({ cursor }, call) {
    const { source, page } = placeSchema.parse(cursor);
    const ids = await client.run(
      {
        method: sources[source] ?? sources[0],
        parameters: { fields: "num_iid", page_no: page, page_size: itemsPerCall, order_by: "list_time:asc" },
        answer: wire.itemIdsSchema,
      },
      call,
    );
    if (!ids.ok) return ids;
    const items = await readItems(
      client,
      ids.value.items.map(({ num_iid }) => num_iid),
      call,
    );
    if (!items.ok) return items;
    const isLast = page * itemsPerCall >= ids.value.total_results;
    const next = isLast ? { source: source + 1, page: 1 } : { source, page: page + 1 };
    return {
      ok: true,
      value: {
        listings: items.value.flatMap((item) => listingsOf(item, platformItems.includes(item.num_iid))),
        cursor: next,
        more: next.source < sources.length,
      },
    };
  },
});

/** At most twenty. Items of others and those that are gone are left out by the platform. */
export async function readItems(
  client: TaobaoClient,
  ids: readonly string[],
  call: Call,
): Promise<Result<wire.WireItem[]>> {
  if (ids.length === 0) return { ok: true, value: [] };
  const result = await client.run(
    {
      method: "taobao.items.seller.list.get",
      parameters: { num_iids: ids.join(","), fields: wire.itemFields },
      answer: wire.itemsSchema,
    },
    call,
  );
  return result.ok ? { ok: true, value: result.value.items } : result;
}

function listingsOf(item: wire.WireItem, isPlatformKept: boolean): PulledListing[] {
  const common = { externalId: item.num_iid, ...(isPlatformKept ? { managedBy: "platform" as const } : {}) };
  const titleOf = (...parts: string[]) => parts.filter(Boolean).join(" / ") || item.num_iid;
  if (item.skus.length === 0)
    return [
      {
        ...common,
        title: titleOf(item.title),
        quantity: Math.max(0, item.num),
        ...(item.outer_id ? { sku: item.outer_id } : {}),
      },
    ];
  return item.skus.map((sku) => ({
    ...common,
    externalVariantId: sku.sku_id,
    title: titleOf(item.title, propertiesOf(sku.properties_name)),
    quantity: Math.max(0, sku.quantity),
    ...(sku.outer_id ? { sku: sku.outer_id } : {}),
  }));
}

/** "1627207:28341:颜色分类:黑色;20509:28314:尺码:M" -> "黑色 M". */
const propertiesOf = (text: string): string =>
  text
    .split(";")
    .map((part) => part.split(":").at(-1) ?? "")
    .filter(Boolean)
    .join(" ");
