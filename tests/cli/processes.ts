import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

/** A new directory that is gone when the test ends. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface Surroundings {
  /** Where it is called; its data lies in `data` below unless the environment says otherwise. */
  cwd: string;
  env?: Record<string, string>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Nothing of the surroundings of the tests themselves, save where programs are found. */
const environment = ({ env = {} }: Surroundings): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  HOME: tmpdir(),
  LOG_LEVEL: "error",
  ...env,
});

const spawnCli = (args: readonly string[], surroundings: Surroundings): ChildProcess =>
  spawn(process.execPath, [cli, ...args], { cwd: surroundings.cwd, env: environment(surroundings) });

/** Runs a command to its end. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  const child = spawnCli(args, surroundings);
  const stdout = gather(child.stdout);
  const stderr = gather(child.stderr);
  child.stdin?.end();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** Runs a command that answers with JSON. */
export async function runJson<Answer>(args: readonly string[], surroundings: Surroundings): Promise<Answer> {
  const { stdout, stderr, code } = await run([...args, "--json"], surroundings);
  if (stdout === "") throw new Error(`exit ${code}: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}

/** Starts a command as npm does, behind a shell; answers the shell's pid and the first line of JSON. */
export async function startBehindShell(
  args: readonly string[],
  surroundings: Surroundings,
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the command printed and compares it
): Promise<{ shell: number; first: any }> {
  const line = [process.execPath, cli, ...args, "--json"].map((word) => `'${word}'`).join(" ");
  const env = { ...environment(surroundings), npm_lifecycle_event: "start" };
  const shell = spawn("sh", ["-c", `${line}; true`], { cwd: surroundings.cwd, env });
  if (shell.pid === undefined) throw new Error("There is no shell to start.");
  for await (const first of createInterface({ input: shell.stdout })) {
    return { shell: shell.pid, first: JSON.parse(first) };
  }
  throw new Error("It ended before it was ready.");
}

export interface Lasting {
  pid: number;
  /** The first line of JSON: where it listens. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the command printed and compares it
  first: any;
  /** Asks it to end and waits for that. */
  stop(): Promise<Ended>;
}

/** Starts a command that goes on until it is asked to end, and waits until it says that it is ready. */
export async function start(args: readonly string[], surroundings: Surroundings): Promise<Lasting> {
  const child = spawnCli([...args, "--json"], surroundings);
  const stderr = gather(child.stderr);
  const lines: string[] = [];
  const ended = once(child, "exit") as Promise<[number | null]>;
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  });
  if (!child.stdout || child.pid === undefined) throw new Error("The command could not be started.");
  const reader = createInterface({ input: child.stdout });
  const firstLine = new Promise<string | undefined>((resolve) => {
    reader.on("line", (line) => {
      lines.push(line);
      resolve(line);
    });
    reader.once("close", () => resolve(undefined));
  });
  const line = await firstLine;
  if (line === undefined) throw new Error(`It ended before it was ready: ${stderr.text()}`);
  return {
    pid: child.pid,
    first: JSON.parse(line),
    async stop() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return { code, stdout: lines.join("\n"), stderr: stderr.text() };
    },
  };
}

function gather(stream: NodeJS.ReadableStream | null): { text(): string } {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { text: () => Buffer.concat(chunks).toString("utf8") };
}

/** Asks a hub; `key` as bearer token. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the server sent and compares it
export async function ask(url: string, key?: string): Promise<{ status: number; body: any }> {
  const response = await fetch(url, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: await response.json() };
}

/** Starting a process and a database takes seconds when both cores are busy. */
export const patient = { timeout: 240_000 };
