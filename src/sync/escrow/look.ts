import type { Result } from "../../connectors/contract.ts";
import { nowInstant } from "../../core/clock.ts";
import { exposureColumns, type RawExposure, toExposure } from "../../core/engine/escrow-columns.ts";
import type { Exposure } from "../../core/escrow/exposure.ts";
import type { CallFailure, Slot } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import { refOf } from "../outbox/due.ts";
import type { SyncContext } from "../parts.ts";
import { submitExposure } from "./charge.ts";
import { isEscrowable, traitsOf } from "./traits.ts";

export type LookedAt = { listingId: string; externalId: string; externalVariantId: string };

const missing: CallFailure = {
  ok: false,
  kind: "unavailable",
  message: "The connector gave fewer figures than it was asked for.",
};

export interface Look {
  figures: (Result<{ quantity: number }> | CallFailure)[];
  /** Tells the engine what was seen. To be called once, and before anything that rests on it is asked of the engine. */
  tell(): Promise<void>;
}

/** Reads the platform's figures and tells the engine what was seen. */
export async function lookAt(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  listings: readonly LookedAt[],
): Promise<Look["figures"]> {
  const { figures, tell } = await readFigures(context, connection, slot, listings);
  await tell();
  return figures;
}

/**
 * Reads the platform's figures. A look counts only where no write was under way between its beginning and its end; the engine
 * sees to that by the counters read first, however much later it is told.
 */
export async function readFigures(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  listings: readonly LookedAt[],
): Promise<Look> {
  const { clock } = context.runtime;
  const before = await readCounters(context, connection.merchantId, listings);
  const startedAt = nowInstant(clock);
  const answered = await slot.outcomes(
    ({ stock }, call) => stock?.read?.(listings.map(refOf), call) ?? Promise.resolve([]),
  );
  const readAt = nowInstant(clock);
  const seen = listings.map((_, index) => {
    const figure = answered.ok ? (answered.value[index] ?? missing) : answered;
    // A read that ended in doubt has changed nothing: it may simply be made again.
    return !figure.ok && figure.kind === "unknown" ? { ...figure, kind: "unavailable" as const } : figure;
  });
  const tell = async () => {
    if (!isEscrowable(connection)) return;
    await Promise.all(
      listings.map(async ({ listingId }, index) => {
        const figure = seen[index];
        if (!figure?.ok) return;
        const known = before.get(listingId);
        await submitExposure(context, connection.merchantId, {
          kind: "exposure.observe",
          listingId,
          connectionId: connection.id,
          platform: traitsOf(connection),
          figure: figure.value.quantity,
          startedAt,
          readAt,
          writes: known?.writes ?? 0,
          ingested: known?.ingested ?? 0,
          restored: known?.restored ?? 0,
        });
      }),
    );
  };
  return { figures: seen, tell };
}

async function readCounters(
  context: SyncContext,
  merchantId: string,
  listings: readonly LookedAt[],
): Promise<Map<string, Exposure>> {
  const rows = await context.db.query<{ exposure: RawExposure }>(
    `select to_json(e) as exposure from unnest($2::uuid[]) k(id) cross join lateral
       (select ${exposureColumns} from exposures e where e.merchant_id = $1 and e.listing_id = k.id limit 1) e`,
    [merchantId, listings.map(({ listingId }) => listingId)],
  );
  return new Map(
    rows.map((row) => toExposure(row.exposure)).map((exposure) => [exposure.listingId, exposure]),
  );
}
