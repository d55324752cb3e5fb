import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { createHttpClient, type HttpRequest } from "../toolkit/http.ts";
import { toBase64 } from "../toolkit/signatures.ts";
import { orderFields, parcelFields, paymentFields, variantFields } from "./fields.ts";
import type { MedusaSecrets, MedusaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** The admin calls that are used, one method each. The only file of this folder that reaches the network. */
export type MedusaClient = ReturnType<typeof createClient>;

interface Page {
  limit: number;
  offset: number;
}

/** Rows with a time in [from, to), oldest first. */
export interface TimeWindow extends Page {
  from: string;
  to: string;
}

export interface LevelWrite {
  inventory_item_id: string;
  location_id: string;
  stocked_quantity: number;
}

interface ParcelItems {
  items: { id: string; quantity: number }[];
}

type Query = NonNullable<HttpRequest<unknown>["query"]>;

interface Send {
  get<Value>(path: string, query: Query, answer: z.ZodType<Value>, call: Call): Promise<Result<Value>>;
  post<Value>(path: string, body: unknown, answer: z.ZodType<Value>, call: Call): Promise<Result<Value>>;
}

export function createClient(context: OpenContext, settings: MedusaSettings, secrets: MedusaSecrets) {
  const credentials = toBase64(new TextEncoder().encode(`${secrets.apiKey}:`));
  const http = createHttpClient({
    fetch: context.fetch,
    clock: context.clock,
    timers: context.timers,
    baseUrl: settings.baseUrl,
    headers: { authorization: `Basic ${credentials}` },
    secrets: [...Object.values(secrets), credentials],
    errorCode,
    entered: { address: "baseUrl", key: "apiKey, a secret API key of Medusa" },
  });
  const send = async <Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> => {
    const result = await http.send(request, call);
    // 409 is Medusa's word for two transactions that met; nothing was written and the same call may work at once.
    return result.ok || result.kind !== "conflict" ? result : { ...result, kind: "unavailable" };
  };
  const calls: Send = {
    get: (path, query, answer, call) => send({ method: "GET", path, query, answer }, call),
    post: (path, body, answer, call) => send({ method: "POST", path, body, answer }, call),
  };
  return { ...orderCalls(calls, settings), ...parcelCalls(calls), ...stockCalls(calls, settings) };
}

const within = (field: string, { from, to, limit, offset }: TimeWindow): Query => ({
  [`${field}[$gte]`]: from,
  [`${field}[$lt]`]: to,
  order: field,
  limit,
  offset,
});

function orderCalls({ get }: Send, settings: MedusaSettings) {
  const channel: Query = { "sales_channel_id[]": settings.salesChannelId };
  const orders = <Value>(query: Query, answer: z.ZodType<Value>, call: Call) =>
    get("/admin/orders", { ...query, ...channel }, answer, call);
  return {
    changedOrders: (window: TimeWindow, call: Call) =>
      orders({ ...within("updated_at", window), fields: orderFields }, wire.ordersPageSchema, call),

    ordersById: (ids: readonly string[], call: Call) =>
      orders({ "id[]": ids, limit: ids.length, fields: orderFields }, wire.ordersPageSchema, call),

    placedOrderIds: (window: TimeWindow, call: Call) =>
      orders({ ...within("created_at", window), fields: "id" }, wire.orderIdsPageSchema, call),

    changedPayments: (window: TimeWindow, call: Call) =>
      get(
        "/admin/payments",
        { ...within("updated_at", window), fields: paymentFields },
        wire.paymentsPageSchema,
        call,
      ),
  };
}

function parcelCalls({ get, post }: Send) {
  const pathOf = (orderId: string) => `/admin/orders/${encodeURIComponent(orderId)}/fulfillments`;
  // The answers to the writes lack the fulfilments, so nothing of them is read.
  return {
    parcelOrder: (orderId: string, call: Call) =>
      get("/admin/orders", { "id[]": orderId, fields: parcelFields }, wire.parcelOrderSchema, call),

    createFulfillment: (
      orderId: string,
      body: ParcelItems & { location_id: string; no_notification: boolean; metadata: Record<string, string> },
      call: Call,
    ) => post(pathOf(orderId), body, z.unknown(), call),

    createShipment: (
      orderId: string,
      fulfillmentId: string,
      body: ParcelItems & { labels: { tracking_number: string; tracking_url: string; label_url: string }[] },
      call: Call,
    ) => post(`${pathOf(orderId)}/${encodeURIComponent(fulfillmentId)}/shipments`, body, z.unknown(), call),
  };
}

function stockCalls({ get, post }: Send, { stockLocationId }: MedusaSettings) {
  const variants = (query: Query, call: Call) =>
    get("/admin/product-variants", { ...query, fields: variantFields }, wire.variantsPageSchema, call);
  return {
    variantsById: (ids: readonly string[], call: Call) => variants({ "id[]": ids, limit: ids.length }, call),

    variants: ({ limit, offset }: Page, call: Call) => variants({ limit, offset, order: "id" }, call),

    writeLevels: (levels: { create: LevelWrite[]; update: LevelWrite[] }, call: Call) =>
      post("/admin/inventory-items/location-levels/batch", levels, wire.writtenLevelsSchema, call),

    stores: (call: Call) => get("/admin/stores", { fields: "id,name" }, wire.storesSchema, call),

    stockLocation: (call: Call) =>
      get(
        `/admin/stock-locations/${encodeURIComponent(stockLocationId)}`,
        { fields: "id,name,sales_channels.id" },
        wire.stockLocationSchema,
        call,
      ),
  };
}

/**
 * Sentences of Medusa's that say more than the type beside them. They quote ids and titles, so only our own word for
 * them is shown.
 */
const knownSentences: readonly [RegExp, string][] = [
  [/is not stocked at location/, "not_stocked_at_location"],
  [/No stock reservation found/, "no_reservation"],
  [/exceeds the reserved quantity/, "not_enough_reserved"],
  [/Shipment has already been created/, "already_shipped"],
  [/has been canceled/, "order_canceled"],
  [/active order change/, "order_being_edited"],
  [/request entity too large/, "too_large"],
];

const errorSchema = z.object({ type: z.string(), message: z.string() }).partial();

function errorCode(body: unknown): string | undefined {
  const { type, message = "" } = errorSchema.safeParse(body).data ?? {};
  const known = knownSentences.find(([sentence]) => sentence.test(message))?.[1];
  return known ?? (type !== undefined && /^\w{1,64}$/.test(type) ? type : undefined);
}
