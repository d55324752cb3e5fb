import { z } from "zod";
import type { Call, Failure, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { ShopeeClient } from "./client.ts";
import { toArrange } from "./codes.ts";
import { lineKeys, linesOf } from "./map.ts";
import type { ShopeeSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/**
 * Shopee makes the parcels of an order; ours arranges the one with the same content. The order is read first, and what is arranged already stays so:
 * a repeat sends nothing. Carriers are the buyer's choice, and most tracking numbers Shopee's.
 */
export const createFulfilments = (client: ShopeeClient, settings: ShopeeSettings): Fulfilments => ({
  async push(push, call) {
    const { orderExternalId: sn } = push;
    if (!wire.isOrderSn(sn)) return unknownOrder(push);
    const read = await readOne(client, sn, call);
    if (!read.ok) return read;
    const order = read.value;
    const parcel = order && parcelFor(order, push);
    if (!order) return unknownOrder(push);
    if (!parcel)
      return failure(
        "invalid",
        `Order ${sn} has no parcel in Shopee with just these units; split or join its parcels in Seller Centre first`,
      );
    const done: Result<{ externalId: string }> = { ok: true, value: { externalId: parcel.package_number } };
    if (!toArrange.has(parcel.logistics_status ?? "LOGISTICS_READY")) return done;
    const refusal = whyNot(order);
    if (refusal) return refusal;
    const sent = await arrange(client, settings, order, parcel, push, call);
    return sent.ok || (sent.kind === "conflict" && (await isArranged(client, push, call))) ? done : sent;
  },
});

/** By somebody else in the same moment: then it is done all the same. */
async function isArranged(client: ShopeeClient, push: FulfilmentPush, call: Call): Promise<boolean> {
  const read = await readOne(client, push.orderExternalId, call);
  const parcel = read.ok && read.value ? parcelFor(read.value, push) : undefined;
  return parcel !== undefined && !toArrange.has(parcel.logistics_status ?? "LOGISTICS_READY");
}

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `Shopee has no order ${orderExternalId}`);

async function readOne(client: ShopeeClient, sn: string, call: Call): Promise<Result<wire.WireOrder | null>> {
  const query = {
    order_sn_list: sn,
    request_order_status_pending: "true",
    response_optional_fields: "item_list,package_list,fulfillment_flag,pay_time",
  };
  const result = await client.get("/order/get_order_detail", query, wire.orderRowsSchema, call);
  if (!result.ok) return result.kind === "not_found" ? { ok: true, value: null } : result;
  const order = wire.orderSchema.safeParse(result.value.order_list[0]);
  if (order.success) return { ok: true, value: order.data };
  return result.value.order_list.length === 0
    ? { ok: true, value: null }
    : failure("malformed", `Order ${sn} could not be read`);
}

const contentOf = (lines: readonly { externalLineId: string; quantity: number }[]): string =>
  lines
    .map(({ externalLineId, quantity }) => `${externalLineId}x${quantity}`)
    .sort()
    .join(" ");

function parcelFor(order: wire.WireOrder, push: FulfilmentPush): wire.WirePackage | undefined {
  const keys = lineKeys(order.item_list);
  const wanted = contentOf(push.lines);
  return (order.package_list ?? []).find(
    (parcel) => contentOf(linesOf(parcel.item_list ?? [], order.item_list, keys)) === wanted,
  );
}

function whyNot({ order_sn, order_status, fulfillment_flag }: wire.WireOrder): Failure | null {
  if (fulfillment_flag === "fulfilled_by_shopee")
    return failure("unsupported", `Shopee ships order ${order_sn} itself`);
  if (/^(READY_TO_SHIP|RETRY_SHIP|PROCESSED)$/.test(order_status)) return null;
  return failure("invalid", `Order ${order_sn} is ${order_status} in Shopee and takes no parcel now`);
}

async function arrange(
  client: ShopeeClient,
  settings: ShopeeSettings,
  order: wire.WireOrder,
  parcel: wire.WirePackage,
  { trackingNumber }: FulfilmentPush,
  call: Call,
): Promise<Result<unknown>> {
  // An order that was not split has one parcel, which is not named.
  const named = (order.package_list ?? []).length > 1 ? { package_number: parcel.package_number } : {};
  const query = { order_sn: order.order_sn, ...named };
  const needed = await client.get(
    "/logistics/get_shipping_parameter",
    query,
    wire.shippingParameterSchema,
    call,
  );
  if (!needed.ok) return needed;
  const way = wayOf(needed.value, settings, trackingNumber);
  if (!way.ok) return way;
  const body = { ...query, ...way.value };
  return client.write(
    "/logistics/ship_order",
    body,
    wire.bareAnswer({ request_id: z.string().nullish() }),
    call,
  );
}

/** The one way Shopee names, or the one of the settings where it leaves the choice. */
function wayOf(
  { info_needed, pickup }: wire.WireShippingParameter,
  settings: ShopeeSettings,
  trackingNumber: string | undefined,
): Result<Record<string, unknown>> {
  const number = trackingNumber === undefined ? {} : { tracking_number: trackingNumber };
  if (info_needed.non_integrated) return { ok: true, value: { non_integrated: number } };
  const asksNumber = (names: readonly string[]) => names.some((name) => /^tracking_n(o|umber)$/.test(name));
  const byDropoff = info_needed.dropoff && (settings.handover === "dropoff" || !info_needed.pickup);
  const names = (byDropoff ? info_needed.dropoff : info_needed.pickup) ?? null;
  if (names === null)
    return failure(
      "invalid",
      "Shopee names no way to hand this parcel over yet; it tells when the order is ready",
    );
  if (asksNumber(names) && trackingNumber === undefined)
    return failure("invalid", "Shopee wants the carrier's tracking number for this parcel; enter it");
  const given = asksNumber(names) ? number : {};
  if (byDropoff) return dropoff(names, settings, given);
  if (!names.includes("address_id")) return { ok: true, value: { pickup: given } };
  const addresses = pickup?.address_list ?? [];
  const address = addresses.find((one) => one.address_flag?.includes("pickup_address")) ?? addresses[0];
  if (!address)
    return failure("invalid", "The shop has no pickup address in Shopee; add one in Seller Centre");
  const slots = address.time_slot_list ?? [];
  const slot = slots.find((one) => one.flags?.includes("recommended")) ?? slots[0];
  const time = slot?.pickup_time_id ? { pickup_time_id: slot.pickup_time_id } : {};
  return { ok: true, value: { pickup: { address_id: address.address_id, ...time, ...given } } };
}

function dropoff(
  names: readonly string[],
  { dropoffBranchId, senderName }: ShopeeSettings,
  given: object,
): Result<Record<string, unknown>> {
  if (names.includes("branch_id") && dropoffBranchId === undefined)
    return failure("invalid", "Shopee wants a branch for drop-off; enter dropoffBranchId in the settings");
  if (names.includes("sender_real_name") && senderName === undefined)
    return failure(
      "invalid",
      "Shopee wants the sender's name for drop-off; enter senderName in the settings",
    );
  const branch = names.includes("branch_id") ? { branch_id: Number(dropoffBranchId) } : {};
  const sender = names.includes("sender_real_name") ? { sender_real_name: senderName } : {};
  return { ok: true, value: { dropoff: { ...branch, ...sender, ...given } } };
}
