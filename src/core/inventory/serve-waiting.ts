import type { Draft } from "../engine/draft.ts";
import type { Component, LineRow, QueuePlace, QueueState } from "../engine/rows.ts";
import { noteServed } from "../orders/notes.ts";
import { orderEvent } from "../orders/order-event.ts";
import { isServing } from "../orders/status.ts";
import { allocationOf, availableOf, componentsOf, fitLine, heldUnits, holdsParts } from "./reserve.ts";

/**
 * Gives units that came free to lines that wait for them, before anybody else can take them: who paid first is served first,
 * who has not paid comes last, but for units that a platform had sold again. Yields the queues that must be read on before the
 * next line can be chosen.
 */
export function* serveWaiting(draft: Draft): Generator<QueueState[], void, void> {
  const freed = new Set<string>();
  const unsplit = new Set(draft.unsplit);
  const resold = new Set(draft.resold);
  draft.unsplit.clear();
  draft.resold.clear();
  for (;;) {
    for (const skuId of draft.freed) freed.add(skuId);
    draft.freed.clear();
    if (unsplit.size === 0 && ![...freed].some((skuId) => availableOf(draft, skuId) > 0)) return;
    const news = { freed, unsplit, resold };
    const unread = unreadQueues(draft, news);
    // Those who come before their turn may stand at the end.
    const isEnough = resold.size === 0 ? unread.every(({ last }) => last !== null) : unread.length === 0;
    if (isEnough) serveUpTo(draft, news, horizonOf(unread));
    // A part that a line let go of may serve another.
    if (draft.freed.size > 0) continue;
    const more = unreadQueues(draft, news);
    if (more.length === 0) return;
    yield more;
  }
}

/**
 * SKUs of which units came free; SKUs split no more: of those no line may hold what makes no whole unit; and SKUs of which units
 * came back that their platform had sold again.
 */
interface News {
  freed: ReadonlySet<string>;
  unsplit: ReadonlySet<string>;
  resold: ReadonlySet<string>;
}

/**
 * Whether a line of this make-up gets or gives anything: a split part that came free, or the last part it is missing. A split part
 * that is not free it may hold already.
 */
function mayChange(draft: Draft, components: readonly Component[], { freed, unsplit }: News): boolean {
  if (components.some(({ skuId }) => unsplit.has(skuId))) return true;
  const isFree = ({ skuId }: Component) => freed.has(skuId) && availableOf(draft, skuId) > 0;
  const isKept = ({ skuId }: Component) => holdsParts(draft, "order", skuId);
  return (
    components.some((part) => isFree(part) && isKept(part)) ||
    (components.some(isFree) &&
      components.every((part) => isKept(part) || availableOf(draft, part.skuId) >= part.quantity))
  );
}

/** Queues not read to their end of which a line could get at least one unit. */
function unreadQueues(draft: Draft, news: News): QueueState[] {
  const bundles = [...draft.waitingBundles].filter(([, makes]) =>
    makes.some((components) => mayChange(draft, components, news)),
  );
  const plain = [...news.freed].filter((skuId) => availableOf(draft, skuId) > 0);
  return [...plain, ...bundles.map(([skuId]) => skuId)]
    .map((skuId) => draft.queueOf(skuId))
    .filter((queue) => !queue.ended);
}

/** Beyond the last line read of any queue there may be lines nobody has seen that stand before those of another queue. */
const horizonOf = (unread: readonly QueueState[]): QueuePlace | null =>
  unread
    .flatMap((queue) => queue.last ?? [])
    .sort(inQueueOrder)
    .at(0) ?? null;

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Paid lines by the time of payment, then unpaid ones; ties by order and line. The same order as in SQL. */
const inQueueOrder = (a: QueuePlace, b: QueuePlace): number =>
  Number(a.waitingSince === null) - Number(b.waitingSince === null) ||
  text(a.waitingSince ?? "", b.waitingSince ?? "") ||
  text(a.orderId, b.orderId) ||
  a.lineNo - b.lineNo;

function serveUpTo(draft: Draft, news: News, horizon: QueuePlace | null): void {
  const waiting: LineRow[] = [];
  for (const lines of draft.lines.values()) {
    for (const line of lines) {
      if (line.shortfall === 0 || (horizon && inQueueOrder(line, horizon) > 0)) continue;
      if (componentsOf(line).some(({ skuId }) => news.freed.has(skuId))) waiting.push(line);
    }
  }
  const first = new Set(news.resold.size === 0 ? [] : waiting.filter((line) => isResold(draft, line, news)));
  for (const line of waiting.sort(
    (a, b) => Number(first.has(b)) - Number(first.has(a)) || inQueueOrder(a, b),
  )) {
    const order = draft.orders.get(line.orderId);
    const components = componentsOf(line);
    if (!order || !isServing(order.status)) continue;
    if (!mayChange(draft, components, news)) continue;
    const held = heldUnits(draft, { kind: "order", id: order.id, lineNo: line.lineNo }, components);
    if (!fitLine(draft, order, line, held + line.shortfall)) continue;
    draft.emit(
      orderEvent(draft, order, "order.allocated", order.status, { allocation: [allocationOf(draft, line)] }),
    );
    noteServed(draft, order);
  }
}

/**
 * Whether a line was bought from a listing of what platforms had sold again: their figures had promised these units to it, while what
 * the hub sells itself waits for units that nobody was promised.
 */
function isResold(draft: Draft, line: LineRow, { resold }: News): boolean {
  if (!componentsOf(line).some(({ skuId }) => resold.has(skuId))) return false;
  const order = draft.orders.get(line.orderId);
  return order !== undefined && draft.escrow.exposureOf(order.connectionId, line) !== undefined;
}
