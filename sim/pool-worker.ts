import { plantedBugs } from "./planted/list.ts";
import type { Ran, Task } from "./pool.ts";
import { runSeed } from "./run.ts";
import { openStore } from "./world/store.ts";

/** A process of `pool.ts`: one seed at a time, until its parent lets go of it. */
const store = await openStore();

async function ran({ options, bug, keepTrace = false }: Task): Promise<Ran> {
  const planted = bug === undefined ? undefined : plantedBugs.find(({ name }) => name === bug);
  if (bug !== undefined && !planted) throw new Error(`There is no planted bug "${bug}".`);
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const result = await runSeed(options, { store, plant: planted?.make() ?? null, keepTrace });
  const { user, system } = process.cpuUsage(cpu);
  return {
    ...result,
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
}

process.on("message", (task: Task) => {
  ran(task).then(
    (result) => process.send?.({ ok: true, ran: result }),
    (error: unknown) =>
      process.send?.({ ok: false, error: error instanceof Error ? error.stack : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
