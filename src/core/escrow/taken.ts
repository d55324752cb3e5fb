import type { LineRow, OrderRow } from "../engine/rows.ts";
import type { PlatformTraits } from "./exposure.ts";

type OrderFacts = Pick<OrderRow, "status" | "toldStatus" | "booked" | "paidAt">;
type LineFacts = Pick<LineRow, "quantity" | "unitsPer" | "cancelled" | "returned">;
type Habits = Pick<PlatformTraits, "deducts" | "restoresUnpaid" | "restoresPaid">;

/** What one line has to do with its platform's own figure, in listing units. */
export interface Taken {
  /** Units the platform has taken off its figure and, as far as the order tells, not put back. */
  units: number;
  /** It was told while its platform had taken nothing yet: what is taken later is news. */
  isEarly: boolean;
}

/**
 * An order that was closed here counts as closed: the platform will put its units back as soon as it is told. Goods that the
 * platform keeps and ships itself are none of ours.
 */
export function takenOf(order: OrderFacts, line: LineFacts, deducts: Habits["deducts"]): Taken {
  if (deducts === "never" || line.unitsPer === 0) return { units: 0, isEarly: false };
  if (isOver(order)) return { units: 0, isEarly: false };
  if (deducts === "paid" && order.toldStatus === "pending_payment") return { units: 0, isEarly: true };
  const back = Math.floor(line.cancelled / line.unitsPer) + Math.floor(line.returned / line.unitsPer);
  return { units: Math.max(0, line.quantity - back), isEarly: false };
}

/** Units sold and units put back between two tellings of a line. */
export interface Moved {
  sold: number;
  back: number;
}

/**
 * `before`: null when nothing of the line was heard yet. A line that is first heard of when part of it is over was sold and put
 * back: both count, since a sighting may lie between. Nothing counts as sold that may never have been: where payment takes
 * the unit and nothing tells of a payment, a cancelled order took nothing, unless the platform puts such units back anyway.
 */
export function movedSince(
  before: Taken | null,
  now: Taken,
  order: OrderFacts,
  line: LineFacts,
  platform: Habits,
): Moved {
  const known = before?.units ?? 0;
  const isNews = before === null || before.isEarly;
  const wasSold = !now.isEarly && mayBeTaken(order, line, platform);
  const sold = isNews ? (wasSold ? Math.max(now.units, line.quantity) : 0) : Math.max(0, now.units - known);
  return { sold, back: known + sold - now.units };
}

const mayBeTaken = (order: OrderFacts, { unitsPer }: LineFacts, platform: Habits): boolean =>
  platform.deducts !== "never" &&
  unitsPer > 0 &&
  (platform.deducts === "placed" || !isOver(order) || wasPaid(order) || putsBack(order, platform));

/** Whether the platform puts units of this order back by itself. Not told whether it was paid, either habit counts, on the safe side. */
export const putsBack = (order: OrderFacts, { restoresUnpaid, restoresPaid }: Habits): boolean =>
  wasPaid(order) ? restoresPaid : restoresUnpaid || restoresPaid;

const wasPaid = ({ booked, paidAt }: OrderFacts): boolean => booked !== null || paidAt !== null;

const isOver = ({ status, toldStatus }: OrderFacts): boolean =>
  [status, toldStatus].some((word) => word === "cancelled" || word === "refunded");
