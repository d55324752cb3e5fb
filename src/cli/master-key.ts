import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { SluiceError } from "../core/errors.ts";
import type { Random } from "../core/ids.ts";
import { readMasterKey } from "../core/vault.ts";

/** The key that secrets and buyers are sealed with. */
export interface MasterKey {
  key: Uint8Array;
  /** The file it was made in just now; somebody must be told to keep it. */
  madeIn?: string;
}

export const keyFileOf = (dataDir: string): string => join(dataDir, "sluice.key");

/**
 * SLUICE_KEY, or for the embedded database a key kept beside it, made the first time. Throws `configuration` when there
 * is none and none may be made: a new key for existing data would only hide that the right one is missing.
 */
export function masterKeyFor(config: Config, random: Random): MasterKey {
  if (config.key !== undefined) return { key: readMasterKey(config.key) };
  if (config.databaseUrl !== undefined) throw keyNeeded();
  const path = keyFileOf(config.dataDir);
  if (existsSync(path)) return { key: readKeyFile(path) };
  if (existsSync(join(config.dataDir, "database"))) throw keyLost(config.dataDir, path);
  return makeKeyFile(config.dataDir, path, random);
}

function readKeyFile(path: string): Uint8Array {
  try {
    return readMasterKey(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new SluiceError(
      "configuration",
      `${path} cannot be read as a key: it must hold 32 bytes in base64. Restore it from a backup, or set SLUICE_KEY.`,
      { cause },
    );
  }
}

function makeKeyFile(dataDir: string, path: string, random: Random): MasterKey {
  const key = random.bytes(32);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    // wx: of two processes that start together one makes the file and the other reads it.
    writeFileSync(path, `${Buffer.from(key).toString("base64")}\n`, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    if (existsSync(path)) return { key: readKeyFile(path) };
    throw new SluiceError(
      "configuration",
      `Cannot write to the data directory ${dataDir}; set SLUICE_DATA_DIR to one you may write to.`,
      { cause },
    );
  }
  return { key, madeIn: path };
}

const keyNeeded = () =>
  new SluiceError(
    "configuration",
    "SLUICE_KEY is not set: with PostgreSQL it must be, since secrets and buyers are encrypted with it. " +
      "Make one with: openssl rand -base64 32. Keep it safe, and give every process of this hub the same one.",
  );

const keyLost = (dataDir: string, path: string) =>
  new SluiceError(
    "configuration",
    `There is a database in ${dataDir} but no key for it: ${path} is missing and SLUICE_KEY is not set. ` +
      "Restore the file from a backup, or set SLUICE_KEY to the key this database was made with.",
  );
