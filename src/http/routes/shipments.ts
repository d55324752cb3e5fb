import { z } from "zod";
import { orderStatusSchema } from "../../core/model/order.ts";
import { shipmentInputSchema } from "../../core/model/stock.ts";
import type { Operate } from "../operation.ts";
import { orderDetailSchema, shipmentSchema } from "../order-view.ts";
import type { AppParts } from "../parts.ts";
import { notFound } from "../problem.ts";
import { submit } from "../submit.ts";
import { changeOrder, orderParams, requireOrder, orderTag as tag } from "./orders.ts";

const answer = shipmentSchema
  .extend({ orderId: z.uuid(), orderStatus: orderStatusSchema })
  .meta({ id: "ShipmentOfOrder" });
const params = z.object({ id: z.uuid(), shipment: z.uuid() });

async function requireShipment(parts: AppParts, merchantId: string, orderId: string, shipmentId: string) {
  const order = await requireOrder(parts, merchantId, orderId);
  const shipment = order.shipments.find(({ id }) => id === shipmentId);
  if (!shipment) throw notFound("shipment", shipmentId);
  return { ...shipment, orderId, orderStatus: order.status };
}

/** Parcels. */
export function shipmentRoutes(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/orders/{id}/shipments",
      permission: "shipments.write",
      tag,
      summary: "Ship lines of an order",
      description:
        "Without a body everything reserved and not yet shipped leaves. Each call is one parcel: send an Idempotency-Key, " +
        "so that a repeat is not a second one. Tracking goes to the platform.",
      params: orderParams,
      body: shipmentInputSchema,
      bodyOptional: true,
      answer,
      statuses: { 201: "Shipped" },
      refusals: ["insufficient_stock", "illegal_transition"],
    },
    async ({ caller, params: { id }, body }) => {
      const shipmentId = parts.runtime.ids.next();
      const command = { kind: "order.ship" as const, orderId: id, shipmentId, input: body };
      await submit(parts, caller.merchantId, command, "order");
      return {
        body: await requireShipment(parts, caller.merchantId, id, shipmentId),
        headers: { location: `/v1/orders/${id}/shipments/${shipmentId}` },
      };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/orders/{id}/shipments/{shipment}",
      permission: "orders.read",
      tag,
      summary: "Get one shipment",
      params,
      answer,
      statuses: { 200: "Found" },
    },
    async ({ caller, params: { id, shipment } }) => ({
      body: await requireShipment(parts, caller.merchantId, id, shipment),
    }),
  );
  operate(
    {
      method: "post",
      path: "/v1/orders/{id}/shipments/{shipment}/cancel",
      permission: "shipments.write",
      tag,
      summary: "Call a parcel back before it left",
      description:
        "Its units are on hand and reserved for the order again, and what was booked for it is reversed.",
      params,
      answer: orderDetailSchema,
      statuses: { 200: "Done; the order as it is now" },
      refusals: ["illegal_transition"],
    },
    async ({ caller, params: { id, shipment } }) => {
      const command = { kind: "shipment.cancel" as const, orderId: id, shipmentId: shipment };
      return { body: await changeOrder(parts, caller.merchantId, id, command) };
    },
  );
}
