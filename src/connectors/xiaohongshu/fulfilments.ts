import { z } from "zod";
import type { Call, Failure, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierOf } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import type { XiaohongshuClient } from "./client.ts";
import { openAfterSale, orderStatus } from "./codes.ts";
import { type Line, linesOf } from "./lines.ts";
import { shipmentsOf } from "./map.ts";
import * as wire from "./wire.ts";

/**
 * A parcel of ours is a delivery of whole SKUs. Xiaohongshu takes no id for it: the order is read before, and a parcel that is there under
 * our number is not sent again. The carrier's code is looked up in the platform's own list.
 */
export const createFulfilments = (client: XiaohongshuClient): Fulfilments => ({
  async push(parcel, call) {
    const { orderExternalId: orderId, trackingNumber } = parcel;
    if (!/^P\d{1,40}$/.test(orderId)) return failure("not_found", `Xiaohongshu has no order ${orderId}`);
    if (trackingNumber === undefined)
      return failure(
        "invalid",
        "Xiaohongshu takes no parcel without a tracking number; enter it and send the parcel again",
      );
    const read = await client.run(
      { method: "order.getOrderDetail", params: { orderId }, answer: wire.orderSchema, effect: "read" },
      call,
    );
    if (!read.ok) return read;
    const expressNo = trackingNumber.trim();
    const lines = linesOf(read.value, []);
    if (shipmentsOf(read.value, lines).some((one) => one.trackingNumber === expressNo))
      return { ok: true, value: { externalId: expressNo } };
    const refusal = refusalOf(read.value);
    if (refusal) return refusal;
    const skuIds = wholeSkus(lines, parcel);
    if (!skuIds.ok) return skuIds;
    const code = await companyCode(client, parcel.carrier ?? "", call);
    if (!code.ok) return code;
    const isSplit = skuIds.value.length < new Set(lines.map(({ skuId }) => skuId)).size;
    const params = {
      orderId,
      expressNo,
      expressCompanyCode: code.value,
      deliveringTime: Date.parse(parcel.shippedAt),
      unpack: isSplit,
      ...(isSplit ? { skuIdList: skuIds.value } : {}),
    };
    const sent = await client.run(
      { method: "order.orderDeliver", params, answer: z.unknown().optional(), effect: "write" },
      call,
    );
    return sent.ok ? { ok: true, value: { externalId: expressNo } } : sent;
  },
});

function refusalOf(order: wire.WireOrder): Failure | null {
  const name = `Order ${order.orderId}`;
  const status = order.orderStatus;
  if (status === orderStatus.closed || status === orderStatus.cancelled)
    return failure("invalid", `${name} is closed in Xiaohongshu; keep the parcel`);
  if (status === orderStatus.awaitingPayment)
    return failure("conflict", `${name} is not paid in Xiaohongshu`);
  if (status === orderStatus.inChecks || status === orderStatus.inCustoms)
    return failure(
      "conflict",
      `${name} is still in checks or at customs (${status}); ship it once it is released`,
    );
  const isOpen = openAfterSale.has(order.orderAfterSalesStatus ?? 1) || order.cancelStatus === 1;
  return isOpen
    ? failure(
        "conflict",
        `The buyer of order ${order.orderId} asks for a refund; decide on it in Xiaohongshu before the parcel leaves`,
      )
    : null;
}

/** The SKUs of which the parcel holds all units: orders are split by SKU, never within one. */
function wholeSkus(lines: readonly Line[], parcel: FulfilmentPush): Result<string[]> {
  const wanted = new Map(parcel.lines.map(({ externalLineId, quantity }) => [externalLineId, quantity]));
  const unknown = parcel.lines.find(
    ({ externalLineId }) => !lines.some(({ line }) => line.externalLineId === externalLineId),
  );
  if (unknown)
    return failure("invalid", `Order ${parcel.orderExternalId} has no line ${unknown.externalLineId}`);
  const skuIds = [
    ...new Set(lines.flatMap(({ skuId, line }) => (wanted.has(line.externalLineId) ? [skuId] : []))),
  ];
  const short = lines.find(
    ({ skuId, line }) => skuIds.includes(skuId) && (wanted.get(line.externalLineId) ?? 0) < line.quantity,
  );
  return short
    ? failure(
        "unsupported",
        `Xiaohongshu ships a SKU whole; put all units of line ${short.line.externalLineId} into one parcel`,
      )
    : { ok: true, value: skuIds };
}

async function companyCode(client: XiaohongshuClient, carrier: string, call: Call): Promise<Result<string>> {
  const answer = await client.run(
    { method: "common.getExpressCompanyList", params: {}, answer: wire.companiesSchema, effect: "read" },
    call,
  );
  if (!answer.ok) return answer;
  const wanted = carrierOf(carrier);
  const found = answer.value.expressCompanyInfos.find(
    ({ expressCompanyCode: code, expressCompanyName: name }) =>
      code === carrier ||
      name === carrier ||
      (wanted !== undefined && (carrierOf(name) === wanted || carrierOf(code) === wanted)),
  );
  if (found) return { ok: true, value: found.expressCompanyCode };
  return failure(
    "invalid",
    `Xiaohongshu's list of carriers has no "${carrier.slice(0, 60)}"; write a name or code of that list as carrier`,
  );
}
