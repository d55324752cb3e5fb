import { nowInstant } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { SyncContext } from "../parts.ts";

/** Per merchant and round; what is left over is due at once in the next. */
const holdsPerRound = 500;

/** Gives back the units of holds whose time is over. Safe in several processes: a hold ends once. */
export async function expireHolds(context: SyncContext): Promise<number> {
  const { db, engine, runtime, log, counters } = context;
  const due = await db.query<{ merchant_id: string; id: string }>(
    `select m.merchant_id, h.id from merchants m cross join lateral (
       select id from holds where merchant_id = m.merchant_id and status = 'held' and expires_at <= $1
       order by expires_at limit $2
     ) as h`,
    [nowInstant(runtime.clock), holdsPerRound],
  );
  const ended = await Promise.all(
    due.map(async ({ merchant_id: merchantId, id }) => {
      try {
        const answer = await engine.submit(merchantId, { kind: "hold.close", holdId: id, as: "expired" });
        return answer.kind === "hold" && answer.outcome === "closed";
      } catch (error) {
        log.warn(
          { merchantId, holdId: id, error: messageOf(error) },
          "A hold could not be expired; it is tried again.",
        );
        return false;
      }
    }),
  );
  const count = ended.filter(Boolean).length;
  counters.holds.expired += count;
  return count;
}
