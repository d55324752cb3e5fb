import { z } from "zod";
import type { Call, Failure, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import { type KuaishouClient, longOf } from "./client.ts";
import { carriers, fraudRisk, openRefund, parcelErrorKinds } from "./codes.ts";
import { shipmentsOf } from "./parcels.ts";
import * as wire from "./wire.ts";

/**
 * A parcel of ours, whole or split, gifts included, by one call. Kuaishou takes no id for it: the order is read before, and a parcel
 * that is there under our number is not sent again.
 */
export const createFulfilments = (client: KuaishouClient): Fulfilments => ({
  async push(parcel, call) {
    if (!wire.isNumber(parcel.orderExternalId))
      return failure("not_found", `Kuaishou has no order ${parcel.orderExternalId}`);
    const express = expressOf(parcel);
    if (!express.ok) return express;
    const read = await client.run(
      {
        method: "open.order.detail",
        params: { oid: longOf(parcel.orderExternalId) },
        answer: wire.orderSchema,
        verb: "GET",
        otherwise: "not_found",
      },
      call,
    );
    if (!read.ok) return read;
    const { expressNo } = express.value;
    if (isThere(read.value, expressNo)) return { ok: true, value: { externalId: expressNo } };
    return refusalOf(read.value) ?? ship(client, parcel, express.value, call);
  },
});

function expressOf({
  carrier = "",
  trackingNumber,
}: FulfilmentPush): Result<{ expressCode: number; expressNo: string }> {
  if (trackingNumber === undefined)
    return failure(
      "invalid",
      "Kuaishou takes no parcel without a tracking number; enter it and send the parcel again",
    );
  const code = carrierCode(carriers, carrier) ?? (/^\d{1,5}$/.test(carrier) ? carrier : undefined);
  if (code === undefined)
    return failure(
      "invalid",
      `Kuaishou's number of the carrier "${carrier.slice(0, 60)}" is not known; write its number from the platform's table (物流公司编号) as carrier`,
    );
  return { ok: true, value: { expressCode: Number(code), expressNo: trackingNumber.trim() } };
}

/** Labels may stand on an order before anything is sent: with more numbers than parcels, ours may be one of those. */
function isThere(order: wire.WireOrder, expressNo: string): boolean {
  const numbers = order.orderLogisticsInfo.length;
  const sent = order.orderDeliveryInfo?.packageNum ?? numbers;
  return (
    shipmentsOf(order).some(({ trackingNumber }) => trackingNumber === expressNo) &&
    numbers <= Math.max(1, sent)
  );
}

function refusalOf({ orderBaseInfo: base, orderRefundList }: wire.WireOrder): Failure | null {
  const name = `Order ${base.oid}`;
  if (base.status === 80) return failure("invalid", `${name} is closed in Kuaishou; keep the parcel`);
  if (base.status === 10) return failure("conflict", `${name} is not paid in Kuaishou`);
  if (base.riskCode === fraudRisk)
    return failure(
      "conflict",
      `Kuaishou marks ${name} as subsidy fraud and advises against shipping it; decide on it there`,
    );
  if (base.disableDeliveryReasonCode.length > 0)
    return failure(
      "conflict",
      `Kuaishou holds ${name} (reason ${base.disableDeliveryReasonCode.join(", ")}): a group that is not complete, or a check after payment`,
    );
  return orderRefundList.some(({ refundStatus }) => openRefund.has(refundStatus))
    ? failure(
        "conflict",
        `The buyer of order ${base.oid} asks for a refund; decide on it in Kuaishou before the parcel leaves`,
      )
    : null;
}

async function ship(
  client: KuaishouClient,
  parcel: FulfilmentPush,
  express: { expressCode: number; expressNo: string },
  call: Call,
): Promise<Result<{ externalId: string }>> {
  const deliveryGoodsInfoList = parcel.lines.map(({ externalLineId, quantity }) => ({
    oid: longOf(externalLineId),
    deliveryNum: quantity,
  }));
  const params = {
    mainOrderId: longOf(parcel.orderExternalId),
    deliveryItemInfoList: [{ ...express, deliveryGoodsInfoList }],
  };
  const result = await client.run(
    {
      method: "open.order.goods.split.deliver",
      params,
      answer: z.unknown().optional(),
      verb: "POST",
      kinds: parcelErrorKinds,
    },
    call,
  );
  return result.ok ? { ok: true, value: { externalId: express.expressNo } } : result;
}
