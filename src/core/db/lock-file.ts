import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { SluiceError } from "../errors.ts";

/**
 * One process per data directory. PGlite does not lock it, and two of them writing one directory destroy it
 * (PGlite documentation, "Filesystems", read 2026-11-20: one connection at a time).
 */

interface Holder {
  pid: number;
  host: string;
  /** Start time of that process in clock ticks since boot, on Linux: a reused pid has another. */
  started: string | null;
}

/** Takes the lock or throws `database_locked`, naming the holder. Answers the release. */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, "sluice.lock");
  const self: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const text = JSON.stringify(self);
  // Each turn either takes the lock, meets a live holder, or removes one stale file; two suffice without rivals.
  for (let turn = 0; turn < 10; turn += 1) {
    if (createExclusive(path, text)) return () => release(path, text);
    const holder = readHolder(path);
    if (holder === undefined) continue;
    if (holder !== "unreadable" && isAlive(holder, self)) throw lockedBy(holder, self, directory, path);
    discard(path, self);
  }
  throw new SluiceError(
    "database_locked",
    `Several processes are starting on ${directory} at once; start one of them again.`,
  );
}

function createExclusive(path: string, text: string): boolean {
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  return true;
}

function readHolder(path: string): Holder | "unreadable" | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isHolder(value) ? value : "unreadable";
  } catch (error) {
    return isCode(error, "ENOENT") ? undefined : "unreadable";
  }
}

const isHolder = (value: unknown): value is Holder =>
  typeof value === "object" &&
  value !== null &&
  "pid" in value &&
  Number.isInteger(value.pid) &&
  "host" in value &&
  typeof value.host === "string" &&
  "started" in value &&
  (value.started === null || typeof value.started === "string");

/** A holder on another machine (a shared disk) cannot be asked; it counts as alive. */
function isAlive(holder: Holder, self: Holder): boolean {
  if (holder.host !== self.host) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: the process is there and belongs to somebody else.
    if (!isCode(error, "EPERM")) return false;
  }
  const started = startOf(holder.pid);
  return holder.started === null || started === null || holder.started === started;
}

/** Field 22 of /proc/<pid>/stat (proc(5)), counted after the command's closing bracket; null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** Moves the stale file away first: of two processes that judged it stale, only one moves it. */
function discard(path: string, self: Holder): void {
  const aside = `${path}.${self.pid}`;
  try {
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}

function release(path: string, text: string): void {
  try {
    if (readFileSync(path, "utf8") === text) rmSync(path, { force: true });
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}

function lockedBy(holder: Holder, self: Holder, directory: string, path: string): SluiceError {
  const elsewhere = holder.host !== self.host;
  return new SluiceError(
    "database_locked",
    elsewhere
      ? `${directory} is in use by process ${holder.pid} on ${holder.host}. Stop it there first; if that machine is gone for good, delete ${path}.`
      : `${directory} is in use by process ${holder.pid} on this machine. Use the running server, or stop it (kill ${holder.pid}) and try again.`,
    { details: { pid: holder.pid, host: holder.host } },
  );
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
