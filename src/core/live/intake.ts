import { nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import type { Engine } from "../engine/commands.ts";
import { SluiceError } from "../errors.ts";
import type { LiveComment } from "../model/comment.ts";
import type { Runtime } from "../runtime.ts";
import type { CommentResult } from "./commands.ts";
import { findSessionOfRoom } from "./read-sessions.ts";

export interface CommentParts {
  db: Sql;
  engine: Pick<Engine, "submit">;
  runtime: Pick<Runtime, "clock">;
}

/** `no_session`: the room has no session; such a comment is kept nowhere. */
export type SubmittedComment =
  | (CommentResult & { sessionId: string })
  | { externalId: string; outcome: "no_session" };

export interface SubmittedComments {
  /** One per comment, in the order given. */
  results: SubmittedComment[];
  withoutSession: number;
}

/** Comments of one command: what a batch takes at once. */
const commentsPerCommand = 500;
/** How long a room that is on air is not looked up again. Comments of a session that ended meanwhile are told so by the engine. */
const keepRoomMs = 1_000;

const rooms = new WeakMap<object, Map<string, { sessionId: string; untilMs: number }>>();

/**
 * Hands comments of an account's rooms to their sessions, in the order given. Idempotent by comment id: a source may send again
 * whatever it is not sure of. Throws like `Engine.submit`; nothing is lost then but must be sent again.
 */
export async function submitComments(
  parts: CommentParts,
  merchantId: string,
  connectionId: string,
  comments: readonly LiveComment[],
): Promise<SubmittedComments> {
  const results = new Array<SubmittedComment>(comments.length);
  const byRoom = new Map<string, number[]>();
  comments.forEach(({ room }, index) => {
    const list = byRoom.get(room);
    if (list) list.push(index);
    else byRoom.set(room, [index]);
  });
  let withoutSession = 0;
  await Promise.all(
    [...byRoom].map(async ([room, indexes]) => {
      const sessionId = await sessionOf(parts, merchantId, connectionId, room);
      if (sessionId === undefined) withoutSession += indexes.length;
      const all = indexes.map((index) => comments[index] as LiveComment);
      const told =
        sessionId === undefined ? all.map(unheard) : await takeAll(parts, merchantId, sessionId, all);
      indexes.forEach((index, position) => {
        results[index] = told[position] as SubmittedComment;
      });
    }),
  );
  return { results, withoutSession };
}

const unheard = ({ externalId }: LiveComment): SubmittedComment => ({ externalId, outcome: "no_session" });

/** For callers that know the session. All commands are handed in at once, so that nobody else comes in between. */
export async function takeAll(
  { engine }: Pick<CommentParts, "engine">,
  merchantId: string,
  sessionId: string,
  comments: readonly LiveComment[],
): Promise<(CommentResult & { sessionId: string })[]> {
  const parts: LiveComment[][] = [];
  for (let at = 0; at < comments.length; at += commentsPerCommand)
    parts.push(comments.slice(at, at + commentsPerCommand));
  const answers = await Promise.all(
    parts.map((part) => engine.submit(merchantId, { kind: "comments.take", sessionId, comments: part })),
  );
  return answers.flatMap((answer) => {
    if (answer.kind === "refused")
      throw new SluiceError(answer.code, answer.message, { details: answer.details });
    if (answer.kind !== "comments")
      throw new SluiceError("internal", `Comments were answered with "${answer.kind}".`);
    return answer.results.map((result) => ({ ...result, sessionId }));
  });
}

async function sessionOf(
  { db, engine, runtime }: CommentParts,
  merchantId: string,
  connectionId: string,
  room: string,
): Promise<string | undefined> {
  const known = rooms.get(engine) ?? new Map<string, { sessionId: string; untilMs: number }>();
  rooms.set(engine, known);
  const key = `${merchantId}\n${connectionId}\n${room}`;
  const kept = known.get(key);
  const nowMs = runtime.clock.nowMs();
  if (kept && nowMs < kept.untilMs) return kept.sessionId;
  known.delete(key);
  const found = await findSessionOfRoom(db, merchantId, connectionId, room, nowInstant(runtime.clock));
  if (found?.state === "on_air") known.set(key, { sessionId: found.id, untilMs: nowMs + keepRoomMs });
  return found?.id;
}
