import { nowInstant } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { OpenConnection } from "./connections.ts";
import { pushFulfilments } from "./jobs/push-fulfilments.ts";
import { type PushCounts, pushStock, type Rest } from "./jobs/push-stock.ts";
import { createLanes } from "./lanes.ts";
import type { OutboxKind } from "./outbox/settle.ts";
import type { SyncContext } from "./parts.ts";

/** Pushes to platforms: a lane per connection and kind, so that a platform that fails delays nobody else. */
export interface Pushers {
  kick(kind: OutboxKind, connectionId: string): void;
  /** Kicks every lane with something due that is not resting; answers how many there are. */
  kickDue(): Promise<number>;
  /** Pushes what one connection is owed and waits for the end. */
  push(connection: OpenConnection): Promise<Pick<PushCounts, "pushed" | "failed">>;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** What a push usually takes of the call budget: looks at the figures, and writes of them. */
const requestsPerPush = 4;

export function createPushers(context: SyncContext): Pushers {
  /** Lanes that wait for call budget or a circuit, and until when. */
  const resting = new Map<string, number>();

  const { gatherMs } = context.options;
  const sleep = (durationMs: number) => context.runtime.timers.sleep(durationMs, context.stopping);
  const rest = async ({ profile }: OpenConnection) => {
    if (gatherMs > 0)
      await sleep(Math.max(gatherMs, (requestsPerPush * 1000) / profile.limits.callsPerSecond));
  };
  const run = async (
    kind: OutboxKind,
    connection: OpenConnection,
    restBetween?: Rest,
  ): Promise<PushCounts> => {
    const counts =
      kind === "stock"
        ? await pushStock(context, connection, restBetween)
        : await pushFulfilments(context, connection);
    const key = `${kind} ${connection.id}`;
    if (counts.waitMs === null) resting.delete(key);
    else resting.set(key, context.runtime.clock.nowMs() + counts.waitMs);
    return counts;
  };
  const isResting = (key: string): boolean => (resting.get(key) ?? 0) > context.runtime.clock.nowMs();
  const lanes = createLanes(
    async (key) => {
      const [kind, connectionId = ""] = key.split(" ") as [OutboxKind, string];
      if (kind === "stock" && gatherMs > 0) await sleep(gatherMs);
      if (context.stopping.aborted || isResting(key)) return;
      const connection = await context.connections.byId(connectionId);
      if (connection) await run(kind, connection, rest);
    },
    (key, error) =>
      context.log.error({ lane: key, error: messageOf(error) }, "A push failed; what it owed stays owed."),
  );
  return {
    kick: (kind, connectionId) => lanes.kick(`${kind} ${connectionId}`),
    async kickDue() {
      const keys = (await lanesDue(context)).map(({ kind, connectionId }) => `${kind} ${connectionId}`);
      const awake = keys.filter((key) => !isResting(key));
      for (const key of awake) lanes.kick(key);
      return awake.length;
    },
    async push(connection) {
      const stock = await run("stock", connection);
      const fulfilments = await run("fulfilment", connection);
      return { pushed: stock.pushed + fulfilments.pushed, failed: stock.failed + fulfilments.failed };
    },
    idle: () => lanes.idle(),
    stop: () => lanes.stop(),
  };
}

/** Asks each active connection's part of the index once, so that what rests on a paused one is not walked over. */
const lanesDue = (context: SyncContext): Promise<{ kind: OutboxKind; connectionId: string }[]> =>
  context.db.query(
    `select o.kind, c.id as "connectionId" from connections c cross join lateral (
       select distinct kind from (
         select kind from outbox
         where merchant_id = c.merchant_id and connection_id = c.id and status in ('pending', 'sending', 'unknown') and not_before <= $1
         order by not_before limit 200
       ) as first
     ) as o where c.status = 'active'`,
    [nowInstant(context.runtime.clock)],
  );
