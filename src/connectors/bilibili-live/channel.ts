import type { Socket } from "../../core/runtime.ts";
import type { Call, Failure, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { withinLimits } from "../toolkit/limits.ts";
import { decodeMessage, encodePacket, operations, type Packet } from "./frames.ts";
import { looseJson } from "./map.ts";
import type { Session } from "./session.ts";
import { authAnswerSchema } from "./wire.ts";

/** An authenticated connection to the room. */
export interface Channel {
  socket: Socket;
  /** Packets that came together with the answer to the authentication. */
  first: Packet[];
  /** What comes after them. */
  messages: AsyncIterator<Uint8Array>;
}

/** `badToken`: the platform does not take the session's credential, so another session is needed. */
export type Opening = Result<Channel> & { badToken?: true };

const encoder = new TextEncoder();

/** Tries the session's links in turn, each once. Moves the session on to the link after one that failed. */
/** Opening a socket is no call of the account's; it has ten seconds for each step. */
const soon = ({ clock }: OpenContext, signal: AbortSignal): Call => ({
  signal,
  deadlineMs: clock.nowMs() + 10_000,
});

export async function openChannel(
  context: OpenContext,
  session: Session,
  stop: AbortSignal,
): Promise<Opening> {
  let last: Opening = failure("unavailable", "The room has no link to connect to");
  for (let tried = 0; tried < session.links.length && !stop.aborted; tried += 1) {
    const link = session.links[session.link % session.links.length] ?? "";
    last = await openLink(context, session, link, stop);
    if (last.ok || last.badToken) return last;
    session.link += 1;
  }
  return last;
}

async function openLink(
  context: OpenContext,
  session: Session,
  link: string,
  stop: AbortSignal,
): Promise<Opening> {
  const { host } = new URL(link);
  const { sockets } = context;
  if (!sockets) return noSockets();
  const opening = await withinLimits(soon(context, stop), context, (signal) =>
    sockets.open(link, { signal }),
  );
  if (opening.ended !== "done") return failure("unavailable", `${host} could not be connected to`);
  const socket = opening.value;
  const messages = socket.messages[Symbol.asyncIterator]();
  socket.send(encodePacket(operations.auth, encoder.encode(session.authBody)));
  const answer = await withinLimits(soon(context, stop), context, () => readAuthAnswer(messages));
  if (answer.ended === "done" && answer.value !== null) {
    const { code, rest } = answer.value;
    if (code === 0) return { ok: true, value: { socket, messages, first: rest } };
    socket.close();
    return { ...failure("unavailable", `${host} refused to authenticate (${code})`), badToken: true };
  }
  socket.close();
  return failure("unavailable", `${host} did not answer the authentication`);
}

export const noSockets = (): Failure =>
  failure("unsupported", "This host keeps no connections open; run the hub as a lasting process");

/** Null when the connection ended before, or brought something unreadable. */
async function readAuthAnswer(
  messages: AsyncIterator<Uint8Array>,
): Promise<{ code: number; rest: Packet[] } | null> {
  for (;;) {
    const next = await messages.next();
    if (next.done) return null;
    const decoded = decodeMessage(next.value);
    if (!decoded.ok) return null;
    const at = decoded.packets.findIndex(({ operation }) => operation === operations.authAnswer);
    const packet = decoded.packets[at];
    if (packet === undefined) continue;
    const read = authAnswerSchema.safeParse(looseJson(packet.body));
    return read.success ? { code: read.data.code, rest: decoded.packets.slice(at + 1) } : null;
  }
}
