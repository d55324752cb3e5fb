import { addMs, type Instant } from "../clock.ts";
import type { OrderStatus } from "../model/order.ts";
import { compareFreshness, type Freshness } from "./status.ts";

/** Which of two snapshots of an order counts, also where a platform's clock runs ahead. Pure. */

/** A platform's clock may run this far ahead of ours; a time beyond is taken for the time at which we heard of it. */
export const allowedSkewMs = 5 * 60_000;

/** Snapshots remembered by digest: repeats come in hours, orders change a few times. */
const remembered = 4;

/** What is kept of snapshots of one order whose time lay ahead: the latest of these times, and the last digests. */
interface Ahead {
  at: Instant;
  digests: string[];
}

export interface Judgement {
  verdict: "newer" | "duplicate" | "stale";
  /** To be stored with a newer one. */
  updatedAt: Instant;
  digest: string;
}

/**
 * Whether `told` is newer than the snapshot we hold. One whose time lies ahead is kept at the time of its arrival, so that it
 * does not hide what comes after; among themselves such snapshots count by the times they name. A repeat of one is told
 * by its digest and never returns, even when our clock has passed its time. With `laterWins`, of two states of one time
 * the one judged later counts.
 */
export function judge(
  told: Freshness & { laterWins?: boolean },
  held: { updatedAt: Instant; toldStatus: OrderStatus; digest: string } | undefined,
  now: Instant,
): Judgement {
  const isAhead = told.updatedAt > addMs(now, allowedSkewMs);
  const { digest, ahead } = held ? readMark(held.digest) : { digest: null, ahead: null };
  const updatedAt = !isAhead ? told.updatedAt : held && held.updatedAt > now ? held.updatedAt : now;
  const judged = (verdict: Judgement["verdict"]): Judgement => ({
    verdict,
    updatedAt,
    digest: writeMark(told.digest, isAhead ? withOne(ahead, told) : stillNeeded(ahead, told.updatedAt)),
  });
  if (!held || digest === null) return judged("newer");
  if (digest === told.digest) return judged("duplicate");
  if (ahead?.digests.includes(told.digest)) return judged("stale");
  const heldIsAhead = ahead !== null && ahead.digests.at(-1) === digest;
  if (isAhead && ahead !== null && !heldIsAhead) {
    return judged(told.updatedAt > ahead.at ? "newer" : "stale");
  }
  const heldAt = isAhead && heldIsAhead ? ahead.at : held.updatedAt;
  if (told.laterWins && told.updatedAt === heldAt) return judged("newer");
  const order = compareFreshness(told, { updatedAt: heldAt, status: held.toldStatus, digest });
  return judged(order < 0 ? "stale" : "newer");
}

const withOne = (ahead: Ahead | null, { updatedAt, digest }: Freshness): Ahead => ({
  at: updatedAt,
  digests: [...(ahead?.digests ?? []), digest].slice(-remembered),
});

/** Once an honest time has passed them, repeats of what lay ahead are older anyway. */
const stillNeeded = (ahead: Ahead | null, updatedAt: Instant): Ahead | null =>
  ahead !== null && updatedAt <= ahead.at ? ahead : null;

/** Stored in one text, because nearly every order has a digest alone: "digest" or "digest at digest…". */
const writeMark = (digest: string, ahead: Ahead | null): string =>
  ahead === null ? digest : [digest, ahead.at, ...ahead.digests].join(" ");

/** Whether a snapshot with this digest is the one held under `mark`. */
export const isHeld = (mark: string, digest: string): boolean => readMark(mark).digest === digest;

function readMark(mark: string): { digest: string; ahead: Ahead | null } {
  const [digest = mark, at, ...digests] = mark.split(" ");
  return { digest, ahead: at === undefined ? null : { at, digests } };
}
