import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

export interface RunningWorker {
  url: string;
  /** What the Worker and wrangler wrote so far. */
  output(): string;
  stop(): Promise<void>;
}

/** `wrangler dev` of this project in workerd, on a free port, without asking anything of the internet. */
export async function startWorker(databaseUrl: string, vars: Record<string, string>): Promise<RunningWorker> {
  const home = mkdtempSync(join(tmpdir(), "sluice-worker-"));
  const options = ["--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0", "--test-scheduled"];
  const quiet = ["--show-interactive-dev-session=false", "--persist-to", join(home, "state")];
  const values = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const child = spawn(
    process.execPath,
    [join(root, "node_modules/wrangler/bin/wrangler.js"), "dev", ...options, ...quiet, ...values],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...offline(home, databaseUrl) } },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(home, { recursive: true, force: true });
  };
  try {
    return { url: await readyAt(child, () => output), output: () => output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function offline(home: string, databaseUrl: string): Record<string, string> {
  const url = new URL(databaseUrl);
  // Hyperdrive wants a password even where the server asks for none.
  url.password ||= "none";
  return {
    HOME: home,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    // The banner is what looks for a newer release.
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE: url.href,
  };
}

function readyAt(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const url = /Ready on (http:\/\/\S+)/.exec(output())?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("exit", (code) => reject(new Error(`wrangler dev ended with ${code}:\n${output()}`)));
  });
}
