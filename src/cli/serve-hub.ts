import type { Config } from "../config.ts";
import { readPageFile, readReferenceAsset, serveNode } from "../http/node.ts";
import { type Hub, type HubOptions, openHub } from "../hub.ts";
import type { CliContext } from "./context.ts";
import { coreOptionsOf } from "./core.ts";
import { createLog } from "./log.ts";
import { serveRelay } from "./relay-server.ts";
import { urlOf } from "./services.ts";

export interface ServedHub {
  hub: Hub;
  /** Where it listens. */
  url: string;
  /** Where the outside reaches it. */
  publicUrl: string;
  /** The key file, when it was made just now. */
  madeIn: string | undefined;
  /** Takes nothing new, finishes what is in hand, closes the database. */
  close(): Promise<void>;
}

export interface ServeOptions {
  sync?: HubOptions["sync"];
  pageKey?: () => string | undefined;
  /** Asked first; null leaves the request to the hub. */
  before?: (request: Request) => Promise<Response> | null;
}

/** Opens the hub of a configuration and serves it, also to commands on this machine. Polls begin with `hub.start()`. */
export async function serveHub(
  context: CliContext,
  config: Config,
  options: ServeOptions = {},
): Promise<ServedHub> {
  const { madeIn, ...coreOptions } = coreOptionsOf(config, context);
  const { log, flush } = createLog(config.logLevel, context.runtime.clock);
  const door = createDoor(options.before);
  // Listening comes first: with port 0 the address is known only then, and webhook addresses begin with it.
  const server = await serveNode(door, { host: config.host, port: config.port });
  const url = urlOf(config.host, server.port);
  const publicUrl = config.publicUrl ?? url;
  let hub: Hub | undefined;
  let stopRelay = async () => {};
  const close = async () => {
    await Promise.all([server.close(), stopRelay()]);
    await hub?.close();
    flush();
  };
  try {
    const { pageKey, sync } = options;
    hub = await openHub({
      ...coreOptions,
      publicUrl,
      version: context.version,
      holder: context.holder,
      log,
      app: { readAsset: readReferenceAsset, readPageFile, ...(pageKey ? { pageKey } : {}) },
      ...(sync ? { sync } : {}),
    });
    door.open(hub.app);
    if (hub.db.kind === "pglite") {
      const core = { ...hub, publicUrl };
      stopRelay = await serveRelay({ dataDir: config.dataDir, core, context, log });
    }
    return { hub, url, publicUrl, madeIn, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lets requests through to the app once it is there; until then it answers 503. */
function createDoor(before: ServeOptions["before"] = () => null) {
  let app: Hub["app"] | undefined;
  return {
    open: (opened: Hub["app"]) => {
      app = opened;
    },
    fetch: (request: Request, env?: unknown) =>
      before(request) ?? (app ? app.fetch(request, env as object) : stillOpening()),
  };
}

const openingProblem = JSON.stringify({
  type: "urn:sluice:problem:unavailable",
  title: "Not available now",
  status: 503,
  detail: "The hub is starting; try again in a moment.",
  code: "unavailable",
});

/** Before there is an app: the same problem document that the app gives, without a request id. */
export const stillOpening = () =>
  new Response(openingProblem, {
    status: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "1", "cache-control": "no-store" },
  });
