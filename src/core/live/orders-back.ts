import type { Draft } from "../engine/draft.ts";
import type { OrderRow } from "../engine/rows.ts";
import { componentsOf, heldUnits } from "../inventory/reserve.ts";
import { linesOfItem } from "./orders.ts";
import type { ItemRow, LiveOrderRow } from "./rows.ts";
import { availableUnits, changeShare } from "./units.ts";

/**
 * Units that the sessions of an order gave to it and that it no longer wants, since it was cancelled, refunded or cut, are no
 * longer sold by the session. While it is on air they are owed to it, unless it leaves them to everybody: see `takeBack`. Called
 * when the order has given back what it does not want. Idempotent.
 */
export function returnToSession(draft: Draft, order: OrderRow): void {
  for (const row of draft.live.ordersOf(order.id)) {
    for (const item of draft.live.itemsOf(row.sessionId)) {
      const given = row.units[item.id] ?? 0;
      const excess = given === 0 ? 0 : given - keptUnits(draft, row, item);
      if (excess > 0) giveBack(draft, row, item, excess);
    }
  }
}

/** Sent, held, or waited for. */
const keptUnits = (draft: Draft, row: LiveOrderRow, item: ItemRow): number =>
  linesOfItem(draft, row, item).reduce((sum, line) => {
    const holder = { kind: "order" as const, id: line.orderId, lineNo: line.lineNo };
    return sum + line.shipped + heldUnits(draft, holder, componentsOf(line)) + line.shortfall;
  }, 0);

function giveBack(draft: Draft, row: LiveOrderRow, item: ItemRow, units: number): void {
  row.units[item.id] = (row.units[item.id] ?? 0) - units;
  draft.live.touchOrder(row);
  item.sold -= units;
  item.share -= units;
  item.givenBack += units;
  draft.live.changedItems.add(item);
  const session = draft.live.sessions.get(item.sessionId);
  if (!session) return;
  draft.live.touchSession(session, "share");
  if (session.state !== "on_air" || session.settings.cancelledUnits !== "session") return;
  draft.live.owed.set(item, (draft.live.owed.get(item) ?? 0) + units);
}

/**
 * Gives sessions what they are owed, as far as it is there when orders that wait have been served: these are sold already, be it
 * by a platform that put the cancelled unit back on its shelf and sold it again before we heard of either.
 */
export function takeBack(draft: Draft): void {
  for (const [item, units] of draft.live.owed) {
    const wanted = Math.min(units, availableUnits(draft, item));
    if (wanted > 0) item.givenBack -= changeShare(draft, item, wanted);
  }
  draft.live.owed.clear();
}
