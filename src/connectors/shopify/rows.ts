import type { Call, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import type { ShopifyClient } from "./client.ts";
import { moreRowsQuery } from "./documents.ts";
import * as wire from "./wire.ts";

/** Parcels, refunds and fulfilment orders come with their first fifty lines. The rest is asked for: part of one must not be taken for the whole. */

/** Two hundred and fifty lines a page. */
const maxPages = 20;

async function whole<Row>(
  client: ShopifyClient,
  id: string,
  first: wire.RowsPage<Row>,
  of: (node: wire.MoreRows) => wire.RowsPage<Row> | undefined,
  call: Call,
): Promise<Result<wire.RowsPage<Row>>> {
  if (!first.pageInfo.hasNextPage) return { ok: true, value: first };
  const more = await collectPages<Row, string>(
    "The lines of a parcel or refund",
    maxPages,
    async (cursor) => {
      const after = cursor ?? first.pageInfo.endCursor ?? null;
      const page = await client.run(moreRowsQuery, { id, after }, wire.moreRowsSchema, call);
      if (!page.ok) return page;
      const found = page.value.node ? of(page.value.node) : undefined;
      if (!found) return failure("malformed", `Shopify shows no further lines of ${id}`);
      const next = found.pageInfo.hasNextPage ? (found.pageInfo.endCursor ?? null) : null;
      return { ok: true, value: { items: found.nodes, next } };
    },
  );
  if (!more.ok) return more;
  return { ok: true, value: { pageInfo: { hasNextPage: false }, nodes: [...first.nodes, ...more.value] } };
}

export async function wholeParcels(
  client: ShopifyClient,
  parcels: readonly wire.WireFulfillment[],
  call: Call,
): Promise<Result<wire.WireFulfillment[]>> {
  const complete: wire.WireFulfillment[] = [];
  for (const parcel of parcels) {
    const of = (node: wire.MoreRows) => node.fulfillmentLineItems;
    const rows = await whole(client, parcel.id, parcel.fulfillmentLineItems, of, call);
    if (!rows.ok) return rows;
    complete.push({ ...parcel, fulfillmentLineItems: rows.value });
  }
  return { ok: true, value: complete };
}

export async function wholeRefunds(
  client: ShopifyClient,
  refunds: readonly wire.WireRefund[],
  call: Call,
): Promise<Result<wire.WireRefund[]>> {
  const complete: wire.WireRefund[] = [];
  for (const refund of refunds) {
    const of = (node: wire.MoreRows) => node.refundLineItems;
    const rows = await whole(client, refund.id, refund.refundLineItems, of, call);
    if (!rows.ok) return rows;
    complete.push({ ...refund, refundLineItems: rows.value });
  }
  return { ok: true, value: complete };
}

/** The order of a parcel that is to be shipped, with all it has sent and all that is open. */
export async function wholeParcelOrder(
  client: ShopifyClient,
  order: wire.WireParcelOrder,
  call: Call,
): Promise<Result<wire.WireParcelOrder>> {
  const parcels = await wholeParcels(client, order.fulfillments, call);
  if (!parcels.ok) return parcels;
  const nodes: wire.WireParcelOrder["fulfillmentOrders"]["nodes"] = [];
  for (const open of order.fulfillmentOrders.nodes) {
    const rows = await whole(client, open.id, open.lineItems, (node) => node.lineItems, call);
    if (!rows.ok) return rows;
    nodes.push({ ...open, lineItems: rows.value });
  }
  return { ok: true, value: { ...order, fulfillments: parcels.value, fulfillmentOrders: { nodes } } };
}
