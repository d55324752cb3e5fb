import { nowInstant } from "../clock.ts";
import type { Database, Sql } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import type { LiveSessionInput, LiveSessionPatch, SessionSettings } from "../model/live.ts";
import { sessionSettingsSchema } from "../model/live.ts";
import type { Runtime } from "../runtime.ts";
import { insertItems } from "./store-items.ts";
import { lockSession, tell } from "./store-lock.ts";

/** Planning a session: everything about it that needs no decision on stock. Waits for the session's lock, as the engine does. */

type Parts = { runtime: Runtime };

/** Throws `not_found`, `unknown_sku` and `invalid_request` (a line-up that cannot be told apart). */
export async function createSession(
  db: Sql | Database,
  { runtime }: Parts,
  merchantId: string,
  input: LiveSessionInput,
): Promise<string> {
  return inTransaction(db, async (tx) => {
    const [found] = await tx.query<{ currency: string }>(
      `select m.base_currency as currency from merchants m join connections c on c.merchant_id = m.merchant_id
       where m.merchant_id = $1 and c.id = $2 and c.status <> 'removed'`,
      [merchantId, input.connection],
    );
    if (!found)
      throw new SluiceError(
        "not_found",
        `There is no connection ${input.connection}; connect the room's account first.`,
      );
    const id = runtime.ids.next();
    await tx.query(
      `insert into live_sessions (merchant_id, id, connection_id, room, host, title, scheduled_at, settings, currency, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10)`,
      [
        merchantId,
        id,
        input.connection,
        input.room,
        input.host ?? null,
        input.title,
        input.scheduledAt ?? null,
        JSON.stringify(input.settings),
        input.currency ?? found.currency,
        nowInstant(runtime.clock),
      ],
    );
    await insertItems(tx, runtime, merchantId, id, input.items);
    await tell(tx, runtime, merchantId, id, "planned");
    return id;
  });
}

/** Throws `not_found`, and `illegal_transition` for a session that is over. */
export async function patchSession(
  db: Sql | Database,
  { runtime }: Parts,
  merchantId: string,
  sessionId: string,
  patch: LiveSessionPatch,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const session = await lockSession(tx, merchantId, sessionId);
    if (patch.room !== undefined && session.state !== "planned")
      throw new SluiceError(
        "illegal_transition",
        "The room of a session can be changed while it is planned only.",
      );
    const { settings, ...rest } = patch;
    const known = sessionSettingsSchema.parse(session.settings);
    if (settings?.mode !== undefined && settings.mode !== known.mode && session.state !== "planned")
      throw new SluiceError(
        "illegal_transition",
        "Who is served first is settled before the show; the mode can be changed while it is planned only.",
      );
    const stored = { ...known, ...given(settings ?? {}) } as SessionSettings;
    await tx.query(
      `update live_sessions set title = coalesce($3, title), room = coalesce($4, room),
         host = case when $5::boolean then $6 else host end,
         scheduled_at = case when $7::boolean then $8::timestamptz else scheduled_at end, settings = $9::jsonb
       where merchant_id = $1 and id = $2`,
      [
        merchantId,
        sessionId,
        rest.title ?? null,
        rest.room ?? null,
        rest.host !== undefined,
        rest.host ?? null,
        rest.scheduledAt !== undefined,
        rest.scheduledAt ?? null,
        JSON.stringify(stored),
      ],
    );
    await tell(tx, runtime, merchantId, sessionId, "edited");
  });
}

const given = <Values extends object>(values: Values): Partial<Values> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Values>;
