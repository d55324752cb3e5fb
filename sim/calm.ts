import { instantOf } from "../src/core/clock.ts";
import type { Database } from "../src/core/db/database.ts";
import type { Jobs } from "../src/sync/schedule.ts";
import { roomConnector } from "./world/live-feed.ts";
import { calmDown } from "./world/shops.ts";
import type { World } from "./world/world.ts";

/** What is left to do, as the tables say; 0 when the hub is at rest. */
export interface Rest {
  inbox: number;
  outbox: number;
  behind: number;
  holds: number;
  /** SKUs on their way to being split, and figures of which it is not known yet what they mean. */
  unsettled: number;
  /** Connections whose orders were not read to the end lately, or whose circuit is open. Rooms have no orders. */
  unread: number;
}

/** More rounds than an open circuit, backoff and comparison can ask for together. */
const mostRounds = 30;
const triesByHand = 3;
/** Longer than a backoff, an open circuit (12 minutes) and the time between two comparisons. */
const roundMs = 900_000;
const pullMs = 60_000;
/** Longer than a loop waits between two looks. */
const lookMs = 5_000;

const deliveries: ReadonlySet<keyof Jobs> = new Set(["expireHolds"]);
const pulls: ReadonlySet<keyof Jobs> = new Set(["pullOrders"]);
/** Half a minute lies between pulls and comparisons in the timetable: one that meets a pull puts off what needs it. */
const allButPulls: ReadonlySet<keyof Jobs> = new Set(["expireHolds", "compareWithPlatforms", "keepHouse"]);

/** Nobody fails any more, nobody crashes or stops, clocks keep their places. */
export async function becalm(world: World): Promise<void> {
  world.isCalm = true;
  world.trace.step("calm");
  for (const shop of world.shops) calmDown(shop);
  const { dangers } = world.plan.hub;
  Object.assign(dangers, { crash: 0, pause: 0 });
  for (const { life } of world.processes) life.becalm();
  world.tend();
  await world.time.drain(120_000);
  world.tend();
}

/** Everything that was sent arrives, and what arrived is worked off; nothing is polled yet. */
export async function deliverAll(world: World): Promise<void> {
  const isPending = () => world.shops.some(({ sandbox }) => sandbox.deliveriesPending() > 0);
  for (let round = 0; round < mostRounds && (isPending() || (await restOf(world)).inbox > 0); round += 1) {
    // Delays last days: the longer nothing comes, the longer the steps.
    await step(world, deliveries, round < 3 ? 60_000 : round < 6 ? roundMs : 12 * 3_600_000);
  }
}

/** Polls, comparisons and pushes until nothing is left to do. Answers what is left, should it not end. */
export async function comeToRest(world: World): Promise<Rest> {
  const jobs: Set<keyof Jobs> = new Set(allButPulls);
  if (world.plan.features.has("gap reports")) jobs.add("reportGaps");
  let rest = await restOf(world);
  let quietRounds = 0;
  for (let round = 0; round < mostRounds && quietRounds < 2; round += 1) {
    // By hand, and not for ever: a parcel its shop refuses stays refused, and each try raises a task anew.
    for (const shop of round < triesByHand ? world.shops : []) {
      const [process] = world.processes;
      if (process) await world.time.busy(() => process.retryByHand(shop.connectionId));
    }
    await step(world, jobs, roundMs);
    // What was read of a shop's figures counts when the orders of before are in.
    await step(world, pulls, pullMs);
    await world.time.pass(lookMs);
    rest = await restOf(world);
    quietRounds = isQuiet(world, rest) ? quietRounds + 1 : 0;
  }
  return rest;
}

const isQuiet = (world: World, rest: Rest): boolean =>
  rest.inbox === 0 &&
  rest.outbox === 0 &&
  rest.behind === 0 &&
  rest.holds === 0 &&
  rest.unread === 0 &&
  rest.unsettled === 0 &&
  world.caller.waiting.length === 0;

async function step(world: World, jobs: ReadonlySet<keyof Jobs>, durationMs: number): Promise<void> {
  world.tend();
  world.caller.repeat();
  await world.time.pass(durationMs);
  world.runJobs(jobs, true);
  await world.time.drain(300_000);
}

/** Where it can be seen what is left. */
export interface Restless {
  db: Database;
  time: { nowMs(): number };
  furniture: { merchantId: string };
}

export async function restOf({ db, furniture, time }: Restless): Promise<Rest> {
  const [row] = await db.query<Rest>(
    `select (select count(*) from inbox where merchant_id = $1 and status = 'received') as inbox,
       (select count(*) from outbox where merchant_id = $1 and status in ('pending', 'sending', 'unknown')) as outbox,
       (select count(*) from sku_allocations where merchant_id = $1 and state = 'converging')
         + (select count(*) from exposures where merchant_id = $1 and (next_anchor is not null or write_id is not null)) as unsettled,
       (select count(*) from holds where merchant_id = $1 and status = 'held' and expires_at <= $2) as holds,
       (select count(*) from connections c where c.merchant_id = $1 and c.connector <> all($4::text[]) and (c.circuit <> 'closed'
          or not exists (select 1 from sync_runs r where r.merchant_id = $1 and r.connection_id = c.id and r.job = 'pull-orders'
            and r.started_at > $3 and r.status = 'succeeded'))) as unread,
       (select count(*) from unnest(array['consumer:stock', 'consumer:fulfilments', 'consumer:books']) as k (name)
          join merchants m on m.merchant_id = $1
          left join cursors c on c.merchant_id = $1 and c.name = k.name
        where m.last_event_seq > coalesce((c.value->>'seq')::bigint, 0)) as behind`,
    [
      furniture.merchantId,
      instantOf(time.nowMs()),
      instantOf(time.nowMs() - roundMs),
      ["manual", roomConnector],
    ],
  );
  return row ?? { inbox: 0, outbox: 0, behind: 0, holds: 0, unsettled: 0, unread: 0 };
}
