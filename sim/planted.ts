/**
 * Tries the simulator itself: puts one bug after the other into the hub, from outside, and runs seeds until a promise
 * breaks. Exits with 1 when a bug is not found, never changed anything, or the median takes more than 100 seeds.
 *
 *   npm run sim:planted -- [--bug NAME] [--skip N] [--count N] [--from M] [--most N] [--operations K]
 */
import { readOptions } from "./options.ts";
import { type Hunt, hunt } from "./planted/hunt.ts";
import { plantedBugs } from "./planted/list.ts";
import { openPool } from "./pool.ts";

const mostMedian = 100;

const given = readOptions({
  bug: { type: "string" },
  skip: { type: "string", default: "0" },
  count: { type: "string", default: "1000" },
  from: { type: "string", default: "1" },
  most: { type: "string", default: "300" },
  operations: { type: "string", default: "300" },
});
const chosen = plantedBugs
  .slice(Number(given.skip), Number(given.skip) + Number(given.count))
  .filter(({ name }) => given.bug === undefined || name.includes(given.bug));
if (chosen.length === 0) {
  console.error(
    `There is no planted bug "${given.bug}". There are: ${plantedBugs.map(({ name }) => name).join("; ")}.`,
  );
  process.exit(2);
}
const pool = openPool();
const hunts: Hunt[] = [];
const queue = [...chosen];
const hunter = async () => {
  for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
    const startedMs = performance.now();
    const found = await hunt(bug, pool.run, {
      from: Number(given.from),
      mostSeeds: Number(given.most),
      operations: Number(given.operations),
    });
    hunts.push(found);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const how = found.seeds === null ? "NOT FOUND" : `${found.seeds} seeds: ${found.promise}`;
    console.log(`${bug.name}: ${how} (changed something ${found.did} times, ${seconds} s)`);
  }
};
await Promise.all(Array.from({ length: pool.size }, hunter));
await pool.close();
const missed = hunts.filter(({ seeds }) => seeds === null);
const needed = hunts.map(({ seeds }) => seeds ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
const median = needed[needed.length >> 1] ?? 0;
console.log(`${hunts.length - missed.length} of ${hunts.length} bugs found, median ${median} seeds.`);
process.exitCode = missed.length > 0 || median > mostMedian ? 1 : 0;
