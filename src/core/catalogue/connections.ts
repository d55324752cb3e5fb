import { addMs, nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import { manualConnector } from "../merchants.ts";
import { bringBack, formerOf, lockConnections, refuseOthersAccount } from "./connection-accounts.ts";
import {
  announce,
  type Connection,
  type ConnectionParts,
  connectionColumns,
  dataKeyOf,
  lockConnection,
  nameTaken,
  type SealedConnection,
  sealedColumns,
  sealSecrets,
  unknownConnection,
} from "./connection-rows.ts";
import { dropTokens } from "./tokens.ts";

export { removeConnection } from "./connection-accounts.ts";
export type { Connection, ConnectionParts, ConnectionStatus, SealedConnection } from "./connection-rows.ts";

/**
 * Connections: one account on one platform each. Which connectors exist and what they need is not known here: callers
 * pass settings and secrets that the connector's schemas have already accepted.
 */

export interface ConnectionInput {
  connector: string;
  name: string;
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
  /** The connector's `accountSettings`. */
  accountSettings?: readonly string[];
}

/** How long the secrets before a change stay good: platforms go on signing with them while the change spreads. */
export const previousSecretsForMs = 24 * 3_600_000;

/**
 * Connects an account. One that was removed comes back under its id with its orders and listings, so that nothing of it is
 * taken in twice; its listings share units anew: call it in `releasing`, so that orders that wait for units get them. Throws
 * `already_exists` for a name that is taken, `conflict` for an account that is connected already or a name under which another
 * account was.
 */
export async function createConnection(
  sql: Sql,
  parts: ConnectionParts,
  merchantId: string,
  input: ConnectionInput,
): Promise<Connection> {
  const at = nowInstant(parts.runtime.clock);
  return inTransaction(sql, async (tx) => {
    const others = await lockConnections(tx, merchantId, input.connector);
    const former = formerOf(others, input);
    if (former) return bringBack(tx, parts, former, input, at);
    const id = parts.runtime.ids.next();
    const secrets = sealSecrets(await dataKeyOf(tx, parts.vault, merchantId), id, input.secrets);
    const inserted = await tx.query(
      `insert into connections (merchant_id, id, connector, name, status, settings, secrets, created_at, updated_at)
       values ($1, $2, $3, $4, 'active', $5::jsonb, $6, $7, $7)
       on conflict (merchant_id, name) do nothing returning id`,
      [merchantId, id, input.connector, input.name, JSON.stringify(input.settings), secrets, at],
    );
    if (inserted.length === 0) throw nameTaken(input.name);
    return announce(tx, merchantId, id, at);
  });
}

export interface ConnectionPatch {
  name?: string | undefined;
  status?: "active" | "paused" | undefined;
  /** Replaces all settings. */
  settings?: Record<string, unknown> | undefined;
  /** The connector's `accountSettings`. */
  accountSettings?: readonly string[];
  /** Replaces all secrets; those before stay good for 24 hours. */
  secrets?: Record<string, unknown> | undefined;
  /** The settings name another account: what was granted for the one before is wiped. */
  dropTokens?: boolean | undefined;
}

/**
 * Changes what is given. New settings or secrets put a refused connection back to work and close its circuit: a person
 * has acted. Throws `not_found`, `already_exists` for the name, `conflict` for the built-in connection and for settings that
 * name an account another connection has or had.
 */
export async function updateConnection(
  sql: Sql,
  parts: ConnectionParts,
  merchantId: string,
  connectionId: string,
  patch: ConnectionPatch,
): Promise<Connection> {
  const at = nowInstant(parts.runtime.clock);
  return inTransaction(sql, async (tx) => {
    if (patch.settings) await refuseOthersAccount(tx, merchantId, connectionId, patch);
    const before = await lockConnection(tx, merchantId, connectionId);
    if (patch.name !== undefined && patch.name !== before.name)
      await refuseTakenName(tx, merchantId, patch.name);
    if (patch.secrets) {
      const secrets = sealSecrets(await dataKeyOf(tx, parts.vault, merchantId), connectionId, patch.secrets);
      await tx.query(
        `update connections set previous_secrets = secrets, previous_secrets_until = $3, secrets = $4
         where merchant_id = $1 and id = $2`,
        [merchantId, connectionId, addMs(at, previousSecretsForMs), secrets],
      );
    }
    if (patch.dropTokens) await dropTokens(tx, merchantId, connectionId);
    const repaired = patch.settings !== undefined || patch.secrets !== undefined || patch.status === "active";
    const status = patch.status ?? (repaired && before.status === "refused" ? "active" : before.status);
    await tx.query(
      `update connections set status = $3, settings = coalesce($4::jsonb, settings), updated_at = $5, name = coalesce($7, name),
         problem = case when $6 then null else problem end, circuit = case when $6 then 'closed' else circuit end,
         circuit_failures = case when $6 then 0 else circuit_failures end,
         circuit_until = case when $6 then null else circuit_until end
       where merchant_id = $1 and id = $2`,
      [
        merchantId,
        connectionId,
        status,
        patch.settings ? JSON.stringify(patch.settings) : null,
        at,
        repaired,
        patch.name ?? null,
      ],
    );
    return announce(tx, merchantId, connectionId, at);
  });
}

async function refuseTakenName(tx: Sql, merchantId: string, name: string): Promise<void> {
  const taken = await tx.query("select 1 from connections where merchant_id = $1 and name = $2", [
    merchantId,
    name,
  ]);
  if (taken.length > 0) throw nameTaken(name);
}

/** Connections in the order they were made; removed ones only when asked for. */
export async function listConnections(
  sql: Sql,
  merchantId: string,
  options: { removed?: boolean } = {},
): Promise<Connection[]> {
  const where = options.removed ? "" : " and status <> 'removed'";
  return sql.query<Connection>(
    `select ${connectionColumns} from connections where merchant_id = $1${where} order by id`,
    [merchantId],
  );
}

/** Throws `not_found`, also for a removed one. */
export async function loadConnection(
  sql: Sql,
  merchantId: string,
  connectionId: string,
): Promise<SealedConnection> {
  const [row] = await sql.query<SealedConnection>(
    `select ${sealedColumns} from connections where merchant_id = $1 and id = $2 and status <> 'removed'`,
    [merchantId, connectionId],
  );
  if (!row) throw unknownConnection(connectionId);
  return row;
}

/** The built-in connection that orders made through the API belong to. */
export async function loadManualConnection(sql: Sql, merchantId: string): Promise<Connection> {
  const [row] = await sql.query<Connection>(
    `select ${connectionColumns} from connections where merchant_id = $1 and connector = $2 order by id limit 1`,
    [merchantId, manualConnector],
  );
  if (!row)
    throw new SluiceError("internal", `Merchant ${merchantId} has lost its connection "${manualConnector}".`);
  return row;
}

/** By id alone, since a webhook's address names no merchant. Undefined when there is none or it is removed. */
export async function findConnection(sql: Sql, connectionId: string): Promise<SealedConnection | undefined> {
  const [row] = await sql.query<SealedConnection>(
    `select ${sealedColumns} from connections where id = $1 and status <> 'removed'`,
    [connectionId],
  );
  return row;
}
