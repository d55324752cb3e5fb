import { createQueue } from "../../src/connectors/toolkit/queue.ts";
import type { Socket, Sockets } from "../../src/core/runtime.ts";

/** The platform's end of a connection in memory. */
export interface ServerEnd {
  url: string;
  /** A message for the client, in order; nothing once the connection has ended. */
  send(bytes: Uint8Array): void;
  /** Closes the connection; with `broken`, without a word, as a network does. */
  end(broken?: boolean): void;
  readonly isOpen: boolean;
}

export interface FakeServer {
  /** Somebody connects. Throw to refuse. */
  connected(end: ServerEnd): void;
  message(end: ServerEnd, bytes: Uint8Array): void;
  /** The client is gone, whoever ended it. */
  closed?(end: ServerEnd): void;
}

/** Sockets whose other side is a function of the test: everything arrives at once and in order. */
export function fakeSockets(server: FakeServer): Sockets {
  return {
    async open(url, { signal }): Promise<Socket> {
      if (signal.aborted) throw new Error("The connection was given up before it was open.");
      const messages = createQueue<Uint8Array>({ most: 10_000 });
      let isOpen = true;
      const end: ServerEnd = {
        url,
        get isOpen() {
          return isOpen;
        },
        send: (bytes) => {
          if (isOpen) messages.offer(Uint8Array.from(bytes));
        },
        end(broken = false) {
          if (!isOpen) return;
          isOpen = false;
          if (broken) messages.fail(new Error("The connection broke off (code 1006)."));
          else messages.end();
          server.closed?.(end);
        },
      };
      const close = () => end.end();
      signal.addEventListener("abort", close, { once: true });
      server.connected(end);
      return {
        messages,
        close,
        send: (bytes) => {
          if (isOpen) server.message(end, Uint8Array.from(bytes));
        },
      };
    },
  };
}
