/**
 * Tries to break the hub's promises: the real core, sync and `generic` connector against simulated shops, shoppers and
 * faults, on virtual time.
 *
 *   npm run sim -- [--seeds N] [--from M] [--operations K]     N seeds from M on
 *   npm run sim -- --seed X [--operations K] [--without a,b]   one seed again
 *   --trace FILE   writes every step of a single seed      --json   prints the summary as JSON
 *   --no-shrink    does not look for a smaller failure
 *
 * Exits with 1 when a promise breaks, or when a fault was never seen in 50 seeds or more.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { RunOptions } from "./plan.ts";
import { describeFailure, describeShrunk, type Kept, summarise } from "./report.ts";
import { runSeed } from "./run.ts";
import { shrink } from "./shrink.ts";
import { openStore, type Store } from "./world/store.ts";

/** Fewer seeds need not have seen every fault. */
const seedsThatSeeAll = 50;
const mostFailuresShown = 20;

const { values: given } = parseArgs({
  options: {
    seeds: { type: "string", default: "20" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    operations: { type: "string", default: "2000" },
    without: { type: "string", default: "" },
    trace: { type: "string" },
    json: { type: "boolean", default: false },
    "no-shrink": { type: "boolean", default: false },
  },
});
const operations = Number(given.operations);
const without = given.without === "" ? [] : given.without.split(",");
const first = Number(given.seed ?? given.from);
const count = given.seed === undefined ? Number(given.seeds) : 1;
if (![operations, first, count].every((value) => Number.isInteger(value) && value >= 0)) {
  console.error("--seeds, --from, --seed and --operations take whole numbers.");
  process.exit(2);
}
const store = await openStore();
const kept: Kept[] = [];
let shown = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const options: RunOptions = { seed, operations, without };
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const result = await runSeed(options, { store, keepTrace: given.trace !== undefined });
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { seen, broken, statements, orders, virtualMs } = result;
  kept.push({
    seed,
    operations,
    seen,
    broken,
    statements,
    orders,
    virtualMs,
    seconds,
    cpuSeconds: (user + system) / 1e6,
  });
  if (given.trace !== undefined) writeFileSync(given.trace, `${result.trace.join("\n")}\n`);
  if (!given.json) process.stderr.write(`${lineOf(result.traceHash, seed, seconds, result.broken.length)}\n`);
  if (result.broken.length > 0 && shown < mostFailuresShown) {
    shown += 1;
    await tellFailure(store, options, result);
  }
}
await store.close();
const summary = summarise(kept);
console.log(JSON.stringify(summary, null, given.json ? 0 : 2));
const isBlind = count >= seedsThatSeeAll && summary.neverSeen.length > 0;
if (isBlind) console.error(`Never seen: ${summary.neverSeen.join(", ")}. Raise --seeds, or look why.`);
process.exitCode = summary.failed.length > 0 || isBlind ? 1 : 0;

function lineOf(hash: string, seed: number, seconds: number, broken: number): string {
  return `seed ${seed} ${hash} ${seconds.toFixed(2)} s${broken > 0 ? ` BROKEN ${broken}` : ""}`;
}

async function tellFailure(
  on: Store,
  options: RunOptions,
  result: Awaited<ReturnType<typeof runSeed>>,
): Promise<void> {
  console.error(describeFailure(options, result));
  if (given["no-shrink"]) return;
  console.error(describeShrunk(await shrink(options, result, { store: on })));
}
