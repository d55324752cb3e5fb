import { chmodSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../http/parts.ts";
import type { CliContext, Io, OpenedCore } from "./context.ts";
import { isTooLong, type RelayFrame, requestSchema, socketOf } from "./relay-frames.ts";

export interface RelayOptions {
  dataDir: string;
  core: OpenedCore;
  context: CliContext;
  log: Log;
}

/**
 * Takes commands for the data this hub has open; answers how to stop. The embedded database has one writer, and without
 * this every command would have to wait until the hub is stopped.
 */
export async function serveRelay(options: RelayOptions): Promise<() => Promise<void>> {
  const path = socketOf(options.dataDir);
  if (isTooLong(path)) return async () => undefined;
  const open = new Set<Promise<void>>();
  const server = createServer((socket) => {
    const done = runFor(socket, options).finally(() => open.delete(done));
    open.add(done);
  });
  try {
    // The lock on the directory is ours, so a socket that is there is left from a process that was killed.
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
  } catch (error) {
    options.log.warn(
      { error: messageOf(error) },
      "Commands cannot reach this hub on this file system; stop it to run them.",
    );
    return async () => undefined;
  }
  return async () => {
    server.close();
    await Promise.all(open);
  };
}

async function runFor(socket: Socket, { dataDir, core, context, log }: RelayOptions): Promise<void> {
  const gone = new AbortController();
  socket.on("error", () => undefined);
  socket.once("close", () => gone.abort());
  try {
    const line = await firstLineOf(socket);
    if (line === undefined) return;
    const { argv, cwd, env, secrets } = requestSchema.parse(JSON.parse(line));
    const io = ioOver(socket, gone.signal);
    const exit = await context.run(
      argv,
      { ...context, env: { ...context.env, ...noLanguage, ...env, SLUICE_DATA_DIR: dataDir }, cwd, io },
      {
        isRelayed: true,
        secrets,
        withCore: (work) => work(core),
      },
    );
    await send(socket, gone.signal, { exit });
  } catch (error) {
    log.warn({ error: messageOf(error) }, "A command from the data directory's socket could not be run.");
  } finally {
    socket.end();
  }
}

/** The reader's language counts, not the one the hub was started in. */
const noLanguage = { LC_ALL: "", LC_MESSAGES: "", LANG: "" };

async function firstLineOf(socket: Socket): Promise<string | undefined> {
  const lines = createInterface({ input: socket });
  for await (const line of lines) return line;
  return undefined;
}

function ioOver(socket: Socket, gone: AbortSignal): Io {
  const tell = (frame: RelayFrame) => void send(socket, gone, frame);
  return {
    print: (print) => tell({ print }),
    note: (note) => tell({ note }),
    write: (chunk) => send(socket, gone, { chunk: Buffer.from(chunk).toString("base64") }),
    progress: (label) => {
      let toldPercent = -1;
      return {
        tell(done, total) {
          const percent = Math.floor((done * 100) / Math.max(total, 1));
          if (percent === toldPercent) return;
          toldPercent = percent;
          tell({ progress: label, done, total });
        },
        end: () => tell({ progressEnd: true }),
      };
    },
    ask: async () => undefined,
  };
}

/** Resolves when the other side can take more, or is gone: a command goes on to its end without a listener. */
function send(socket: Socket, gone: AbortSignal, frame: RelayFrame): Promise<void> {
  if (gone.aborted || socket.write(`${JSON.stringify(frame)}\n`)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    socket.once("drain", done);
    gone.addEventListener("abort", done, { once: true });
  });
}
