import type { Instant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import { appendEvents } from "../events/log.ts";
import type { NewEvent } from "../events/types.ts";
import { loadMerchant, manualConnector, secretsContext } from "../merchants.ts";
import type { Runtime } from "../runtime.ts";
import type { DataKey, Vault } from "../vault.ts";

/** A connection as it is stored, and what everybody needs who changes one. */

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
  createdAt: Instant;
  updatedAt: Instant;
}

/** With its secrets, still sealed. */
export interface SealedConnection extends Connection {
  secrets: Uint8Array;
  previousSecrets: Uint8Array | null;
}

export interface ConnectionParts {
  vault: Vault;
  runtime: Runtime;
}

export const sealSecrets = (
  key: DataKey,
  connectionId: string,
  secrets: Record<string, unknown>,
): Uint8Array => key.seal(JSON.stringify(secrets), secretsContext(connectionId));

export const dataKeyOf = async (tx: Sql, vault: Vault, merchantId: string): Promise<DataKey> =>
  vault.keyFor((await loadMerchant(tx, merchantId)).wrappedKey);

export async function lockConnection(
  tx: Sql,
  merchantId: string,
  connectionId: string,
): Promise<SealedConnection> {
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

/** Notes the event of a change, with others that it brings, and answers the connection as it is now. */
export async function announce(
  tx: Sql,
  merchantId: string,
  connectionId: string,
  at: Instant,
  more: readonly NewEvent[] = [],
): Promise<Connection> {
  const [row] = await tx.query<Connection>(
    `select ${connectionColumns} from connections where merchant_id = $1 and id = $2`,
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
    ...more,
  ]);
  return row;
}

export const connectionColumns = `merchant_id as "merchantId", id, connector, name, status, settings, problem, circuit, circuit_failures as "circuitFailures",
  circuit_until as "circuitUntil", order_watermark as "orderWatermark", previous_secrets_until as "previousSecretsUntil",
  created_at as "createdAt", updated_at as "updatedAt"`;

export const sealedColumns = `${connectionColumns}, secrets, previous_secrets as "previousSecrets"`;

export const unknownConnection = (connectionId: string): SluiceError =>
  new SluiceError("not_found", `There is no connection ${connectionId}.`);

export const nameTaken = (name: string): SluiceError =>
  new SluiceError("already_exists", `There is a connection "${name}" already; choose another name.`);
