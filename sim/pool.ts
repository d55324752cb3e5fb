import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import type { RunOptions } from "./plan.ts";
import type { RunResult } from "./run.ts";

/** One seed to run: with the planted bug of that name, with every step kept. */
export interface Task {
  options: RunOptions;
  bug?: string | undefined;
  keepTrace?: boolean;
}

/** A result with what it cost: wall time, and the process's own work. */
export type Ran = RunResult & { seconds: number; cpuSeconds: number };

export type Runner = (task: Task) => Promise<Ran>;

/** Processes that run seeds, each over a database of its own. */
export interface Pool {
  readonly size: number;
  /** Runs a seed as soon as a process is free. Rejects when its process fails or ends. */
  run: Runner;
  /** Runs all of them side by side and answers in the order given. */
  runAll(tasks: Iterable<Task>): AsyncGenerator<Ran>;
  close(): Promise<void>;
}

interface Seat {
  child: ChildProcess;
  /** Seeds it has run. */
  runs: number;
}

/** The embedded database's memory never shrinks: a process is followed by a new one after this many seeds. */
const seedsPerProcess = 200;

export function openPool(size: number = Math.min(2, availableParallelism())): Pool {
  const free: Seat[] = [];
  const waiting: ((seat: Seat) => void)[] = [];
  const all = new Set<Seat>();
  const seat = (): Seat => {
    const made = { child: fork(new URL("./pool-worker.ts", import.meta.url), { execArgv: [] }), runs: 0 };
    all.add(made);
    return made;
  };
  const take = async (): Promise<Seat> => {
    const ready = free.pop();
    if (ready) return ready;
    return all.size < size ? seat() : new Promise((resolve) => waiting.push(resolve));
  };
  const leave = (left: Seat) => {
    left.runs += 1;
    const isOver = left.runs >= seedsPerProcess || !left.child.connected;
    if (isOver) {
      if (left.child.connected) left.child.disconnect();
      all.delete(left);
    }
    const next = waiting.shift();
    if (next) next(isOver ? seat() : left);
    else if (!isOver) free.push(left);
  };
  const run: Runner = async (task) => {
    const taken = await take();
    try {
      return await ask(taken.child, task);
    } finally {
      leave(taken);
    }
  };
  return {
    size,
    run,
    runAll: (tasks) => inOrder(tasks, size * 2, run),
    async close() {
      for (const { child } of all) {
        if (!child.connected) continue;
        const over = new Promise((resolve) => child.once("exit", resolve));
        child.disconnect();
        await over;
      }
    },
  };
}

type Answer = { ok: true; ran: Ran } | { ok: false; error: string };

function ask(child: ChildProcess, task: Task): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`A process that ran seeds ended with ${code}.`));
    child.once("exit", onExit);
    child.once("message", (answer: Answer) => {
      child.off("exit", onExit);
      if (answer.ok) resolve(answer.ran);
      else reject(new Error(`Seed ${task.options.seed} could not be run: ${answer.error}`));
    });
    child.send(task);
  });
}

async function* inOrder(tasks: Iterable<Task>, ahead: number, run: Runner): AsyncGenerator<Ran> {
  const begun: Promise<Ran>[] = [];
  for (const task of tasks) {
    const ran = run(task);
    // Looked at when its turn comes.
    ran.catch(() => undefined);
    begun.push(ran);
    const first = begun.length > ahead ? begun.shift() : undefined;
    if (first) yield await first;
  }
  for (const ran of begun) yield await ran;
}
