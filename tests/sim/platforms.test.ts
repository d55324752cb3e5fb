import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mostBeyond } from "../../sim/platforms/budget.ts";
import { runPlatforms } from "../../sim/platforms/run.ts";
import { openStore, type Store } from "../../sim/world/store.ts";
import { subject as shopify } from "../connectors/shopify/subject.ts";
import type { Platform, Subject } from "../connectors/subject.ts";
import { subject as woocommerce } from "../connectors/woocommerce/subject.ts";

const operations = 40;

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

/** The subject with a platform of whose answers one part is untrue: what a judge must notice. */
const lying = (subject: Subject, lie: (platform: Platform) => Partial<Platform>): Subject => ({
  ...subject,
  start: async (runtime) => {
    const platform = await subject.start(runtime);
    return { ...platform, ...lie(platform) };
  },
});

describe("fake platforms of different kinds around one hub", () => {
  it("keep every promise", { timeout: 300_000 }, async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const { broken } = await runPlatforms({ seed, operations }, [shopify, woocommerce], store);
      expect(broken, `npm run sim:platforms -- --seed ${seed}`).toEqual([]);
    }
  });

  it("leave the same trace when run again", { timeout: 120_000 }, async () => {
    const run = () => runPlatforms({ seed: 3, operations }, [shopify, woocommerce], store);
    const first = await run();
    expect((await run()).traceHash).toBe(first.traceHash);
  });

  it.each<[string, (platform: Platform) => Partial<Platform>]>([
    [
      "an order that the platform never shows",
      (platform) => ({
        orders: {
          touch: () => undefined,
          place: (_listing, quantity) => ({ externalId: "404", totalMinor: 100, quantity }),
        },
        fetch: platform.fetch,
      }),
    ],
    [
      "a figure that is not what the core says",
      ({ stock }) => ({ stock: { figure: async (listing) => 1 + ((await stock?.figure(listing)) ?? 0) } }),
    ],
    ["a parcel nobody sent", () => ({ fulfilments: { parcels: () => [{ quantity: 1 }] } })],
  ])("a run notices %s", { timeout: 120_000 }, async (_what, lie) => {
    // A seed of shared units: of split ones a few may rest with nobody, behind which a wrong figure hides.
    const { broken } = await runPlatforms(
      { seed: 3, operations: 12 },
      [lying(shopify, lie), woocommerce],
      store,
    );
    expect(broken).not.toEqual([]);
  });
});

describe("the budget's judge", () => {
  const budget = { callsPerSecond: 2, burst: 3 };
  it.each([
    { calls: [], beyond: 0 },
    { calls: [0, 0, 0], beyond: 0 },
    { calls: [0, 0, 0, 0], beyond: 1 },
    { calls: [0, 0, 0, 500, 1_000], beyond: 0 },
    { calls: [0, 0, 0, 400, 1_000], beyond: 1 },
    { calls: [0, 0, 0, 60_000, 60_000, 60_000, 60_000, 60_000], beyond: 2 },
  ])("finds $beyond beyond it in $calls", ({ calls, beyond }) => {
    expect(mostBeyond(calls, budget)).toBe(beyond);
  });
});
