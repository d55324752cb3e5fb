import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { listClaims, readClaim } from "../../../src/core/live/read-claims.ts";
import { readReport } from "../../../src/core/live/read-report.ts";
import { forgetComments } from "../../../src/core/live/store-comments.ts";
import { memoryDatabase } from "../../support/database.ts";
import { openStage, type Stage } from "./stage.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const show = async (settings = {}): Promise<Stage> => {
  const stage = await openStage(db, { share: { A1: 2 }, settings });
  await stage.say(["ann", "A1"], ["ann", "nice"], ["ben", "A1"], ["cat", "A1"], ["ben", "A1"], ["dan", "hm"]);
  const [ann] = await stage.claims();
  if (ann) await stage.orderClaim(ann, "O-1");
  return stage;
};
const left = async ({ world, sessionId }: Stage): Promise<number> =>
  (
    await db.query("select 1 from live_comments where merchant_id = $1 and session_id = $2", [
      world.merchant.id,
      sessionId,
    ])
  ).length;
const forgetAll = async ({ world }: Stage, now: string, limit = 4): Promise<number[]> => {
  const counts: number[] = [];
  for (let count = -1; count !== 0; ) {
    count = await forgetComments(db, world.merchant.id, now, limit);
    counts.push(count);
  }
  return counts;
};

describe("comments of a session that ended long ago", () => {
  it("are deleted in portions, and the report, claims and orders stay as they were", async () => {
    const stage = await show();
    await stage.change({ to: "end" });
    const { id } = stage.world.merchant;
    const before = await readReport(db, id, stage.sessionId);
    expect(before?.funnel).toMatchObject({ comments: 6, viewers: 4, claims: 3 });
    expect(await forgetAll(stage, "2027-02-20T07:59:00.000Z")).toEqual([0]);
    expect(await left(stage)).toBe(6);
    expect(await forgetAll(stage, "2027-02-22T08:00:00.000Z")).toEqual([4, 2, 0]);
    expect(await left(stage)).toBe(0);
    expect(await readReport(db, id, stage.sessionId)).toEqual(before);
    const claims = await listClaims(db, id, { sessionId: stage.sessionId, limit: 10 });
    expect(claims.items.map(({ state, body }) => [state, body])).toEqual([
      ["expired", null],
      ["held", null],
      ["ordered", null],
    ]);
    expect(await readClaim(db, id, claims.items[0]?.id ?? "")).toMatchObject({ commentNo: 4, body: null });
    await stage.world.expectClean();
  });

  it("stay while the show is on air, and as long as the session says", async () => {
    const stage = await show({ keepCommentsDays: 5 });
    expect(await forgetAll(stage, "2029-01-01T00:00:00.000Z")).toEqual([0]);
    await stage.change({ to: "end" });
    expect(await forgetAll(stage, "2026-11-27T07:59:00.000Z")).toEqual([0]);
    expect(await forgetAll(stage, "2026-11-27T08:01:00.000Z")).toEqual([4, 2, 0]);
  });

  it("that come after all are counted with those of before", async () => {
    const stage = await show();
    await stage.change({ to: "end" });
    await forgetAll(stage, "2027-03-01T00:00:00.000Z");
    await stage.say(["eve", "A1"]);
    const { id } = stage.world.merchant;
    expect((await readReport(db, id, stage.sessionId))?.funnel).toMatchObject({
      comments: 7,
      commentsByOutcome: { late: 1 },
    });
    await forgetAll(stage, "2027-03-01T00:00:00.000Z");
    expect((await readReport(db, id, stage.sessionId))?.funnel.comments).toBe(7);
  });
});
