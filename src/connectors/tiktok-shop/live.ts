import { type Instant, msOf } from "../../core/clock.ts";
import type { Call, Result } from "../contract.ts";
import { collectPages } from "../toolkit/paging.ts";
import type { TiktokClient } from "./client.ts";
import { affiliatePageSchema } from "./wire.ts";

/**
 * Orders name no live room; the list of affiliate orders does, for orders that came through a creator (`content_type` LIVE). It is asked by time of
 * creation only, so orders placed near each other are asked for together. Shops' own rooms are in no list.
 */

/** Further apart than this is another question. */
const nearMs = 3_600_000;
const mostPages = 20;

export async function liveRoomsOf(
  client: TiktokClient,
  orders: readonly { id: string; create_time: Instant }[],
  call: Call,
): Promise<Result<Map<string, string>>> {
  const rooms = new Map<string, string>();
  for (const { from, to } of clusters(orders.map(({ create_time }) => msOf(create_time) / 1000))) {
    const path = "/affiliate_seller/202410/orders/search";
    const body = { create_time_ge: from, create_time_lt: to + 1 };
    const rows = await collectPages("Search of affiliate orders", mostPages, async (token: string | null) => {
      const query = { page_size: 100, page_token: token ?? undefined };
      const page = await client.ask(path, query, body, affiliatePageSchema, call);
      if (!page.ok) return page;
      return {
        ok: true,
        value: { items: page.value.orders ?? [], next: page.value.next_page_token || null },
      };
    });
    if (!rows.ok) return rows;
    for (const { id, skus } of rows.value) {
      const sku = (skus ?? []).find((one) => one.content_type === "LIVE" && one.content_id);
      if (sku?.content_id) rooms.set(id, sku.content_id);
    }
  }
  return { ok: true, value: rooms };
}

/** Seconds that lie near each other, as spans with both ends in. */
export function clusters(seconds: readonly number[]): { from: number; to: number }[] {
  const spans: { from: number; to: number }[] = [];
  for (const at of [...seconds].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last && (at - last.to) * 1000 <= nearMs) last.to = at;
    else spans.push({ from: at, to: at });
  }
  return spans;
}
