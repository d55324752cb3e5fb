import type { Call, Failure, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import type { DouyinClient } from "./client.ts";
import { carriers, noSuchOrder, openAfterSale, orderStatus, unshippedOrderTypes } from "./codes.ts";
import { shipmentOf } from "./map.ts";
import * as wire from "./wire.ts";

/**
 * A parcel of ours becomes a pack of the order. Our shipment id is its `request_id`: a repeat is answered with the first result. The
 * order is read before, so that a parcel that is there already is found even when that memory has ended, and nothing is sent
 * while a refund waits: `is_reject_refund` would refuse the buyer, and that is not the hub's to decide.
 */
export const createFulfilments = (client: DouyinClient): Fulfilments => ({
  async push(parcel, call) {
    const { orderExternalId: shop_order_id } = parcel;
    if (!wire.isNumber(shop_order_id)) return unknownOrder(parcel);
    const logistics = logisticsOf(parcel);
    if (!logistics.ok) return logistics;
    const answer = wire.orderDetailSchema.extend({ shop_order_detail: wire.orderSchema });
    const read = await client.run(
      { method: "order.orderDetail", params: { shop_order_id }, answer, effect: "read", kinds: noSuchOrder },
      call,
    );
    if (!read.ok) return read;
    const order = read.value.shop_order_detail;
    const there = order.logistics_info
      .flatMap((one) => shipmentOf(one, order) ?? [])
      .find(({ trackingNumber }) => trackingNumber === logistics.value.logistics_code);
    if (there) return { ok: true, value: { externalId: there.externalId } };
    return refusalOf(order, parcel) ?? ship(client, parcel, logistics.value, call);
  },
});

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `Douyin has no order ${orderExternalId}`);

const codeLike = /^[a-z][a-z0-9_]{1,40}$/;

function logisticsOf({
  carrier = "",
  trackingNumber,
}: FulfilmentPush): Result<{ company_code: string; logistics_code: string }> {
  if (trackingNumber === undefined)
    return failure(
      "invalid",
      "Douyin takes no parcel without a tracking number; enter it and send the parcel again",
    );
  const code = carrierCode(carriers, carrier) ?? (codeLike.test(carrier) ? carrier : undefined);
  if (code === undefined)
    return failure(
      "invalid",
      `Douyin's code of the carrier "${carrier.slice(0, 60)}" is not known; write its code from order.logisticsCompanyList as carrier`,
    );
  return { ok: true, value: { company_code: code, logistics_code: trackingNumber.trim() } };
}

function refusalOf(order: wire.WireOrder, parcel: FulfilmentPush): Failure | null {
  const name = `Order ${order.order_id}`;
  const status = order.order_status;
  if (unshippedOrderTypes.has(order.order_type ?? 0))
    return failure("unsupported", `${name} is virtual or redeemed in a shop; it has no parcel in Douyin`);
  if (status === orderStatus.cancelled)
    return failure("invalid", `${name} is cancelled in Douyin; keep the parcel`);
  if (status === orderStatus.awaitingPayment) return failure("conflict", `${name} is not paid in Douyin`);
  if (status === orderStatus.inChecks)
    return failure("conflict", `${name} is still being checked by Douyin (105); ship it once it is released`);
  const lines = new Set(parcel.lines.map(({ externalLineId }) => externalLineId));
  const disputed = order.sku_order_list.find(
    (line) => lines.has(line.order_id) && openAfterSale.has(line.after_sale_info?.after_sale_status ?? 0),
  );
  return disputed
    ? failure(
        "conflict",
        `The buyer asks for a refund of line ${disputed.order_id}; decide on it in Douyin before the parcel leaves`,
      )
    : null;
}

async function ship(
  client: DouyinClient,
  parcel: FulfilmentPush,
  logistics: { company_code: string; logistics_code: string },
  call: Call,
): Promise<Result<{ externalId: string }>> {
  const shipped_order_info = parcel.lines.map(({ externalLineId, quantity }) => ({
    shipped_order_id: externalLineId,
    shipped_num: quantity,
  }));
  const params = {
    order_id: parcel.orderExternalId,
    request_id: parcel.shipmentId,
    pack_list: [{ ...logistics, shipped_order_info }],
  };
  const result = await client.run(
    { method: "order.logisticsAddMultiPack", params, answer: wire.shippedSchema, effect: "write" },
    call,
  );
  if (!result.ok) return result;
  return { ok: true, value: { externalId: result.value.pack_list[0]?.pack_id ?? logistics.logistics_code } };
}
