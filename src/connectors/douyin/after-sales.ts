import { type Instant, instantOf } from "../../core/clock.ts";
import type { Call, Result } from "../contract.ts";
import { collectPages } from "../toolkit/paging.ts";
import type { DouyinClient } from "./client.ts";
import { refundSucceeded } from "./codes.ts";
import * as wire from "./wire.ts";

const casesPerPage = 100;
const mostPages = 5;

export interface AfterSales {
  paid: wire.PaidRefund[];
  /** When each case last changed, also those that moved no money: one that was taken back frees the order's units. */
  changedAt: Instant[];
}

/**
 * Cases of an order whose lines have seen any after-sale. The list tells what was applied for; what was really paid back stands only
 * in the detail of each case.
 */
export async function afterSalesOf(
  client: DouyinClient,
  order: wire.WireOrder,
  call: Call,
): Promise<Result<AfterSales>> {
  const isTouched = order.sku_order_list.some(({ after_sale_info: info }) =>
    Boolean(info?.after_sale_status || info?.refund_status),
  );
  if (!isTouched) return { ok: true, value: { paid: [], changedAt: [] } };
  const cases = await collectPages<wire.WireAfterSale, number>(
    "The after-sale cases of an order",
    mostPages,
    async (page) => {
      const params = { order_id: order.order_id, page: page ?? 0, size: casesPerPage };
      const answer = await client.run(
        { method: "afterSale.List", params, answer: wire.afterSalesSchema, effect: "read" },
        call,
      );
      if (!answer.ok) return answer;
      const { items, has_more } = answer.value;
      return { ok: true, value: { items, next: has_more ? (page ?? 0) + 1 : null } };
    },
  );
  if (!cases.ok) return cases;
  const paid: wire.PaidRefund[] = [];
  for (const row of cases.value) {
    if (row.aftersale_info.refund_status !== refundSucceeded) continue;
    const detail = await client.run(
      {
        method: "afterSale.Detail",
        params: { after_sale_id: row.aftersale_info.aftersale_id },
        answer: wire.afterSaleDetailSchema,
        effect: "read",
      },
      call,
    );
    if (!detail.ok) return detail;
    const { real_refund_amount: amountMinor, reason } = detail.value.process_info.after_sale_info;
    paid.push({ row, amountMinor, reason: reason ?? undefined });
  }
  const changedAt = cases.value.map((row) => instantOf(row.aftersale_info.update_time * 1000));
  return { ok: true, value: { paid, changedAt } };
}
