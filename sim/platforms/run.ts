import { createChance } from "../../src/connectors/sandbox/random.ts";
import type { Jobs } from "../../src/sync/schedule.ts";
import type { Subject } from "../../tests/connectors/subject.ts";
import { restOf } from "../calm.ts";
import type { Store } from "../world/store.ts";
import { type Act, acts } from "./people.ts";
import type { PlatformPlan } from "./plan.ts";
import { brokenPromises } from "./promises.ts";
import { calmWeather } from "./shop.ts";
import { PlatformWorld } from "./world.ts";

export interface PlatformRun {
  seed: number;
  broken: string[];
  traceHash: string;
  lastSteps: string[];
  orders: number;
  seen: Record<string, number>;
  stockMode: string;
  logged: string[];
}

const everyJob: ReadonlySet<keyof Jobs> = new Set([
  "expireHolds",
  "pullOrders",
  "compareWithPlatforms",
  "reportGaps",
  "keepHouse",
]);

/** One seed over these platforms, from the first order to the last promise. */
export async function runPlatforms(
  { seed, operations }: { seed: number; operations: number },
  subjects: readonly Subject[],
  store: Store,
): Promise<PlatformRun> {
  await store.empty();
  const world = new PlatformWorld(planOf(seed), store.db);
  await world.open(subjects);
  await firstContact(world);
  if (world.failed.length === 0) await busyTime(world, operations);
  await becalm(world);
  await comeToRest(world);
  const broken = await brokenPromises(world);
  for (const { life } of world.processes) life.kill();
  return {
    seed,
    broken,
    traceHash: world.trace.hash(),
    lastSteps: world.trace.last(40),
    orders: world.shops.reduce((sum, { orders }) => sum + orders.size, 0),
    seen: Object.fromEntries(world.seen),
    stockMode: world.plan.stockMode,
    logged: world.logged,
  };
}

function planOf(seed: number): PlatformPlan {
  const chance = createChance(seed ^ 0x51ed);
  return {
    seed,
    skuCount: chance.between(1, 3),
    openingStock: chance.oneOf([8, 30, 120]),
    stockMode: chance.oneOf(["split", "split", "shared", "auto"]),
    dangers: {
      crash: chance.oneOf([0, 0, 0.002, 0.01]),
      pause: chance.oneOf([0, 0, 0.001]),
      longestPauseMs: 120_000,
    },
    processes: chance.oneOf([1, 1, 2]),
  };
}

/** Access is granted, figures are read and split, before anybody buys and before anything goes wrong. */
export async function firstContact(world: PlatformWorld): Promise<void> {
  const { dangers } = world.plan;
  const spared = { ...dangers };
  for (const { life } of world.processes) life.becalm();
  await world.time.busy(() => world.grantAccess());
  for (let round = 0; round < 10; round += 1) {
    world.runJobs(everyJob, true);
    await world.time.drain(300_000);
    await world.time.pass(61_000);
    if (round > 1 && (await isAtRest(world))) break;
  }
  for (const shop of world.shops) shop.departures.length = 0;
  for (const { life } of world.processes) life.endanger(spared);
}

async function busyTime(world: PlatformWorld, operations: number): Promise<void> {
  const { chance, shops, plan } = world;
  const weatherChance = createChance(plan.seed ^ 0x5eed);
  const often = () => weatherChance.oneOf([0, 0, 0.05, 0.2]);
  for (const { weather } of shops)
    Object.assign(weather, {
      lostRequest: often(),
      lostAnswer: often(),
      lateWrite: weatherChance.oneOf([0, 0, 0.1]),
      refusals: often(),
      outages: often(),
      dropped: often(),
      repeated: often(),
      latencyMs: weatherChance.oneOf([100, 100, 3_000]),
      delayMs: weatherChance.oneOf([0, 5_000, 600_000, 7_200_000]),
    });
  const pauses = chance.oneOf([
    [0, 1_000, 10_000, 60_000],
    [1_000, 60_000, 900_000],
  ]);
  const total = acts.reduce((sum, { weight }) => sum + weight, 0);
  for (let done = 0; done < operations; ) {
    const size = Math.min(operations - done, chance.oneOf([1, 4, 12]));
    for (let count = 0; count < size; count += 1) {
      // People act one after the other; what the hub does with it goes on beside them.
      await drawn(chance.fraction() * total).do(world);
    }
    done += size;
    if (chance.happens(0.02)) expireTokens(world);
    world.runJobs(everyJob);
    if (chance.happens(0.5)) await world.time.drain(60_000);
    await world.time.pass(chance.oneOf(pauses));
    world.tend();
  }
}

function drawn(place: number): Act {
  let left = place;
  for (const act of acts) {
    left -= act.weight;
    if (left < 0) return act;
  }
  return acts[0] as Act;
}

export function expireTokens(world: PlatformWorld): void {
  for (const { platform } of world.shops) {
    if (!platform.authorization) continue;
    world.see("token.expire");
    platform.authorization.expire();
  }
}

/** Nothing fails any more; what was sent arrives. */
export async function becalm(world: PlatformWorld): Promise<void> {
  world.isCalm = true;
  for (const { weather } of world.shops) Object.assign(weather, calmWeather());
  for (const { life } of world.processes) life.becalm();
  world.tend();
  await world.time.drain(120_000);
  await world.time.pass(7_200_000);
  world.tend();
}

const mostRounds = 40;
/** Longer than a backoff, an open circuit and the time between two comparisons. */
const roundMs = 900_000;

/** Polls, comparisons and pushes until nothing is left to do. */
export async function comeToRest(world: PlatformWorld): Promise<void> {
  let quietRounds = 0;
  for (let round = 0; round < mostRounds && quietRounds < 2; round += 1) {
    if (round < 3) {
      const granting = world.grantAgain();
      await world.time.drain(60_000);
      await granting;
    }
    const [process] = world.processes;
    for (const shop of round < 3 ? world.shops : [])
      if (process) await world.time.busy(() => process.retryByHand(shop.connectionId));
    for (const ms of [roundMs, 60_000]) {
      world.tend();
      await world.time.pass(ms);
      world.runJobs(everyJob, true);
      await world.time.drain(300_000);
      await world.time.pass(5_000);
    }
    quietRounds = (await isAtRest(world)) ? quietRounds + 1 : 0;
  }
  const rest = await restOf({ ...world, furniture: world });
  if (quietRounds < 2) world.failed.push(`left over after quiet time: ${JSON.stringify(rest)}`);
}

async function isAtRest(world: PlatformWorld): Promise<boolean> {
  const { unread: _, ...rest } = await restOf({ ...world, furniture: world });
  return Object.values(rest).every((count) => count === 0);
}
