import { createKey } from "../core/keys.ts";
import type { Hub } from "../hub.ts";
import type { CliContext } from "./context.ts";
import { configOf, databaseNameOf } from "./core.ts";
import { firstMerchant } from "./merchant.ts";
import { type Sentence, say } from "./messages.ts";
import { type ServedHub, serveHub } from "./serve-hub.ts";

/** Serves the hub until the process is asked to end. */
export async function runHub(context: CliContext): Promise<void> {
  const stopping = context.stopSignal();
  const served = await serveHub(context, configOf(context));
  try {
    const first = await prepareFirst(served.hub);
    served.hub.start();
    announce(context, served, first);
    await untilAborted(stopping);
    tellStopping(context);
  } finally {
    await served.close();
  }
  tellStopped(context);
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

function announce(context: CliContext, served: ServedHub, first: First | null): void {
  const { io, language, version } = context;
  const { hub, url, publicUrl, madeIn } = served;
  const { kind } = hub.db;
  if (context.isJson) {
    const migrations = hub.applied;
    io.print(
      JSON.stringify({ event: "listening", version, url, publicUrl, database: kind, migrations, first }),
    );
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

export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

export function tellStopping({ io, language, isJson }: CliContext): void {
  if (!isJson) io.print(say(language, "stopping"));
}

export function tellStopped({ io, language, isJson }: CliContext): void {
  io.print(isJson ? JSON.stringify({ event: "stopped" }) : say(language, "stopped"));
}
