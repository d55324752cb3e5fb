import type { MakeCall, OpenContext, Result } from "../contract.ts";
import type { Answer, BilibiliClient } from "./client.ts";
import { alreadyRunning, sessionGone } from "./codes.ts";
import type { Started } from "./wire.ts";

/** One session of the app in the presenter's room, as `/v2/app/start` gives it. It outlives a broken connection. */
export interface Session {
  /** Empty for kinds of app without sessions: nothing is kept alive or ended then. */
  gameId: string;
  /** Sent word for word; it is a credential. */
  authBody: string;
  links: readonly string[];
  /** The link to try first; the next one after every failure. */
  link: number;
  room: string;
  host: string;
  hostOpenId: string;
}

/** The account's session, kept in memory from one connection to the next. */
export interface Sessions {
  current(): Session | null;
  /**
   * The running session when the platform still has it, else a new one. `oldGameId` is a session that a process before
   * this one may have left behind: it is ended when it stands in the way.
   */
  obtain(oldGameId: string, make: MakeCall, stop: AbortSignal): Promise<Result<Session>>;
  /** The platform has ended it, or does not take its credential. */
  drop(): void;
  /** Ends it at the platform, so that the next start need not wait. Never takes longer than a few seconds. */
  leave(): Promise<void>;
}

/** Whoever stops waits for this: the session runs out by itself a minute later anyway. */
const leaveMs = 3_000;

export function createSessions(context: OpenContext, client: BilibiliClient): Sessions {
  let session: Session | null = null;

  /** Ok when it goes on, null when the platform has it no more. */
  const stillRuns = async (make: MakeCall, stop: AbortSignal): Promise<Answer<Session> | null> => {
    if (session === null) return null;
    if (session.gameId === "") return { ok: true, value: session };
    const { gameId } = session;
    const beat: Answer<unknown> = await make((call) => client.heartbeat(gameId, call), stop);
    if (beat.ok) return { ok: true, value: session };
    return beat.code !== undefined && sessionGone.has(beat.code) ? null : beat;
  };
  return {
    current: () => session,
    drop: () => {
      session = null;
    },
    async obtain(oldGameId, make, stop) {
      const start = (): Promise<Answer<Started>> => make((call) => client.start(call), stop);
      const running = await stillRuns(make, stop);
      if (running) return running;
      session = null;
      let started = await start();
      if (!started.ok && started.code === alreadyRunning && oldGameId !== "") {
        await make((call) => client.end(oldGameId, call), stop);
        started = await start();
      }
      if (!started.ok) return started;
      session = toSession(started.value);
      return { ok: true, value: session };
    },
    async leave() {
      const left = session;
      session = null;
      if (left === null || left.gameId === "") return;
      const deadlineMs = context.clock.nowMs() + leaveMs;
      await client.end(left.gameId, { signal: new AbortController().signal, deadlineMs });
    },
  };
}

export const toSession = ({ game_info, websocket_info, anchor_info }: Started): Session => ({
  gameId: game_info.game_id,
  authBody: websocket_info.auth_body,
  links: websocket_info.wss_link,
  link: 0,
  room: anchor_info.room_id,
  host: anchor_info.uname,
  hostOpenId: anchor_info.open_id,
});
