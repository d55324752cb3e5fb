import type { Json, RoomListener, RoomNews } from "../../connectors/contract.ts";
import { createQueue } from "../../connectors/toolkit/queue.ts";
import { isSluiceError, messageOf } from "../../core/errors.ts";
import { appendEvents } from "../../core/events/log.ts";
import type { LiveComment } from "../../core/model/comment.ts";
import { waitAfter } from "../backoff.ts";
import type { OpenConnection } from "../connections.ts";
import { assertLease, type Lease } from "../leases.ts";
import type { SyncContext } from "../parts.ts";
import { roomPosition, savePosition } from "../positions.ts";
import { type Gap, recordGaps } from "./gaps.ts";
import { afterNews, type RoomState } from "./state.ts";
import { takeInParts } from "./take.ts";

/**
 * Between a room and the core: news waits in a bounded queue, and whatever waits goes on as one batch, in order. The room's
 * position is stored only after its comments were taken, so a process that dies leaves them to be told as a gap, or to be
 * delivered again.
 */
export interface HandOver {
  listen: RoomListener;
  /** Hands over until `end` and all that waits is done, or until `giveUp` while the core takes nothing. */
  run(giveUp: AbortSignal): Promise<void>;
  /** Takes no more news. */
  end(): void;
}

interface Item {
  news: RoomNews;
  position: Json;
}

/** About a second of the busiest room. Beyond it the connection is not read, so that the wait is the platform's. */
const mostWaiting = 6_000;
const mostPerBatch = 2_000;
const retryPlan = { firstWaitMs: 250, maxWaitMs: 10_000 };

interface Parts {
  context: SyncContext;
  connection: OpenConnection;
  lease: Lease;
  state: RoomState;
}

export function createHandOver({ context, connection, lease, state }: Parts): HandOver {
  const queue = createQueue<Item>({
    most: mostWaiting,
    weigh: ({ news }) => (news.kind === "comments" ? Math.max(1, news.comments.length) : 1),
  });
  let current = state;

  /** Tries until it works; false when it was given up. */
  const insist = async (what: string, work: () => Promise<boolean>, giveUp: AbortSignal) => {
    for (let attempts = 1; !lease.signal.aborted; attempts += 1) {
      try {
        if (await work()) return true;
      } catch (error) {
        // Another process has the room now, and its own account of how far it is.
        if (isSluiceError(error) && error.code === "conflict") return false;
        context.log.warn(
          { connectionId: connection.id, attempts, error: messageOf(error) },
          `${what} of a room could not be stored; it is tried again.`,
        );
      }
      if (giveUp.aborted) return false;
      await context.runtime.timers.sleep(waitAfter(attempts, retryPlan, context.runtime.random), giveUp);
    }
    return false;
  };
  const settle = async (items: readonly Item[], giveUp: AbortSignal): Promise<boolean> => {
    const gaps: Gap[] = [];
    let next = current;
    let waiting: LiveComment[] = [];
    for (const { news, position } of items) {
      next = afterNews(next, news, position);
      if (news.kind === "comments") waiting.push(...news.comments);
      if (news.kind === "gap") gaps.push({ ...news, liveSince: next.liveSince });
    }
    const taken = await insist(
      "Comments",
      async () => {
        const { left, refused } = await take(context, connection, waiting);
        gaps.push(...refused.map((gap) => ({ ...gap, liveSince: next.liveSince })));
        waiting = left;
        return left.length === 0;
      },
      giveUp,
    );
    if (!taken) return false;
    const stored = await insist("The place", () => store({ context, connection, lease }, next, gaps), giveUp);
    if (stored) current = next;
    return stored;
  };
  return {
    async listen(news, position) {
      await queue.put({ news, position });
    },
    async run(giveUp) {
      const over = AbortSignal.any([giveUp, lease.signal]);
      try {
        for (;;) {
          const items = await queue.take(mostPerBatch);
          if (items.length === 0 || !(await settle(items, over))) return;
        }
      } finally {
        // Whoever waits for room is let go.
        queue.end();
      }
    },
    end: () => queue.end(),
  };
}

/** Offers all of them. `left` should be tried again; what can never be taken is told as a gap. */
async function take(
  context: SyncContext,
  connection: OpenConnection,
  comments: readonly LiveComment[],
): Promise<{ left: LiveComment[]; refused: Omit<Gap, "liveSince">[] }> {
  const left: LiveComment[] = [];
  const refused: Omit<Gap, "liveSince">[] = [];
  const source = { merchantId: connection.merchantId, connectionId: connection.id };
  const intakes = await takeInParts(context, source, comments, (comment) => [comment]);
  for (const [index, comment] of comments.entries()) {
    const intake = intakes[index];
    if (intake?.kind === "retry") left.push(comment);
    else if (intake?.kind === "refused") {
      const { room, sentAt: from, sentAt: to, externalId } = comment;
      refused.push({ room, from, to, why: `Comment ${externalId} was refused: ${intake.reason}` });
    }
  }
  context.counters.rooms.comments += comments.length - left.length - refused.length;
  if (left.length > 0) {
    context.log.warn(
      { connectionId: connection.id, comments: left.length },
      "Comments of a room could not be handed over; they are tried again.",
    );
  }
  return { left, refused };
}

async function store(
  { context, connection, lease }: Omit<Parts, "state">,
  state: RoomState,
  gaps: readonly Gap[],
): Promise<true> {
  const { db, runtime, counters } = context;
  const { merchantId } = connection;
  await db.transaction(async (tx) => {
    await assertLease(tx, lease, runtime.clock);
    await savePosition(tx, runtime, merchantId, roomPosition(connection.id), state);
    const raised = await recordGaps(tx, context, connection, gaps);
    if (raised.length > 0) await appendEvents(tx, merchantId, raised);
  });
  counters.rooms.gaps += gaps.length;
  return true;
}
