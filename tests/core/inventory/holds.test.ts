import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { HoldAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 5);
  await world.sku("B", 3);
});
afterEach(() => world.expectClean());

const made = (answer: unknown) => answer as HoldAnswer;
const levels = async () => [(await world.levels("A")).MAIN, (await world.levels("B")).MAIN];

describe("a hold", () => {
  it("F004: is all or nothing over all its lines together", async () => {
    const before = await world.counts();
    expect(
      await world.hold("h", [
        { sku: "A", quantity: 3 },
        { sku: "A", quantity: 3 },
      ]),
    ).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
      details: { lines: [{ sku: "A", requested: 6, available: 5 }] },
    });
    expect(
      await world.hold("h", [
        { sku: "A", quantity: 5 },
        { sku: "B", quantity: 4 },
      ]),
    ).toMatchObject({ kind: "refused", details: { lines: [{ sku: "B", requested: 4, available: 3 }] } });
    expect(
      await world.hold("h", [
        { sku: "A", quantity: 1 },
        { sku: "NO", quantity: 1 },
      ]),
    ).toMatchObject({ kind: "refused", code: "unknown_sku", details: { lines: [{ sku: "NO" }] } });
    expect(await world.counts()).toEqual(before);
    expect(
      await world.hold("h", [
        { sku: "A", quantity: 3 },
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 3 },
      ]),
    ).toMatchObject({ outcome: "created", status: "held" });
    expect(await levels()).toEqual([
      [5, 5, 0],
      [3, 3, 0],
    ]);
  });

  it("is known by its reference: the same lines again are the same hold, other lines a conflict (F034)", async () => {
    const lines = [
      { sku: "A", quantity: 5 },
      { sku: "B", quantity: 1 },
    ];
    const first = made(await world.hold("h", lines));
    const before = await world.counts();
    expect(await world.hold("h", lines)).toEqual({ ...first, outcome: "duplicate" });
    expect(await world.hold("h", lines.toReversed())).toMatchObject({
      kind: "refused",
      code: "conflict",
      details: { id: first.holdId },
    });
    expect(await world.hold("h", lines.slice(0, 1))).toMatchObject({ kind: "refused", code: "conflict" });
    const both = await Promise.all([
      world.hold("twin", [{ sku: "B", quantity: 1 }]),
      world.hold("twin", [{ sku: "B", quantity: 1 }]),
    ]);
    expect(both.map((answer) => made(answer).outcome)).toEqual(["created", "duplicate"]);
    expect((await world.counts()).holds).toBe((before.holds ?? 0) + 1);
  });

  it.each(["released", "expired"] as const)(
    "that was %s is not held again by its reference: it ended, and nothing moves",
    async (as) => {
      const lines = [{ sku: "A", quantity: 2 }];
      const { holdId } = made(await world.hold("h", lines, at("08:05")));
      await world.runtime.set(at("08:05"));
      await world.endHold(holdId, as);
      const before = await world.counts();
      const answer = await world.hold("h", lines);
      expect(answer).toMatchObject({
        kind: "refused",
        code: "conflict",
        details: { id: holdId, holdStatus: as, closedAt: at("08:05") },
      });
      expect((answer as { message: string }).message).toMatch(
        /^The hold of reference "h" (was released|expired) at 2026-11-22T08:05:00.000Z .*use a new reference/,
      );
      expect(await world.counts()).toEqual(before);
      expect((await levels())[0]).toEqual([5, 0, 0]);
      expect(made(await world.hold("h-2", lines)).status).toBe("held");
    },
  );

  it("that became an order answers a late repeat", async () => {
    const lines = [{ sku: "A", quantity: 2 }];
    const { holdId } = made(await world.hold("h", lines));
    await world.manual({ externalId: "1", lines: [line("1", "A", 2)] }, { holdReference: "h" });
    const before = await world.counts();
    expect(await world.hold("h", lines)).toMatchObject({ outcome: "duplicate", status: "consumed", holdId });
    expect(await world.counts()).toEqual(before);
  });

  it("F028: gives its units back once, however often it is released", async () => {
    const { holdId } = made(await world.hold("h", [{ sku: "A", quantity: 5 }]));
    const answers = await Promise.all([world.endHold(holdId), world.endHold(holdId)]);
    expect(answers.map((answer) => made(answer).outcome)).toEqual(["closed", "unchanged"]);
    expect(await world.endHold(holdId, "expired")).toMatchObject({
      outcome: "unchanged",
      status: "released",
    });
    expect(await levels()).toEqual([
      [5, 0, 0],
      [3, 0, 0],
    ]);
    expect(await world.endHold(world.merchant.id)).toMatchObject({ kind: "refused", code: "not_found" });
    expect((await world.events("hold.closed")).length).toBe(1);
  });

  it("ends when its time is over, not before, and never without one", async () => {
    const timed = made(await world.hold("timed", [{ sku: "A", quantity: 2 }], at("08:10")));
    const open = made(await world.hold("open", [{ sku: "A", quantity: 2 }]));
    await world.runtime.set(at("08:09:59"));
    expect(await world.endHold(timed.holdId, "expired")).toMatchObject({
      outcome: "unchanged",
      status: "held",
    });
    await world.runtime.set(at("08:10"));
    expect(await world.endHold(timed.holdId, "expired")).toMatchObject({
      outcome: "closed",
      status: "expired",
    });
    expect(await world.endHold(open.holdId, "expired")).toMatchObject({
      outcome: "unchanged",
      status: "held",
    });
    expect(await levels()).toEqual([
      [5, 2, 0],
      [3, 0, 0],
    ]);
  });

  it("of a bundle holds all its components", async () => {
    await world.sku("AB", 0, {
      kind: "bundle",
      components: [
        { sku: "A", quantity: 2 },
        { sku: "B", quantity: 1 },
      ],
    });
    expect(
      await world.hold("h", [
        { sku: "AB", quantity: 2 },
        { sku: "A", quantity: 2 },
      ]),
    ).toMatchObject({ kind: "refused", details: { lines: [{ sku: "A", requested: 6, available: 5 }] } });
    const { holdId } = made(
      await world.hold("h", [
        { sku: "AB", quantity: 2 },
        { sku: "A", quantity: 1 },
      ]),
    );
    expect(await levels()).toEqual([
      [5, 5, 0],
      [3, 2, 0],
    ]);
    await world.rebundle("AB", [{ sku: "B", quantity: 3 }]);
    await world.endHold(holdId);
    expect(await levels()).toEqual([
      [5, 0, 0],
      [3, 0, 0],
    ]);
  });
});

describe("an order that takes a hold over", () => {
  it("gets its units though nobody else could, and the hold is used up", async () => {
    const { holdId } = made(await world.hold("cart", [{ sku: "A", quantity: 5 }]));
    await world.order({ externalId: "waits", lines: [line("1", "A", 1)] });
    expect(await world.manual({ externalId: "1", lines: [line("1", "A", 5)] })).toMatchObject({
      kind: "refused",
      code: "insufficient_stock",
    });
    expect(
      await world.manual({ externalId: "1", lines: [line("1", "A", 5)] }, { holdReference: "cart" }),
    ).toMatchObject({ outcome: "created", shortfall: 0 });
    expect(await levels()).toEqual([
      [5, 5, 0],
      [3, 0, 0],
    ]);
    expect(await world.stored("waits")).toMatchObject({ held: 0 });
    expect(await world.endHold(holdId)).toMatchObject({ outcome: "unchanged", status: "consumed" });
  });

  it("leaves what it does not need to those who wait", async () => {
    await world.hold("cart", [{ sku: "A", quantity: 5 }]);
    await world.order({ externalId: "waits", lines: [line("1", "A", 3)] });
    await world.order({ externalId: "1", lines: [line("1", "A", 2)] }, { holdReference: "cart" });
    expect(await world.stored("1")).toMatchObject({ held: 2 });
    expect(await world.stored("waits")).toMatchObject({ held: 3 });
  });

  it("that is refused leaves the hold as it was", async () => {
    const { holdId } = made(await world.hold("cart", [{ sku: "A", quantity: 5 }]));
    const before = await world.counts();
    expect(
      await world.manual({ externalId: "1", lines: [line("1", "A", 6)] }, { holdReference: "cart" }),
    ).toMatchObject({ kind: "refused", details: { lines: [{ sku: "A", requested: 6, available: 5 }] } });
    expect(await world.counts()).toEqual(before);
    expect(await world.endHold(holdId)).toMatchObject({ outcome: "closed" });
  });

  it("names a hold nobody knows: by hand it is refused, from a platform it takes what there is", async () => {
    await world.hold("cart", [{ sku: "A", quantity: 2 }]);
    const before = await world.counts();
    expect(
      await world.manual({ externalId: "1", lines: [line("1", "A", 1)] }, { holdReference: "crat" }),
    ).toMatchObject({ kind: "refused", code: "not_found" });
    expect(await world.counts()).toEqual(before);
    expect(
      await world.order({ externalId: "1", lines: [line("1", "A", 1)] }, { holdReference: "crat" }),
    ).toMatchObject({ outcome: "created" });
  });

  it("names a hold that another order has taken over: refused; the order that has it may name it again", async () => {
    await world.hold("cart", [{ sku: "A", quantity: 2 }]);
    const one = { externalId: "1", lines: [line("1", "A", 2)] };
    await world.manual(one, { holdReference: "cart" });
    expect(await world.manual({ ...one, externalId: "2" }, { holdReference: "cart" })).toMatchObject({
      kind: "refused",
      code: "conflict",
    });
    expect(
      await world.manual({ ...one, updatedAt: at("08:30"), note: "call first" }, { holdReference: "cart" }),
    ).toMatchObject({ outcome: "updated", shortfall: 0 });
    expect(await world.stored("1")).toMatchObject({ held: 2 });
  });

  it.each([
    ["one second before the hold expires", "08:09:59", false],
    ["at the very moment", "08:10:00", false],
    ["one second after, the units still there", "08:10:01", true],
  ])("F036: paid %s, it has its units", async (_, time, isExpired) => {
    const { holdId } = made(await world.hold("cart", [{ sku: "A", quantity: 5 }], at("08:10")));
    await world.runtime.set(at(time));
    if (isExpired) await world.endHold(holdId, "expired");
    expect(
      await world.order({ externalId: "1", lines: [line("1", "A", 5)] }, { holdReference: "cart" }),
    ).toMatchObject({ status: "paid", shortfall: 0 });
    expect(await world.endHold(holdId, "expired")).toMatchObject({
      outcome: "unchanged",
      status: isExpired ? "expired" : "consumed",
    });
    expect(await levels()).toEqual([
      [5, 5, 0],
      [3, 0, 0],
    ]);
  });

  it("F036: paid after it expired and the units are gone: short with a case, never cancelled", async () => {
    const { holdId } = made(await world.hold("cart", [{ sku: "A", quantity: 5 }], at("08:10")));
    await world.runtime.set(at("08:10"));
    await world.endHold(holdId, "expired");
    await world.order({ externalId: "faster", lines: [line("1", "A", 4)] });
    expect(
      await world.order({ externalId: "1", lines: [line("1", "A", 5)] }, { holdReference: "cart" }),
    ).toMatchObject({ status: "paid", shortfall: 4 });
    expect(await world.openTasks()).toEqual(["short_order"]);
  });

  it("F038: by hand after it expired needs new units before it is taken", async () => {
    const { holdId } = made(await world.hold("cart", [{ sku: "A", quantity: 5 }], at("08:10")));
    await world.runtime.set(at("08:10"));
    await world.endHold(holdId, "expired");
    await world.hold("other", [{ sku: "A", quantity: 1 }]);
    const before = await world.counts();
    expect(
      await world.manual({ externalId: "1", lines: [line("1", "A", 5)] }, { holdReference: "cart" }),
    ).toMatchObject({ kind: "refused", code: "insufficient_stock" });
    expect(await world.counts()).toEqual(before);
  });
});
