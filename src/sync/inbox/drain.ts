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
  /** Has it taken and worked on in the background, until nothing more is due. */
  look(): void;
  /** From now on work goes on in the background. */
  start(): void;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Deliveries of one connection that go to the engine together. */
const setSize = 500;
/** While one set is being closed the next is with the engine. */
const setsAtOnce = 2;
/** Beyond this much in memory, deliveries wait in the database. */
const mostKept = 5_000;
const mostKeptBytes = 32 * 1024 * 1024;

/**
 * Answering goes first: with this many senders waiting for their answer, work on what is stored already holds back, but
 * no longer than this per set, so that a rush that lasts is worked off while it lasts.
 */
const manyWaiting = 32;
const longestYieldMs = 500;
const yieldStepMs = 20;

/** `senders`: how many deliveries wait to be stored. */
export function createDrain(context: SyncContext, closer: Closer, senders: () => number): Drain {
  const hands = createHands(context);
  let lasting = false;
  /** More may wait in the database than was taken. */
  let isBehind = false;

  const finish = async (delivery: Ready, verdict: Verdict) => {
    await closer.close(delivery, verdict);
    hands.drop(delivery);
    if (lasting && isBehind && hands.hasRoom()) refills.kick("inbox");
  };
  const letSendersPass = async () => {
    const { timers } = context.runtime;
    for (let waitedMs = 0; senders() >= manyWaiting && waitedMs < longestYieldMs; waitedMs += yieldStepMs) {
      await timers.sleep(yieldStepMs, context.stopping);
    }
  };
  const workThrough = async (connectionId: string) => {
    // At the end of the process the rest is left in the inbox, where others find it.
    while (!context.stopping.aborted) {
      await letSendersPass();
      const set = hands.takeSet(connectionId);
      if (set.length === 0) return;
      await workOn(context, connectionId, set, finish);
    }
  };
  const lanes: Lanes = createLanes(
    async (connectionId) => {
      await Promise.all(Array.from({ length: setsAtOnce }, () => workThrough(connectionId)));
    },
    (connectionId, error) =>
      context.log.error({ connectionId, error: messageOf(error) }, "Deliveries could not be worked on."),
  );
  const claimDue = async (): Promise<number> => {
    const taken = await claimRound(context, hands, closer);
    isBehind = taken > 0;
    // Only now, so that what came together is worked on together.
    for (const connectionId of hands.waiting()) lanes.kick(connectionId);
    return taken;
  };
  const refills: Lanes = createLanes(
    async () => {
      while (!context.stopping.aborted && hands.hasRoom() && (await claimDue()) > 0);
    },
    (_, error) =>
      context.log.error({ error: messageOf(error) }, "Deliveries could not be taken from the inbox."),
  );
  return {
    keepMs() {
      if (lasting && hands.hasRoom()) return context.options.keepMs;
      isBehind = true;
      return 0;
    },
    keep(delivery) {
      hands.add(delivery);
      lanes.kick(delivery.connectionId);
    },
    claimDue,
    look: () => refills.kick("inbox"),
    start: () => {
      lasting = true;
    },
    async idle() {
      await refills.idle();
      await lanes.idle();
    },
    async stop() {
      lasting = false;
      await refills.stop();
      await lanes.stop();
    },
  };
}

/** One set per merchant with something due; answers how many deliveries were taken. */
async function claimRound(context: SyncContext, hands: Hands, closer: Closer): Promise<number> {
  let taken = 0;
  for (const merchantId of await merchantsWithDue(context)) {
    if (!hands.hasRoom()) break;
    for (const claimed of await claim(context, merchantId, setSize, hands.overdue(merchantId))) {
      taken += 1;
      if (claimed.body) hands.add({ ...claimed, body: claimed.body });
      else await closer.close(claimed, unopenable);
    }
  }
  return taken;
}

const unopenable: Verdict = {
  status: "quarantined",
  kind: "configuration",
  reason: "The stored payload cannot be opened; the next poll brings the order.",
};

/** What this process has in hand, waiting or being worked on. */
interface Hands {
  hasRoom(): boolean;
  add(delivery: Ready): void;
  drop(delivery: Ready): void;
  /** Connections with deliveries that wait. */
  waiting(): Iterable<string>;
  takeSet(connectionId: string): Ready[];
  /**
   * What this process has had for too long: it is left to the others, since taking it again would keep it from them
   * for ever should this process be stuck.
   */
  overdue(merchantId: string): DeliveryKey[];
}

function createHands({ runtime, options }: SyncContext): Hands {
  const queues = new Map<string, Ready[]>();
  const inHand = new Map<string, { delivery: Ready; untilMs: number }>();
  let bytes = 0;
  return {
    hasRoom: () => inHand.size < mostKept && bytes < mostKeptBytes,
    add(delivery) {
      inHand.set(keyOf(delivery), { delivery, untilMs: runtime.clock.nowMs() + options.keepMs });
      bytes += delivery.body.byteLength;
      const queue = queues.get(delivery.connectionId);
      if (queue) queue.push(delivery);
      else queues.set(delivery.connectionId, [delivery]);
    },
    drop(delivery) {
      if (inHand.delete(keyOf(delivery))) bytes -= delivery.body.byteLength;
    },
    waiting: () => queues.keys(),
    takeSet(connectionId) {
      const queue = queues.get(connectionId) ?? [];
      if (queue.length > setSize) queues.set(connectionId, queue.slice(setSize));
      else queues.delete(connectionId);
      return queue.slice(0, setSize);
    },
    overdue: (merchantId) =>
      [...inHand.values()]
        .filter(
          ({ delivery, untilMs }) => untilMs <= runtime.clock.nowMs() && delivery.merchantId === merchantId,
        )
        .map(({ delivery }) => delivery),
  };
}

const keyOf = (key: DeliveryKey): string => `${key.connectionId} ${key.digest} ${key.deliveryId}`;

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
