import {
  type Buyer,
  type OrderLineInput,
  type OrderSnapshot,
  orderSchema,
  type PlatformShipment,
  type Presale,
} from "../../core/model/order.ts";
import { sumMinor } from "../../core/money/money.ts";
import type { Json } from "../contract.ts";
import { reasonOfThrow } from "../toolkit/each-order.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { issuesOf } from "../toolkit/http.ts";
import { fen, shareOf, totalOf } from "./amounts.ts";
import { parcelId } from "./parcels.ts";
import { refundsOf } from "./refunds.ts";
import type { TaobaoSettings } from "./settings.ts";
import { isCancelledLine, statusOf } from "./status.ts";
import { tradeSchema, type WireLine, type WireRefund, type WireTrade } from "./wire.ts";

/** From a trade of Taobao or Tmall to the hub's order. Pure; all amounts fen. */

export type ReadOrder =
  | { ok: true; order: OrderSnapshot }
  | { ok: false; externalId: string; reason: string };

export type Options = Pick<TaobaoSettings, "platformStoreCodes" | "platformItems">;

/** One trade with its settled refunds, or why it could not be read. The reason names fields, never their values. */
export function readOrder(row: Json, refunds: readonly WireRefund[], options: Options): ReadOrder {
  const wire = tradeSchema.safeParse(row);
  if (!wire.success) {
    const id = tradeSchema.pick({ tid: true }).safeParse(row).data?.tid;
    return { ok: false, externalId: id ?? "(no id)", reason: issuesOf(wire.error) };
  }
  const externalId = wire.data.tid;
  const status = statusOf(wire.data);
  if (status === null)
    return { ok: false, externalId, reason: "status: is none the hub knows; a newer release may know it" };
  try {
    const order = orderSchema.safeParse({ ...snapshotOf(wire.data, refunds, options), status });
    if (order.success)
      return {
        ok: true,
        order: asOfNewest(
          order.data,
          refunds.map((refund) => refund.modified),
        ),
      };
    return { ok: false, externalId, reason: issuesOf(order.error) };
  } catch (error) {
    return { ok: false, externalId, reason: reasonOfThrow(error) };
  }
}

function snapshotOf(
  trade: WireTrade,
  settled: readonly WireRefund[],
  options: Options,
): Omit<OrderSnapshot, "status"> {
  const refunds = refundsOf(trade, settled);
  const shippingMinor = fen(trade.post_fee ?? "0");
  const totalMinor = totalOf(trade, shippingMinor, sumMinor(refunds.map((refund) => refund.amountMinor)));
  const order: Omit<OrderSnapshot, "status"> = {
    externalId: trade.tid,
    updatedAt: trade.modified,
    placedAt: trade.created,
    currency: "CNY",
    lines: trade.orders.map((line) => lineOf(trade, line, options)),
    shippingMinor,
    totalMinor,
  };
  // `pay_time` of a pre-sale may be the deposit's; only the final payment pays the order.
  if (trade.pay_time && !isUnpaidPresale(trade)) order.paidAt = trade.pay_time;
  const presale = presaleOf(trade, totalMinor);
  if (presale) order.presale = presale;
  const buyer = buyerOf(trade);
  if (Object.keys(buyer).length > 1) order.buyer = buyer;
  if (trade.buyer_message) order.note = trade.buyer_message.slice(0, 2000);
  if (trade.alipay_no) order.paymentId = trade.alipay_no.slice(0, 256);
  const shipments = shipmentsOf(trade);
  if (shipments.length > 0) order.shipments = shipments;
  if (refunds.length > 0) order.refunds = refunds;
  return order;
}

/** The price of a unit, and what is off it in all; a surcharge the seller added raises the price. */
function lineOf(trade: WireTrade, line: WireLine, options: Options): OrderLineInput {
  const share = shareOf(trade, line);
  const quantity = isCancelledLine(trade, line) ? 0 : line.num;
  const price = line.is_free_gift && share === 0 ? 0 : fen(line.price);
  const unitPriceMinor = price * quantity >= share ? price : Math.ceil(share / Math.max(1, quantity));
  const discountMinor = unitPriceMinor * quantity - share;
  const mapped: OrderLineInput = { externalLineId: line.oid, quantity, unitPriceMinor };
  if (discountMinor > 0) mapped.discountMinor = discountMinor;
  // The code of the item says nothing about which of its SKUs was bought.
  const sku = line.sku_id === undefined ? line.outer_iid : line.outer_sku_id;
  if (sku) mapped.sku = sku;
  mapped.externalItemId = line.num_iid ?? `line-${line.oid}`;
  if (line.sku_id !== undefined) mapped.externalVariantId = line.sku_id;
  const title = [line.title, line.sku_properties_name].filter(Boolean).join(" / ");
  if (title) mapped.title = title.slice(0, 1000);
  if (isPlatformKept(trade, line, options)) mapped.fulfilledBy = "platform";
  return mapped;
}

/** Tmall Supermarket sells and ships by itself, and so do the warehouses and items named in the settings. */
const isPlatformKept = (
  { type }: WireTrade,
  { store_code, num_iid }: WireLine,
  { platformStoreCodes, platformItems }: Options,
): boolean =>
  type.startsWith("super_market") ||
  (store_code !== "" && platformStoreCodes.includes(store_code)) ||
  (num_iid !== undefined && platformItems.includes(num_iid));

const isUnpaidPresale = (trade: WireTrade): boolean =>
  /^FRONT_(NOPAID_FINAL_NOPAID|PAID_FINAL_NOPAID|PAID_FRONT_FORFEITED)$/.test(trade.step_trade_status);

/**
 * `step_paid_fee` is the deposit until the final payment, then the whole; so afterwards the deposit is not told any more. Its time
 * is only told as `pay_time`, if at all; the order's own time holds the units as early as can be.
 */
function presaleOf(trade: WireTrade, totalMinor: number): Presale | undefined {
  if (!/^FRONT_PAID_(FINAL_NOPAID|FRONT_FORFEITED)$/.test(trade.step_trade_status)) return undefined;
  const depositMinor = fen(trade.step_paid_fee ?? "0");
  return {
    depositMinor,
    depositPaidAt: trade.pay_time ?? trade.created,
    finalMinor: Math.max(0, totalMinor - depositMinor),
  };
}

/** Names and numbers come masked; `oaid` is what the platform turns into the address when a label is printed. */
function buyerOf(trade: WireTrade): Buyer {
  const buyer: Buyer = { masked: true };
  // The nick is masked, so many buyers share one.
  if (trade.buyer_open_uid) buyer.externalId = trade.buyer_open_uid.slice(0, 256);
  if (trade.receiver_name) buyer.name = trade.receiver_name.slice(0, 500);
  const phone = trade.receiver_mobile || trade.receiver_phone;
  if (phone) buyer.phone = phone.slice(0, 100);
  const parts = Object.entries({
    line1: trade.receiver_address,
    town: trade.receiver_town,
    district: trade.receiver_district,
    city: trade.receiver_city,
    province: trade.receiver_state,
    postalCode: trade.receiver_zip,
  }).filter(([, value]) => value !== "");
  if (parts.length > 0) buyer.address = { ...Object.fromEntries(parts), country: "CN" };
  if (trade.oaid) buyer.encrypted = { oaid: trade.oaid.slice(0, 4000) };
  return buyer;
}

/** Lines tell their waybill; those with the same one are one parcel. A trade shipped without any tells one parcel of all. */
function shipmentsOf(trade: WireTrade): PlatformShipment[] {
  const sent = trade.orders.filter((line) => line.invoice_no !== "" || line.consign_time !== undefined);
  const shipments = [...Map.groupBy(sent, (line) => line.invoice_no)].map(([number, lines]) => {
    const shipment: PlatformShipment = {
      externalId: parcelId(trade.tid, number),
      shippedAt: lines[0]?.consign_time ?? trade.consign_time ?? trade.modified,
      lines: lines.map((line) => ({ externalLineId: line.oid, quantity: line.num })),
    };
    if (number) shipment.trackingNumber = number.slice(0, 200);
    const carrier = lines[0]?.logistics_company;
    if (carrier) shipment.carrier = carrier.slice(0, 200);
    return shipment;
  });
  const isOut = /^(WAIT_BUYER_CONFIRM_GOODS|TRADE_BUYER_SIGNED|TRADE_FINISHED)$/.test(trade.status);
  if (shipments.length > 0 || !isOut) return shipments;
  return [{ externalId: parcelId(trade.tid, ""), shippedAt: trade.consign_time ?? trade.modified }];
}
