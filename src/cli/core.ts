import { resolve } from "node:path";
import { type Config, readConfig } from "../config.ts";
import type { CoreOptions } from "../hub.ts";
import type { Surroundings } from "./context.ts";
import { masterKeyFor } from "./master-key.ts";

/** The configuration of this run; relative directories count from where the command was called. */
export function configOf({ env, cwd }: Pick<Surroundings, "env" | "cwd">): Config {
  const config = readConfig(env);
  return { ...config, dataDir: resolve(cwd, config.dataDir) };
}

/** What opening this configuration's data takes. `madeIn`: a key file that was made just now. */
export function coreOptionsOf(
  config: Config,
  { runtime }: Pick<Surroundings, "runtime">,
): CoreOptions & { madeIn?: string } {
  const { key, madeIn } = masterKeyFor(config, runtime.random);
  return {
    runtime,
    databaseUrl: config.databaseUrl,
    dataDir: config.dataDir,
    masterKey: key,
    maxConnections: config.maxConnections,
    allowUnsafe: config.allowUnsafe,
    ...(madeIn === undefined ? {} : { madeIn }),
  };
}

/** Which database that is, for people; never its password. */
export function databaseNameOf(config: Config): string {
  if (config.databaseUrl === undefined) return config.dataDir;
  const url = URL.parse(config.databaseUrl);
  return url === null ? "PostgreSQL" : `PostgreSQL ${url.host}${url.pathname}`;
}
