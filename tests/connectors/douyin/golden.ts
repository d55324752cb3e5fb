import { readFileSync } from "node:fs";
import type { Json } from "../../../src/connectors/contract.ts";
import { readOrder } from "../../../src/connectors/douyin/map.ts";
import type { PaidRefund } from "../../../src/connectors/douyin/wire.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { soldParts } from "../../../src/core/orders/amounts.ts";

/** The recorded order with single fields changed, as the connector reads it. */

type Row = Record<string, Json> & { sku_order_list: Record<string, Json>[] };
const path = new URL("../../fixtures/douyin/order.json", import.meta.url);
export const recorded = (): Row => JSON.parse(readFileSync(path, "utf8")) as Row;

export interface Change {
  order?: Record<string, Json>;
  /** Changes of the two lines. */
  lines?: Record<string, Json>[];
  refunds?: PaidRefund[];
  warehouses?: string[];
}

export function read({ order = {}, lines = [], refunds = [], warehouses = [] }: Change = {}): OrderSnapshot {
  const row = recorded();
  const sku_order_list = row.sku_order_list.map((line, index) => ({ ...line, ...lines[index] }));
  const result = readOrder({ ...row, sku_order_list, ...order }, refunds, warehouses);
  if (result.kind !== "order") throw new Error(JSON.stringify(result));
  return result.order;
}

/** Given total less what the lines say: 0 when the order adds up, as the core looks at it. */
export const difference = (order: OrderSnapshot): number =>
  soldParts({
    lines: order.lines.map((line, index) => ({
      lineNo: index + 1,
      skuId: null,
      virtual: false,
      quantity: line.quantity,
      unitPriceMinor: line.unitPriceMinor,
      discountMinor: line.discountMinor ?? 0,
      taxMinor: line.taxMinor ?? null,
      taxRateBp: 0,
    })),
    shippingMinor: order.shippingMinor ?? 0,
    discountMinor: order.discountMinor ?? 0,
    platformDiscountMinor: order.platformDiscountMinor ?? 0,
    totalMinor: order.totalMinor,
  }).differenceMinor;

export const caseOf = (
  type: number,
  line: string,
  quantity: number,
  amountMinor: number,
  more = {},
): PaidRefund => ({
  row: {
    aftersale_info: {
      aftersale_id: "7100000000000000001",
      aftersale_type: type,
      refund_status: 3,
      aftersale_num: quantity,
      update_time: 1767311430,
      ...more,
    },
    order_info: {
      related_order_info: [{ sku_order_id: line, aftersale_pay_amount: 9900, aftersale_item_num: quantity }],
    },
  },
  amountMinor,
  reason: undefined,
});

export const first = "6900000000000000001";
export const second = "6900000000000000002";
