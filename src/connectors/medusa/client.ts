import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { createHttpClient, type HttpRequest } from "../toolkit/http.ts";
import { toBase64 } from "../toolkit/signatures.ts";
import type { MedusaSecrets, MedusaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** The admin calls that are used, one method each. The only file of this folder that reaches the network. */
export type MedusaClient = ReturnType<typeof createClient>;

export interface Page {
  limit: number;
  offset: number;
}

/** Rows whose `updated_at` lies in [from, to), oldest first. */
export interface ChangeWindow extends Page {
  from: string;
  to: string;
}

export interface LevelWrite {
  inventory_item_id: string;
  location_id: string;
  stocked_quantity: number;
}

type Item = { id: string; quantity: number };

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
  });
  const channel = { "sales_channel_id[]": settings.salesChannelId };

  const send = async <Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> => {
    const result = await http.send(request, call);
    // 409 is Medusa's word for two transactions that met; nothing was written and the same call may work at once.
    if (result.ok || result.kind !== "conflict") return result;
    return { ...result, kind: "unavailable" };
  };
  const get = <Value>(path: string, query: HttpRequest<Value>["query"], answer: z.ZodType<Value>, call: Call) =>
    send({ method: "GET", path, answer, ...(query ? { query } : {}) }, call);
  const post = <Value>(path: string, body: unknown, answer: z.ZodType<Value>, call: Call) =>
    send({ method: "POST", path, body, answer }, call);
  const within = (field: string, { from, to, limit, offset }: ChangeWindow) => ({
    [`${field}[$gte]`]: from,
    [`${field}[$lt]`]: to,
    order: field,
    limit,
    offset,
  });
  const orderPath = (orderId: string) => `/admin/orders/${encodeURIComponent(orderId)}`;

  return {
    changedOrders: (window: ChangeWindow, call: Call) =>
      get(
        "/admin/orders",
        { ...within("updated_at", window), ...channel, fields: wire.orderFields },
        wire.ordersPageSchema,
        call,
      ),

    ordersById: (ids: readonly string[], call: Call) =>
      get(
        "/admin/orders",
        { "id[]": ids, ...channel, limit: ids.length, fields: wire.orderFields },
        wire.ordersPageSchema,
        call,
      ),

    placedOrderIds: (window: ChangeWindow, call: Call) =>
      get(
        "/admin/orders",
        { ...within("created_at", window), ...channel, fields: "id" },
        wire.orderIdsPageSchema,
        call,
      ),

    changedPayments: (window: ChangeWindow, call: Call) =>
      get(
        "/admin/payments",
        { ...within("updated_at", window), fields: wire.paymentFields },
        wire.paymentsPageSchema,
        call,
      ),

    parcelOrder: (orderId: string, call: Call) =>
      get("/admin/orders", { "id[]": [orderId], fields: wire.parcelFields }, wire.parcelOrderSchema, call),

    variantsById: (ids: readonly string[], call: Call) =>
      get(
        "/admin/product-variants",
        { "id[]": ids, limit: ids.length, fields: wire.variantFields },
        wire.variantsPageSchema,
        call,
      ),

    variants: (page: Page, call: Call) =>
      get(
        "/admin/product-variants",
        { ...page, order: "id", fields: wire.variantFields },
        wire.variantsPageSchema,
        call,
      ),

    writeLevels: (levels: { create: LevelWrite[]; update: LevelWrite[] }, call: Call) =>
      post("/admin/inventory-items/location-levels/batch", levels, wire.writtenLevelsSchema, call),

    // The answers of these two lack the fulfilments, so the caller reads the order again.
    createFulfillment: (
      orderId: string,
      body: { items: Item[]; location_id: string; no_notification: boolean; metadata: Record<string, string> },
      call: Call,
    ) => post(`${orderPath(orderId)}/fulfillments`, body, z.unknown(), call),

    createShipment: (
      orderId: string,
      fulfillmentId: string,
      body: { items: Item[]; labels: { tracking_number: string; tracking_url: string; label_url: string }[] },
      call: Call,
    ) =>
      post(
        `${orderPath(orderId)}/fulfillments/${encodeURIComponent(fulfillmentId)}/shipments`,
        body,
        z.unknown(),
        call,
      ),

    stores: (call: Call) => get("/admin/stores", { fields: "id,name" }, wire.storesSchema, call),

    stockLocation: (call: Call) =>
      get(
        `/admin/stock-locations/${encodeURIComponent(settings.stockLocationId)}`,
        { fields: "id,name,sales_channels.id" },
        wire.stockLocationSchema,
        call,
      ),
  };
}

/** Sentences of Medusa's that say more than their type. They quote ids and titles, so only our own word for them is shown. */
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

