import type { Connection } from "../core/catalogue/connections.ts";
import { SluiceError } from "../core/errors.ts";
import { isUuid } from "../core/ids.ts";
import type { Log } from "../http/parts.ts";
import type { RunningSync } from "../sync/sync.ts";
import type { CliContext, OpenedCore } from "./context.ts";
import { configOf } from "./core.ts";

/** Where platforms reach this hub: webhook addresses begin with it. */
export function publicUrlOf(context: CliContext, core: OpenedCore): string {
  if (core.publicUrl !== undefined) return core.publicUrl;
  const { publicUrl, host, port } = configOf(context);
  return publicUrl ?? urlOf(host, port);
}

export const urlOf = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Lends the sync layer to `work`: the hub's own where one is at work, else one made for this command. */
export async function withSync<Result>(
  context: CliContext,
  core: OpenedCore,
  work: (sync: RunningSync) => Promise<Result>,
): Promise<Result> {
  if (core.sync) return work(core.sync);
  const { createSync } = await import("../sync/sync.ts");
  const sync = createSync({
    ...core,
    publicUrl: publicUrlOf(context, core),
    holder: context.holder,
    log: logToNotes(context),
  });
  try {
    return await work(sync);
  } finally {
    await sync.stop();
  }
}

/** Warnings and errors of the parts, as lines for the person who runs the command. */
export function logToNotes({ io, isVerbose }: CliContext): Log {
  const tell = (fields: object, message: string) =>
    io.note(isVerbose ? `${message} ${JSON.stringify(fields)}` : message);
  return { info: () => undefined, warn: tell, error: tell };
}

/** A connection by its name or id. Throws `not_found`, naming those there are. */
export async function findConnectionBy(
  core: OpenedCore,
  merchantId: string,
  nameOrId: string,
): Promise<Connection> {
  const { listConnections } = await import("../core/catalogue/connections.ts");
  const connections = await listConnections(core.db, merchantId);
  const found =
    connections.find(({ name }) => name === nameOrId) ??
    (isUuid(nameOrId) ? connections.find(({ id }) => id === nameOrId) : undefined);
  if (found) return found;
  const names = connections.map(({ name }) => `"${name}"`).join(", ");
  throw new SluiceError("not_found", `There is no connection "${nameOrId}"; there are: ${names}.`);
}
