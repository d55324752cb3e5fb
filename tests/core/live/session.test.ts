import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { Refusal } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { line } from "../engine/world.ts";
import { free, itemId, openStage, outcomes, planned } from "./stage.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("a room", () => {
  it("has one show on air: a second start is refused and moves nothing, until the first has ended", async () => {
    const stage = await openStage(db, { stock: { A1: 10 }, share: { A1: 4 } });
    const next = await planned(db, stage, { A1: 3 });
    const before = [await stage.world.counts(), await stage.world.levels("A1")];
    const refusal = { kind: "refused", code: "illegal_transition" };
    expect(await next.change({ to: "start" })).toMatchObject({
      ...refusal,
      message: `Session ${stage.sessionId} is on air in room room-1 already; end it first.`,
    });
    expect([await stage.world.counts(), await stage.world.levels("A1")]).toEqual(before);
    const [ended, started] = await Promise.all([stage.change({ to: "end" }), next.change({ to: "start" })]);
    expect([ended, started]).toMatchObject([{ outcome: "changed" }, { outcome: "changed" }]);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [10, 3, 0] });
    await stage.world.expectClean();
  });

  it("keeps no other room from going on air", async () => {
    const stage = await openStage(db, { stock: { A1: 10 }, share: { A1: 4 } });
    const other = await planned(db, stage, { A1: 3 }, "room-2");
    expect(await other.change({ to: "start" })).toMatchObject({ outcome: "changed" });
    const third = await planned(db, stage, { A1: 1 }, "room-3");
    const fourth = await planned(db, stage, { A1: 1 }, "room-3");
    const answers = await Promise.all([third.change({ to: "start" }), fourth.change({ to: "start" })]);
    expect(answers).toMatchObject([{ outcome: "changed" }, { code: "illegal_transition" }]);
    await stage.world.expectClean();
  });
});

describe("a session's share", () => {
  it("is taken once when it goes on air, topped up and given back while it runs, and released at the end", async () => {
    const stage = await openStage(db, { stock: { A1: 10, B2: 2 }, share: { A1: 6, B2: 5 }, start: false });
    const { world } = stage;
    const started = await stage.change({ to: "start" });
    expect(started).toMatchObject({ outcome: "changed", short: [{ sku: "B2", wanted: 5, taken: 2 }] });
    expect(await stage.change({ to: "start" })).toMatchObject({ outcome: "unchanged", short: [] });
    expect([await world.levels("A1"), await world.levels("B2")]).toEqual([
      { MAIN: [10, 6, 0] },
      { MAIN: [2, 2, 0] },
    ]);
    await stage.change({ to: "topUp", itemId: itemId(stage, "A1"), quantity: 2 });
    expect(await world.levels("A1")).toEqual({ MAIN: [10, 8, 0] });
    const before = await world.counts();
    const refused = (await stage.change({
      to: "topUp",
      itemId: itemId(stage, "A1"),
      quantity: 3,
    })) as Refusal;
    expect(refused).toMatchObject({
      code: "insufficient_stock",
      details: { lines: [{ requested: 3, available: 2 }] },
    });
    expect(await world.counts()).toEqual(before);
    await stage.change({ to: "giveBack", itemId: itemId(stage, "A1"), quantity: 3 });
    expect(await free(stage, "A1")).toEqual({ share: 5, free: 5, claimed: 0, sold: 0, waiting: 0 });
    expect(await stage.change({ to: "giveBack", itemId: itemId(stage, "A1"), quantity: 6 })).toMatchObject({
      code: "insufficient_stock",
    });
    await stage.change({ to: "giveBack", itemId: itemId(stage, "A1") });
    expect(await world.levels("A1")).toEqual({ MAIN: [10, 0, 0] });
    await stage.change({ to: "end" });
    expect(await stage.change({ to: "end" })).toMatchObject({ outcome: "unchanged" });
    expect(await world.levels("B2")).toEqual({ MAIN: [2, 0, 0] });
    expect(await stage.change({ to: "start" })).toMatchObject({ code: "illegal_transition" });
    await world.expectClean();
  });

  it("gives what it gives back to orders that wait for it first", async () => {
    const stage = await openStage(db, { stock: { A1: 3 }, share: { A1: 3 } });
    await stage.world.order({
      externalId: "waits",
      lines: [line("1", "A1", 2)],
      placedAt: "2026-11-22T05:00:00.000Z",
    });
    expect((await stage.world.stored("waits")).lines).toMatchObject([{ reserved: 0, shortfall: 2 }]);
    await stage.change({ to: "giveBack", itemId: itemId(stage, "A1"), quantity: 2 });
    expect((await stage.world.stored("waits")).lines).toMatchObject([{ reserved: 2, shortfall: 0 }]);
    await stage.world.expectClean();
  });

  it("shows the next item, and goes by what is shown when viewers write +1", async () => {
    const stage = await openStage(db, { share: { A1: 5, B2: 5 } });
    await stage.say(["ann", "+1"]);
    await stage.change({ to: "show" });
    expect(await stage.change({ to: "show" })).toMatchObject({ code: "illegal_transition" });
    await stage.say(["ben", "+1"]);
    await stage.change({ to: "show", itemId: itemId(stage, "A1") });
    await stage.say(["cat", "+2"]);
    expect((await stage.claims()).map(({ code, quantity }) => [code, quantity])).toEqual([
      ["A1", 1],
      ["B2", 1],
      ["A1", 2],
    ]);
    await stage.change({ to: "soldOut", itemId: itemId(stage, "A1"), soldOut: true });
    expect(outcomes(await stage.say(["dan", "A1"]))).toEqual(["refused:sold_out"]);
    await stage.world.expectClean();
  });
});
