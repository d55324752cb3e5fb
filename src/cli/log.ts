import { destination, pino } from "pino";
import type { Config } from "../config.ts";
import { type Clock, nowInstant } from "../core/clock.ts";
import type { Log } from "../http/parts.ts";

/** JSON lines on standard error, so that standard output stays free for what was asked for. */
export function createLog(level: Config["logLevel"], clock: Clock): { log: Log; flush(): void } {
  const target = destination({ dest: 2, sync: false });
  const log = pino({ level, base: null, timestamp: () => `,"time":"${nowInstant(clock)}"` }, target);
  return { log, flush: () => target.flushSync() };
}
