/** Runs commands to their end and keeps one server process, all logged to one file. Ends only what it started. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { delimiter, dirname } from "node:path";

export interface Command {
  /** For messages: "database migrations". */
  what: string;
  command: string;
  args: string[];
  directory: string;
  environment: NodeJS.ProcessEnv;
  log: string;
}

const heartbeatMs = 15_000;

/** What any child may know of this machine: where programs are and where to put temporary files. */
export function hostEnvironment(): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const name of ["HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SystemRoot", "USERPROFILE", "APPDATA"]) {
    if (process.env[name] !== undefined) kept[name] = process.env[name];
  }
  // Children that call plain `node` must get the Node this project runs under.
  kept.PATH = [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
  return kept;
}

/** Starts a command with its output appended to the log. It dies with this process at the latest. */
export function start(command: Command): { child: ChildProcess; exited: Promise<number | NodeJS.Signals> } {
  const log = openSync(command.log, "a");
  const child = spawn(command.command, command.args, {
    cwd: command.directory,
    env: command.environment,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const release = endWithUs(child);
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal ?? code ?? 1));
  }).finally(release);
  // Whoever cares awaits it; a server nobody waits for must not end the test run by an unhandled rejection.
  exited.catch(() => undefined);
  return { child, exited };
}

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** No orphan when this process exits or is told to end; answers how to let go of the child. */
function endWithUs(child: ChildProcess): () => void {
  const kill = (): void => void child.kill("SIGKILL");
  const onSignal = (signal: NodeJS.Signals): void => {
    kill();
    release();
    // Listening took away what the signal does by itself; unless someone else listens, do that now.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const release = (): void => {
    process.removeListener("exit", kill);
    for (const signal of endingSignals) process.removeListener(signal, onSignal);
  };
  process.once("exit", kill);
  for (const signal of endingSignals) process.on(signal, onSignal);
  return release;
}

/** Runs a command to its end; throws with the end of the log when it fails or takes too long. */
export async function run(
  command: Command & { timeoutMs: number; onProgress(message: string): void },
): Promise<void> {
  const startedAt = Date.now();
  const { child, exited } = start(command);
  const heartbeat = setInterval(() => {
    command.onProgress(
      `${command.what}: still running after ${Math.round((Date.now() - startedAt) / 1000)} s`,
    );
  }, heartbeatMs);
  let timedOut = false;
  const deadline = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, command.timeoutMs);
  try {
    const result = await exited;
    if (result === 0) return;
    const why = timedOut ? `took longer than ${command.timeoutMs / 1000} s` : `ended with ${result}`;
    throw new Error(`${command.what} ${why}. End of ${command.log}:\n${await tail(command.log)}`);
  } finally {
    clearInterval(heartbeat);
    clearTimeout(deadline);
  }
}

/** Asks the process to end, and ends it for good when it has not done so in time. */
export async function stop(child: ChildProcess, patienceMs: number): Promise<void> {
  const neverStarted = child.pid === undefined;
  if (neverStarted || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await gone;
  clearTimeout(force);
}

/** The last lines of the log, for error messages. */
export async function tail(log: string): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-25).join("\n");
}
