import { addMs, nowInstant } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { createLanes, type Lanes } from "../lanes.ts";
import type { SyncContext } from "../parts.ts";
import { applyDeliveries, type Ready } from "./apply.ts";
import { claim, merchantsWithDue } from "./claim.ts";
import type { Closer, DeliveryKey, Verdict } from "./close.ts";

/**
 * Takes deliveries out of the inbox. A process keeps what it has stored itself and works on it from memory; whatever a
 * process did not finish within `keepMs` (it died, or had no room) is due again for any process.
 */
export interface Drain {
  /** How long rows stored now may be kept: 0 while there is no room, or no lasting process to work on them. */
  keepMs(): number;
  keep(delivery: Ready): void;
  /** Takes due deliveries of all merchants from the inbox, once; answers how many. */
  claimDue(): Promise<number>;
  /** From now on work goes on in the background. */
  start(): void;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Deliveries of one connection that go to the engine together. */
const setSize = 500;
/** Beyond this much in memory, deliveries wait in the database. */
const mostKept = 5_000;
const mostKeptBytes = 32 * 1024 * 1024;

export function createDrain(context: SyncContext, closer: Closer): Drain {
  const queues = new Map<string, Ready[]>();
  const inHand = new Map<string, InHand>();
  let bytes = 0;
  let lasting = false;

  const add = (delivery: Ready) => {
    inHand.set(keyOf(delivery), {
      delivery,
      untilMs: context.runtime.clock.nowMs() + context.options.keepMs,
    });
    bytes += delivery.body.byteLength;
    const queue = queues.get(delivery.connectionId);
    if (queue) queue.push(delivery);
    else queues.set(delivery.connectionId, [delivery]);
  };
  const finish = async (delivery: Ready, verdict: Verdict) => {
    await closer.close(delivery, verdict);
    inHand.delete(keyOf(delivery));
    bytes -= delivery.body.byteLength;
  };
  const lanes: Lanes = createLanes(
    async (connectionId) => {
      // At the end of the process the rest is left in the inbox, where others find it.
      while (!context.stopping.aborted) {
        const set = takeSet(queues, connectionId);
        if (set.length === 0) return;
        await workOn(context, connectionId, set, finish);
      }
    },
    (connectionId, error) =>
      context.log.error({ connectionId, error: messageOf(error) }, "Deliveries could not be worked on."),
  );
  return {
    keepMs: () => (lasting && inHand.size < mostKept && bytes < mostKeptBytes ? context.options.keepMs : 0),
    keep(delivery) {
      add(delivery);
      lanes.kick(delivery.connectionId);
    },
    async claimDue() {
      let taken = 0;
      for (const merchantId of await merchantsWithDue(context)) {
        if (inHand.size >= mostKept || bytes >= mostKeptBytes) break;
        for (const claimed of await claim(
          context,
          merchantId,
          setSize,
          overdue(inHand, merchantId, context.runtime.clock.nowMs()),
        )) {
          taken += 1;
          if (claimed.body) add({ ...claimed, body: claimed.body });
          else await closer.close(claimed, unopenable);
        }
      }
      // Only now, so that what came together is worked on together.
      for (const connectionId of queues.keys()) lanes.kick(connectionId);
      return taken;
    },
    start: () => {
      lasting = true;
    },
    idle: () => lanes.idle(),
    stop: () => {
      lasting = false;
      return lanes.stop();
    },
  };
}

/** A delivery this process works on, and until when no other process takes it. */
interface InHand {
  delivery: Ready;
  untilMs: number;
}

/**
 * What this process has had in hand for too long: it is left to the others, since taking it again would keep it from
 * them for ever should this process be stuck.
 */
const overdue = (inHand: ReadonlyMap<string, InHand>, merchantId: string, nowMs: number): DeliveryKey[] =>
  [...inHand.values()]
    .filter(({ delivery, untilMs }) => untilMs <= nowMs && delivery.merchantId === merchantId)
    .map(({ delivery }) => delivery);

const unopenable: Verdict = {
  status: "quarantined",
  kind: "configuration",
  reason: "The stored payload cannot be opened; the next poll brings the order.",
};

const keyOf = (key: DeliveryKey): string => `${key.connectionId} ${key.digest} ${key.deliveryId}`;

function takeSet(queues: Map<string, Ready[]>, connectionId: string): Ready[] {
  const queue = queues.get(connectionId) ?? [];
  if (queue.length > setSize) queues.set(connectionId, queue.slice(setSize));
  else queues.delete(connectionId);
  return queue.slice(0, setSize);
}

async function workOn(
  context: SyncContext,
  connectionId: string,
  set: readonly Ready[],
  finish: (delivery: Ready, verdict: Verdict) => Promise<void>,
): Promise<void> {
  const open = new Set(set);
  const closing: Promise<void>[] = [];
  const tell = (delivery: Ready, verdict: Verdict) => {
    if (open.delete(delivery)) closing.push(finish(delivery, verdict));
  };
  try {
    const connection = await context.connections.byId(connectionId);
    if (connection) await applyDeliveries(context, connection, set, tell);
    else
      for (const delivery of set)
        tell(delivery, { status: "quarantined", kind: "not_found", reason: "The connection is gone." });
  } finally {
    // Whatever was not decided goes back: it is due again when its time with this process is over.
    const notBefore = addMs(nowInstant(context.runtime.clock), context.options.keepMs);
    for (const delivery of open) {
      tell(delivery, {
        status: "later",
        kind: "internal",
        reason: "It could not be worked on; the log says why.",
        notBefore,
      });
    }
    await Promise.all(closing);
  }
}
