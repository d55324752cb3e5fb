import { z } from "zod";
import { addMs, type Instant, nowInstant } from "../../core/clock.ts";
import type { LiveComment } from "../../core/model/comment.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import type { Failure, Json, MakeCall, OpenContext, RoomListener, RoomNews, Rooms } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { type Channel, noSockets, openChannel } from "./channel.ts";
import type { Answer, BilibiliClient } from "./client.ts";
import { sessionGone } from "./codes.ts";
import { decodeMessage, encodePacket, operations, type Packet } from "./frames.ts";
import { meaningOf } from "./map.ts";
import type { Session, Sessions } from "./session.ts";

/** The platform replays nothing: a position says up to when everything was read, so that the gap after it can be told. */
const positionSchema = z.object({ at: instantSchema, gameId: z.string().max(200) });
type Position = z.infer<typeof positionSchema>;

/** Two heartbeats that know nothing of each other: the session's by HTTP, the connection's by its socket. */
const sessionBeatMs = 20_000;
const socketBeatMs = 30_000;
/** The platform answers each beat of the connection; after two unanswered ones nobody is there. */
const silenceMs = 70_000;
/** A comment takes a moment from the viewer to us: one that was on its way at a break was written a little earlier. */
const onTheWayMs = 5_000;

interface Parts {
  context: OpenContext;
  client: BilibiliClient;
  sessions: Sessions;
}

export function createRooms(parts: Parts): Rooms {
  /** Why the connection before ended, as far as this process knows. */
  let broke = "the hub was not connected";
  return {
    async follow(given, listen, stop, make) {
      const position = positionSchema.safeParse(given).data ?? null;
      const failed = await followOnce(parts, { position, broke, listen, stop, make });
      if (stop.aborted) {
        await parts.sessions.leave();
        return { ok: true };
      }
      broke = failed.message;
      return failed;
    },
  };
}

interface Following {
  position: Position | null;
  broke: string;
  listen: RoomListener;
  stop: AbortSignal;
  make: MakeCall;
}

/** One connection from its start to its end, which is always a failure (when stopped, one that nobody reads). */
async function followOnce(parts: Parts, following: Following): Promise<Failure> {
  const { position, broke, listen, stop, make } = following;
  const { context, sessions } = parts;
  if (!context.sockets) return noSockets();
  const obtained = await sessions.obtain(position?.gameId ?? "", make, stop);
  if (!obtained.ok) return obtained;
  const session = obtained.value;
  const opened = await openChannel(context, session, stop);
  if (!opened.ok) {
    if (opened.badToken) sessions.drop();
    return opened;
  }
  const now = nowInstant(context.clock);
  const next: Position = { at: now, gameId: session.gameId };
  const connected: RoomNews = { kind: "connected", room: session.room };
  if (session.host !== "") connected.host = session.host;
  // Told under the old position: the new one may not be stored before the gap is.
  await listen(connected, position ?? next);
  if (position) {
    const from = addMs(position.at, -onTheWayMs);
    if (from < now) await listen({ kind: "gap", room: session.room, from, to: now, why: broke }, next);
  }
  return stayConnected(parts, session, opened.value, following);
}

/** Reads and beats until something ends the connection. */
async function stayConnected(
  { context, client, sessions }: Parts,
  session: Session,
  channel: Channel,
  { listen, stop, make }: Following,
): Promise<Failure> {
  const { clock, timers } = context;
  const over = new AbortController();
  const ending = AbortSignal.any([stop, over.signal]);
  let failed = failure("unavailable", "The connection to the room was closed");
  const end = (why: Failure) => {
    if (ending.aborted) return;
    failed = why;
    over.abort();
  };
  const close = () => channel.socket.close();
  if (ending.aborted) close();
  else ending.addEventListener("abort", close, { once: true });
  const life = { seenMs: clock.nowMs(), isBusy: false };

  const beatSession = async () => {
    while (session.gameId !== "") {
      await timers.sleep(sessionBeatMs, ending);
      if (ending.aborted) return;
      const beat: Answer<unknown> = await make((call) => client.heartbeat(session.gameId, call), ending);
      if (beat.ok) continue;
      if (beat.code !== undefined && sessionGone.has(beat.code)) {
        sessions.drop();
        end(failure("unavailable", "The platform has closed the session"));
      } else if (beat.kind === "auth") end(beat);
    }
  };
  const beatSocket = async () => {
    for (;;) {
      channel.socket.send(encodePacket(operations.heartbeat));
      await timers.sleep(socketBeatMs, ending);
      if (ending.aborted) return;
      // While the listener makes us wait, answers lie unread.
      if (!life.isBusy && clock.nowMs() - life.seenMs > silenceMs)
        end(failure("unavailable", "The room has not answered any more"));
    }
  };
  const read = async () => {
    for await (const packets of packetsOf(channel)) {
      if (ending.aborted) return;
      if (packets === null) return end(failure("malformed", "The room sent what is no sound packet"));
      const receivedAt = nowInstant(clock);
      life.isBusy = true;
      for (const news of newsOf(packets, session, receivedAt)) {
        if (news.kind === "over") {
          sessions.drop();
          return end(failure("unavailable", "The platform has ended the session"));
        }
        await listen(news, positionAt(receivedAt, session));
        if (ending.aborted) return;
      }
      life.isBusy = false;
      life.seenMs = clock.nowMs();
    }
  };
  const reading = read().then(
    () => end(failure("unavailable", "The connection to the room ended")),
    () => end(failure("unavailable", "The connection to the room broke off")),
  );
  await Promise.all([reading, beatSession(), beatSocket()]);
  // A link that has failed is not the first to be tried again.
  if (!stop.aborted) session.link += 1;
  return failed;
}

const positionAt = (at: Instant, session: Session): Json => ({ at, gameId: session.gameId });

/** The packets of each message; null for one that cannot be read. */
async function* packetsOf({ first, messages }: Channel): AsyncGenerator<Packet[] | null> {
  yield first;
  for (;;) {
    const next = await messages.next();
    if (next.done) return;
    const decoded = decodeMessage(next.value);
    yield decoded.ok ? decoded.packets : null;
  }
}

/** What one message brings, in order, with neighbouring comments together. */
function newsOf(
  packets: readonly Packet[],
  session: Session,
  receivedAt: Instant,
): (RoomNews | { kind: "over" })[] {
  const all: (RoomNews | { kind: "over" })[] = [];
  for (const { operation, body } of packets) {
    if (operation === operations.heartbeatAnswer) all.push({ kind: "alive" });
    if (operation !== operations.event) continue;
    const meaning = meaningOf(body, session.hostOpenId);
    if (meaning.kind === "comment") addComment(all, meaning.comment);
    else if (meaning.kind === "started" || meaning.kind === "ended") all.push(meaning);
    else if (meaning.kind === "over" && meaning.gameId === session.gameId) all.push({ kind: "over" });
    else if (meaning.kind === "unreadable") {
      const why = `an event of the room could not be read (${meaning.reason})`;
      all.push({ kind: "gap", room: session.room, from: receivedAt, to: receivedAt, why });
    }
  }
  return all;
}

function addComment(all: (RoomNews | { kind: "over" })[], comment: LiveComment): void {
  const last = all.at(-1);
  if (last?.kind === "comments") last.comments.push(comment);
  else all.push({ kind: "comments", comments: [comment] });
}
