import type { Command } from "../../src/core/engine/commands.ts";
import { type Planted, rewriting } from "./planted.ts";

/** Bugs of live rooms. */
export const liveBugs: readonly Planted[] = [
  {
    name: "comment id not unique",
    removes: "a comment that comes again counts once",
    make() {
      const known = new Map<string, number>();
      return {
        engine: (engine, { did }) => ({
          ...engine,
          submit(merchantId, command) {
            if (command.kind !== "comments.take") return engine.submit(merchantId, command);
            const comments = command.comments.map((comment) => {
              const times = known.get(comment.externalId) ?? 0;
              known.set(comment.externalId, times + 1);
              if (times === 0 || comment.change !== undefined) return comment;
              did();
              return { ...comment, externalId: `${comment.externalId}#${times}` };
            });
            return engine.submit(merchantId, { ...command, comments });
          },
        }),
      };
    },
  },
  {
    name: "only the first comment of a batch taken",
    removes: "what a room told is taken before its place is stored",
    make: () => ({
      engine: (engine, { did }) => ({
        ...engine,
        submit(merchantId, command: Command) {
          if (command.kind !== "comments.take" || command.comments.length < 2)
            return engine.submit(merchantId, command);
          did();
          return engine.submit(merchantId, { ...command, comments: command.comments.slice(0, 1) });
        },
      }),
    }),
  },
  rewriting(
    "waitlist served from its end",
    "units that come free go to whoever stands first",
    "and c.place > k.read_to",
    "c.reason, c.place,",
    "c.reason, 1000000 - c.place as place,",
  ),
  rewriting(
    "share not released at the end",
    "a session that is over holds nothing",
    "update reservations t set",
    "status = k.status",
    "status = case when t.holder_kind = 'session' and k.status = 'released' then t.status else k.status end",
  ),
  rewriting(
    "claim ordered twice",
    "a claim becomes one order",
    "update claims t set",
    "order_id = k.order_id",
    "order_id = t.order_id",
  ),
  rewriting(
    "claims never expire",
    "a claim keeps its units for its time only",
    "from claims where merchant_id = m.merchant_id and state in ('held', 'offered')",
    "expires_at <= $1",
    "expires_at <= $1::timestamptz - interval '1000 days'",
  ),
];
