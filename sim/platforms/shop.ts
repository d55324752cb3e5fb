import type { Chance } from "../../src/connectors/sandbox/random.ts";
import { createIds } from "../../src/core/ids.ts";
import type { PlacedOrder, Platform, Subject } from "../../tests/connectors/subject.ts";
import type { TestRuntime } from "../../tests/support/runtime.ts";
import { fairWeather, type Weather } from "../faults.ts";
import { randomOf } from "../world/random.ts";
import type { VirtualTime } from "../world/time.ts";

/** An account on a fake platform, and what its shoppers know. */
export interface PlatformShop {
  id: string;
  subject: Subject;
  platform: Platform;
  weather: PlatformWeather;
  connectionId: string;
  /** Orders by id, in the order they were placed. */
  orders: Map<string, Bought>;
  /** Writes that arrived long after the hub had given them up. */
  lateWrites: number;
  /** When calls left for it, in ms; for the judge of its budget. */
  departures: number[];
}

export interface Bought extends PlacedOrder {
  /** Index of the listing, which is the index of the SKU. */
  item: number;
  placedMs: number;
  cancelled: boolean;
}

/** What its own gates and the way to it do; probabilities per call, or per delivery. */
export interface PlatformWeather extends Weather {
  refusals: number;
  outages: number;
  dropped: number;
  repeated: number;
  /** Longest time a delivery takes. */
  delayMs: number;
  /** Everything is answered 429 until then. */
  stormUntilMs: number;
}

export const calmWeather = (): PlatformWeather => ({
  ...fairWeather(),
  refusals: 0,
  outages: 0,
  dropped: 0,
  repeated: 0,
  delayMs: 0,
  stormUntilMs: 0,
});

/** Starts a fresh platform on virtual time. */
export async function openPlatform(
  subject: Subject,
  time: VirtualTime,
  chance: Chance,
): Promise<PlatformShop> {
  const clock = { nowMs: time.nowMs };
  const random = randomOf(chance.between(0, 0x7fffffff));
  const stays = () => Promise.reject(new Error("The simulator moves the clock."));
  const runtime: TestRuntime = {
    clock,
    random,
    ids: createIds(clock, random),
    timers: time.timersOf({ lazy: false, isAwake: () => true, isDead: false }),
    fetch: () => Promise.reject(new Error("A platform calls nobody here.")),
    advance: stays,
    set: stays,
    sleeping: () => 0,
  };
  return {
    id: subject.connector.manifest.id,
    subject,
    platform: await subject.start(runtime),
    weather: calmWeather(),
    connectionId: "",
    orders: new Map(),
    lateWrites: 0,
    departures: [],
  };
}

/** What the platform still sells of an item. */
export function figureOf({ platform }: PlatformShop, item: number): Promise<number> | number {
  const listing = platform.listings[item];
  return listing && platform.stock ? platform.stock.figure(listing) : 0;
}

/** A shopper buys and pays what the platform shows to be there. */
export async function buyThere(
  shop: PlatformShop,
  item: number,
  quantity: number,
  nowMs: number,
): Promise<Bought | null> {
  const listing = shop.platform.listings[item];
  if (!listing || !shop.platform.orders || (await figureOf(shop, item)) < quantity) return null;
  const placed = await shop.platform.orders.place(listing, quantity);
  const bought = { ...placed, item, placedMs: nowMs, cancelled: false };
  shop.orders.set(placed.externalId, bought);
  return bought;
}
