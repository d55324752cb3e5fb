import type { Behaviour, ListingRef } from "../contract.ts";
import type { OrderLine } from "./pricing.ts";
import { keyOf, refOf } from "./products.ts";
import type { Shelf } from "./shelf.ts";

/** Which units each order has taken off the shop's own figure, and what comes back when it is cancelled. */
export interface Holdings {
  /** Whether the figures cover all lines together. */
  fits(lines: readonly OrderLine[]): boolean;
  /** All lines, or none and false. */
  take(orderId: string, lines: readonly OrderLine[]): boolean;
  /** What was taken for the line is no longer wanted; whether the figure rises is the shop's behaviour. */
  giveBack(orderId: string, line: OrderLine, quantity: number, isPaid: boolean): void;
}

type Restores = Pick<Behaviour, "restoresOnUnpaidCancel" | "restoresOnPaidRefund">;

export function createHoldings(shelf: Shelf, behaviour: Restores): Holdings {
  const taken = new Map<string, number>();
  const slot = (orderId: string, line: OrderLine) => JSON.stringify([orderId, line.externalLineId]);
  const fits = (lines: readonly OrderLine[]) => {
    const wanted = new Map<string, number>();
    for (const line of lines) {
      const key = keyOf(listingOf(line));
      wanted.set(key, (wanted.get(key) ?? 0) + line.quantity);
    }
    return lines.every((line) => (wanted.get(keyOf(listingOf(line))) ?? 0) <= shelf.figure(listingOf(line)));
  };
  return {
    fits,
    take(orderId, lines) {
      if (!fits(lines)) return false;
      for (const line of lines) {
        shelf.take(listingOf(line), line.quantity);
        taken.set(slot(orderId, line), (taken.get(slot(orderId, line)) ?? 0) + line.quantity);
      }
      return true;
    },
    giveBack(orderId, line, quantity, isPaid) {
      const held = taken.get(slot(orderId, line)) ?? 0;
      const units = Math.min(quantity, held);
      taken.set(slot(orderId, line), held - units);
      const restores = isPaid ? behaviour.restoresOnPaidRefund : behaviour.restoresOnUnpaidCancel;
      if (restores && units > 0) shelf.putBack(listingOf(line), units);
    },
  };
}

export const listingOf = (line: OrderLine): ListingRef =>
  refOf({
    externalId: line.externalItemId ?? "",
    ...(line.externalVariantId === undefined ? {} : { externalVariantId: line.externalVariantId }),
  });
