import { nowInstant } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { SyncContext } from "../parts.ts";

/** Per merchant and round; what is left over is due at once in the next. */
const claimsPerRound = 500;

/** Ends claims of live sessions whose time is over, which moves those in line up. Safe in several processes: a claim ends once. */
export async function expireClaims(context: SyncContext): Promise<number> {
  const { db, engine, runtime, log } = context;
  const due = await db.query<{ merchantId: string; id: string }>(
    `select m.merchant_id as "merchantId", c.id from merchants m cross join lateral (
       select id from claims where merchant_id = m.merchant_id and state in ('held', 'offered') and expires_at <= $1
       order by expires_at limit $2
     ) as c`,
    [nowInstant(runtime.clock), claimsPerRound],
  );
  const ended = await Promise.all(
    due.map(async ({ merchantId, id }) => {
      try {
        const answer = await engine.submit(merchantId, { kind: "claim.close", claimId: id, as: "expired" });
        return answer.kind === "claim" && answer.outcome === "changed";
      } catch (error) {
        log.warn(
          { merchantId, claimId: id, error: messageOf(error) },
          "A claim could not be expired; it is tried again.",
        );
        return false;
      }
    }),
  );
  return ended.filter(Boolean).length;
}
