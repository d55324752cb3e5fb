import type { Instant } from "../clock.ts";
import { secretsContext } from "../merchants.ts";
import type { DataKey } from "../vault.ts";
import type { SealedConnection } from "./connections.ts";

/** The secrets as they were entered; `previous` while it is still good. */
export function openSecrets(
  key: DataKey,
  connection: SealedConnection,
  now: Instant,
): { current: Record<string, unknown>; previous: Record<string, unknown> | null } {
  const context = secretsContext(connection.id);
  const open = (sealed: Uint8Array) => JSON.parse(key.openText(sealed, context)) as Record<string, unknown>;
  const { previousSecrets, previousSecretsUntil } = connection;
  const previousIsGood =
    previousSecrets !== null && previousSecretsUntil !== null && now < previousSecretsUntil;
  return { current: open(connection.secrets), previous: previousIsGood ? open(previousSecrets) : null };
}
