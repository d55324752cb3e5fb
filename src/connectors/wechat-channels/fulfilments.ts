import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import type { WechatClient } from "./client.ts";
import { carriers } from "./codes.ts";
import { lineIdsOf, parcelIdOf, readOrder } from "./map.ts";
import { getOrder } from "./orders.ts";
import { doneSchema, type WireOrder } from "./wire.ts";

/**
 * A parcel of ours becomes a delivery of the order; several are several parcels. WeChat keeps no id of ours and takes no key, so the order
 * is read first: a parcel with our number is there already.
 */
export const createFulfilments = (client: WechatClient): Fulfilments => ({
  async push(parcel, call) {
    const { orderExternalId } = parcel;
    if (!/^\d{1,20}$/.test(orderExternalId)) return unknownOrder(parcel);
    const order = await orderOf(client, parcel, call);
    if (!order.ok) return order;
    const delivery = deliveryOf(order.value, parcel);
    if (!delivery.ok) return delivery;
    const there = parcelThere(order.value, delivery.value.waybill_id);
    if (there !== null) return { ok: true, value: { externalId: there } };
    if (order.value.status !== 20 && order.value.status !== 21)
      return failure(
        "conflict",
        `Order ${orderExternalId} is in state ${order.value.status} in WeChat and takes no parcel`,
      );
    const body = { order_id: orderExternalId, delivery_list: [delivery.value] };
    const sent = await client.post("/channels/ec/order/delivery/send", body, doneSchema, call, "write");
    const index = order.value.order_detail.delivery_info?.delivery_product_info.length ?? 0;
    return sent.ok ? { ok: true, value: { externalId: parcelIdOf(delivery.value, index) } } : sent;
  },
});

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `WeChat has no order ${orderExternalId}`);

async function orderOf(client: WechatClient, parcel: FulfilmentPush, call: Call): Promise<Result<WireOrder>> {
  const raw = await getOrder(client, parcel.orderExternalId, call);
  if (!raw.ok) return raw.kind === "not_found" ? unknownOrder(parcel) : raw;
  const read = readOrder(raw.value);
  return read.kind === "order"
    ? { ok: true, value: read.wire }
    : failure("invalid", `Order ${parcel.orderExternalId} cannot be read (${read.reason})`);
}

/** Our parcel among those of the order: by its number, or for virtual goods, which ship once, by being there. */
function parcelThere(order: WireOrder, waybill_id: string): string | null {
  const parcels = order.order_detail.delivery_info?.delivery_product_info ?? [];
  const at = parcels.findIndex((one) => one.waybill_id === waybill_id);
  const found = parcels[at];
  return found === undefined ? null : parcelIdOf(found, at);
}

interface Delivery {
  deliver_type: number;
  delivery_id: string;
  waybill_id: string;
  product_infos: { product_id: string; sku_id: string; product_cnt: number }[];
}

function deliveryOf(order: WireOrder, parcel: FulfilmentPush): Result<Delivery> {
  const products = order.order_detail.product_infos;
  const ids = lineIdsOf(products);
  const product_infos: Delivery["product_infos"] = [];
  for (const { externalLineId, quantity } of parcel.lines) {
    const product = products[ids.indexOf(externalLineId)];
    if (!product)
      return failure("invalid", `Order ${parcel.orderExternalId} has no line ${externalLineId} in WeChat`);
    product_infos.push({ product_id: product.product_id, sku_id: product.sku_id, product_cnt: quantity });
  }
  if (order.order_detail.delivery_info?.deliver_method === 1)
    return { ok: true, value: { deliver_type: 3, delivery_id: "", waybill_id: "", product_infos } };
  const { carrier, trackingNumber, orderExternalId } = parcel;
  if (carrier === undefined || trackingNumber === undefined)
    return failure("invalid", `WeChat wants carrier and tracking number of order ${orderExternalId}`);
  const code = carrierCode(carriers, carrier) ?? (/^[A-Z0-9_]{2,20}$/.test(carrier) ? carrier : undefined);
  return code === undefined
    ? failure(
        "invalid",
        `WeChat's code of the carrier "${carrier.slice(0, 60)}" is not known; give the code from its list of carriers, such as SF`,
      )
    : { ok: true, value: { deliver_type: 1, delivery_id: code, waybill_id: trackingNumber, product_infos } };
}
