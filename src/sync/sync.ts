import { createAuthorizations } from "./authorizations.ts";
import { createCalls } from "./calls.ts";
import { createConnections, type OpenConnection, reserveFromOf } from "./connections.ts";
import type { Sync } from "./contract.ts";
import { newCounters, type SyncCounters } from "./counters.ts";
import { createFollowers } from "./followers.ts";
import { createCloser } from "./inbox/close.ts";
import { retryQuarantined } from "./inbox/dead-letters.ts";
import { createDrain, type Drain } from "./inbox/drain.ts";
import { createReceiver } from "./inbox/receive.ts";
import { createInboxWriter, type InboxWriter } from "./inbox/writer.ts";
import { createLeases } from "./leases.ts";
import { runLoops } from "./loops.ts";
import { createFulfilmentPublisher } from "./outbox/parcels.ts";
import { createStockPublisher } from "./outbox/publish.ts";
import { defaultOptions, type SyncContext, type SyncParts } from "./parts.ts";
import { createPushers } from "./pushers.ts";
import { createRateLimiter } from "./rate.ts";
import { refuseConnection } from "./refuse.ts";
import { createRoomFollowers } from "./rooms/rooms.ts";
import { takeIntoSessions } from "./rooms/take.ts";
import { startCron } from "./schedule.ts";
import { channelStates, retryParked } from "./states.ts";
import { createTokenKeeper } from "./tokens.ts";
import { createWork, type Machinery } from "./work.ts";

export type { Log, SyncOptions, SyncParts } from "./parts.ts";

/** The sync layer at work: what `contract.ts` promises, and what this process has counted. */
export interface RunningSync extends Sync {
  readonly counters: SyncCounters;
}

/** How often a process looks for what others left. Work of its own waits for none of these. */
const inboxLookMs = 2_000;
/** Changes made through the API reach the publisher by this look: short, since a push should follow within a second. */
const logLookMs = 200;
const outboxLookMs = 500;
const roomsLookMs = 2_000;

/** Assembles the sync layer. Nothing runs by itself before `start`. */
export function createSync(parts: SyncParts): RunningSync {
  const stopping = new AbortController();
  let kickFollowers: (merchantId: string) => void = () => undefined;
  const context = createContext(parts, stopping.signal, (merchantId) => kickFollowers(merchantId));
  const machinery = assemble(context);
  const work = createWork(context, machinery);
  const { drain, followers, pushers } = machinery;
  const rooms = createRoomFollowers(context);
  let running: { end(): Promise<void> } | null = null;

  return {
    counters: context.counters,
    receive: machinery.receive,
    syncConnection: work.syncConnection,
    testConnection: work.testConnection,
    mapListings: work.mapListings,
    ...createAuthorizations(context),
    retryParked: (merchantId, connectionId) => retryParked(context, merchantId, connectionId),
    retryQuarantined: (merchantId, connectionId) => retryQuarantined(context, merchantId, connectionId),
    states: (merchantId) => channelStates(context, merchantId),
    async reserveFrom(connectionId) {
      const connection = await context.connections.byId(connectionId).catch(() => null);
      return connection === null ? "placed" : reserveFromOf(connection);
    },
    forget: (connectionId) => context.connections.forget(connectionId),
    runDue: work.runDue,
    start() {
      if (running) return;
      kickFollowers = followers.kick;
      drain.start();
      const cron = (parts.schedule ?? startCron)(work.jobs, context.log);
      const loops = runLoops(parts.lookTimers ?? context.runtime.timers, context.log, stopping.signal, [
        { name: "inbox", everyMs: inboxLookMs, run: async () => drain.look() },
        { name: "event log", everyMs: logLookMs, run: followers.kickBehind },
        { name: "outbox", everyMs: outboxLookMs, run: pushers.kickDue },
        { name: "rooms", everyMs: roomsLookMs, run: rooms.look },
      ]);
      running = {
        async end() {
          await Promise.all([cron.stop(), loops]);
        },
      };
    },
    async stop() {
      stopping.abort();
      kickFollowers = () => undefined;
      await running?.end();
      await rooms.stop();
      // In the order of the flow, so that nothing is handed to a part that has stopped.
      await drain.stop();
      await followers.stop();
      await pushers.stop();
    },
  };
}

function createContext(
  parts: SyncParts,
  stopping: AbortSignal,
  onChange: SyncContext["onChange"],
): SyncContext {
  const options = { ...defaultOptions, ...parts.options };
  const counters = newCounters();
  const connections = createConnections(parts);
  const { clock, timers } = parts.runtime;
  const leases = createLeases({ db: parts.db, clock, timers, holder: parts.holder });
  const limiter = createRateLimiter(parts.db, parts.runtime.clock);
  const tokens = createTokenKeeper({ ...parts, options, connections, leases, limiter });
  const calls = createCalls({
    ...parts,
    tokens,
    options,
    counters,
    stopping,
    limiter,
    onAuth: (connection: OpenConnection, failure) =>
      refuseConnection({ ...parts, connections }, connection, failure),
  });
  const takeComments = parts.takeComments ?? takeIntoSessions(parts, counters);
  return {
    ...parts,
    takeComments,
    options,
    counters,
    connections,
    calls,
    limiter,
    leases,
    tokens,
    stopping,
    onChange,
  };
}

function assemble(context: SyncContext): Machinery {
  const writer: InboxWriter = createInboxWriter(context.db, context.runtime.clock, {
    keepMs: () => drain.keepMs(),
  });
  const drain: Drain = createDrain(context, createCloser(context), writer.waiting);
  const pushers = createPushers(context);
  const followers = createFollowers(context, [
    createStockPublisher(context, (_merchantId, connectionId) => pushers.kick("stock", connectionId)),
    createFulfilmentPublisher(context, (_merchantId, connectionId) =>
      pushers.kick("fulfilment", connectionId),
    ),
  ]);
  return { receive: createReceiver(context, writer, drain), drain, followers, pushers };
}
