import { readFileSync } from "node:fs";
import type { Json } from "../../../src/connectors/contract.ts";
import { readOrder } from "../../../src/connectors/kuaishou/map.ts";
import type { WireRefund } from "../../../src/connectors/kuaishou/wire.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { soldParts } from "../../../src/core/orders/amounts.ts";

/** The order of the fixture with single fields changed, as the connector reads it. */

type Part = Record<string, Json>;
const path = new URL("../../fixtures/kuaishou/order.json", import.meta.url);
export const recorded = () =>
  JSON.parse(readFileSync(path, "utf8")) as Part & { orderBaseInfo: Part; orderItemInfo: Part };

export interface Change {
  base?: Part;
  item?: Part;
  rest?: Part;
  refunds?: WireRefund[];
}

export function read({ base = {}, item = {}, rest = {}, refunds = [] }: Change = {}): OrderSnapshot {
  const row = recorded();
  const changed = {
    ...row,
    orderBaseInfo: { ...row.orderBaseInfo, ...base },
    orderItemInfo: { ...row.orderItemInfo, ...item },
    ...rest,
  };
  const result = readOrder(changed, refunds);
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
      taxMinor: null,
      taxRateBp: 0,
    })),
    shippingMinor: order.shippingMinor ?? 0,
    discountMinor: order.discountMinor ?? 0,
    platformDiscountMinor: order.platformDiscountMinor ?? 0,
    totalMinor: order.totalMinor,
  }).differenceMinor;
