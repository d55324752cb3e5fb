import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import type { JdClient } from "./client.ts";
import { carriers, ownDelivery } from "./codes.ts";
import { readOrder } from "./map.ts";
import * as methods from "./methods.ts";
import type { JdSettings } from "./settings.ts";
import { orderFields, type WireOrder } from "./wire.ts";

/**
 * JD ships an order as a whole and keeps no id of ours, so the parcel has the order's number. The order is read first: one that is
 * out under our tracking number is not sent again.
 */
export const createFulfilments = (client: JdClient, settings: JdSettings): Fulfilments => ({
  async push(parcel, call) {
    const { orderExternalId } = parcel;
    if (!/^\d{6,20}$/.test(orderExternalId)) return unknownOrder(parcel);
    const order = await orderOf(client, settings, parcel, call);
    if (!order.ok) return order;
    const done = { ok: true, value: { externalId: orderExternalId } } as const;
    if (isOut(order.value))
      return order.value.waybill === (parcel.trackingNumber ?? "")
        ? done
        : failure(
            "invalid",
            `Order ${orderExternalId} is already shipped in JD under another number; change it there if it is wrong`,
          );
    const problem = refusalOf(order.value, parcel);
    if (problem) return problem;
    const carrier = carrierOf(parcel);
    if (!carrier.ok) return carrier;
    const sent = await client.run(
      methods.ship,
      { orderId: orderExternalId, logiCoprId: carrier.value, logiNo: parcel.trackingNumber ?? "" },
      call,
    );
    return sent.ok ? done : sent;
  },
});

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `JD has no order ${orderExternalId}`);

const isOut = ({ orderState }: WireOrder): boolean =>
  /^(WAIT_GOODS_RECEIVE_CONFIRM|RECEIPT_CONFIRM|FINISHED_L)$/.test(orderState);

async function orderOf(
  client: JdClient,
  settings: JdSettings,
  parcel: FulfilmentPush,
  call: Call,
): Promise<Result<WireOrder>> {
  const asked = { order_id: parcel.orderExternalId, optional_fields: orderFields, source_id: "JOS" };
  const result = await client.run(methods.getOrder(settings.encryptedBuyers), asked, call);
  if (!result.ok) return result.kind === "not_found" ? unknownOrder(parcel) : result;
  if (!result.value.orderInfo) return unknownOrder(parcel);
  const read = readOrder(result.value.orderInfo, settings);
  return read.kind === "order"
    ? { ok: true, value: read.wire }
    : failure("invalid", `Order ${parcel.orderExternalId} cannot be read (${read.reason})`);
}

function refusalOf(order: WireOrder, parcel: FulfilmentPush) {
  const { orderExternalId } = parcel;
  if (order.orderState === "LOCKED")
    return failure(
      "conflict",
      `The buyer asks to cancel order ${orderExternalId}; JD does not let it be shipped until that is answered`,
    );
  if (!/^WAIT_SELLER_(STOCK_OUT|DELIVERY)$/.test(order.orderState))
    return failure("conflict", `Order ${orderExternalId} is ${order.orderState} in JD and cannot be shipped`);
  const ordered = order.itemInfoList.reduce((sum, item) => sum + item.itemTotal, 0);
  const sent = parcel.lines.reduce((sum, line) => sum + line.quantity, 0);
  return sent < ordered
    ? failure(
        "unsupported",
        `JD ships order ${orderExternalId} as a whole: put all units into one shipment (several tracking numbers parted by commas), or have JD split the order`,
      )
    : null;
}

/** JD's number of the carrier. Without carrier and number the shop brings it itself. */
function carrierOf({ carrier, trackingNumber, orderExternalId }: FulfilmentPush): Result<string> {
  if (carrier === undefined && trackingNumber === undefined) return { ok: true, value: ownDelivery };
  if (carrier === undefined)
    return failure("invalid", `JD wants the carrier of order ${orderExternalId} beside its tracking number`);
  const code = carrierCode(carriers, carrier) ?? (/^\d{1,10}$/.test(carrier) ? carrier : undefined);
  if (code === undefined)
    return failure(
      "invalid",
      `JD's number of the carrier "${carrier.slice(0, 60)}" is not known; give the number from JD's list of carriers instead`,
    );
  if (trackingNumber === undefined && code !== ownDelivery)
    return failure("invalid", `JD wants a tracking number for order ${orderExternalId}`);
  return { ok: true, value: code };
}
