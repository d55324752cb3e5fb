import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import { issuesOf } from "../toolkit/http.ts";
import type { PinduoduoClient } from "./client.ts";
import { carriers } from "./codes.ts";
import { lineId, parcelId } from "./map.ts";
import { readRow } from "./orders.ts";
import { isHeld } from "./status.ts";
import * as wire from "./wire.ts";

/**
 * One parcel is the whole order: number and carrier, and it counts as shipped. The platform takes no id of ours, so the order is
 * read first: one that carries the number already is not sent again.
 */
export const createFulfilments = (client: PinduoduoClient): Fulfilments => ({
  async push(parcel, call) {
    const waybill = parcel.trackingNumber?.trim() ?? "";
    const order = await orderOf(client, parcel, call);
    if (!order.ok) return order;
    const done = { ok: true, value: { externalId: parcelId(parcel.orderExternalId, waybill) } } as const;
    if (isSentWith(order.value, waybill)) return done;
    const obstacle = obstacleOf(order.value, parcel, waybill);
    if (obstacle !== null) return obstacle;
    const sent = await send(client, parcel, waybill, call);
    if (sent.ok) return done;
    if (sent.kind !== "invalid") return sent;
    // Somebody else may have sent it between our reading and our writing.
    const again = await orderOf(client, parcel, call);
    return again.ok && isSentWith(again.value, waybill) ? done : sent;
  },
});

async function orderOf(
  client: PinduoduoClient,
  { orderExternalId }: FulfilmentPush,
  call: Call,
): Promise<Result<wire.WireOrder>> {
  const unknown = failure("not_found", `The shop has no order ${orderExternalId}`);
  if (!wire.orderSnPattern.test(orderExternalId)) return unknown;
  const row = await readRow(client, orderExternalId, call);
  if (!row.ok) return row.kind === "not_found" ? unknown : row;
  const order = wire.orderSchema.safeParse(row.value);
  return order.success
    ? { ok: true, value: order.data }
    : failure("malformed", `Order ${orderExternalId} could not be read (${issuesOf(order.error)})`);
}

const isSentWith = (order: wire.WireOrder, waybill: string): boolean =>
  order.order_status > 1 && waybill !== "" && order.tracking_number === waybill;

function obstacleOf(order: wire.WireOrder, parcel: FulfilmentPush, waybill: string) {
  const name = `Order ${order.order_sn}`;
  if (waybill === "") return failure("invalid", `${name} needs a tracking number; add it and send again`);
  if (companyOf(parcel.carrier) === null)
    return failure(
      "invalid",
      `Pinduoduo knows no carrier of that name; write a common name such as SF, or its number there`,
    );
  if (order.order_status > 1)
    return failure(
      "invalid",
      `${name} was shipped under another number; change it in the merchant's back office`,
    );
  if (order.refund_status === 2 || order.refund_status === 3)
    return failure("invalid", `The buyer of ${name} asks for the money back; settle that first`);
  if (order.confirm_status === 2 || order.refund_status === 4)
    return failure("invalid", `${name} is cancelled or refunded and takes no parcel`);
  if (isHeld(order))
    return failure(
      "invalid",
      `${name} is under review or not concluded; the platform does not let it leave yet`,
    );
  const isWhole = order.item_list.every((item) =>
    parcel.lines.some(
      (line) => line.externalLineId === lineId(order, item) && line.quantity >= item.goods_count,
    ),
  );
  return isWhole
    ? null
    : failure(
        "unsupported",
        `Pinduoduo takes one parcel for the whole order; ship all of ${name} with it, or enter the others in the merchant's back office`,
      );
}

/** A number of the platform may be written out. */
function companyOf(carrier: string | undefined): string | null {
  if (carrier === undefined) return null;
  return carrierCode(carriers, carrier) ?? (/^\d{1,6}$/.test(carrier) ? carrier : null);
}

const send = (
  client: PinduoduoClient,
  { orderExternalId, carrier }: FulfilmentPush,
  waybill: string,
  call: Call,
): Promise<Result<unknown>> =>
  client.run(
    {
      method: "pdd.logistics.online.send",
      parameters: {
        order_sn: orderExternalId,
        logistics_id: companyOf(carrier) ?? undefined,
        tracking_number: waybill,
        redelivery_type: 1,
      },
      answer: wire.doneSchema,
      effect: "write",
    },
    call,
  );
