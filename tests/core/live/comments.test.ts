import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { submitComments } from "../../../src/core/live/intake.ts";
import { createSession } from "../../../src/core/live/store-sessions.ts";
import { liveSessionInputSchema } from "../../../src/core/model/live.ts";
import { memoryDatabase } from "../../support/database.ts";
import { comment, itemId, openStage, outcomes, type Stage, states } from "./stage.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const nextShow = async (
  stage: Stage,
  { start = true, scheduledAt }: { start?: boolean; scheduledAt?: string } = {},
): Promise<Stage> => {
  const { merchant, connectionId } = stage.world;
  const items = [{ sku: "A1", code: "A1", priceMinor: 100, share: 2 }];
  const input = liveSessionInputSchema.parse({
    connection: connectionId,
    room: "room-1",
    title: "Next",
    ...(scheduledAt === undefined ? {} : { scheduledAt }),
    items,
  });
  const next = stage.follow(await createSession(db, stage.world, merchant.id, input));
  if (start) await next.change({ to: "start" });
  return next;
};

describe("a comment of the show before", () => {
  it("claims nothing in the next one, whether it comes again or for the first time", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    const early = comment("ann", "A1");
    const lost = comment("ben", "A1", { sentAt: "2026-11-22T08:04:00.000Z" });
    await stage.say(early);
    await stage.world.runtime.advance(300_000);
    await stage.change({ to: "end" });
    const next = await nextShow(stage);
    const results = await next.say(early, lost, comment("cat", "A1", { sentAt: "2026-11-22T08:05:01.000Z" }));
    expect(outcomes(results)).toEqual(["late:earlier_show", "late:earlier_show", "claimed"]);
    expect(states(await next.claims())).toEqual(["held 1"]);
    await stage.world.expectClean();
  });

  it("counts there alone, although the sender's clock is fast and it comes again in the next one", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    const sentAt = "2026-11-22T08:09:00.000Z";
    const first = ["A1", "A1 x2 x3", "cancel A1"].map((text) => comment("ann", text, { sentAt }));
    expect(outcomes(await stage.say(...first))).toEqual(["claimed", "unclear:quantity", "cancelled"]);
    await stage.change({ to: "end" });
    const next = await nextShow(stage);
    await next.say(comment("ann", "A1", { sentAt }));
    expect(outcomes(await next.say(...first))).toEqual(Array(3).fill("late:earlier_show"));
    expect(states(await next.claims())).toEqual(["held 1"]);
    await stage.world.expectClean();
  });

  it("claims nothing in the next one, however many shows of the room are planned ahead", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    const next = await nextShow(stage, { start: false });
    for (let ahead = 0; ahead < 12; ahead += 1) await nextShow(stage, { start: false });
    const fast = comment("ann", "A1", { sentAt: "2026-11-22T08:09:00.000Z" });
    const unheard = comment("ben", "A1", { sentAt: "2026-11-22T08:04:00.000Z" });
    expect(outcomes(await stage.say(fast))).toEqual(["claimed"]);
    await stage.world.runtime.advance(300_000);
    await stage.change({ to: "end" });
    await next.change({ to: "start" });
    expect(outcomes(await next.say(fast, unheard))).toEqual(Array(2).fill("late:earlier_show"));
    expect(states(await next.claims())).toEqual([]);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [10, 3, 0] });
    await stage.world.expectClean();
  });

  it("is one of the show before when written at the very end of it, and only then", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    const next = await nextShow(stage, { start: false });
    await stage.change({ to: "end" });
    const [end, start] = ["2026-11-22T08:00:00.000Z", "2026-11-22T08:00:01.000Z"];
    await stage.world.runtime.advance(1_000);
    await next.change({ to: "start" });
    const told = await next.say(
      comment("ann", "A1", { sentAt: end }),
      comment("ben", "A1", { sentAt: start }),
    );
    expect(outcomes(told)).toEqual(["late:earlier_show", "claimed"]);
    await next.change({ to: "end" });
    const at = { sentAt: "2026-11-22T08:00:01.000Z" };
    const third = await nextShow(stage);
    expect(outcomes(await third.say(comment("cat", "A1", at)))).toEqual(["claimed"]);
    await stage.world.expectClean();
  });

  it("is known in a show that is over as well, after a dozen short shows", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    const [claim, second] = ["A1", "cancel A1"].map((text) => comment("ann", text));
    if (!claim || !second) throw new Error("two comments");
    expect(outcomes(await stage.say(claim, second))).toEqual(["claimed", "cancelled"]);
    await stage.change({ to: "end" });
    const others: Stage[] = [];
    for (let show = 0; show < 12; show += 1) {
      const other = await nextShow(stage);
      if (show === 0) await other.say(comment("ann", "A1", { sentAt: "2026-11-22T08:00:01.000Z" }));
      others.push(other);
      await other.world.runtime.advance(60_000);
      await other.change({ to: "end" });
    }
    const [after, last] = [others[0], others.at(-1)];
    expect(outcomes((await after?.say(claim, second)) ?? [])).toEqual(Array(2).fill("late:session_ended"));
    expect(outcomes((await last?.say(claim, second)) ?? [])).toEqual(Array(2).fill("late:session_ended"));
    expect(states((await after?.claims()) ?? [])).toEqual(["held 1"]);
    await stage.world.expectClean();
  });

  it("counts there alone, when both shows are decided at once", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    const early = comment("ann", "A1", { sentAt: "2026-11-22T08:09:00.000Z" });
    const next = await nextShow(stage, { start: false });
    const [before, , , after] = await Promise.all([
      stage.say(early),
      stage.change({ to: "end" }),
      next.change({ to: "start" }),
      next.say(early),
    ]);
    expect([...outcomes(before), ...outcomes(after)]).toEqual(["claimed", "late:earlier_show"]);
    expect(states(await next.claims())).toEqual([]);
    await stage.world.expectClean();
  });

  it("takes nothing away in the next one, when second thoughts come late", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    await stage.world.runtime.advance(300_000);
    await stage.change({ to: "end" });
    const next = await nextShow(stage);
    await next.say(comment("ann", "A1", { sentAt: "2026-11-22T08:05:01.000Z" }));
    const late = await next.say(comment("ann", "cancel A1", { sentAt: "2026-11-22T08:04:00.000Z" }));
    expect(outcomes(late)).toEqual(["late:earlier_show"]);
    expect(states(await next.claims())).toEqual(["held 1"]);
    await stage.world.expectClean();
  });

  it("is known in the next one when it comes again seven hours after it was sent", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    await stage.say(comment("ann", "A1"));
    await stage.change({ to: "end" });
    const given = comment("ann", "cancel A1", { sentAt: "2026-11-22T08:00:00.300Z" });
    expect(outcomes(await stage.say(given))).toEqual(["cancelled"]);
    await stage.world.runtime.advance(20_000);
    const next = await nextShow(stage);
    await next.say(comment("ann", "A1", { sentAt: "2026-11-22T08:01:00.000Z" }));
    await stage.world.runtime.advance(7 * 3_600_000);
    expect(outcomes(await next.say(given))).toEqual(["late:earlier_show"]);
    expect(states(await next.claims())).toEqual(["held 1"]);
    await stage.world.expectClean();
  });

  it("gives up a claim of the show that ended last, also when that was planned before the others", async () => {
    const stage = await openStage(db, { share: { A1: 2 }, start: false });
    const first = await nextShow(stage);
    await first.change({ to: "end" });
    await stage.world.runtime.advance(60_000);
    await stage.change({ to: "start" });
    await stage.say(comment("ann", "A1", { sentAt: "2026-11-22T08:01:00.000Z" }));
    await stage.change({ to: "end" });
    const { world } = stage;
    const told = await submitComments({ ...world, db }, world.merchant.id, world.connectionId, [
      comment("ann", "cancel A1", { sentAt: "2026-11-22T08:01:01.000Z" }),
    ]);
    expect(told.results).toMatchObject([{ sessionId: stage.sessionId, outcome: "cancelled" }]);
    expect(states(await stage.claims())).toEqual(["cancelled 1"]);
    await world.expectClean();
  });

  it("is told that it is early by the show planned for the nearest time", async () => {
    const stage = await openStage(db, { share: { A1: 2 }, start: false });
    const { world } = stage;
    await world.runtime.advance(7 * 3_600_000);
    const nearest = await nextShow(stage, { start: false, scheduledAt: "2026-11-22T15:30:00.000Z" });
    await nextShow(stage, { start: false, scheduledAt: "2026-11-22T19:00:00.000Z" });
    const told = await submitComments({ ...world, db }, world.merchant.id, world.connectionId, [
      comment("ann", "A1", { sentAt: "2026-11-22T15:00:00.000Z" }),
    ]);
    expect(told.results).toMatchObject([{ sessionId: nearest.sessionId, reason: "not_on_air" }]);
  });

  it("that was too late for it counts in the next one", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    await stage.change({ to: "end" });
    const between = comment("ann", "A1", { sentAt: "2026-11-22T08:00:01.000Z" });
    expect(outcomes(await stage.say(between))).toEqual(["late:session_ended"]);
    expect(outcomes(await (await nextShow(stage)).say(between))).toEqual(["claimed"]);
    await stage.world.expectClean();
  });

  it("a slow clock of the sender harms nobody where there was no show before", async () => {
    const stage = await openStage(db, { share: { A1: 1 } });
    expect(outcomes(await stage.say(comment("ann", "A1", { sentAt: "2026-11-22T05:00:00.000Z" })))).toEqual([
      "claimed",
    ]);
    expect(outcomes(await stage.say(comment("ben", "A1", { sentAt: "2031-01-01T00:00:00.000Z" })))).toEqual([
      "claimed",
    ]);
    expect(states(await stage.claims())).toEqual(["held 1", "waitlisted 2"]);
  });
});

describe("odd comments", () => {
  it("of emoji, of nothing, or as long as they may be, claim nothing they do not say, and harm nobody", async () => {
    const stage = await openStage(db, { share: { A1: 9 } });
    const long = `A1 ${"好".repeat(1_900)}`;
    const said = await stage.say(
      ["a", "🔥🔥🔥👏"],
      ["b", ""],
      ["c", "\u200b\u200d"],
      ["d", long],
      ["e", "A1 \u0000 x2"],
    );
    expect(outcomes(said).slice(0, 4)).toEqual(["nothing", "nothing", "nothing", "nothing"]);
    expect((await stage.claims()).every(({ quantity }) => quantity <= 2)).toBe(true);
    await stage.world.expectClean();
  });

  it("two viewers of one name are two viewers, and one who changes the name is one", async () => {
    const stage = await openStage(db, { share: { A1: 9 } });
    const named = (id: string, name: string) => comment(id, "A1", { viewer: { externalId: id, name } });
    await stage.say(named("v1", "Li"), named("v2", "Li"), named("v1", "Wang"));
    expect(states(await stage.claims())).toEqual(["held 1", "held 2"]);
  });

  it("a price that changes during the show counts for claims made from then on", async () => {
    const stage = await openStage(db, { share: { A1: 9 } });
    await stage.say(["ann", "A1"]);
    await db.query("update live_items set price_minor = 500 where merchant_id = $1 and id = $2", [
      stage.world.merchant.id,
      itemId(stage, "A1"),
    ]);
    await stage.say(["ben", "A1"]);
    const prices = await db.query<{ price: number }>(
      "select price_minor as price from claims where merchant_id = $1 order by place",
      [stage.world.merchant.id],
    );
    expect(prices.map(({ price }) => price)).toEqual([9_900, 500]);
  });

  it("a show ended twice ends once, and gives back once", async () => {
    const stage = await openStage(db, { stock: { A1: 5 }, share: { A1: 3 } });
    expect(await stage.change({ to: "end" })).toMatchObject({ outcome: "changed" });
    const before = await stage.world.counts();
    expect(await stage.change({ to: "end" })).toMatchObject({ outcome: "unchanged" });
    expect(await stage.change({ to: "start" })).toMatchObject({ code: "illegal_transition" });
    expect(await stage.change({ to: "topUp", itemId: itemId(stage, "A1"), quantity: 1 })).toMatchObject({
      code: "illegal_transition",
    });
    expect(await stage.world.counts()).toEqual(before);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [5, 0, 0] });
  });
});
