import type { Timers } from "../../../core/clock.ts";
import type { Answer, Command, Engine } from "../../../core/engine/commands.ts";
import { isSluiceError, messageOf } from "../../../core/errors.ts";

/**
 * Starts `work` for one item after the other, in order, with at most `size` unfinished. The first error stops the start
 * of further ones and is thrown when all begun are finished.
 */
export async function inWindow<Item>(
  items: Iterable<Item>,
  size: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const open = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  for (const item of items) {
    if (failure) break;
    const begun = work(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => open.delete(begun));
    open.add(begun);
    if (open.size >= size) await Promise.race(open);
  }
  await Promise.all(open);
  if (failure) throw failure.error;
}

/** Waits when the engine's queue is full: half a second at most, some seconds in all. */
const waitsMs = [5, 10, 20, 50, 100, 200, 500, 500, 500, 500, 500, 500];

/** Submits until the engine takes the command. A fault of this one command is its refusal; anything else is thrown. */
export async function submit(
  engine: Engine,
  timers: Timers,
  merchantId: string,
  command: Command,
): Promise<Answer> {
  for (const waitMs of [...waitsMs, undefined]) {
    try {
      return await engine.submit(merchantId, command);
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      if (!error.retryable)
        return { kind: "refused", code: error.code, message: messageOf(error), details: error.details };
      if (waitMs === undefined) throw error;
      await timers.sleep(waitMs);
    }
  }
  throw new Error("The last try either answers or throws.");
}
