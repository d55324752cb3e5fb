import { createKey } from "../core/keys.ts";
import { readPageFile, readReferenceAsset, serveNode } from "../http/node.ts";
import { type Hub, openHub } from "../hub.ts";
import type { CliContext } from "./context.ts";
import { configOf, coreOptionsOf, databaseNameOf } from "./core.ts";
import { createLog } from "./log.ts";
import { firstMerchant } from "./merchant.ts";
import { type Sentence, say } from "./messages.ts";
import { serveRelay } from "./relay-server.ts";
import { urlOf } from "./services.ts";

/** Opens the hub, serves it, and ends it when the process is asked to. */
export async function runHub(context: CliContext): Promise<void> {
  const config = configOf(context);
  const { madeIn, ...coreOptions } = coreOptionsOf(config, context);
  const { log, flush } = createLog(config.logLevel, context.runtime.clock);
  const opening = deferredApp();
  // Listening comes first: with port 0 the address is known only then, and webhook addresses begin with it.
  const server = await serveNode(opening, { host: config.host, port: config.port });
  const publicUrl = config.publicUrl ?? urlOf(config.host, server.port);
  let hub: Hub | undefined;
  try {
    hub = await openHub({
      ...coreOptions,
      publicUrl,
      version: context.version,
      holder: context.holder,
      log,
      app: { readAsset: readReferenceAsset, readPageFile },
    });
    opening.ready(hub.app);
    const first = await prepareFirst(hub);
    const stopRelay =
      hub.db.kind === "pglite"
        ? await serveRelay({
            dataDir: config.dataDir,
            core: { ...hub, publicUrl },
            surroundings: context,
            log,
          })
        : async () => undefined;
    hub.start();
    announce(context, { hub, url: urlOf(config.host, server.port), publicUrl, madeIn, first });
    await stopRequested(context);
    await Promise.all([server.close(), stopRelay()]);
  } finally {
    await server.close(0);
    await hub?.close();
    flush();
  }
  if (context.isJson) context.io.print(JSON.stringify({ event: "stopped" }));
  else context.io.print(say(context.language, "stopped"));
}

/** Answers 503 until the app is there. */
function deferredApp() {
  let app: Hub["app"] | undefined;
  return {
    ready: (opened: Hub["app"]) => {
      app = opened;
    },
    fetch: (request: Request, env?: unknown) =>
      app
        ? app.fetch(request, env as object)
        : new Response('{"code":"unavailable"}', {
            status: 503,
            headers: { "content-type": "application/problem+json", "retry-after": "1" },
          }),
  };
}

interface First {
  merchant: string;
  key: string;
}

/** Whoever starts a hub for the first time needs a key to do anything with it. */
async function prepareFirst(hub: Hub): Promise<First | null> {
  const { merchant, isNew } = await firstMerchant(hub);
  if (!isNew) return null;
  const { token } = await createKey(hub.db, hub.runtime, merchant.id, { name: "first start", role: "owner" });
  return { merchant: merchant.code, key: token };
}

interface Started {
  hub: Hub;
  url: string;
  publicUrl: string;
  madeIn: string | undefined;
  first: First | null;
}

function announce(context: CliContext, { hub, url, publicUrl, madeIn, first }: Started): void {
  const { io, language, version } = context;
  const { kind } = hub.db;
  if (context.isJson) {
    const migrations = hub.applied;
    io.print(JSON.stringify({ event: "listening", version, url, publicUrl, database: kind, migrations, first }));
    return;
  }
  const tell = (sentence: Sentence, values: Record<string, string | number> = {}) =>
    io.print(say(language, sentence, values));
  tell("listening", { version, url });
  tell("database", { name: databaseNameOf(configOf(context)) });
  if (kind === "pglite") tell("embedded");
  if (madeIn !== undefined) tell("key_made", { path: madeIn });
  if (hub.applied.length > 0) tell("migrated", { count: hub.applied.length });
  tell("page", { url });
  if (first) {
    io.print("");
    tell("first_key", { ...first });
  }
  tell("more_keys");
  tell("connect_first", { url });
  tell("stop_hint");
}

function stopRequested({ stopSignal, io, language, isJson }: CliContext): Promise<void> {
  const stopping = stopSignal();
  const told = () => {
    if (!isJson) io.print(say(language, "stopping"));
  };
  return new Promise((resolve) => {
    const stop = () => {
      told();
      resolve();
    };
    if (stopping.aborted) stop();
    else stopping.addEventListener("abort", stop, { once: true });
  });
}
