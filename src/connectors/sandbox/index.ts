import { Hono } from "hono";
import type { Fetch, Runtime } from "../../core/runtime.ts";
import type { Behaviour } from "../contract.ts";
import { type ControlParts, controlRoutes, stateOf } from "./control.ts";
import { createDeliveries, type WebhookTarget } from "./deliveries.ts";
import { type Faults, noFaults } from "./faults.ts";
import { createJournal, type Journal } from "./journal.ts";
import type { Product } from "./products.ts";
import { protocolRoutes } from "./protocol.ts";
import { createChance } from "./random.ts";
import { createShop, type Shop } from "./shop.ts";
import { createShoppers, type Shoppers } from "./shoppers.ts";

export { type Faults, faultsSchema } from "./faults.ts";
export type { JournalEntry } from "./journal.ts";
export { demoProducts, type Product } from "./products.ts";
export type { Shop } from "./shop.ts";

export interface SandboxOptions {
  /** `fetch` sends the webhooks; clock and timers move the shoppers. */
  runtime: Runtime;
  /** The same seed gives the same shoppers, faults and demo figures. */
  seed: number;
  products: readonly Product[];
  /** Shown to the hub as the account's name. */
  name?: string;
  /** Default CNY. */
  currency?: string;
  /** How the shop treats its own figure. Default: deducts when placed, restores an unpaid cancel, not a paid one. */
  behaviour?: Partial<Pick<Behaviour, "deducts" | "restoresOnUnpaidCancel" | "restoresOnPaidRefund">>;
  /** Both or neither; may also be set later with `connectWebhook`. */
  webhookUrl?: string;
  webhookSecret?: string;
  /** When given, calls of the protocol must carry it as bearer token. */
  apiToken?: string;
  faults?: Partial<Faults>;
  /** Entries kept in the journal, newest first to stay. Default 100,000. */
  journalLimit?: number;
}

/** A simulated shop that speaks `docs/generic-protocol.md`, all in memory. */
export interface Sandbox {
  /** The shop as a web app: the protocol at its root, control routes under `/_control`. */
  app: Hono;
  /** The same without a network, for a runtime's `fetch`. */
  fetch: Fetch;
  shop: Shop;
  shoppers: Shoppers;
  /** Change any of them while the shop runs. */
  faults: Faults;
  journal: Journal;
  connectWebhook(target: WebhookTarget | null): void;
  /** Deliveries still under way; see `settled`. */
  deliveriesPending(): number;
  /** Resolves when every delivery has been taken, dropped or given up. */
  settled(): Promise<void>;
  state(): ReturnType<typeof stateOf>;
  /** Sends the shoppers home and gives up deliveries under way. */
  stop(): void;
}

const defaultBehaviour = {
  deducts: "placed",
  restoresOnUnpaidCancel: true,
  restoresOnPaidRefund: false,
} as const;

export function createSandbox(options: SandboxOptions): Sandbox {
  const { runtime, seed, products, name = "Sandbox shop" } = options;
  const faults: Faults = { ...noFaults(), ...options.faults };
  const journal = createJournal(runtime.clock, options.journalLimit ?? 100_000);
  // Streams of their own: switching a fault on must not change what the shoppers do.
  const faultChance = createChance(seed ^ 0x5f);
  const shopperChance = createChance(seed);
  const shop = createShop({
    products,
    currency: options.currency ?? "CNY",
    behaviour: { ...defaultBehaviour, ...options.behaviour },
    clock: runtime.clock,
    faults,
    journal,
    idPrefix: `S${Math.floor(runtime.clock.nowMs() / 1000)
      .toString(36)
      .toUpperCase()}-`,
    onChange: (order) => deliveries.send(order),
  });
  const deliveries = createDeliveries({ runtime, chance: faultChance, faults, journal, nowMs: shop.nowMs });
  const shoppers = createShoppers(shop, shopperChance, runtime.timers);
  if (options.webhookUrl !== undefined && options.webhookSecret !== undefined) {
    deliveries.connect({ url: options.webhookUrl, secret: options.webhookSecret });
  }
  const control: ControlParts = { name, shop, shoppers, deliveries, faults, journal };
  const app = new Hono().route("/_control", controlRoutes(control)).route(
    "/",
    protocolRoutes({
      shop,
      faults,
      chance: faultChance,
      journal,
      runtime,
      apiToken: options.apiToken,
      name,
    }),
  );
  return {
    app,
    fetch: async (input, init) => app.fetch(new Request(input, init)),
    shop,
    shoppers,
    faults,
    journal,
    connectWebhook: deliveries.connect,
    deliveriesPending: deliveries.pending,
    settled: deliveries.settled,
    state: () => stateOf(control),
    stop() {
      shoppers.stop();
      deliveries.stop();
    },
  };
}
