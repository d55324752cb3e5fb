import { fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WorkerOutcome, WorkerTask } from "./engine-worker.ts";

const script = fileURLToPath(new URL("./engine-worker.ts", import.meta.url));

/** Runs each task in a hub process of its own; all start at the same moment. Answers what became of their commands. */
export async function engineProcesses(tasks: readonly WorkerTask[]): Promise<WorkerOutcome[][][]> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-worker-"));
  try {
    const children = await Promise.all(tasks.map((task, index) => start(directory, task, index)));
    for (const child of children) child.go();
    return await Promise.all(children.map((child) => child.done));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Started {
  go(): void;
  done: Promise<WorkerOutcome[][]>;
}

async function start(directory: string, task: WorkerTask, index: number): Promise<Started> {
  const path = join(directory, `${index}.json`);
  await writeFile(path, JSON.stringify(task));
  const child = fork(script, [path], { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [] });
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const done = new Promise<WorkerOutcome[][]>((resolve, reject) => {
    child.on("message", (message) =>
      message === "ready" ? isReady() : resolve(message as WorkerOutcome[][]),
    );
    child.on("error", reject);
    child.on("exit", (code) => {
      isReady();
      reject(new Error(`the hub process ended with ${code}`));
    });
  });
  done.catch(() => undefined); // judged by whoever waits for it
  await ready;
  return { go: () => void (child.connected && child.send("go")), done };
}
