import { performance } from "node:perf_hooks";
import { createEngine } from "../src/core/engine/engine.ts";
import { submitComments } from "../src/core/live/intake.ts";
import { createSession } from "../src/core/live/store-sessions.ts";
import type { LiveComment } from "../src/core/model/comment.ts";
import { liveSessionInputSchema } from "../src/core/model/live.ts";
import { type BenchHub, benchHub, median, percentile, seconds } from "./support.ts";

/**
 * A hot item in a live room: 6,000 comments of 5,000 viewers for 500 units within one second, each handed in by itself as a
 * socket delivers it, a sixth of them repeats; then how many comments a second one item takes when they keep coming.
 */

const units = 500;
const viewers = 5_000;
const repeats = 1_000;
const ticksPerSecond = 100;

async function openShow(
  hub: BenchHub,
  engine: ReturnType<typeof createEngine>,
  room: string,
): Promise<string> {
  const input = liveSessionInputSchema.parse({
    connection: hub.connectionId,
    room,
    title: room,
    items: [{ sku: "HOT", code: "A1", priceMinor: 9_900, share: units }],
  });
  const sessionId = await createSession(hub.db, hub, hub.merchantId, input);
  await engine.submit(hub.merchantId, { kind: "session.change", sessionId, change: { to: "start" } });
  return sessionId;
}

const texts = ["A1", "a1", "要A1", "扣 A1", "sold A1", "Ａ１", "A1🔥"];

const commentOf = (room: string, viewer: number, id: string): LiveComment => ({
  externalId: id,
  room,
  viewer: { externalId: `viewer-${viewer}`, name: `Viewer ${viewer}` },
  text: texts[viewer % texts.length] as string,
  sentAt: "2026-11-22T08:00:00.000Z",
});

/** Every sixth arrival repeats an earlier comment: the same id, some moments later. */
function rushOf(room: string): LiveComment[] {
  const comments: LiveComment[] = [];
  for (let viewer = 0; viewer < viewers; viewer += 1) {
    comments.push(commentOf(room, viewer, `${room}-${viewer}`));
    if (viewer % 5 === 4 && comments.length <= viewers + repeats)
      comments.push(commentOf(room, viewer >> 1, `${room}-${viewer >> 1}`));
  }
  return comments;
}

/** Hands them in spread over a second; answers how long each took from arrival to its decision. */
async function rush(hub: BenchHub, engine: ReturnType<typeof createEngine>, room: string): Promise<number[]> {
  const comments = rushOf(room);
  const perTick = Math.ceil(comments.length / ticksPerSecond);
  const parts = { ...hub, engine };
  const started = performance.now();
  const pending: Promise<number>[] = [];
  for (let tick = 0; tick * perTick < comments.length; tick += 1) {
    const dueMs = started + (tick * 1000) / ticksPerSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resume) => setTimeout(resume, waitMs));
    for (const comment of comments.slice(tick * perTick, (tick + 1) * perTick)) {
      const at = performance.now();
      pending.push(
        submitComments(parts, hub.merchantId, hub.connectionId, [comment]).then(() => performance.now() - at),
      );
    }
  }
  return Promise.all(pending);
}

/** Exactly the units there are are held by the first who came, and everybody else stands in line once, in order. */
async function check(hub: BenchHub, sessionId: string): Promise<{ held: number; waiting: number }> {
  const rows = await hub.db.query<{
    state: string;
    claims: number;
    first: number;
    last: number;
    ordered: number;
  }>(
    `select c.state, count(*) as claims, min(c.place) as first, max(c.place) as last,
       count(*) filter (where c.place = c.rank and c.comment_no = c.rank) as ordered
     from (select state, place, comment_no, row_number() over (order by comment_no) as rank from claims
       where merchant_id = $1 and session_id = $2) c group by c.state order by c.state`,
    [hub.merchantId, sessionId],
  );
  const [held, waiting] = rows;
  const right =
    rows.length === 2 &&
    held?.state === "held" &&
    held.claims === units &&
    held.last === units &&
    held.ordered === units &&
    waiting?.state === "waitlisted" &&
    waiting.claims === viewers - units &&
    waiting.first === units + 1 &&
    waiting.last === viewers &&
    waiting.ordered === viewers - units;
  if (!right) throw new Error(`the rush ended wrong: ${JSON.stringify(rows)}`);
  return { held: held.claims, waiting: waiting.claims };
}

/** Comments on one item as fast as they are taken, handed in 50 at a time by sources that wait for their answers. */
async function sustain(
  hub: BenchHub,
  engine: ReturnType<typeof createEngine>,
  room: string,
  count: number,
): Promise<number> {
  const perCall = 50;
  let next = 0;
  const source = async () => {
    while (next < count) {
      const from = next;
      next += perCall;
      const comments = Array.from({ length: perCall }, (_, index) =>
        commentOf(room, from + index, `${room}-s${from + index}`),
      );
      await submitComments({ ...hub, engine }, hub.merchantId, hub.connectionId, comments);
    }
  };
  const took = await seconds(async () => {
    await Promise.all(Array.from({ length: 40 }, source));
  });
  return count / took;
}

export async function run(
  options: { runs?: number; comments?: number } = {},
): Promise<Record<string, unknown>> {
  const runs = options.runs ?? 3;
  const comments = options.comments ?? 20_000;
  const hub = await benchHub({ onHand: 1_000_000 });
  const engine = createEngine(hub);
  try {
    await openShow(hub, engine, "warm");
    await sustain(hub, engine, "warm", 2_000);
    const p50s: number[] = [];
    const p99s: number[] = [];
    const rates: number[] = [];
    let result = { held: 0, waiting: 0 };
    for (let index = 0; index < runs; index += 1) {
      const sessionId = await openShow(hub, engine, `rush-${index}`);
      const latencies = await rush(hub, engine, `rush-${index}`);
      result = await check(hub, sessionId);
      p50s.push(percentile(latencies, 0.5));
      p99s.push(percentile(latencies, 0.99));
      await openShow(hub, engine, `sustained-${index}`);
      rates.push(await sustain(hub, engine, `sustained-${index}`, comments));
    }
    return {
      name: "live",
      rush: {
        comments: viewers + repeats,
        viewers,
        units,
        ...result,
        p50Ms: median(p50s),
        p99Ms: median(p99s),
      },
      sustained: { comments, commentsPerSecond: Math.round(median(rates)) },
      runs,
    };
  } finally {
    await engine.close();
    await hub.close();
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));
