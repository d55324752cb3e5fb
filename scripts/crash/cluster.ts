import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import postgres from "postgres";

/** A PostgreSQL server of our own in a temporary directory, so that it may be killed. Never touches another server. */

export interface Cluster {
  url: string;
  /** SIGKILL to the server and all its children, as when the machine's process table vanishes. */
  kill(): Promise<void>;
  start(): Promise<void>;
  destroy(): Promise<void>;
}

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; then its own system user runs it. */
const asRoot = process.getuid?.() === 0;

async function binaries(): Promise<string> {
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base) ? (await readdir(base)).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(base, version, "bin"))
    .find((path) => existsSync(join(path, "initdb")));
  if (found) return found;
  throw new Error(
    "No PostgreSQL server programs found under /usr/lib/postgresql; install the package postgresql.",
  );
}

const asUser = (program: string, args: string[]): [string, string[]] =>
  asRoot
    ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", program, ...args]]
    : [program, args];

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

export async function startCluster(): Promise<Cluster> {
  const bin = await binaries();
  const directory = await mkdtemp(join(tmpdir(), "sluice-crash-pg-"));
  if (asRoot) {
    const { stdout } = await run("id", ["-u", "postgres"]);
    const { stdout: group } = await run("id", ["-g", "postgres"]);
    await chown(directory, Number(stdout), Number(group));
  }
  const data = join(directory, "data");
  const [initdb, initArgs] = asUser(join(bin, "initdb"), [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C.UTF-8",
  ]);
  await run(initdb, initArgs);
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ReturnType<typeof spawn> | undefined;
  const start = async () => {
    const [program, args] = asUser(join(bin, "postgres"), [
      "-D",
      data,
      "-p",
      String(port),
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      `unix_socket_directories=${directory}`,
      "-c",
      "fsync=on",
      "-c",
      "synchronous_commit=on",
    ]);
    server = spawn(program, args, { stdio: "ignore", detached: true });
    await answering(url);
  };
  const kill = async () => {
    const pid = server?.pid;
    if (pid === undefined || server === undefined) return;
    const gone =
      server.exitCode === null ? new Promise((resolve) => server?.once("exit", resolve)) : Promise.resolve();
    process.kill(-pid, "SIGKILL");
    await gone;
    server = undefined;
    await rm(join(data, "postmaster.pid"), { force: true });
  };
  await start();
  return {
    url,
    start,
    kill,
    async destroy() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const sql = postgres(url, { max: 1, onnotice: () => undefined, connect_timeout: 2 });
    try {
      await sql`select 1`;
      return;
    } catch {
      await sleep(100);
    } finally {
      await sql.end({ timeout: 1 }).catch(() => undefined);
    }
  }
  throw new Error("The PostgreSQL server of the crash test did not answer within 30 seconds.");
}
