import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { CliContext, Progress } from "./context.ts";
import { exitCodes } from "./failures.ts";
import { frameSchema, isTooLong, type RelayFrame, type RelayRequest, socketOf } from "./relay-frames.ts";

/** Thrown before anything was done: a hub has the data open, so the command is run inside it. */
export class HubAtWork extends Error {
  readonly dataDir: string;

  constructor(dataDir: string) {
    super(`A hub is at work on ${dataDir}.`);
    this.dataDir = dataDir;
  }
}

/** Whether a hub listens for commands there. A socket left behind by a killed one refuses and counts as none. */
export async function isHubAt(dataDir: string): Promise<boolean> {
  const socket = await connectTo(dataDir);
  socket?.destroy();
  return socket !== null;
}

/** Runs the command line inside the hub and passes on what it says. */
export async function askHub(
  dataDir: string,
  argv: readonly string[],
  { io, env, cwd, secrets }: CliContext,
): Promise<number> {
  const socket = await connectTo(dataDir);
  if (!socket) {
    io.note("sluice: the hub ended while it was asked; run the command again.");
    return exitCodes.failed;
  }
  const request: RelayRequest = { argv: [...argv], cwd, env: languageIn(env), secrets };
  socket.write(`${JSON.stringify(request)}\n`);
  let progress: Progress | undefined;
  try {
    for await (const line of createInterface({ input: socket })) {
      const frame: RelayFrame = frameSchema.parse(JSON.parse(line));
      if ("exit" in frame) return frame.exit;
      if ("print" in frame) io.print(frame.print);
      else if ("chunk" in frame) await io.write(Buffer.from(frame.chunk, "base64"));
      else if ("note" in frame) io.note(frame.note);
      else if ("progress" in frame) {
        progress ??= io.progress(frame.progress);
        progress.tell(frame.done, frame.total);
      } else progress?.end();
    }
  } finally {
    socket.destroy();
  }
  io.note("sluice: the hub ended before the command did; run it again, a repeat changes nothing twice.");
  return exitCodes.failed;
}

/** All that a command run elsewhere needs to know of this environment: the reader's language. */
const languageIn = (env: CliContext["env"]): Record<string, string> =>
  Object.fromEntries(
    ["LC_ALL", "LC_MESSAGES", "LANG"].flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );

function connectTo(dataDir: string): Promise<Socket | null> {
  const path = socketOf(dataDir);
  if (isTooLong(path)) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket));
    socket.on("error", () => resolve(null));
  });
}
