import { messageOf } from "../core/errors.ts";
import type { Log } from "./parts.ts";

/** Begins to run jobs by the clock; `stop` waits for those in hand. */
export type StartSchedule = (jobs: Jobs, log: Log) => { stop(): Promise<void> };

/** What is done by the clock. Everything else follows from something having happened: see `loops.ts`. */
export interface Jobs {
  expireHolds(): Promise<void>;
  pullOrders(): Promise<void>;
  compareWithPlatforms(): Promise<void>;
  reportGaps(): Promise<void>;
  keepHouse(): Promise<void>;
  checkPromises(): Promise<void>;
}

/** Six fields, seconds first, UTC. */
export const cronTable: readonly { job: keyof Jobs; expression: string; why: string }[] = [
  { job: "expireHolds", expression: "*/3 * * * * *", why: "units held beyond their time are lost sales" },
  { job: "pullOrders", expression: "0 * * * * *", why: "webhooks may all be lost and nothing is missed" },
  {
    job: "compareWithPlatforms",
    expression: "30 * * * * *",
    why: "each connection has its own, longer interval",
  },
  {
    job: "reportGaps",
    expression: "0 12 * * * *",
    why: "after the hour has closed and its last orders were pulled",
  },
  {
    job: "keepHouse",
    expression: "0 20 * * * *",
    why: "each merchant's turn comes once a day; events that could not be booked are tried again",
  },
  {
    job: "checkPromises",
    expression: "0 40 * * * *",
    why: "a promise that is broken must be known within the hour",
  },
];

/** Runs the table with node-cron, for a lasting process. A run that takes longer than its interval is not doubled. */
export const startCron: StartSchedule = (jobs, log) => {
  const running = new Set<Promise<void>>();
  const run = (name: keyof Jobs) => {
    const work = jobs[name]()
      .catch((error: unknown) =>
        log.error(
          { job: name, error: messageOf(error) },
          "A scheduled job failed; it runs again at its next time.",
        ),
      )
      .finally(() => running.delete(work));
    running.add(work);
    return work;
  };
  // Only here: hosts without a lasting process call `runDue` and need no cron library.
  const tasks = import("node-cron").then(({ schedule }) =>
    cronTable.map(({ job, expression }) =>
      schedule(expression, () => run(job), { name: job, noOverlap: true, timezone: "UTC" }),
    ),
  );
  return {
    async stop() {
      for (const task of await tasks) await task.destroy();
      await Promise.all(running);
    },
  };
};
