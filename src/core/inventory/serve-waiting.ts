import type { Draft } from "../engine/draft.ts";
import { isServing } from "../orders/status.ts";
import type { LineRow } from "../engine/rows.ts";
import { orderEvent } from "../orders/order-event.ts";
import { allocationOf, componentsOf, fitLine, heldUnits } from "./reserve.ts";

/** The queue: who paid first is served first; ties go by order id and line. */
const inQueueOrder = (a: LineRow, b: LineRow): number =>
  (a.waitingSince ?? "").localeCompare(b.waitingSince ?? "") ||
  a.orderId.localeCompare(b.orderId) ||
  a.lineNo - b.lineNo;

/**
 * Gives units that came free to lines that wait for them, before anybody else can take them. Runs after every
 * command that freed something, in the same batch. `except`: lines the command itself has just settled.
 */
export function serveWaiting(draft: Draft): void {
  if (draft.freed.size === 0) return;
  const waiting: LineRow[] = [];
  for (const lines of draft.lines.values()) {
    for (const line of lines) {
      if (line.shortfall > 0 && componentsOf(line).some(({ skuId }) => draft.freed.has(skuId)))
        waiting.push(line);
    }
  }
  draft.freed.clear();
  for (const line of waiting.sort(inQueueOrder)) {
    const order = draft.orders.get(line.orderId);
    if (!order || !isServing(order.status)) continue;
    const held = heldUnits(draft, { kind: "order", id: order.id, lineNo: line.lineNo }, componentsOf(line));
    if (!fitLine(draft, order, line, held + line.shortfall)) continue;
    draft.emit(
      orderEvent(draft, order, "order.allocated", order.status, { allocation: [allocationOf(draft, line)] }),
    );
  }
}
