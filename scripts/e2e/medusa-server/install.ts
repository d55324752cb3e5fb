/**
 * Installs a real Medusa 2 server from npm into a directory outside the project, once. A finished install is
 * recognised by its marker file and reused; a half-finished one is installed again over what is there.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostEnvironment, run } from "./processes.ts";

/** Medusa pins every package of its own to the same exact version, so these three lines fix the whole server. */
export const medusaVersion = "2.21.2";

const packageJson = `${JSON.stringify(
  {
    name: "sluice-e2e-medusa",
    version: "0.0.0",
    private: true,
    description: "Medusa server installed by Sluice's end-to-end test. Safe to delete.",
    dependencies: {
      "@medusajs/cli": medusaVersion,
      "@medusajs/framework": medusaVersion,
      "@medusajs/medusa": medusaVersion,
    },
  },
  null,
  2,
)}\n`;

/**
 * No admin UI, and no Redis: without `redisUrl` the event bus, cache, locking and workflow engine are Medusa's
 * in-process ones. TLS is off because Medusa is only ever pointed at a database on the same machine.
 */
const medusaConfig = `const { defineConfig } = require("@medusajs/framework/utils");

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { connection: { ssl: false } },
    http: {
      storeCors: "",
      adminCors: "",
      authCors: "",
      jwtSecret: process.env.JWT_SECRET,
      cookieSecret: process.env.COOKIE_SECRET,
    },
  },
});
`;

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

/** Leaves a directory Medusa can run in. `onProgress` hears whether the minutes-long install is needed. */
export async function installMedusa(options: {
  directory: string;
  log: string;
  onProgress(message: string): void;
}): Promise<void> {
  const { directory, log, onProgress } = options;
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "medusa-config.js"), medusaConfig);

  const marker = join(directory, markerName);
  if ((await textOf(marker)) === packageJson) {
    onProgress(`Medusa ${medusaVersion} is already installed in ${directory}`);
    return;
  }
  onProgress(`installing Medusa ${medusaVersion} from npm into ${directory} (about 1,100 packages, 700 MB)`);
  await writeFile(join(directory, "package.json"), packageJson);
  const npm = npmCommand();
  await run({
    what: "npm install of Medusa",
    command: npm.command,
    // No install scripts: the server runs without them, and one of them is Medusa's telemetry notice.
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
