import type { Call, FulfilmentPush, ListingRef, OpenContext, Result, StockWrite } from "../contract.ts";
import { createHttpClient } from "../toolkit/http.ts";
import type { Page } from "../toolkit/paging.ts";
import type { GenericSecrets, GenericSettings } from "./settings.ts";
import {
  fulfilmentAnswerSchema,
  listingsPageSchema,
  type OrdersPage,
  orderIdsPageSchema,
  ordersPageSchema,
  stockAnswerSchema,
  stockLevelsSchema,
  type WireStockOutcome,
} from "./wire.ts";

/** The calls of `docs/generic-protocol.md`, one method each. The only file of this folder that reaches the network. */
export type GenericClient = ReturnType<typeof createClient>;

export function createClient(context: OpenContext, settings: GenericSettings, secrets: GenericSecrets) {
  const http = createHttpClient({
    fetch: context.fetch,
    clock: context.clock,
    timers: context.timers,
    baseUrl: settings.baseUrl,
    headers: secrets.apiToken === undefined ? {} : { authorization: `Bearer ${secrets.apiToken}` },
    secrets: Object.values(secrets),
    entered: { address: "baseUrl", key: "apiToken" },
  });
  const limit = settings.ordersPerPage;

  return {
    changedOrders: (
      query: { after: string; cursor: string | null; limit?: number },
      call: Call,
    ): Promise<Result<OrdersPage>> =>
      http.send(
        {
          method: "GET",
          path: "/orders",
          query: {
            updatedAfter: query.after,
            cursor: query.cursor ?? undefined,
            limit: query.limit ?? limit,
          },
          answer: ordersPageSchema,
        },
        call,
      ),

    ordersById: (ids: readonly string[], call: Call): Promise<Result<OrdersPage>> =>
      http.send(
        { method: "GET", path: "/orders", query: { ids, limit: ids.length }, answer: ordersPageSchema },
        call,
      ),

    orderIds: async (
      window: { from: string; to: string },
      cursor: string | null,
      call: Call,
    ): Promise<Result<Page<string, string>>> => {
      const query = { placedFrom: window.from, placedTo: window.to, cursor: cursor ?? undefined };
      const result = await http.send(
        { method: "GET", path: "/orders/ids", query, answer: orderIdsPageSchema },
        call,
      );
      if (!result.ok) return result;
      return { ok: true, value: { items: result.value.externalIds, next: result.value.nextCursor } };
    },

    writeStock: (writes: readonly StockWrite[], call: Call): Promise<Result<WireStockOutcome[]>> =>
      http.send(
        { method: "POST", path: "/stock", body: { updates: writes }, answer: stockAnswerSchema },
        call,
      ),

    readStock: (externalIds: readonly string[], call: Call) =>
      http.send(
        { method: "GET", path: "/stock", query: { externalId: externalIds }, answer: stockLevelsSchema },
        call,
      ),

    pushFulfilment: (fulfilment: FulfilmentPush, call: Call) =>
      http.send(
        {
          method: "POST",
          path: "/fulfilments",
          headers: { "idempotency-key": fulfilment.shipmentId },
          body: fulfilment,
          answer: fulfilmentAnswerSchema,
        },
        call,
      ),

    listings: (cursor: string | null, call: Call) =>
      http.send(
        {
          method: "GET",
          path: "/listings",
          query: { cursor: cursor ?? undefined, limit },
          answer: listingsPageSchema,
        },
        call,
      ),
  };
}

/** One text per listing, for matching what the shop names by item and variant. */
export const listingKey = (listing: ListingRef): string =>
  JSON.stringify([listing.externalId, listing.externalVariantId ?? null]);

/** Servers and proxies commonly take addresses of 8 kB; the rest is left for the base address and the path. */
const maxQueryLength = 6000;

/** Cuts ids into lists that fit into one address, however long the ids are. */
export function idLists(ids: Iterable<string>): string[][] {
  const lists: string[][] = [];
  let left = 0;
  for (const id of new Set(ids)) {
    const length = encodeURIComponent(id).length + "externalId=&".length;
    if (length > left || lists.length === 0) {
      lists.push([]);
      left = maxQueryLength;
    }
    lists.at(-1)?.push(id);
    left -= length;
  }
  return lists;
}
