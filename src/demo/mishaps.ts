import { type Faults, noFaults } from "../connectors/sandbox/faults.ts";
import { createChance } from "../connectors/sandbox/random.ts";
import { type Instant, instantOf } from "../core/clock.ts";
import type { Runtime } from "../core/runtime.ts";
import type { DemoShop } from "./shops.ts";

/** What goes wrong in the demo, one shop at a time. The page names each by its kind. */
const kinds = {
  lost_webhooks: { dropWebhooks: 0.6 },
  repeated_webhooks: { duplicateWebhooks: 0.8 },
  shuffled_webhooks: { reorderWebhooks: 0.7, delayWebhooksMs: 1_500 },
  too_many_requests: { rateLimit: 0.9, retryAfterSeconds: 2 },
  server_errors: { serverError: 0.7 },
  forged_webhooks: { forgedWebhooks: 0.5 },
} as const satisfies Record<string, Partial<Faults>>;

export interface Mishap {
  kind: keyof typeof kinds;
  /** Id of the connection. */
  connection: string;
  until: Instant;
}

/** Short enough to see one end within a minute's watching, long enough to see what it does. */
const lastsMs = 15_000;
const calmMs = 12_000;

/** Lets one thing after the other go wrong until `stopping`. Answers what is wrong now. */
export function startMishaps(
  { clock, timers }: Pick<Runtime, "clock" | "timers">,
  shops: readonly DemoShop[],
  seed: number,
  stopping: AbortSignal,
): { current(): Mishap | null; done: Promise<void> } {
  const chance = createChance(seed);
  let current: Mishap | null = null;
  const run = async () => {
    const names = Object.keys(kinds) as (keyof typeof kinds)[];
    for (let turn = 0; !stopping.aborted; turn += 1) {
      await timers.sleep(calmMs, stopping);
      const kind = names[turn % names.length];
      if (stopping.aborted || kind === undefined) break;
      const shop = chance.oneOf(shops);
      Object.assign(shop.sandbox.faults, kinds[kind]);
      current = { kind, connection: shop.id, until: instantOf(clock.nowMs() + lastsMs) };
      await timers.sleep(lastsMs, stopping);
      Object.assign(shop.sandbox.faults, noFaults());
      current = null;
    }
  };
  return { current: () => current, done: run() };
}
