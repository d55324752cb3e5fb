/** Where a server listens, and waiting until it does. Loopback only. */

import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { tail } from "./processes.ts";

export const host = "127.0.0.1";
const startTimeoutMs = 120_000;

/** The port itself when it is free, a free one for 0. Throws when taken: a stranger's /health must not fool us. */
export function findPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause) =>
      reject(new Error(`port ${port} on ${host} cannot be used; give another, or 0`, { cause })),
    );
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === "object" ? address.port : port));
    });
  });
}

export async function untilHealthy(
  name: string,
  baseUrl: string,
  exited: Promise<number | NodeJS.Signals>,
  log: string,
): Promise<void> {
  let ended: number | NodeJS.Signals | undefined;
  exited.then(
    (how) => (ended = how),
    () => (ended = 1),
  );
  for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline; await sleep(250)) {
    if (ended !== undefined)
      throw new Error(`${name} ended with ${ended}. End of ${log}:\n${await tail(log)}`);
    const answer = await fetch(`${baseUrl}/health`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
    if (answer?.ok === true) return;
  }
  throw new Error(
    `${name} was not healthy after ${startTimeoutMs / 1000} s. End of ${log}:\n${await tail(log)}`,
  );
}
