/**
 * Background work by key (a merchant, a connection): at most one run per key at a time, and a kick during a run makes
 * one more run follow it. So kicks cost nothing and none is lost; keys never wait for each other.
 */
export interface Lanes {
  kick(key: string): void;
  /** Resolves when nothing runs any more. */
  idle(): Promise<void>;
  /** Takes no more kicks and resolves when the runs in hand have ended. */
  stop(): Promise<void>;
}

export function createLanes(
  work: (key: string) => Promise<void>,
  onError: (key: string, error: unknown) => void,
  /** Awaited between two runs of one key, so that kicks which come one by one are worked off together. */
  rest: () => Promise<void> = async () => undefined,
): Lanes {
  const again = new Map<string, boolean>();
  const runs = new Set<Promise<void>>();
  let open = true;

  const runLane = async (key: string) => {
    do {
      again.set(key, false);
      try {
        await work(key);
      } catch (error) {
        onError(key, error);
      }
      if (open && again.get(key) === true) await rest();
    } while (open && again.get(key) === true);
    again.delete(key);
  };
  const idle = async () => {
    while (runs.size > 0) await Promise.all(runs);
  };
  return {
    kick(key) {
      if (!open) return;
      if (again.has(key)) {
        again.set(key, true);
        return;
      }
      const run = runLane(key).finally(() => runs.delete(run));
      runs.add(run);
    },
    idle,
    async stop() {
      open = false;
      await idle();
    },
  };
}
