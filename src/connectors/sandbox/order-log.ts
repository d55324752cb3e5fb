import type { Instant } from "../../core/clock.ts";
import type { OrderSnapshot } from "../../core/model/order.ts";

/** The shop's orders, also in the order of their last change, so that a poll of a million orders costs only its page. */
export interface OrderLog {
  put(order: OrderSnapshot): void;
  get(externalId: string): OrderSnapshot | undefined;
  all(): Iterable<OrderSnapshot>;
  size(): number;
  /** Orders changed after the time, or after the change with that number, oldest change first; at most `limit`. */
  changedAfter(after: Instant | number, limit: number): { order: OrderSnapshot; change: number }[];
  /** All orders changed after the time, for a shop that counts pages. */
  countedAfter(after: Instant, offset: number, limit: number): OrderSnapshot[];
}

interface Change {
  change: number;
  updatedAt: Instant;
  externalId: string;
}

export function createOrderLog(): OrderLog {
  const orders = new Map<string, OrderSnapshot>();
  const newest = new Map<string, number>();
  let changes: Change[] = [];
  let next = 1;

  /** Index of the first change that lies after; times and numbers both rise along the list. */
  const firstAfter = (after: Instant | number): number => {
    let low = 0;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const change = changes[middle];
      const lies =
        change !== undefined &&
        (typeof after === "number" ? change.change > after : change.updatedAt > after);
      if (lies) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const changedAfter = (after: Instant | number, limit: number) => {
    const found: { order: OrderSnapshot; change: number }[] = [];
    for (let index = firstAfter(after); index < changes.length && found.length < limit; index += 1) {
      const change = changes[index];
      const order =
        change && newest.get(change.externalId) === change.change ? orders.get(change.externalId) : undefined;
      if (change && order) found.push({ order, change: change.change });
    }
    return found;
  };

  return {
    put(order) {
      orders.set(order.externalId, order);
      newest.set(order.externalId, next);
      changes.push({ change: next, updatedAt: order.updatedAt, externalId: order.externalId });
      next += 1;
      // Superseded changes are dropped once they are the majority.
      if (changes.length > 1000 && changes.length > orders.size * 2) {
        changes = changes.filter(({ externalId, change }) => newest.get(externalId) === change);
      }
    },
    get: (externalId) => orders.get(externalId),
    all: () => orders.values(),
    size: () => orders.size,
    changedAfter,
    countedAfter: (after, offset, limit) =>
      changedAfter(after, offset + limit)
        .slice(offset)
        .map(({ order }) => order),
  };
}
