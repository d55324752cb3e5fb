/**
 * Tries to break the hub's promises: the real core, sync and `generic` connector against simulated shops, shoppers and
 * faults, on virtual time.
 *
 *   npm run sim -- [--seeds N] [--from M] [--operations K]     N seeds from M on
 *   npm run sim -- --seed X [--operations K] [--without a,b]   one seed again
 *   --trace FILE   writes every step of a single seed      --json   prints the summary as JSON
 *   --processes N  runs seeds in so many processes (2)
 *   --no-shrink    does not look for a smaller failure
 *
 * Exits with 1 when a promise breaks, or when a fault was never seen in 50 seeds or more.
 */
import { writeFileSync } from "node:fs";
import { readOptions } from "./options.ts";
import type { RunOptions } from "./plan.ts";
import { openPool, type Pool, type Ran } from "./pool.ts";
import { describeFailure, describeShrunk, type Kept, summarise } from "./report.ts";
import { shrink } from "./shrink.ts";

/** Fewer seeds need not have seen every fault. */
const seedsThatSeeAll = 50;
const mostFailuresShown = 20;

const given = readOptions({
  seeds: { type: "string", default: "20" },
  from: { type: "string", default: "1" },
  seed: { type: "string" },
  operations: { type: "string", default: "2000" },
  without: { type: "string", default: "" },
  trace: { type: "string" },
  processes: { type: "string", default: "2" },
  json: { type: "boolean", default: false },
  "no-shrink": { type: "boolean", default: false },
});
const operations = Number(given.operations);
const without = given.without === "" ? [] : given.without.split(",");
const first = Number(given.seed ?? given.from);
const count = given.seed === undefined ? Number(given.seeds) : 1;
const numbers = [operations, first, count, Number(given.processes) - 1];
if (!numbers.every((value) => Number.isInteger(value) && value >= 0)) {
  console.error(
    "--seeds, --from, --seed, --operations and --processes take whole numbers, --processes from 1.",
  );
  process.exit(2);
}
const pool = openPool(count === 1 ? 1 : Number(given.processes));
const kept: Kept[] = [];
let shown = 0;
const tasks = Array.from({ length: count }, (_, index) => ({
  options: { seed: first + index, operations, without },
  keepTrace: given.trace !== undefined,
}));
const startedMs = performance.now();
for await (const result of pool.runAll(tasks)) {
  // Steps are many, and only those of a failure or a trace file are looked at.
  const { trace, lastSteps: _, logged: _logged, ...rest } = result;
  kept.push(rest);
  if (given.trace !== undefined) writeFileSync(given.trace, `${trace.join("\n")}\n`);
  if (!given.json) process.stderr.write(`${lineOf(result)}\n`);
  if (result.broken.length > 0 && shown < mostFailuresShown) {
    shown += 1;
    await tellFailure(pool, result);
  }
}
const seconds = (performance.now() - startedMs) / 1000;
await pool.close();
const summary = summarise(kept, seconds);
console.log(JSON.stringify(summary, null, given.json ? 0 : 2));
const isBlind = count >= seedsThatSeeAll && summary.neverSeen.length > 0;
if (isBlind) console.error(`Never seen: ${summary.neverSeen.join(", ")}. Raise --seeds, or look why.`);
process.exitCode = summary.failed.length > 0 || isBlind ? 1 : 0;

function lineOf({ traceHash, seed, seconds, broken }: Ran): string {
  return `seed ${seed} ${traceHash} ${seconds.toFixed(2)} s${broken.length > 0 ? ` BROKEN ${broken.length}` : ""}`;
}

async function tellFailure({ run }: Pool, result: Ran): Promise<void> {
  const options: RunOptions = { seed: result.seed, operations, without };
  console.error(describeFailure(options, result));
  if (given["no-shrink"]) return;
  console.error(describeShrunk(await shrink(options, result, run)));
}
