import { bookPromises } from "./books.ts";
import { escrowPromises } from "./escrow.ts";
import type { Deliveries } from "./evidence.ts";
import { livePromises } from "./live.ts";
import { deliveryPromises, orderPromises } from "./orders.ts";
import { outsidePromises } from "./outside.ts";
import type { Promised } from "./promised.ts";
import { stockPromises } from "./stock.ts";

/** What must hold as soon as every delivery has arrived, before anything is polled. */
export const promisesOfDeliveries: readonly Promised<Deliveries>[] = deliveryPromises;

/** What must hold after quiet time; more is added here. */
export const promises: readonly Promised[] = [
  ...orderPromises,
  ...stockPromises,
  ...outsidePromises,
  ...escrowPromises,
  ...bookPromises,
  ...livePromises,
];
