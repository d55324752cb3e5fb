/**
 * Installs a server from npm into a directory outside the project, once. A finished install is recognised by its marker file and
 * reused; a half-finished one is installed again over what is there.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostEnvironment, run } from "./processes.ts";

export interface Packages {
  /** "Medusa 2.21.2 (about 1,100 packages, 700 MB)", for messages. */
  what: string;
  /** Name of the package that is written for it. */
  name: string;
  /** Exact versions. */
  dependencies: Record<string, string>;
}

export interface InstallOptions {
  directory: string;
  log: string;
  onProgress(message: string): void;
}

const markerName = ".sluice-installed";

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });

/** npm as it was started for the project when there is one (`npm run …`), else the one on the path. */
function npmCommand(): { command: string; leading: string[] } {
  const script = process.env.npm_execpath;
  return script?.endsWith(".js")
    ? { command: process.execPath, leading: [script] }
    : { command: "npm", leading: [] };
}

/** Leaves a directory with the packages in it. `onProgress` hears whether the minutes-long install is needed. */
export async function installPackages(
  { what, name, dependencies }: Packages,
  { directory, log, onProgress }: InstallOptions,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const description = "Server installed by Sluice's end-to-end test. Safe to delete.";
  const packageJson = `${JSON.stringify({ name, version: "0.0.0", private: true, description, dependencies }, null, 2)}\n`;
  const marker = join(directory, markerName);
  if ((await textOf(marker)) === packageJson) {
    onProgress(`${what} is already installed in ${directory}`);
    return;
  }
  onProgress(`installing ${what} from npm into ${directory}`);
  await writeFile(join(directory, "package.json"), packageJson);
  const npm = npmCommand();
  await run({
    what: `npm install of ${what}`,
    command: npm.command,
    // No install scripts: the servers run without them, and some are telemetry notices.
    args: [...npm.leading, "install", "--prefix", directory, "--ignore-scripts", "--no-audit", "--no-fund"],
    directory,
    environment: npmEnvironment(),
    log,
    timeoutMs: 15 * 60_000,
    onProgress,
  });
  await writeFile(marker, packageJson);
}

/** What npm told its own script about this project must not steer an install elsewhere; registry and proxy settings may. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|command|config_(local_)?prefix)/.test(name) && name !== "INIT_CWD",
  );
  return { ...Object.fromEntries(inherited), ...hostEnvironment() };
}
