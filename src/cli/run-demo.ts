import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { lockDirectory } from "../core/db/lock-file.ts";
import { demoKeys, type RunningDemo, startDemo } from "../demo/demo.ts";
import type { CliContext } from "./context.ts";
import { configOf } from "./core.ts";
import type { DemoArguments } from "./demo.ts";
import { keyFileOf } from "./master-key.ts";
import { say } from "./messages.ts";
import { tellStopped, tellStopping, untilAborted } from "./run-hub.ts";
import { serveHub } from "./serve-hub.ts";

/** Serves the demo until the process is asked to end. */
export async function runDemo(context: CliContext, options: DemoArguments): Promise<void> {
  const stopping = context.stopSignal();
  const config = demoConfig(context, options);
  if (!options.keep) await clear(config.dataDir);
  let demo: RunningDemo | undefined;
  let pageKey: string | undefined;
  const served = await serveHub(context, config, {
    // Mishaps last seconds, so whatever they leave behind is looked for sooner than in earnest.
    sync: { reconcileEveryMs: 30_000 },
    pageKey: () => pageKey,
    before: (request) => (isStateRequest(request) && demo ? answerState(demo) : null),
  });
  try {
    const keys = await demoKeys(served.hub);
    pageKey = keys.readOnly;
    served.hub.start();
    demo = await startDemo(served.hub, { url: served.url, ownerKey: keys.owner, seed: options.seed });
    announce(context, {
      url: served.url,
      key: keys.owner,
      path: config.dataDir,
      isKept: options.keep ?? false,
    });
    await untilAborted(stopping);
    tellStopping(context);
  } finally {
    await demo?.stop();
    await served.close();
  }
  tellStopped(context);
}

/** Always embedded, always apart from the data of `start`. */
function demoConfig(context: CliContext, { port }: DemoArguments): Config {
  const env = { ...context.env, ...(port ? { PORT: port } : {}) };
  const config = configOf({ ...context, env });
  return {
    ...config,
    databaseUrl: undefined,
    key: undefined,
    publicUrl: undefined,
    dataDir: join(config.dataDir, "demo"),
    // Mishaps are the demo's daily bread; nobody wants to read a line for each.
    logLevel: context.env.LOG_LEVEL ? config.logLevel : "fatal",
  };
}

/** Under the lock, so that the data of a demo at work is never taken away from it. */
async function clear(dataDir: string): Promise<void> {
  const { mkdir } = await import("node:fs/promises");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const release = lockDirectory(dataDir);
  try {
    await rm(join(dataDir, "database"), { recursive: true, force: true });
    await rm(keyFileOf(dataDir), { force: true });
  } finally {
    release();
  }
}

const isStateRequest = (request: Request): boolean => new URL(request.url).pathname === "/demo/state";

const answerState = async (demo: RunningDemo): Promise<Response> =>
  Response.json(await demo.state(), { headers: { "cache-control": "no-store" } });

interface Announced {
  url: string;
  key: string;
  path: string;
  isKept: boolean;
}

function announce({ io, language, isJson }: CliContext, { url, key, path, isKept }: Announced): void {
  if (isJson) {
    io.print(JSON.stringify({ event: "listening", url, key, dataDir: path, kept: isKept }));
    return;
  }
  io.print(say(language, "demo_ready", { url, key }));
  const freshness = say(language, isKept ? "demo_kept" : "demo_fresh");
  io.note(say(language, "demo_where", { path, freshness }));
}
