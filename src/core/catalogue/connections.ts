import { addMs, type Instant, nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import { appendEvents } from "../events/log.ts";
import { loadMerchant, manualConnector, secretsContext } from "../merchants.ts";
import type { Runtime } from "../runtime.ts";
import type { DataKey, Vault } from "../vault.ts";
import { dropTokens } from "./tokens.ts";

/**
 * Connections: one account on one platform each. Which connectors exist and what they need is not known here: callers
 * pass settings and secrets that the connector's schemas have already accepted.
 */

export type ConnectionStatus = "active" | "paused" | "refused" | "removed";

export interface Connection {
  merchantId: string;
  id: string;
  connector: string;
  name: string;
  /** refused: the platform does not take the credentials any more, a person must act. */
  status: ConnectionStatus;
  settings: Record<string, unknown>;
  /** Why it does not work, for people. */
  problem: string | null;
  circuit: "closed" | "open" | "half_open";
  circuitFailures: number;
  circuitUntil: Instant | null;
  /** Every order changed up to this time is in. */
  orderWatermark: Instant | null;
  /** Deliveries signed with the secrets before the last change are taken until then. */
  previousSecretsUntil: Instant | null;
  /** When the tokens of a grant expire; null where there are none or they do not. */
  tokensExpireAt: Instant | null;
  /** From then on a person must grant access again. */
  grantExpiresAt: Instant | null;
  createdAt: Instant;
  updatedAt: Instant;
}

/** With its secrets, still sealed. */
export interface SealedConnection extends Connection {
  secrets: Uint8Array;
  previousSecrets: Uint8Array | null;
  tokens: Uint8Array | null;
  tokensVersion: number;
}

export interface ConnectionParts {
  vault: Vault;
  runtime: Runtime;
}

export interface ConnectionInput {
  connector: string;
  name: string;
  settings: Record<string, unknown>;
  secrets: Record<string, unknown>;
}

/** How long the secrets before a change stay good: platforms go on signing with them while the change spreads. */
export const previousSecretsForMs = 24 * 3_600_000;

/** Throws `already_exists` when another connection has the name. */
export async function createConnection(
  sql: Sql,
  parts: ConnectionParts,
  merchantId: string,
  input: ConnectionInput,
): Promise<Connection> {
  const at = nowInstant(parts.runtime.clock);
  const id = parts.runtime.ids.next();
  return inTransaction(sql, async (tx) => {
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
  /** Replaces all secrets; those before stay good for 24 hours. */
  secrets?: Record<string, unknown> | undefined;
  /** The settings name another account: what was granted for the one before is wiped. */
  dropTokens?: boolean | undefined;
}

/**
 * Changes what is given. New settings or secrets put a refused connection back to work and close its circuit: a person
 * has acted. Throws `not_found`, `already_exists` for the name, `conflict` for the built-in connection.
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

/**
 * Ends a connection: its secrets are wiped, its listings go, its name is free again. Its orders stay, so the row does
 * too. Throws `not_found`, `conflict` for the built-in connection.
 */
export async function removeConnection(
  sql: Sql,
  parts: ConnectionParts,
  merchantId: string,
  connectionId: string,
): Promise<void> {
  const at = nowInstant(parts.runtime.clock);
  await inTransaction(sql, async (tx) => {
    const before = await lockConnection(tx, merchantId, connectionId);
    const nothing = sealSecrets(await dataKeyOf(tx, parts.vault, merchantId), connectionId, {});
    await tx.query(
      `update connections set status = 'removed', name = $3, secrets = $4, previous_secrets = null,
         previous_secrets_until = null, tokens = null, tokens_version = tokens_version + 1, tokens_expire_at = null,
         grant_expires_at = null, updated_at = $5
       where merchant_id = $1 and id = $2`,
      [merchantId, connectionId, `${before.name} (removed ${connectionId})`, nothing, at],
    );
    const listings = await tx.query<{ listingId: string; skuId: string }>(
      `delete from listings where merchant_id = $1 and connection_id = $2 returning id as "listingId", sku_id as "skuId"`,
      [merchantId, connectionId],
    );
    await appendEvents(tx, merchantId, [
      {
        type: "connection.changed",
        subject: connectionId,
        occurredAt: at,
        data: { connectionId, status: "removed" },
      },
      ...listings.map(
        ({ listingId, skuId }) =>
          ({
            type: "listing.removed",
            subject: listingId,
            occurredAt: at,
            data: { listingId, connectionId, skuId },
          }) as const,
      ),
    ]);
  });
}

/** Connections in the order they were made; removed ones only when asked for. */
export async function listConnections(
  sql: Sql,
  merchantId: string,
  options: { removed?: boolean } = {},
): Promise<Connection[]> {
  const where = options.removed ? "" : " and status <> 'removed'";
  return sql.query<Connection>(
    `select ${columns} from connections where merchant_id = $1${where} order by id`,
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
    `select ${columns} from connections where merchant_id = $1 and connector = $2 order by id limit 1`,
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

const sealSecrets = (key: DataKey, connectionId: string, secrets: Record<string, unknown>): Uint8Array =>
  key.seal(JSON.stringify(secrets), secretsContext(connectionId));

const dataKeyOf = async (tx: Sql, vault: Vault, merchantId: string): Promise<DataKey> =>
  vault.keyFor((await loadMerchant(tx, merchantId)).wrappedKey);

async function lockConnection(tx: Sql, merchantId: string, connectionId: string): Promise<SealedConnection> {
  const [row] = await tx.query<SealedConnection>(
    `select ${sealedColumns} from connections where merchant_id = $1 and id = $2 and status <> 'removed' for update`,
    [merchantId, connectionId],
  );
  if (!row) throw unknownConnection(connectionId);
  if (row.connector === manualConnector) {
    throw new SluiceError(
      "conflict",
      `The connection "${row.name}" is built in and cannot be changed; orders made through the API belong to it.`,
    );
  }
  return row;
}

async function announce(tx: Sql, merchantId: string, connectionId: string, at: Instant): Promise<Connection> {
  const [row] = await tx.query<Connection>(
    `select ${columns} from connections where merchant_id = $1 and id = $2`,
    [merchantId, connectionId],
  );
  if (!row) throw unknownConnection(connectionId);
  await appendEvents(tx, merchantId, [
    {
      type: "connection.changed",
      subject: connectionId,
      occurredAt: at,
      data: { connectionId, status: row.status },
    },
  ]);
  return row;
}

const columns = `merchant_id as "merchantId", id, connector, name, status, settings, problem, circuit, circuit_failures as "circuitFailures",
  circuit_until as "circuitUntil", order_watermark as "orderWatermark", previous_secrets_until as "previousSecretsUntil",
  tokens_expire_at as "tokensExpireAt", grant_expires_at as "grantExpiresAt", created_at as "createdAt", updated_at as "updatedAt"`;

const sealedColumns = `${columns}, secrets, previous_secrets as "previousSecrets", tokens, tokens_version as "tokensVersion"`;

const unknownConnection = (connectionId: string): SluiceError =>
  new SluiceError("not_found", `There is no connection ${connectionId}.`);

const nameTaken = (name: string): SluiceError =>
  new SluiceError("already_exists", `There is a connection "${name}" already; choose another name.`);
