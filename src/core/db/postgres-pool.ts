import type postgres from "postgres";

/**
 * A pool of postgres.js that is given up as a whole when one of its connections is lost, and made anew at the next use.
 *
 * postgres.js 3.4.9 cannot be used on after such a loss: a statement sent on the dead connection (its own `rollback` in
 * `begin`, too) ends the process with "Cannot read properties of null (reading 'write')", and a connection that died with
 * a write buffered never sends again (issues 1154 and 1208 and pull request 1209 of porsager/postgres, read
 * 2026-11-22). So nothing is sent on a pool that has lost a connection, and transactions are opened on a reserved
 * connection without the driver's `begin`.
 */

type Unsafe = Pick<postgres.Sql, "unsafe">;

export interface PostgresPool {
  /** Runs one statement on any connection. */
  run<Rows>(work: (client: Unsafe) => Promise<Rows>): Promise<Rows>;
  /** Runs `work` between begin and commit on one connection; rolls back when it rejects. */
  transaction<Result>(work: (client: Unsafe, guard: Guard) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Wraps what is sent on a reserved connection: refused once it is lost, and never left unanswered. */
export type Guard = <Value>(send: () => Promise<Value>) => Promise<Value>;

/** As the driver spells it, so that callers know the loss by its code. */
class ConnectionLost extends Error {
  readonly code = "CONNECTION_CLOSED";
  constructor() {
    super("The connection to PostgreSQL was lost.");
  }
}

interface Generation {
  client: postgres.Sql;
  guard: Guard;
  isLost(): boolean;
  /** The closing that is to come is wanted. */
  retire(): void;
}

export function createPool(connect: (onClose: () => void) => postgres.Sql): PostgresPool {
  let current = openGeneration(connect);
  const generation = (): Generation => {
    if (current.isLost()) current = openGeneration(connect);
    return current;
  };
  return {
    run: (work) => {
      const { client, guard } = generation();
      return guard(() => work(client));
    },
    async transaction(work) {
      const { client, guard, isLost } = generation();
      const reserved = await guard(() => client.reserve());
      try {
        const begun = guard(() => reserved.unsafe("begin isolation level read committed"));
        begun.catch(() => undefined);
        // The first statements follow in the same breath: `begin` can fail only with the connection, and then so do they.
        const result = await work(reserved, guard);
        await begun;
        await guard(() => reserved.unsafe("commit"));
        return result;
      } catch (error) {
        if (!isLost()) await guard(() => reserved.unsafe("rollback")).catch(() => undefined);
        throw error;
      } finally {
        if (!isLost()) reserved.release();
      }
    },
    async close() {
      current.retire();
      await current.client.end({ timeout: 5 });
    },
  };
}

function openGeneration(connect: (onClose: () => void) => postgres.Sql): Generation {
  const waiting = new Set<(error: Error) => void>();
  let lost = false;
  let retired = false;
  const client = connect(() => {
    if (lost || retired) return;
    lost = true;
    const error = new ConnectionLost();
    for (const reject of waiting) reject(error);
    // Later than the driver's own handling of this close, which is still under way.
    Promise.resolve()
      .then(() => client.end({ timeout: 0 }))
      .catch(() => undefined);
  });
  return {
    client,
    isLost: () => lost,
    retire() {
      retired = true;
    },
    guard: (send) =>
      new Promise((resolve, reject) => {
        if (lost) {
          reject(new ConnectionLost());
          return;
        }
        waiting.add(reject);
        send()
          .then(resolve, reject)
          .finally(() => waiting.delete(reject));
      }),
  };
}
