import { randomFillSync } from "node:crypto";
import { createQueue } from "../connectors/toolkit/queue.ts";
import type { Clock, Timers } from "../core/clock.ts";
import { createIds, type Random } from "../core/ids.ts";
import type { Runtime, Sockets } from "../core/runtime.ts";

/** The real machine: its clock, timers, randomness and network. Only composition roots call this. */
export function systemRuntime(): Runtime {
  const clock: Clock = { nowMs: () => Date.now() };
  const random = systemRandom();
  return {
    clock,
    timers: systemTimers,
    random,
    ids: createIds(clock, random),
    fetch: (input, init) => globalThis.fetch(input, init),
    sockets: systemSockets,
  };
}

/** Filled 16 KiB at a time: one call into the generator costs more than the bytes of an id. */
const poolSize = 16_384;

export function systemRandom(): Random {
  const pool = new Uint8Array(poolSize);
  let used = poolSize;
  return {
    bytes(length) {
      if (length > poolSize) return randomFillSync(new Uint8Array(length));
      if (used + length > poolSize) {
        randomFillSync(pool);
        used = 0;
      }
      const bytes = pool.slice(used, used + length);
      // A byte that was given out once, perhaps as a key, is not kept.
      pool.fill(0, used, used + length);
      used += length;
      return bytes;
    },
  };
}

const systemTimers: Timers = {
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, durationMs);
      signal?.addEventListener("abort", wake, { once: true });
    }),
  soon: (work) => {
    setImmediate(work);
  },
};

/** What a WebSocket may bring ahead of its reader: it cannot be told to wait, so beyond this the connection is given up. */
const mostUnreadBytes = 16 * 1024 * 1024;

/** Node's own WebSocket. A text message is taken as its UTF-8 bytes. */
const systemSockets: Sockets = {
  open: (url, { signal }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Error("The connection was given up before it was open."));
      const socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      const messages = createQueue<Uint8Array>({
        most: mostUnreadBytes,
        weigh: (message) => message.byteLength + 64,
      });
      const close = () => {
        messages.end();
        socket.close();
      };
      signal.addEventListener("abort", close, { once: true });
      socket.addEventListener("open", () =>
        resolve({
          messages,
          close,
          send: (bytes) => {
            if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
          },
        }),
      );
      socket.addEventListener("message", ({ data }) => {
        const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
        if (messages.offer(bytes)) return;
        messages.fail(new Error("More came in than could be read in time."));
        close();
      });
      socket.addEventListener("close", ({ code, wasClean }) => {
        signal.removeEventListener("abort", close);
        // Too late to matter when it was open before.
        reject(new Error(`The connection did not come about (code ${code}).`));
        if (wasClean) messages.end();
        else messages.fail(new Error(`The connection broke off (code ${code}).`));
      });
    }),
};
