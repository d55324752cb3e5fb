import { readFileSync } from "node:fs";
import { openPostgres } from "../../src/core/db/postgres.ts";
import type { Answer, Command } from "../../src/core/engine/commands.ts";
import { createEngine } from "../../src/core/engine/engine.ts";
import { systemRuntime } from "../../src/http/system.ts";
import { testVault } from "./merchant.ts";

/**
 * A hub process of its own for tests of races: started by `engineProcess`, it opens the database, says "ready", waits for
 * "go" and hands in its commands, a group at a time.
 */

export interface WorkerTask {
  url: string;
  merchantId: string;
  /** Each group is handed in at once; the next when it is answered. */
  groups: Command[][];
}

/** What became of each command: the outcome, the code of its refusal, or the code of what was thrown. */
export type WorkerOutcome = { outcome: string; shortfall?: number; message?: string };

const outcomeOf = (answer: Answer): WorkerOutcome => {
  if (answer.kind === "refused") return { outcome: answer.code };
  return answer.kind === "order"
    ? { outcome: answer.outcome, shortfall: answer.shortfall }
    : { outcome: answer.outcome };
};

const failureOf = (error: unknown): WorkerOutcome => ({
  outcome: `thrown ${(error as { code?: string }).code ?? "?"}`,
  message: String(error),
});

async function work(path: string): Promise<void> {
  const task = JSON.parse(readFileSync(path, "utf8")) as WorkerTask;
  const runtime = systemRuntime();
  const db = await openPostgres(task.url, { maxConnections: 3 });
  const engine = createEngine({ db, vault: testVault(runtime), runtime });
  const started = new Promise((resolve) => process.once("message", resolve));
  process.send?.("ready");
  await started;
  const outcomes: WorkerOutcome[][] = [];
  for (const group of task.groups) {
    const answers = group.map((command) =>
      engine.submit(task.merchantId, command).then(outcomeOf, failureOf),
    );
    outcomes.push(await Promise.all(answers));
  }
  await engine.close();
  await db.close();
  process.send?.(outcomes);
  process.disconnect?.();
}

const [, , path] = process.argv;
if (path !== undefined) await work(path);
