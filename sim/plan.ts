import { type Faults, noFaults } from "../src/connectors/sandbox/faults.ts";
import { type Chance, createChance } from "../src/connectors/sandbox/random.ts";
import { type Fault, fairWeather, faults, type HubSwitches, type Weather } from "./faults.ts";
import { type Feature, features } from "./features.ts";

export interface RunOptions {
  seed: number;
  operations: number;
  /** Faults and features left out although the seed has them: what shrinking tries. */
  without?: readonly string[];
}

export interface ShopPlan {
  name: string;
  stockWrites: ("set" | "delta" | "compareAndSet")[];
  isReadable: boolean;
  sendsWebhooks: boolean;
  deducts: "placed" | "paid";
  restoresOnUnpaidCancel: boolean;
  restoresOnPaidRefund: boolean;
  ordersPerPage: number;
  callsPerSecond: number;
  faults: Faults;
  weather: Weather;
}

/** Everything a seed decides before the run begins. */
export interface Plan {
  seed: number;
  operations: number;
  features: ReadonlySet<Feature>;
  faults: readonly Fault[];
  /** What it was told to leave out. */
  leftOut: readonly string[];
  shops: ShopPlan[];
  skuCount: number;
  openingStock: number;
  /** Operations between two looks at the clock. */
  burstSizes: number[];
  /** Share of a burst that happens bit by bit, while the hub's calls are under way. */
  meanwhile: number;
  /** Time between two bursts. */
  pauseMs: number[];
  /** How often orders are polled; where that is rarely, deliveries must do. */
  pullEveryMs: number;
  hub: HubSwitches;
  keepMs: number;
  followRestMs: number;
}

const saltOf = { plan: 0x51ed, shops: 0x7a11, split: 0x5b17, live: 0x11fe } as const;

/** Units are lost, sold before they are listed, or listed as something else: what is oversold then is nobody's mistake. */
export const excuses: readonly Feature[] = ["counts", "adjustments", "mapping later", "mapping changes"];

/** What a seed makes: a random half of the features, a random third of the faults. */
export function planOf({ seed, operations, without = [] }: RunOptions): Plan {
  const chance = createChance(seed ^ saltOf.plan);
  const left = new Set(without);
  const share = chance.oneOf([0.25, 0.5, 0.75]);
  const drawnFeatures = features.filter((name) => name !== "live rooms" && chance.happens(share));
  // Drawn apart, so that what was drawn before there were live rooms stays as it was.
  if (createChance(seed ^ saltOf.live).happens(0.8)) drawnFeatures.push("live rooms");
  const faultShare = chance.oneOf([0, 0.15, 0.3, 0.5, 0.8]);
  const drawnFaults = faults.filter(() => chance.happens(faultShare));
  const has = new Set(drawnFeatures.filter((name) => !left.has(name)));
  const splitChance = createChance(seed ^ saltOf.split);
  // Most runs with split units have nothing in them that excuses an oversold one.
  const isStrict = has.has("split units") && splitChance.happens(0.7);
  if (isStrict) for (const name of excuses) has.delete(name);
  const kept = drawnFaults.filter(({ name }) => !left.has(name) && !(isStrict && name === "page.shift"));
  const hub: HubSwitches = { dangers: { crash: 0, pause: 0, longestPauseMs: 1 }, skewMs: 0 };
  for (const fault of drawnFaults) {
    // Drawn all the same, so that leaving one out changes nothing else.
    const into = left.has(fault.name)
      ? { dangers: { crash: 0, pause: 0, longestPauseMs: 1 }, skewMs: 0 }
      : hub;
    fault.hub?.(into, chance);
  }
  const isLong = has.has("long days");
  const shopCount = has.has("three shops") ? 3 : has.has("two shops") ? 2 : 1;
  const shopChance = createChance(seed ^ saltOf.shops);
  return {
    seed,
    operations,
    features: has,
    faults: kept,
    leftOut: without,
    shops: Array.from({ length: shopCount }, (_, index) => shopPlan(index, has, kept, shopChance)),
    skuCount: chance.between(2, 5),
    openingStock: isStrict ? splitChance.oneOf([6, 20, 100, 600]) : chance.oneOf([10, 60, 300, 2_000]),
    burstSizes: chance.oneOf([
      [2, 40, 400],
      [20, 150, 600],
      [200, 400, 800],
    ]),
    meanwhile: splitChance.oneOf([0, 0.3, 0.8]),
    pauseMs: isLong ? [0, 1_000, 60_000, 1_200_000, 7_200_000] : [0, 50, 1_000, 10_000, 60_000],
    pullEveryMs: splitChance.oneOf([60_000, 60_000, 900_000, 86_400_000]),
    hub,
    keepMs: chance.oneOf([5_000, 30_000]),
    followRestMs: chance.oneOf([0, 150]),
  };
}

function shopPlan(
  index: number,
  has: ReadonlySet<Feature>,
  kept: readonly Fault[],
  chance: Chance,
): ShopPlan {
  const one = chance.between(0, 2);
  const applies = (name: Feature) => has.has(name) && (index === one || chance.happens(0.4));
  const isBlind = applies("blind shop");
  const kind = chance.oneOf(["delta", "compareAndSet"] as const);
  const relative =
    applies("delta shop") && applies("compare-and-set shop")
      ? kind
      : applies("delta shop")
        ? "delta"
        : applies("compare-and-set shop")
          ? "compareAndSet"
          : "set";
  const shop: ShopPlan = {
    name: `shop${index + 1}`,
    // A shop that can neither be set nor read cannot be kept right by anybody.
    stockWrites: isBlind ? ["set"] : [relative],
    isReadable: !isBlind,
    sendsWebhooks: !applies("silent shop"),
    deducts: applies("paid deducts") ? "paid" : "placed",
    restoresOnUnpaidCancel: chance.happens(0.7),
    restoresOnPaidRefund: !isBlind && applies("restores refunds"),
    ordersPerPage: applies("small pages") ? chance.oneOf([5, 15, 40]) : 200,
    callsPerSecond: applies("small budget") ? 2 : 100,
    faults: noFaults(),
    weather: fairWeather(),
  };
  for (const fault of kept) {
    if (chance.happens(0.8))
      fault.shop?.({ shop: shop.faults, weather: shop.weather, isReadable: !isBlind }, chance);
  }
  return shop;
}
