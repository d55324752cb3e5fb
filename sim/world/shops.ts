import { createSandbox, type Product, type Sandbox } from "../../src/connectors/sandbox/index.ts";
import type { Chance } from "../../src/connectors/sandbox/random.ts";
import { createIds } from "../../src/core/ids.ts";
import type { Fetch } from "../../src/core/runtime.ts";
import type { ShopPlan } from "../plan.ts";
import { randomOf } from "./random.ts";
import type { VirtualTime } from "./time.ts";

/** A shop of the run, and what its own people know. */
export interface SimShop {
  plan: ShopPlan;
  sandbox: Sandbox;
  connectionId: string;
  /** Whether its own warehouse sends the parcels; else ours does. */
  shipsItself: boolean;
  /** Orders somebody may still do something with, newest last. */
  recent: string[];
  parcels: number;
}

export const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export interface ShopParts {
  plan: ShopPlan;
  products: readonly Product[];
  time: VirtualTime;
  chance: Chance;
  shipsItself: boolean;
  /** Where its webhooks go. */
  fetch: Fetch;
}

/** Opens a shop. Its people and deliveries live on virtual time, its faults are those of the plan. */
export function openShop({ plan, products, time, chance, shipsItself, fetch }: ShopParts): SimShop {
  const clock = { nowMs: time.nowMs };
  const random = randomOf(chance.between(0, 0x7fffffff));
  const sandbox = createSandbox({
    runtime: {
      clock,
      timers: time.timersOf({ lazy: true, isAwake: () => true, isDead: false }),
      random,
      ids: createIds(clock, random),
      fetch,
    },
    seed: chance.between(0, 0x7fffffff),
    products,
    name: plan.name,
    behaviour: {
      deducts: plan.deducts,
      restoresOnUnpaidCancel: plan.restoresOnUnpaidCancel,
      restoresOnPaidRefund: plan.restoresOnPaidRefund,
    },
    faults: plan.faults,
    journalLimit: 1_000_000,
  });
  return { plan, sandbox, connectionId: "", shipsItself, recent: [], parcels: 0 };
}

/** Settings of the connection, as a merchant would enter them for such a shop. */
export const settingsOf = (plan: ShopPlan): Record<string, unknown> => ({
  baseUrl: `https://${plan.name}.sim`,
  deducts: plan.deducts,
  restoresOnUnpaidCancel: plan.restoresOnUnpaidCancel,
  restoresOnPaidRefund: plan.restoresOnPaidRefund,
  stockWrites: plan.stockWrites,
  offers: plan.isReadable ? ["stockRead", "fulfilments", "listings"] : ["fulfilments", "listings"],
  ordersPerPage: plan.ordersPerPage,
  callsPerSecond: plan.callsPerSecond,
  burst: plan.callsPerSecond * 2,
});

const remembered = 200;

export function remember(shop: SimShop, orderId: string): void {
  shop.recent.push(orderId);
  if (shop.recent.length > remembered) shop.recent.shift();
}

/** The shop's own faults end (but for how it counts pages: a cursor keeps its meaning), and what its network does to calls. */
export function calmDown(shop: SimShop): void {
  const { faults } = shop.sandbox;
  for (const key of [
    "duplicateWebhooks",
    "reorderWebhooks",
    "dropWebhooks",
    "delayWebhooksMs",
    "forgedWebhooks",
    "rateLimit",
    "serverError",
    "writeAppliedButTimedOut",
    "writeAnsweredButNotApplied",
  ] as const)
    faults[key] = 0;
  Object.assign(shop.plan.weather, {
    lostRequest: 0,
    lostAnswer: 0,
    lateWrite: 0,
    raceToShelf: 0,
    latencyMs: 100,
  });
}
