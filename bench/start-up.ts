import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { median } from "./support.ts";

/** Row 7: from `npm start`'s command to the first answered request, embedded database, existing data. */

const cli = fileURLToPath(new URL("../src/cli.ts", import.meta.url));

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}

/** Seconds until GET /readyz is answered with 200; the hub is stopped afterwards. */
async function startOnce(directory: string): Promise<number> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, [cli, "start", "--port", String(port)], {
    env: { ...process.env, DATABASE_URL: "", SLUICE_DATA_DIR: directory, PORT: String(port) },
    stdio: "ignore",
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  for (;;) {
    const ok = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) break;
    if (child.exitCode !== null) throw new Error(`the hub ended with code ${child.exitCode}`);
    await sleep(10);
  }
  const took = (performance.now() - started) / 1000;
  child.kill("SIGTERM");
  await gone;
  return took;
}

export async function run(options: { runs?: number } = {}): Promise<Record<string, unknown>> {
  const runs = options.runs ?? 5;
  const directory = await mkdtemp(join(tmpdir(), "sluice-bench-start-"));
  try {
    const firstSeconds = await startOnce(directory);
    const times: number[] = [];
    for (let index = 0; index < runs; index += 1) times.push(await startOnce(directory));
    return {
      name: "start-up",
      runs,
      secondsToFirstRequest: median(times),
      secondsOnEmptyDirectory: firstSeconds,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));
