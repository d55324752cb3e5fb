import type { Clock, Timers } from "./clock.ts";
import type { Ids, Random } from "./ids.ts";

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** One open WebSocket connection, binary messages only. */
export interface Socket {
  /** Sends one message; nothing happens once the connection has ended. */
  send(bytes: Uint8Array): void;
  /** In order of arrival, for one reader. Ends with the connection; throws instead when it broke, saying why. */
  messages: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface Sockets {
  /** Rejects when no connection came about. Aborting `signal` gives up opening, and later closes the connection. */
  open(url: string, options: { signal: AbortSignal }): Promise<Socket>;
}

/**
 * Everything the hub takes from its surroundings. Only the composition roots build one from the real machine
 * (`src/http/system.ts`); tests and the simulator pass their own.
 */
export interface Runtime {
  clock: Clock;
  timers: Timers;
  random: Random;
  ids: Ids;
  fetch: Fetch;
  /** Left out on hosts that keep no connection open: rooms are not followed there. */
  sockets?: Sockets;
}
