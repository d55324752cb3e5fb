import type { Account } from "../../connectors/contract.ts";
import { messageOf } from "../../core/errors.ts";
import type { OpenConnection } from "../connections.ts";
import type { SyncContext } from "../parts.ts";
import { roomPosition } from "../positions.ts";
import { followRoom } from "./follow.ts";

/** The rooms this process follows. Of several processes one follows a room, under a lease. */
export interface RoomFollowers {
  /** Begins with active connections whose room nobody follows, and ends with those that were paused or changed. */
  look(): Promise<void>;
  /** Takes leave of all rooms and resolves when what came in has been handed over. */
  stop(): Promise<void>;
}

interface Followed {
  account: Account;
  stop: AbortController;
  done: Promise<void>;
}

export function createRoomFollowers(context: SyncContext): RoomFollowers {
  const followed = new Map<string, Followed>();
  const names = [...context.connectors.values()]
    .filter(({ manifest }) => manifest.capabilities.rooms)
    .map(({ manifest }) => manifest.id);

  const follow = (connection: OpenConnection) => {
    const stop = new AbortController();
    const ending = AbortSignal.any([stop.signal, context.stopping]);
    const done = context.leases
      .withLease(connection.merchantId, roomPosition(connection.id), (lease) =>
        followRoom(context, connection, lease, ending),
      )
      .catch((error: unknown) =>
        context.log.error(
          { connectionId: connection.id, error: messageOf(error) },
          "A room could not be followed; it is tried again.",
        ),
      )
      .then(() => void followed.delete(connection.id));
    followed.set(connection.id, { account: connection.account, stop, done });
  };
  return {
    async look() {
      if (names.length === 0 || context.stopping.aborted) return;
      const wanted = await activeConnections(context, names);
      const ids = new Set(wanted.map(({ id }) => id));
      for (const [id, { stop }] of followed) if (!ids.has(id)) stop.abort();
      for (const { id } of wanted) {
        const connection = await context.connections.byId(id).catch(() => null);
        if (connection?.status !== "active" || context.stopping.aborted) continue;
        const mine = followed.get(id);
        if (!mine) follow(connection);
        // Its credentials were changed: the next look begins with the new ones.
        else if (mine.account !== connection.account) mine.stop.abort();
      }
    },
    async stop() {
      for (const { stop } of followed.values()) stop.abort();
      await Promise.all([...followed.values()].map(({ done }) => done));
    },
  };
}

const activeConnections = ({ db }: SyncContext, connectors: readonly string[]): Promise<{ id: string }[]> =>
  db.query(
    `select c.id from unnest($1::text[]) as wanted (connector) join connections c on c.connector = wanted.connector
     where c.status = 'active' order by c.merchant_id, c.id`,
    [connectors],
  );
