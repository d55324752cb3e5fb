import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { memoryDatabase } from "../../support/database.ts";
import { comment, free, itemId, openStage, outcomes, states } from "./stage.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("claims", () => {
  it("hold units in order of arrival, then stand in line, and are promoted in order", async () => {
    const stage = await openStage(db, { share: { A1: 2 } });
    const said = await stage.say(
      ["ann", "A1"],
      ["ben", "hello"],
      ["cat", "a1"],
      ["dan", "要A1"],
      ["eve", "A1"],
    );
    expect(outcomes(said)).toEqual(["claimed", "nothing", "claimed", "claimed", "claimed"]);
    expect(states(await stage.claims())).toEqual(["held 1", "held 2", "waitlisted 3", "waitlisted 4"]);
    expect(await free(stage, "A1")).toEqual({ share: 2, free: 0, claimed: 2, sold: 0, waiting: 2 });
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [10, 2, 0] });
    expect(outcomes(await stage.say(["ann", "cancel A1"]))).toEqual(["cancelled"]);
    expect(states(await stage.claims())).toEqual(["cancelled 1", "held 2", "offered 3", "waitlisted 4"]);
    const [, cat] = await stage.claims();
    expect(await stage.close(cat?.id ?? "")).toMatchObject({ state: "cancelled", outcome: "changed" });
    expect(await stage.close(cat?.id ?? "")).toMatchObject({ state: "cancelled", outcome: "unchanged" });
    expect(states(await stage.claims())).toEqual(["cancelled 1", "cancelled 2", "offered 3", "offered 4"]);
    await stage.change({ to: "topUp", itemId: itemId(stage, "A1"), quantity: 1 });
    expect(outcomes(await stage.say(["ann", "A1"]))).toEqual(["claimed"]);
    expect((await stage.claims()).at(-1)).toMatchObject({ state: "held", place: 5 });
    await stage.world.expectClean();
  });

  it("are idempotent by comment id: what is repeated, edited or removed moves nobody's place", async () => {
    const stage = await openStage(db, { share: { A1: 1 } });
    const first = comment("ann", "A1");
    const second = comment("ben", "A1");
    await stage.say(first, first, second);
    expect(outcomes(await stage.say(first, { ...second, change: "edited", text: "A1 x5" }, second))).toEqual([
      "repeated",
      "edited",
      "repeated",
    ]);
    expect(states(await stage.claims())).toEqual(["held 1", "waitlisted 2"]);
    expect(outcomes(await stage.say({ ...first, change: "removed", text: "" }))).toEqual(["removed"]);
    expect(states(await stage.claims())).toEqual(["cancelled 1", "offered 2"]);
    expect(outcomes(await stage.say({ ...first, change: "removed" }, first))).toEqual([
      "repeated",
      "repeated",
    ]);
    // A removal that overtakes its comment.
    const third = comment("cat", "A1");
    expect(outcomes(await stage.say({ ...third, change: "removed" }, third))).toEqual([
      "removed",
      "repeated",
    ]);
    expect(outcomes(await stage.say(comment("dan", "A1", { change: "edited" })))).toEqual(["unknown"]);
    expect(await stage.claims()).toHaveLength(2);
    await stage.world.expectClean();
  });

  it("are one per viewer and item, within the limits per item, session and time", async () => {
    const stage = await openStage(db, {
      stock: { A1: 30, B2: 30 },
      share: { A1: 20, B2: 20 },
      settings: { limitPerItem: 3, limitPerSession: 5, commentsPerViewer: { count: 6, seconds: 60 } },
    });
    expect(
      outcomes(await stage.say(["ann", "A1 x3"], ["ann", "A1 x2"], ["ann", "B2 x4"], ["ann", "B2 x3"])),
    ).toEqual(["claimed", "already", "refused:limit_per_item", "refused:limit_per_session"]);
    expect(outcomes(await stage.say(["ann", "B2 x2"]))).toEqual(["claimed"]);
    expect(outcomes(await stage.say(["ben", "A1 x30"], ["ann", "cancel B2"], ["ann", "B2"]))).toEqual([
      "unclear:quantity",
      "cancelled",
      "refused:too_many_comments",
    ]);
    await stage.world.runtime.advance(61_000);
    expect(outcomes(await stage.say(["ann", "B2"]))).toEqual(["claimed"]);
    await stage.world.expectClean();
  });

  it("expire by the hub's clock, once, and those in line move up in the same decision", async () => {
    const stage = await openStage(db, { share: { A1: 1 }, settings: { holdSeconds: 60 } });
    await stage.say(["ann", "A1"], ["ben", "A1"], ["cat", "A1"]);
    const [ann] = await stage.claims();
    await stage.world.runtime.advance(59_999);
    expect(await stage.close(ann?.id ?? "", "expired")).toMatchObject({
      outcome: "unchanged",
      state: "held",
    });
    await stage.world.runtime.advance(1);
    expect(await stage.close(ann?.id ?? "", "expired")).toMatchObject({
      outcome: "changed",
      state: "expired",
    });
    expect(states(await stage.claims())).toEqual(["expired 1", "offered 2", "waitlisted 3"]);
    expect((await stage.claims())[1]?.expiresAt).toBe("2026-11-22T08:02:00.000Z");
    await stage.world.expectClean();
  });

  it("wait when they ask for more than is left, without holding up smaller ones behind them", async () => {
    const stage = await openStage(db, { share: { A1: 3 } });
    await stage.say(["ann", "A1 x2"], ["ben", "A1 x2"], ["cat", "A1"], ["dan", "A1"]);
    expect(states(await stage.claims())).toEqual(["held 1", "waitlisted 2", "held 3", "waitlisted 4"]);
    await stage.say(["ann", "cancel"]);
    expect(states(await stage.claims())).toEqual(["cancelled 1", "offered 2", "held 3", "waitlisted 4"]);
    await stage.world.expectClean();
  });

  it("that are unclear wait for an operator, who decides once", async () => {
    const stage = await openStage(db, { share: { A1: 1 } });
    const unnamed = comment("x", "A1");
    delete unnamed.viewer;
    expect(
      outcomes(
        await stage.say(["ann", "A1?"], ["ben", "A1 x2?"], unnamed, comment("host", "A1", { byHost: true })),
      ),
    ).toEqual(["nothing", "unclear:question", "unclear:no_viewer", "host"]);
    const decide = (commentNo: number, quantity: number | null, viewer?: { externalId: string }) =>
      stage.submit({
        kind: "comment.decide",
        sessionId: stage.sessionId,
        commentNo,
        entries: quantity === null ? [] : [{ itemId: itemId(stage, "A1"), quantity }],
        ...(viewer ? { viewer } : {}),
      });
    expect(await decide(3, 1)).toMatchObject({ code: "invalid_request" });
    expect(await decide(3, 1, { externalId: "zoe" })).toMatchObject({
      results: [{ outcome: "decided", claims: [{ state: "held" }] }],
    });
    expect(await decide(2, null)).toMatchObject({ results: [{ outcome: "dismissed" }] });
    expect(await decide(2, 1)).toMatchObject({ code: "illegal_transition" });
    expect(await decide(9, 1)).toMatchObject({ code: "not_found" });
    await stage.world.expectClean();
  });

  it("are taken on air only", async () => {
    const stage = await openStage(db, { start: false });
    expect(outcomes(await stage.say(["ann", "A1"]))).toEqual(["late:not_on_air"]);
    await stage.change({ to: "start" });
    await stage.say(["ben", "A1"], ["cat", "A1 x9"]);
    await stage.change({ to: "end" });
    expect(outcomes(await stage.say(["dan", "A1"]))).toEqual(["late:session_ended"]);
    expect(states(await stage.claims())).toEqual(["held 1", "expired 2"]);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [10, 1, 0] });
    await stage.say(["ben", "cancel"]);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [10, 0, 0] });
    await stage.world.expectClean();
  });

  it("that lose their units to a count stand in line again, at their old place", async () => {
    const stage = await openStage(db, { stock: { A1: 5 }, share: { A1: 4 } });
    await stage.say(["ann", "A1"], ["ben", "A1"], ["cat", "A1"]);
    await stage.world.adjust("count", { sku: "A1", count: 3, reason: "count" });
    expect(await free(stage, "A1")).toEqual({ share: 3, free: 0, claimed: 3, sold: 0, waiting: 0 });
    await stage.world.adjust("count-2", { sku: "A1", count: 2, reason: "count" });
    expect(states(await stage.claims())).toEqual(["held 1", "held 2", "waitlisted 3"]);
    const told = (await stage.world.events("session.changed")).map(({ data }) => data);
    expect(told.at(-1)).toMatchObject({ claims: [{ state: "waitlisted", place: 3, reason: "stock_lost" }] });
    expect(told.find((data) => "lastCommentNo" in data && data.lastCommentNo === 3)).toMatchObject({
      claims: Array(3).fill(expect.not.objectContaining({ reason: expect.anything() })),
    });
    await stage.world.adjust("found", { sku: "A1", count: 5, reason: "count" });
    await stage.say(["dan", "A1"]);
    await stage.change({ to: "topUp", itemId: itemId(stage, "A1"), quantity: 1 });
    expect(states(await stage.claims())).toEqual(["held 1", "held 2", "offered 3", "waitlisted 4"]);
    await stage.world.expectClean();
  });
});
