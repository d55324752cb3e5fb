import type { OrderAnswer } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { OrderRow } from "../engine/rows.ts";

export function orderAnswer(draft: Draft, order: OrderRow, outcome: OrderAnswer["outcome"]): OrderAnswer {
  const lines = draft.linesOf(order.id);
  return {
    kind: "order",
    orderId: order.id,
    outcome,
    status: order.status,
    shortfall: lines.reduce((sum, line) => sum + line.shortfall, 0),
    unmapped: lines.filter((line) => line.skuId === null && line.quantity > 0).length,
    ...(order.heldReason === null ? {} : { heldReason: order.heldReason }),
  };
}
