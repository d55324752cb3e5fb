import { nowInstant } from "../../core/clock.ts";
import { SluiceError } from "../../core/errors.ts";
import { loadMerchant } from "../../core/merchants.ts";
import { closeTasks } from "../../core/tasks.ts";
import type { SyncContext } from "../parts.ts";
import { payloadContext } from "./claim.ts";
import { quarantineTaskKind } from "./quarantine-task.ts";

/** Quarantined deliveries are listed by `core/catalogue/stuck.ts`; here is what may be done with them. */

/**
 * What a stored delivery holds, decrypted. For owners and operators only, and worth a line in the audit log. Throws
 * `not_found`.
 */
export async function readDelivery(
  parts: Pick<SyncContext, "db" | "vault">,
  merchantId: string,
  key: { connectionId: string; deliveryId: string; digest: string },
): Promise<string> {
  const [row] = await parts.db.query<{ payload: Uint8Array }>(
    `select payload from inbox where merchant_id = $1 and connection_id = $2 and delivery_id = $3 and digest = $4`,
    [merchantId, key.connectionId, key.deliveryId, key.digest],
  );
  if (!row)
    throw new SluiceError(
      "not_found",
      `There is no delivery ${key.deliveryId} of connection ${key.connectionId}.`,
    );
  const { wrappedKey } = await loadMerchant(parts.db, merchantId);
  return parts.vault.keyFor(wrappedKey).openText(row.payload, payloadContext(key.connectionId, key.digest));
}

/** Puts a connection's quarantined deliveries back into the inbox, as if they had just come. Answers how many. */
export async function retryQuarantined(
  context: SyncContext,
  merchantId: string,
  connectionId: string,
): Promise<number> {
  const { db, runtime } = context;
  const rows = await db.query(
    `update inbox set status = 'received', attempts = 0, not_before = $3, closed_at = null
     where merchant_id = $1 and connection_id = $2 and status = 'quarantined' returning 1`,
    [merchantId, connectionId, nowInstant(runtime.clock)],
  );
  await closeTasks(db, runtime, merchantId, [{ kind: quarantineTaskKind, subject: connectionId }]);
  return rows.length;
}
