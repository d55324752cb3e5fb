/**
 * The hub between fake platforms that check every request as the real ones do, with lost, late and refused calls, lost
 * deliveries, tokens that end and crashes, on virtual time.
 *
 *   npm run sim:platforms -- [--seeds N] [--from M] [--operations K] [--platforms a,b,c] [--seed X]
 *
 * Exits with 1 when a promise breaks.
 */
import { readOptions } from "../options.ts";
import { openStore } from "../world/store.ts";
import { runPlatforms } from "./run.ts";
import { loadSubjects } from "./subjects.ts";

const given = readOptions({
  seeds: { type: "string", default: "20" },
  from: { type: "string", default: "1" },
  seed: { type: "string" },
  operations: { type: "string", default: "60" },
  platforms: { type: "string", default: "douyin,shopify,woocommerce" },
  json: { type: "boolean", default: false },
});
const first = Number(given.seed ?? given.from);
const count = given.seed === undefined ? Number(given.seeds) : 1;
const operations = Number(given.operations);
if (![first, count, operations].every((value) => Number.isInteger(value) && value >= 0)) {
  console.error("--seeds, --from, --seed and --operations take whole numbers.");
  process.exit(2);
}
const subjects = await loadSubjects(given.platforms);
const store = await openStore();
const failed: number[] = [];
const seen: Record<string, number> = {};
let orders = 0;
const startedMs = performance.now();
for (let seed = first; seed < first + count; seed += 1) {
  const run = await runPlatforms({ seed, operations }, subjects, store);
  orders += run.orders;
  for (const [name, times] of Object.entries(run.seen)) seen[name] = (seen[name] ?? 0) + times;
  if (run.broken.length > 0) failed.push(seed);
  if (given.json) continue;
  process.stderr.write(`seed ${seed} ${run.traceHash} ${run.stockMode} ${run.orders} orders\n`);
  if (run.broken.length === 0) continue;
  console.error(
    [...run.lastSteps, ...run.logged.slice(-20), ...run.broken.map((text) => `BROKEN ${text}`)].join("\n"),
  );
  console.error(
    `again: npm run sim:platforms -- --seed ${seed} --operations ${operations} --platforms ${given.platforms}`,
  );
}
await store.close();
const seconds = Math.round((performance.now() - startedMs) / 10) / 100;
console.log(
  JSON.stringify({ platforms: given.platforms, seeds: count, operations, orders, failed, seconds, seen }),
);
process.exitCode = failed.length > 0 ? 1 : 0;
