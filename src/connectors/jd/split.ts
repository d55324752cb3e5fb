import type { OrderSnapshot } from "../../core/model/order.ts";
import type { Json, Result } from "../contract.ts";
import { laterOf } from "../toolkit/cursor.ts";
import type { Rows } from "../toolkit/each-order.ts";
import { localInstant } from "../toolkit/time.ts";
import { isSet, readOrder } from "./map.ts";
import type { JdSettings } from "./settings.ts";
import { timeZone } from "./sign.ts";
import type { WireOrder } from "./wire.ts";

/**
 * JD cuts orders into parts that name the one they come from. Where JD still shows that one as an order of this shop, it is told
 * as cancelled, at the time of its newest part: otherwise its units would be held twice. A parent that JD does not show (mostly
 * the basket over several shops) was never an order here.
 */
export async function splitParents(
  orders: readonly WireOrder[],
  get: (ids: string[]) => Promise<Result<{ rows: Json[]; rejected: Rows["rejected"] }>>,
  settings: JdSettings,
): Promise<Result<Rows>> {
  const parts = orders.filter(
    (order) => isSet(order.directParentOrderId) && order.orderState === "WAIT_SELLER_STOCK_OUT",
  );
  const found = await get(parts.map((part) => part.directParentOrderId));
  if (!found.ok) return found;
  const { rows, rejected } = found.value;
  const parents = rows.flatMap((row): OrderSnapshot[] => {
    const read = readOrder(row, settings);
    if (read.kind === "rejected" || read.wire.orderState === "TRADE_CANCELED") return [];
    const updatedAt = parts
      .filter((part) => part.directParentOrderId === read.order.externalId)
      .map((part) => localInstant(part.modified, timeZone))
      .reduce(laterOf, read.order.updatedAt);
    const { shipments: _none, ...parent } = read.order;
    return [{ ...parent, updatedAt, status: "cancelled", note: "JD: 已拆单 (split into other orders)" }];
  });
  return { ok: true, value: { orders: parents, rejected } };
}
