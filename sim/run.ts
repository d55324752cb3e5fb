import { noFaults } from "../src/connectors/sandbox/faults.ts";
import type { Jobs } from "../src/sync/schedule.ts";
import { becalm, comeToRest, deliverAll, type Rest, restOf } from "./calm.ts";
import { fairWeather } from "./faults.ts";
import { operations } from "./operations/list.ts";
import type { Operation } from "./operations/operation.ts";
import { type Plan, planOf, type RunOptions } from "./plan.ts";
import { gather, gatherDeliveries, otherRows } from "./promises/evidence.ts";
import { promises, promisesOfDeliveries } from "./promises/list.ts";
import type { Promised } from "./promises/promised.ts";
import { hiddenOversell } from "./promises/shared-units.ts";
import { countSeen } from "./seen.ts";
import type { Plant } from "./world/plant.ts";
import type { Store } from "./world/store.ts";
import { EndlessWork } from "./world/time.ts";
import { World } from "./world/world.ts";

export interface Broken {
  promise: string;
  detail: string;
}

export interface RunResult {
  seed: number;
  operations: number;
  features: string[];
  faults: string[];
  /** The first promises found broken; none when all hold. */
  broken: Broken[];
  traceHash: string;
  lastSteps: string[];
  trace: readonly string[];
  seen: Record<string, number>;
  orders: number;
  statements: number;
  virtualMs: number;
  /** How often the planted bug changed something. */
  did: number;
  logged: string[];
}

export interface RunParts {
  store: Store;
  plant?: Plant | null;
  keepTrace?: boolean;
}

/** One seed from its first order to its last promise. Throws only for a fault of the simulator itself. */
export async function runSeed(
  options: RunOptions,
  { store, plant = null, keepTrace = false }: RunParts,
): Promise<RunResult> {
  const plan = planOf(options);
  await store.empty();
  const world = new World({ plan, db: store.db, plant, keepTrace });
  await world.open();
  const faults = [...plan.faults.map(({ name }) => name), ...(world.live?.faults() ?? [])];
  const theirs = await otherRows(store.db, world.furniture.otherMerchantId);
  const startedAtMs = world.time.nowMs();
  const broken = await live(world, theirs).catch((error: unknown): Broken[] => {
    if (!(error instanceof EndlessWork)) throw error;
    return [
      { promise: "work comes to an end", detail: `${world.counts.statements} statements, and more to come` },
    ];
  });
  for (const { sandbox } of world.shops) sandbox.stop();
  for (const { life } of world.processes) life.kill();
  countSeen(world);
  return {
    seed: plan.seed,
    operations: plan.operations,
    features: [...plan.features],
    faults,
    broken,
    traceHash: world.trace.hash(),
    lastSteps: world.trace.last(40),
    trace: world.trace.all(),
    seen: Object.fromEntries(world.seen),
    orders: world.shops.reduce((sum, { sandbox }) => sum + sandbox.shop.orders.size(), 0),
    statements: world.counts.statements,
    virtualMs: world.time.nowMs() - startedAtMs,
    did: world.did,
    logged: world.logged,
  };
}

async function live(world: World, theirs: string): Promise<Broken[]> {
  const early = await busyTime(world);
  if (early.length > 0) return early;
  await becalm(world);
  await deliverAll(world);
  const delivered = judge(promisesOfDeliveries, await gatherDeliveries(world));
  if (delivered.length > 0) return delivered;
  const rest = await comeToRest(world);
  return judge(promises, await gather(world, theirs, rest));
}

const jobsOf = (plan: Plan): ReadonlySet<keyof Jobs> =>
  new Set([
    "expireHolds",
    "pullOrders",
    "compareWithPlatforms",
    "keepHouse",
    ...(plan.features.has("gap reports") ? (["reportGaps"] as const) : []),
  ]);

/** However dense a run is, the hub gets its turn in between. */
const fewestBursts = 6;

/** Bursts of operations, with time between them. */
async function busyTime(world: World): Promise<Broken[]> {
  const { plan, chance } = world;
  const wanted = operations.filter(({ feature }) => feature === undefined || plan.features.has(feature));
  const jobs = jobsOf(plan);
  const longest = Math.ceil(plan.operations / fewestBursts);
  await openShops(world);
  for (let done = 0; done < plan.operations; ) {
    const size = Math.min(plan.operations - done, longest, chance.oneOf(plan.burstSizes));
    await world.look();
    const act = () => draw(wanted, chance.fraction()).act(world);
    for (let count = 0; count < size; count += 1) {
      if (count < size * (1 - plan.meanwhile)) act();
      else world.agenda.push(act);
    }
    done += size;
    world.runJobs(jobs);
    const pauseMs = chance.oneOf(plan.pauseMs);
    if (chance.happens(0.7)) await world.time.drain(60_000);
    await world.time.pass(pauseMs);
    for (const act of world.agenda.splice(0)) act();
    world.tend();
    world.caller.repeat();
    const broken = await watch(world);
    if (broken !== null) return [broken];
  }
  return [];
}

/** A first pull and the first figures are tried before anybody buys, and before anything goes wrong at the shops. */
async function openShops(world: World): Promise<void> {
  const spared = world.shops.map(({ sandbox, plan }) => ({
    now: [sandbox.faults, plan.weather] as const,
    later: [{ ...sandbox.faults }, { ...plan.weather }] as const,
  }));
  for (const { now, later } of spared) {
    Object.assign(now[0], noFaults(), { shiftingPages: later[0].shiftingPages });
    Object.assign(now[1], fairWeather());
  }
  // Units are split when every listing was read, and then its orders: a matter of minutes.
  const isSplit = world.plan.features.has("split units");
  const jobs = new Set<keyof Jobs>(isSplit ? ["pullOrders", "compareWithPlatforms"] : ["pullOrders"]);
  for (let tries = 0; tries < (isSplit ? 6 : 2); tries += 1) {
    world.tend();
    world.runJobs(jobs, true);
    await world.time.pass(isSplit ? 61_000 : 1_000);
    await world.time.drain(60_000);
    if (isSettled(await restOf(world))) break;
  }
  for (const { now, later } of spared) {
    Object.assign(now[0], later[0]);
    Object.assign(now[1], later[1]);
  }
}

const isSettled = ({ outbox, behind, unsettled, unread }: Rest): boolean =>
  outbox + behind + unsettled + unread === 0;

function draw(wanted: readonly Operation[], fraction: number): Operation {
  const total = wanted.reduce((sum, { weight }) => sum + weight, 0);
  let left = fraction * total;
  for (const operation of wanted) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  return wanted[0] as Operation;
}

/** What must hold at every moment and would not show any more at the end. */
async function watch(world: World): Promise<Broken | null> {
  const { truth, db, furniture, time } = world;
  const [failed] = truth.failed;
  if (failed !== undefined) return { promise: "at every moment", detail: failed };
  const hidden = await hiddenOversell(world);
  if (hidden !== null)
    return { promise: "the possible oversell that is shown covers the real one", detail: hidden };
  if (!world.plan.features.has("holds")) return null;
  const ended = await db.query<{ reference: string }>(
    "select reference from holds where merchant_id = $1 and status = 'expired'",
    [furniture.merchantId],
  );
  for (const { reference } of ended) {
    const expiresAtMs = truth.holds.get(reference)?.expiresAtMs ?? null;
    if (expiresAtMs !== null && expiresAtMs > time.nowMs() + 5_000)
      return { promise: "a hold lasts as long as promised", detail: `${reference} expired before its time` };
  }
  return null;
}

function judge<Found>(list: readonly Promised<Found>[], evidence: Found): Broken[] {
  return list.flatMap(({ name, broken }) => broken(evidence).map((detail) => ({ promise: name, detail })));
}
