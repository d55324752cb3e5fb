import { nowInstant } from "../../core/clock.ts";
import type { Database, Sql } from "../../core/db/database.ts";
import { readEvents } from "../../core/events/log.ts";
import type { StoredEvent } from "../../core/events/types.ts";
import { type Posting, post } from "../../core/ledger/post.ts";
import { insertEntries, loadBooked, loadBooks, lockBooks, moveBooksCursor } from "../../core/ledger/store.ts";
import { closeParked, raiseBooksTasks, readParked } from "../../core/ledger/tasks.ts";
import type { Runtime } from "../../core/runtime.ts";

/** The consumer that follows the event log and keeps the books. */

export interface PostParts {
  db: Database;
  runtime: Runtime;
}

/** Bounds the memory of one round and the time its row lock is held. */
const defaultLimit = 1000;

/**
 * Books the next events of a merchant, at most `limit`, in one transaction: entries, tasks and the cursor's move are
 * committed together, so a repeat after a crash books nothing twice. Call it again until `caughtUp`. An event that
 * cannot be booked is parked as a task and the cursor moves past it; see `repostParked`.
 */
export async function postJournals(
  parts: PostParts,
  merchantId: string,
  options: { limit?: number } = {},
): Promise<{ events: number; entries: number; caughtUp: boolean }> {
  const limit = options.limit ?? defaultLimit;
  return parts.db.transaction(async (tx) => {
    const now = nowInstant(parts.runtime.clock);
    const cursor = await lockBooks(tx, merchantId, now);
    const events = await readEvents(tx, merchantId, cursor, limit);
    const last = events.at(-1);
    if (!last) return { events: 0, entries: 0, caughtUp: true };
    const posting = await postEvents(tx, parts.runtime, merchantId, events);
    await moveBooksCursor(tx, merchantId, last.seq, now);
    return { events: events.length, entries: posting.entries.length, caughtUp: events.length < limit };
  });
}

/**
 * Tries parked events again, oldest first: after a setting was corrected, or a release learned a rule. Those that can be
 * booked now get the next numbers (numbers follow posting, dates follow the events) and their tasks are closed.
 */
export async function repostParked(
  parts: PostParts,
  merchantId: string,
): Promise<{ events: number; entries: number; stillParked: number }> {
  const total = { events: 0, entries: 0, stillParked: 0 };
  for (let afterSeq = 0, more = true; more; ) {
    const round = await parts.db.transaction((tx) => repostSome(tx, parts.runtime, merchantId, afterSeq));
    total.events += round.events;
    total.entries += round.entries;
    total.stillParked += round.stillParked;
    afterSeq = round.lastSeq;
    more = round.more;
  }
  return total;
}

const repostLimit = 200;

async function repostSome(tx: Sql, runtime: Runtime, merchantId: string, afterSeq: number) {
  const now = nowInstant(runtime.clock);
  await lockBooks(tx, merchantId, now);
  const seqs = await readParked(tx, merchantId, afterSeq, repostLimit);
  const events = (await Promise.all(seqs.map((seq) => readEvents(tx, merchantId, seq - 1, 1)))).flat();
  const posting = await postEvents(tx, runtime, merchantId, events);
  const parked = new Set(posting.parked.map(({ seq }) => seq));
  const done = seqs.filter((seq) => !parked.has(seq));
  await closeParked(tx, runtime, merchantId, done);
  return {
    events: done.length,
    entries: posting.entries.length,
    stillParked: parked.size,
    lastSeq: seqs.at(-1) ?? afterSeq,
    more: seqs.length === repostLimit,
  };
}

/** Decides on plain values, then writes. The books must be locked. */
async function postEvents(
  tx: Sql,
  runtime: Runtime,
  merchantId: string,
  events: readonly StoredEvent[],
): Promise<Posting> {
  const books = await loadBooks(tx, merchantId);
  const posting = post(events, books, await loadBooked(tx, merchantId, books, events));
  await insertEntries(tx, merchantId, posting.entries, nowInstant(runtime.clock));
  await raiseBooksTasks(tx, runtime, merchantId, posting);
  return posting;
}
