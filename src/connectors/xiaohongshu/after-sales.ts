import type { Call, Result } from "../contract.ts";
import type { XiaohongshuClient } from "./client.ts";
import { endedCases, noAfterSale } from "./codes.ts";
import * as wire from "./wire.ts";

/**
 * The cases of an order that have ended, with what was paid back; also those without any money, since their time tells when the
 * order was free again. Orders that never saw one ask nothing.
 */
export async function casesOf(
  client: XiaohongshuClient,
  order: wire.WireOrder,
  call: Call,
): Promise<Result<wire.WireCase[]>> {
  const states = [order.orderAfterSalesStatus, ...order.skuList.map((sku) => sku.skuAfterSaleStatus)];
  if (states.every((state) => (state ?? noAfterSale) === noAfterSale)) return { ok: true, value: [] };
  const listed = await client.run(
    {
      method: "afterSale.listAfterSaleInfos",
      params: { orderId: order.orderId, pageNo: 1, pageSize: 100 },
      answer: wire.casesSchema,
      effect: "read",
    },
    call,
  );
  if (!listed.ok) return listed;
  const ended: wire.WireCase[] = [];
  for (const { returnsId, status } of listed.value.afterSaleBasicInfos) {
    if (!endedCases.has(status)) continue;
    const answer = await client.run(
      {
        method: "afterSale.getAfterSaleInfo",
        params: { returnsId },
        answer: wire.caseSchema,
        effect: "read",
      },
      call,
    );
    if (!answer.ok) return answer;
    ended.push(answer.value.afterSaleInfo);
  }
  return { ok: true, value: ended };
}
