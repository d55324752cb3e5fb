import type { Clock, Timers } from "./clock.ts";
import type { Ids, Random } from "./ids.ts";

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

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
}
