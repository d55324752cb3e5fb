/**
 * One day of a mid-size merchant against several fake platforms at once: orders over the day as shoppers come, a fifth of all
 * deliveries lost, tokens that end, storms of 429. Prints the figures as JSON.
 *
 *   npm run replay:day -- [--orders N] [--platforms a,b,c,d] [--lost 0.2]
 *
 * Exits with 1 when an order is missing, at the end or in a gap report, when stock differs anywhere, or when a platform was called
 * beyond its budget.
 */
import type { Jobs } from "../../src/sync/schedule.ts";
import { readOptions } from "../options.ts";
import { openStore } from "../world/store.ts";
import { mostBeyond } from "./budget.ts";
import { brokenPromises } from "./promises.ts";
import { becalm, comeToRest, expireTokens, firstContact } from "./run.ts";
import type { PlatformShop } from "./shop.ts";
import { loadSubjects } from "./subjects.ts";
import { PlatformWorld } from "./world.ts";

const given = readOptions({
  orders: { type: "string", default: "50000" },
  platforms: { type: "string", default: "douyin,shopify,taobao,woocommerce" },
  lost: { type: "string", default: "0.2" },
});
const wanted = Number(given.orders);
const lost = Number(given.lost);
if (!Number.isInteger(wanted) || wanted < 1 || !(lost >= 0 && lost <= 1)) {
  console.error("--orders takes a whole number above 0, --lost a part from 0 to 1.");
  process.exit(2);
}

const jobs: ReadonlySet<keyof Jobs> = new Set([
  "expireHolds",
  "pullOrders",
  "compareWithPlatforms",
  "reportGaps",
]);
const minutes = 24 * 60;
/** Nobody buys any more, but the hub goes on as before: longer than the gap report waits after an hour. */
const eveningMinutes = 15;
const tokensEndEveryMinutes = 110;
const stormEveryMinutes = 170;
const stormMs = 300_000;
/** Shoppers by hour of the day: few at night, most in the evening. */
const busy = [2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 5, 5, 5, 5, 6, 7, 9, 10, 9, 6, 4];
const busyTotal = busy.reduce((sum, share) => sum + share, 0);
const skuCount = 3;

const subjects = await loadSubjects(given.platforms);
const store = await openStore();
const world = new PlatformWorld(
  {
    seed: 20261111,
    skuCount,
    openingStock: wanted,
    stockMode: "shared",
    dangers: { crash: 0, pause: 0, longestPauseMs: 1 },
    processes: 1,
    // As a hub in service has them.
    options: { reconcileEveryMs: 600_000, followRestMs: 150, gatherMs: 250 },
  },
  store.db,
);
const startedMs = performance.now();
await world.open(subjects);
await firstContact(world);
for (const { weather } of world.shops) Object.assign(weather, { dropped: lost, delayMs: 20_000 });
let placed = 0;
let refusedSales = 0;
for (let minute = 0; minute < minutes + eveningMinutes; minute += 1) {
  await liveMinute(minute);
  if (minute % 60 === 59) {
    // A server's database does so by itself; the embedded one is told to, in the hub once a day.
    await store.db.query("vacuum (analyze)");
    tell(`hour ${(minute + 1) / 60}: ${placed} orders, ${world.statements.statements} statements`);
  }
}
await becalm(world);
await comeToRest(world);
const broken = await brokenPromises(world);
const summary = await figures();
await store.close();
console.log(JSON.stringify(summary, null, 2));
for (const text of broken.slice(0, 20)) console.error(`BROKEN ${text}`);
process.exitCode =
  broken.length > 0 ||
  summary.missing > 0 ||
  summary.gapReports.missing > 0 ||
  summary.shops.some(({ callsBeyondBudget }) => callsBeyondBudget > 0)
    ? 1
    : 0;

async function liveMinute(minute: number): Promise<void> {
  const due = dueBy(minute + 1) - dueBy(minute);
  const shopOf = () => world.chance.oneOf(world.shops);
  for (let count = 0; count < due; count += 1) {
    const bought = await world.buy(
      shopOf(),
      world.chance.between(0, skuCount - 1),
      world.chance.oneOf([1, 1, 1, 2]),
    );
    if (bought) placed += 1;
    else refusedSales += 1;
  }
  if (minute % tokensEndEveryMinutes === tokensEndEveryMinutes - 1) expireTokens(world);
  if (minute % stormEveryMinutes === 60) startStorm(shopOf());
  world.runJobs(jobs);
  await world.time.drain(20_000);
  const leftMs = 60_000 - (world.time.nowMs() % 60_000);
  await world.time.pass(leftMs);
}

/** How many orders are to be placed before this minute of the day begins. */
function dueBy(minute: number): number {
  const hour = Math.floor(minute / 60);
  const shares = busy.slice(0, hour).reduce((sum, share) => sum + share, 0);
  return Math.round((wanted * (shares + ((busy[hour] ?? 0) * (minute % 60)) / 60)) / busyTotal);
}

function startStorm(shop: PlatformShop): void {
  world.see("storm of 429");
  shop.weather.stormUntilMs = world.time.nowMs() + stormMs;
}

async function figures() {
  const [gaps = { hours: 0, missing: 0 }] = await world.db.query<{ hours: number; missing: number }>(
    `select count(*)::int as hours, coalesce(sum(jsonb_array_length(missing)), 0)::int as missing from gap_reports where merchant_id = $1`,
    [world.merchantId],
  );
  const lostTasks = await world.db.query<{ kind: string; count: number }>(
    "select kind, count(*)::int as count from tasks where merchant_id = $1 and status = 'open' group by 1 order by 1",
    [world.merchantId],
  );
  return {
    orders: placed,
    refusedSales,
    deliveries: world.deliveries,
    seen: Object.fromEntries(world.seen),
    gapReports: gaps,
    missing: broken.filter((text) => text.includes("is there 0 times")).length,
    openTasks: lostTasks,
    broken: broken.length,
    shops: world.shops.map(({ id, orders, departures, subject }) => {
      const { callsPerSecond, burst } = subject.connector.manifest.limits;
      return {
        id,
        orders: orders.size,
        calls: departures.length,
        callsPerOrder: Math.round((departures.length / Math.max(1, orders.size)) * 100) / 100,
        budget: `${callsPerSecond}/s, burst ${burst}`,
        callsBeyondBudget: mostBeyond(departures, { callsPerSecond, burst }),
      };
    }),
    statements: world.statements.statements,
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
  };
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
