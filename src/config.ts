import { z } from "zod";
import { SluiceError } from "./core/errors.ts";

/** What a process is told by its surroundings. `docs/operations.md` describes every name for people. */

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const wholeBetween = (low: number, high: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${low} to ${high}` })
    .int(`must be a whole number from ${low} to ${high}`)
    .min(low, `must be a whole number from ${low} to ${high}`)
    .max(high, `must be a whole number from ${low} to ${high}`);

const publicUrlRule = "must be an http or https address without query, such as https://hub.example.com";

const isPublicUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username;
};

/** One entry per variable of the environment. An empty one counts as not set. */
const environmentSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(
      /^postgres(ql)?:\/\//,
      "must be a PostgreSQL address, such as postgres://user:password@127.0.0.1:5432/sluice; leave it out for the embedded database",
    )
    .optional(),
  SLUICE_DATA_DIR: z.string().default("./data"),
  /** Read by `readMasterKey`, which says what is wrong with it. */
  SLUICE_KEY: z.string().optional(),
  SLUICE_ALLOW_UNSAFE_POSTGRES: z
    .stringbool({ error: "must be true or false" })
    .default(false)
    .describe("Takes a PostgreSQL that runs with fsync, full_page_writes or synchronous_commit off"),
  SLUICE_MAX_CONNECTIONS: wholeBetween(1, 500).default(10),
  SLUICE_PUBLIC_URL: z
    .string()
    .refine(isPublicUrl, publicUrlRule)
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  PORT: wholeBetween(0, 65_535).default(8787),
  HOST: z.string().default("127.0.0.1"),
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(", ")}` }).default("info"),
});

/** Never shown when they are wrong: they hold passwords and keys. */
const secretNames = new Set(["DATABASE_URL", "SLUICE_KEY"]);

export interface Config {
  /** Undefined: the embedded database in `dataDir`. */
  databaseUrl: string | undefined;
  dataDir: string;
  /** SLUICE_KEY as it was given. */
  key: string | undefined;
  allowUnsafe: boolean;
  maxConnections: number;
  /** Undefined: the address the server listens on. */
  publicUrl: string | undefined;
  port: number;
  host: string;
  logLevel: (typeof logLevels)[number];
}

/**
 * Reads the configuration. Throws `configuration`, naming each wrong variable and what is expected of it.
 *
 * @example readConfig({ PORT: "80a" }) // throws: PORT is "80a", but must be a whole number from 0 to 65535.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.keys(environmentSchema.shape).flatMap((name) => {
      const value = environment[name]?.trim();
      return value ? [[name, value] as const] : [];
    }),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) throw wrongValues(parsed.error, given);
  const values = parsed.data;
  return {
    databaseUrl: values.DATABASE_URL,
    dataDir: values.SLUICE_DATA_DIR,
    key: values.SLUICE_KEY,
    allowUnsafe: values.SLUICE_ALLOW_UNSAFE_POSTGRES,
    maxConnections: values.SLUICE_MAX_CONNECTIONS,
    publicUrl: values.SLUICE_PUBLIC_URL,
    port: values.PORT,
    host: values.HOST,
    logLevel: values.LOG_LEVEL,
  };
}

function wrongValues(error: z.ZodError, given: Readonly<Record<string, string>>): SluiceError {
  const rules = new Map(error.issues.map((issue) => [String(issue.path[0]), issue.message]));
  const sentences = [...rules].map(([name, rule]) => {
    const shown = secretNames.has(name) ? "cannot be used: it" : `is "${given[name] ?? ""}", but`;
    return `${name} ${shown} ${rule}.`;
  });
  return new SluiceError("configuration", sentences.join(" "), { details: { variables: [...rules.keys()] } });
}
