import { becalm, comeToRest, deliverAll } from "./calm.ts";
import { faults } from "./faults.ts";
import { features } from "./features.ts";
import { beginPayment, comment, operate, payClaim, releaseClaim } from "./operations/live-rooms.ts";
import { planOf } from "./plan.ts";
import { gather, otherRows } from "./promises/evidence.ts";
import { promises } from "./promises/list.ts";
import type { Broken } from "./run.ts";
import type { LiveShow } from "./world/live-show.ts";
import type { Plant } from "./world/plant.ts";
import type { Store } from "./world/store.ts";
import { World } from "./world/world.ts";

export interface ShowOptions {
  seed: number;
  comments: number;
  /** How often a hub is killed in the middle of its work. */
  kills: number;
}

export interface ShowResult {
  broken: Broken[];
  written: number;
  stored: number;
  claims: number;
  paid: number;
  kills: number;
  seen: Record<string, number>;
}

/** Comments that go out between two looks at the clock. */
const perBurst = 40;
const jobs = new Set(["expireHolds", "keepHouse"] as const);

/** One long show with a feed that loses, repeats and mixes up comments, and with two hubs of which one is killed again and again. */
export async function runShow(
  { seed, comments, kills }: ShowOptions,
  { store, plant = null }: { store: Store; plant?: Plant | null },
): Promise<ShowResult> {
  const bare = planOf({ seed, operations: 0, without: [...features, ...faults.map(({ name }) => name)] });
  const plan = { ...bare, openingStock: 60, features: new Set(["two processes", "live rooms"] as const) };
  await store.empty();
  const world = new World({ plan, db: store.db, plant, keepTrace: false });
  await world.open();
  const theirs = await otherRows(store.db, world.furniture.otherMerchantId);
  const show = world.live as LiveShow;
  Object.assign(show.weather, { lose: 0.03, repeat: 0.2, delay: 0.2, reorder: 0.3, drop: 0.02, refuse: 0.1 });
  let killed = 0;
  while (show.truth.comments.size < comments) {
    await burst(world, show);
    if (killed < kills && show.truth.comments.size > ((killed + 1) * comments) / (kills + 2)) {
      killed += 1;
      await killInTheMiddle(world, show);
    }
    world.tend();
    world.caller.repeat();
  }
  await becalm(world);
  await deliverAll(world);
  const rest = await comeToRest(world);
  const evidence = await gather(world, theirs, rest);
  const broken = promises.flatMap(({ name, broken: judge }) =>
    judge(evidence).map((detail) => ({ promise: name, detail })),
  );
  for (const { sandbox } of world.shops) sandbox.stop();
  for (const { life } of world.processes) life.kill();
  return {
    broken,
    written: show.truth.comments.size,
    stored: evidence.live?.comments.length ?? 0,
    claims: evidence.live?.claims.length ?? 0,
    paid: [...show.truth.payments.values()].filter(({ outcome }) => outcome === "ordered").length,
    kills: killed,
    seen: Object.fromEntries(world.seen),
  };
}

async function burst(world: World, show: LiveShow): Promise<void> {
  await world.look();
  const until = show.truth.comments.size + perBurst;
  if (show.session?.state === "planned" || show.chance.happens(0.3)) operate(world, show);
  while (show.truth.comments.size < until) {
    comment(world, show);
    if (show.chance.happens(0.5)) payClaim(world, show);
    if (show.chance.happens(0.05)) beginPayment(world, show);
    if (show.chance.happens(0.03)) releaseClaim(world, show);
  }
  world.runJobs(jobs);
  await world.time.drain(30_000);
  await world.time.pass(show.chance.oneOf([500, 5_000, 20_000]));
}

/** Comments and payments are on their way; the hub dies somewhere among its statements. */
async function killInTheMiddle(world: World, show: LiveShow): Promise<void> {
  await world.look();
  for (let count = 0; count < 10; count += 1) comment(world, show);
  payClaim(world, show);
  payClaim(world, show);
  for (let turns = show.chance.between(1, 12); turns > 0; turns -= 1)
    await new Promise<void>((resolve) => setImmediate(resolve));
  const victim = show.chance.oneOf(world.processes);
  world.trace.step(`${victim.name} is killed`);
  victim.life.kill();
  await world.time.pass(1_000);
}
