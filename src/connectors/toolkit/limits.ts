import type { Call, OpenContext } from "../contract.ts";

/** How a piece of work ended. `not_started`: its limits had passed before anything was sent. */
export type Ending<Value> =
  | { ended: "done"; value: Value }
  | { ended: "broken"; error: unknown }
  | { ended: "deadline" | "stopped" | "not_started" };

/**
 * Runs `work` until it ends, the deadline passes or the caller stops it, whichever is first. Work that takes no notice of
 * its signal is left behind: the answer comes in time in any case. Never rejects.
 */
export async function withinLimits<Value>(
  call: Call,
  { clock, timers }: Pick<OpenContext, "clock" | "timers">,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Ending<Value>> {
  const remainingMs = call.deadlineMs - clock.nowMs();
  if (call.signal.aborted || remainingMs <= 0) return { ended: "not_started" };
  const stopWork = new AbortController();
  const stopWatching = new AbortController();
  const limits = new Promise<Ending<Value>>((resolve) => {
    const stopped = () => resolve({ ended: "stopped" });
    call.signal.addEventListener("abort", stopped, { once: true, signal: stopWatching.signal });
    void timers.sleep(remainingMs, stopWatching.signal).then(() => resolve({ ended: "deadline" }));
  });
  const result = work(stopWork.signal).then(
    (value): Ending<Value> => ({ ended: "done", value }),
    (error: unknown): Ending<Value> => ({ ended: "broken", error }),
  );
  const ending = await Promise.race([result, limits]);
  stopWatching.abort();
  if (ending.ended !== "done") stopWork.abort();
  return ending;
}
