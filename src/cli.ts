#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { hostname } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Io, Progress } from "./cli/context.ts";

/** The command line, over the real process. What it can do stands in `src/cli/`. */

// A reader that has seen enough (`sluice export journals | head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

// Compiled code is kept from run to run, among the installed packages: half a second less at each start. Where that
// directory cannot be written, nothing is kept. It counts for what is loaded from here on, hence these imports.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/sluice/compiled", import.meta.url)));
const [{ runCli }, { systemRuntime }] = await Promise.all([
  import("./cli/run.ts"),
  import("./http/system.ts"),
]);
const runtime = systemRuntime();

/** npm passes Ctrl+C on to a process that the terminal has told already: what comes so soon is the same one. */
const sameSignalMs = 500;

let stopping: AbortController | undefined;

function stopSignal(): AbortSignal {
  if (stopping) return stopping.signal;
  const { clock } = runtime;
  const asked = new AbortController();
  stopping = asked;
  let firstMs: number | undefined;
  const onSignal = () => {
    if (firstMs !== undefined && clock.nowMs() - firstMs > sameSignalMs) process.exit(130);
    firstMs ??= clock.nowMs();
    asked.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  if (process.env.npm_lifecycle_event !== undefined) onParentLost(() => asked.abort());
  return asked.signal;
}

const parentLookMs = 250;

/**
 * `npm start` puts a shell between npm and this process. Told to end, npm tells the shell, and most shells die of it
 * without a word to us: we would go on unseen, with the port and the data directory.
 */
function onParentLost(stop: () => void): void {
  const parent = process.ppid;
  const watching = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watching);
    stop();
  }, parentLookMs);
  watching.unref();
}

const io: Io = {
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  write: (chunk) =>
    new Promise((resolve) => {
      process.stdout.write(chunk, () => resolve());
    }),
  progress: (label) =>
    process.stderr.isTTY ? progressBar(label) : { tell: () => undefined, end: () => undefined },
  async ask(question) {
    if (!process.stdin.isTTY) return undefined;
    const { isCancel, password } = await import("@clack/prompts");
    const typed = await password({ message: question, output: process.stderr });
    return isCancel(typed) ? undefined : typed;
  },
};

function progressBar(label: string): Progress {
  let shown = 0;
  let ended = false;
  const opening = import("@clack/prompts");
  let bar: ReturnType<Awaited<typeof opening>["progress"]> | undefined;
  return {
    tell(done, total) {
      const percent = Math.floor((done * 100) / Math.max(total, 1));
      if (percent <= shown) return;
      const step = percent - shown;
      shown = percent;
      void opening.then(({ progress }) => {
        if (ended) return;
        if (!bar) {
          bar = progress({ max: 100, output: process.stderr });
          bar.start(label);
        }
        bar.advance(step, `${label}: ${done} of ${total} rows`);
      });
    },
    end() {
      ended = true;
      bar?.stop(label);
    },
  };
}

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  runtime,
  io,
  holder: `${hostname()} ${process.pid}`,
  stopSignal,
});
