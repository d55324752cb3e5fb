import { createHash } from "node:crypto";
import { z } from "zod";
import { type Clock, instantOf, msOf } from "../../core/clock.ts";
import type { Call, Failure, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { AmazonClient } from "./client.ts";
import { carrierFields } from "./codes.ts";
import { getOrder } from "./read.ts";
import * as wire from "./wire.ts";

/**
 * Amazon knows a parcel by a number of ours, positive and unique in the order, and takes the same number again as a change of that parcel.
 * It is made from our shipment id, so a repeat is the same parcel.
 */
export const packageReference = (shipmentId: string): string =>
  String((createHash("sha256").update(shipmentId).digest().readUInt32BE(0) % 2_147_483_646) + 1);

export const createFulfilments = (client: AmazonClient, clock: Clock): Fulfilments => ({
  async push(parcel, call) {
    if (!wire.isOrderId(parcel.orderExternalId)) return unknownOrder(parcel);
    const { carrier, trackingNumber } = parcel;
    if (!carrier || !trackingNumber)
      return failure("invalid", "Amazon takes no parcel without carrier and tracking number; enter both");
    const read = await getOrder(client, parcel.orderExternalId, call);
    if (!read.ok) return read.kind === "not_found" ? unknownOrder(parcel) : read;
    const order = wire.orderSchema.safeParse(read.value);
    if (!order.success) return failure("malformed", `Order ${parcel.orderExternalId} could not be read`);
    const reference = packageReference(parcel.shipmentId);
    const done: Result<{ externalId: string }> = { ok: true, value: { externalId: reference } };
    if (isThere(order.data, reference, parcel)) return done;
    const refusal = whyNot(order.data);
    if (refusal) return refusal;
    const sent = await confirm(client, clock, order.data, { ...parcel, carrier, trackingNumber }, call);
    return sent.ok ? done : sent;
  },
});

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `Amazon has no order ${orderExternalId}`);

const isThere = (order: wire.WireOrder, reference: string, { trackingNumber }: FulfilmentPush): boolean =>
  (order.packages ?? []).some(
    (one) => one.packageReferenceId === reference && one.trackingNumber === trackingNumber,
  );

function whyNot({ orderId, fulfillment }: wire.WireOrder): Failure | null {
  if (fulfillment.fulfilledBy === "AMAZON")
    return failure("unsupported", `Amazon ships order ${orderId} itself (FBA)`);
  if (/^(CANCELLED|UNFULFILLABLE)$/.test(fulfillment.fulfillmentStatus))
    return failure("invalid", `Order ${orderId} is cancelled in Amazon and takes no parcel`);
  if (/^PENDING/.test(fulfillment.fulfillmentStatus))
    return failure("invalid", `Order ${orderId} is not paid in Amazon yet and takes no parcel`);
  return null;
}

/** Success is an empty 204. The day of shipping must lie between the order's and now. */
function confirm(
  client: AmazonClient,
  clock: Clock,
  order: wire.WireOrder,
  parcel: FulfilmentPush & { carrier: string; trackingNumber: string },
  call: Call,
): Promise<Result<null>> {
  const shippedMs = Math.min(clock.nowMs(), Math.max(msOf(order.createdTime), msOf(parcel.shippedAt)));
  const body = {
    marketplaceId: order.salesChannel.marketplaceId,
    packageDetail: {
      packageReferenceId: packageReference(parcel.shipmentId),
      ...carrierFields(parcel.carrier),
      trackingNumber: parcel.trackingNumber,
      shipDate: instantOf(shippedMs),
      orderItems: parcel.lines.map(({ externalLineId, quantity }) => ({
        orderItemId: externalLineId,
        quantity,
      })),
    },
  };
  const path = `/orders/v0/orders/${order.orderId}/shipmentConfirmation`;
  return client.write("POST", path, {}, body, z.null(), call);
}
