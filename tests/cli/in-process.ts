import { onTestFinished } from "vitest";
import type { Surroundings } from "../../src/cli/context.ts";
import { runCli } from "../../src/cli/run.ts";
import { registry } from "../../src/connectors/registry.ts";
import type { Database } from "../../src/core/db/database.ts";
import { createEngine } from "../../src/core/engine/engine.ts";
import type { Fetch } from "../../src/core/runtime.ts";
import type { Core } from "../../src/hub.ts";
import { memoryDatabase } from "../support/database.ts";
import { testVault } from "../support/merchant.ts";
import { testRuntime } from "../support/runtime.ts";
import { type Ended, newDirectory } from "./processes.ts";

/** The command line in this process, over a database in memory: everything but the process itself. */
export interface TestCli {
  core: Core;
  db: Database;
  cwd: string;
  run(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  /** What a command that worked answers with --json. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the command printed and compares it
  json(args: readonly string[], env?: Record<string, string>): Promise<any>;
}

export async function testCli(options: { fetch?: Fetch } = {}): Promise<TestCli> {
  const runtime = testRuntime(options);
  const db = await memoryDatabase();
  const vault = testVault(runtime);
  const engine = createEngine({ db, vault, runtime });
  const close = async () => {
    await engine.close();
    await db.close();
  };
  onTestFinished(close);
  const core: Core = { db, vault, engine, runtime, connectors: registry, applied: [], close };
  const cwd = newDirectory();

  const run: TestCli["run"] = async (args, env = {}) => {
    let stdout = "";
    let stderr = "";
    const surroundings: Surroundings = {
      env,
      cwd,
      runtime,
      holder: "test",
      stopSignal: () => new AbortController().signal,
      io: {
        print: (line) => {
          stdout += `${line}\n`;
        },
        note: (line) => {
          stderr += `${line}\n`;
        },
        write: async (chunk) => {
          stdout += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
        },
        progress: () => ({ tell: () => undefined, end: () => undefined }),
        ask: async () => undefined,
      },
    };
    const code = await runCli(args, surroundings, { withCore: (work) => work(core) });
    return { code, stdout, stderr };
  };
  return {
    core,
    db,
    cwd,
    run,
    async json(args, env) {
      const { stdout, stderr } = await run([...args, "--json"], env);
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout);
    },
  };
}
