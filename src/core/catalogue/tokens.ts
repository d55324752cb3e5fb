import { type Instant, nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { appendEvents } from "../events/log.ts";
import type { Runtime } from "../runtime.ts";
import type { DataKey } from "../vault.ts";

/** What a platform gave for a grant, kept sealed beside the secrets. Its content is the connector's. */

export interface StoredTokens {
  tokens: Record<string, unknown>;
  expireAt: Instant | null;
  grantExpiresAt: Instant | null;
}

/** Moved to another connection they do not open. */
const tokensContext = (connectionId: string): string => `connection ${connectionId} tokens`;

export const openTokens = (
  key: DataKey,
  connection: { id: string; tokens: Uint8Array | null },
): Record<string, unknown> | null =>
  connection.tokens === null
    ? null
    : (JSON.parse(key.openText(connection.tokens, tokensContext(connection.id))) as Record<string, unknown>);

/** Whose tokens, and which version of them is replaced. */
export interface TokensKey {
  merchantId: string;
  connectionId: string;
  version: number;
}

/**
 * Replaces the tokens if they still are of this version; false when somebody else was faster. The version is the fence: a process
 * that was paused cannot overwrite newer ones, yet what it was given is kept when nobody has been there meanwhile, since a
 * refresh token that may be used once cannot be asked for again. Must run in a transaction.
 */
export async function renewTokens(
  tx: Sql,
  runtime: Pick<Runtime, "clock">,
  key: DataKey,
  { merchantId, connectionId, version }: TokensKey,
  { tokens, expireAt, grantExpiresAt }: StoredTokens,
): Promise<boolean> {
  const sealed = key.seal(JSON.stringify(tokens), tokensContext(connectionId));
  const rows = await tx.query(
    `update connections set tokens = $4, tokens_version = tokens_version + 1, tokens_expire_at = $5, grant_expires_at = $6,
       updated_at = $7
     where merchant_id = $1 and id = $2 and tokens_version = $3 and status <> 'removed' returning id`,
    [merchantId, connectionId, version, sealed, expireAt, grantExpiresAt, nowInstant(runtime.clock)],
  );
  return rows.length === 1;
}

/** A person has granted access, or entered tokens: they replace whatever is there, and a refused connection goes back to work. */
export async function grantTokens(
  tx: Sql,
  runtime: Pick<Runtime, "clock">,
  key: DataKey,
  { merchantId, connectionId }: Omit<TokensKey, "version">,
  { tokens, expireAt, grantExpiresAt }: StoredTokens,
): Promise<boolean> {
  const at = nowInstant(runtime.clock);
  const sealed = key.seal(JSON.stringify(tokens), tokensContext(connectionId));
  const [row] = await tx.query<{ status: string }>(
    `update connections set tokens = $3, tokens_version = tokens_version + 1, tokens_expire_at = $4, grant_expires_at = $5,
       updated_at = $6, status = case when status = 'refused' then 'active' else status end, problem = null,
       circuit = 'closed', circuit_failures = 0, circuit_until = null
     where merchant_id = $1 and id = $2 and status <> 'removed' returning status`,
    [merchantId, connectionId, sealed, expireAt, grantExpiresAt, at],
  );
  if (!row) return false;
  await appendEvents(tx, merchantId, [
    {
      type: "connection.changed",
      subject: connectionId,
      occurredAt: at,
      data: { connectionId, status: row.status },
    },
  ]);
  return true;
}

/** What was granted for another account must not be used. */
export const dropTokens = async (tx: Sql, merchantId: string, connectionId: string): Promise<void> => {
  await tx.query(
    `update connections set tokens = null, tokens_version = tokens_version + 1, tokens_expire_at = null,
       grant_expires_at = null where merchant_id = $1 and id = $2`,
    [merchantId, connectionId],
  );
};
