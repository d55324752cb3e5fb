import type { Timers } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "./parts.ts";

export interface Loop {
  name: string;
  everyMs: number;
  run(): Promise<unknown>;
}

/**
 * Looks again and again for work that nobody was told of: what another process, or one that died, has left. Work of
 * this process does not wait for these looks. Answers a promise that resolves when all loops have ended.
 */
export async function runLoops(
  timers: Pick<Timers, "sleep">,
  log: Log,
  stopping: AbortSignal,
  loops: readonly Loop[],
): Promise<void> {
  await Promise.all(
    loops.map(async ({ name, everyMs, run }) => {
      while (!stopping.aborted) {
        try {
          await run();
        } catch (error) {
          log.error({ loop: name, error: messageOf(error) }, "A look for work failed; it is repeated.");
        }
        await timers.sleep(everyMs, stopping);
      }
    }),
  );
}
