import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line } from "../engine/world.ts";
import { openStage, type Stage, type StoredClaim, states } from "./stage.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const claimAt = async (stage: Stage, index: number): Promise<StoredClaim> =>
  (await stage.claims())[index] as StoredClaim;
const outcome = async (stage: Stage, text: string) => {
  const [result] = await stage.say(["ann", text]);
  return result?.reason ?? result?.outcome;
};

describe("an order number", () => {
  it("that another claim was paid with pays no second one: neither is lost", async () => {
    const stage = await openStage(db, { share: { A1: 2, B2: 2 } });
    await stage.say(["ann", "A1"], ["ann", "B2"], ["ben", "A1"]);
    const first = (await stage.orderClaim(await claimAt(stage, 0), "W-1")) as OrderAnswer;
    const before = [await stage.world.stored("W-1"), await stage.claims(), await stage.world.counts()];
    // Told as newer, as older and as the same.
    for (const [index, updatedAt] of [
      [1, at("08:20")],
      [2, at("08:20")],
      [1, at("08:05")],
      [2, undefined],
    ] as const) {
      const claim = await claimAt(stage, index);
      const again = await stage.orderClaim(claim, "W-1", "paid", {
        lineId: index === 2 ? "1" : claim.id,
        ...(updatedAt ? { updatedAt } : {}),
      });
      expect(again).toMatchObject({
        kind: "refused",
        code: "conflict",
        details: { orderId: first.orderId },
      });
    }
    expect([await stage.world.stored("W-1"), await stage.claims(), await stage.world.counts()]).toEqual(
      before,
    );
    const second = await stage.orderClaim(await claimAt(stage, 1), "W-2");
    expect(second).toMatchObject({ outcome: "created" });
    const { orderId } = second as OrderAnswer;
    expect(await stage.orderClaim(await claimAt(stage, 1), "W-1")).toMatchObject({
      code: "conflict",
      details: { orderId },
    });
    await stage.world.expectClean();
  });
});

describe("a limit per viewer", () => {
  it("does not count an order that is over before anything was sent", async () => {
    const stage = await openStage(db, { settings: { limitPerItem: 1 } });
    await stage.say(["ann", "A1"]);
    const claim = await claimAt(stage, 0);
    const { orderId } = (await stage.orderClaim(claim, "W-1")) as OrderAnswer;
    expect(await outcome(stage, "A1")).toBe("limit_per_item");
    await stage.world.cancel(orderId);
    expect(await outcome(stage, "A1")).toBe("claimed");
    expect(states(await stage.claims())).toEqual(["ordered 1", "rejected", "held 2"]);
    await stage.world.expectClean();
  });

  it("does not count one that was cancelled in the same batch", async () => {
    const stage = await openStage(db, { settings: { limitPerSession: 2 } });
    await stage.say(["ann", "A1 x2"]);
    const { orderId } = (await stage.orderClaim(await claimAt(stage, 0), "W-1")) as OrderAnswer;
    const [, again] = await Promise.all([stage.world.cancel(orderId), outcome(stage, "A1 x2")]);
    expect(again).toBe("claimed");
    await stage.world.expectClean();
  });

  it("counts units that were sent, although all the money went back", async () => {
    const stage = await openStage(db, { settings: { limitPerItem: 1 } });
    await stage.say(["ann", "A1"]);
    const { orderId } = (await stage.orderClaim(await claimAt(stage, 0), "W-1")) as OrderAnswer;
    await stage.world.ship(orderId);
    await stage.world.refund(orderId, { amountMinor: 9_900 });
    expect((await stage.world.stored("W-1")).status).toBe("refunded");
    expect(await outcome(stage, "A1")).toBe("limit_per_item");
    await stage.world.expectClean();
  });

  it("holds for a payment of an expired claim as well, and nothing moves", async () => {
    const stage = await openStage(db, { settings: { limitPerItem: 2, holdSeconds: 60 } });
    await stage.say(["ann", "A1 x2"]);
    const expired = await claimAt(stage, 0);
    await stage.world.runtime.advance(61_000);
    await stage.close(expired.id, "expired");
    await stage.say(["ann", "A1 x2"]);
    await stage.orderClaim(await claimAt(stage, 1), "W-1");
    const before = await stage.world.counts();
    expect(await stage.hold(expired.id)).toMatchObject({ kind: "refused", code: "conflict" });
    expect(await stage.world.counts()).toEqual(before);
    expect(states(await stage.claims())).toEqual(["expired 1", "ordered 2"]);
    await stage.world.expectClean();
  });
});

describe("a payment", () => {
  it("begun twice holds the units once", async () => {
    const stage = await openStage(db, { settings: { mode: "first_paid" } });
    await stage.say(["ann", "A1 x2"]);
    const { id } = await claimAt(stage, 0);
    const [first, second] = await Promise.all([stage.hold(id), stage.hold(id)]);
    expect([first, second]).toMatchObject([{ outcome: "changed" }, { outcome: "unchanged" }]);
    expect(await stage.item("A1")).toMatchObject({ share: 5, claimed: 2, free: 3, waiting: 0 });
    await stage.world.expectClean();
  });

  it("keeps the units no longer than the session lets it, however often it begins", async () => {
    const settings = { holdSeconds: 60, checkoutSeconds: 600, longestHoldSeconds: 1_800 };
    const stage = await openStage(db, { stock: { A1: 1 }, share: { A1: 1 }, settings });
    await stage.say(["ann", "A1"], ["ben", "A1"]);
    const { id } = await claimAt(stage, 0);
    const told: unknown[] = [];
    for (let begun = 0; begun < 4; begun += 1) {
      await stage.world.runtime.advance(begun === 0 ? 50_000 : 500_000);
      const answer = await stage.hold(id);
      told.push(answer.kind === "refused" ? answer.code : answer.expiresAt);
    }
    const expiresAt = "2026-11-22T08:30:00.000Z";
    expect(told).toEqual([
      "2026-11-22T08:10:50.000Z",
      "2026-11-22T08:19:10.000Z",
      "2026-11-22T08:27:30.000Z",
      expiresAt,
    ]);
    const before = await stage.world.counts();
    await stage.world.runtime.advance(100_000);
    expect(await stage.hold(id)).toMatchObject({ code: "conflict", details: { expiresAt } });
    expect(await stage.world.counts()).toEqual(before);
    await stage.world.runtime.advance(150_000);
    await stage.close(id, "expired");
    expect(states(await stage.claims())).toEqual(["expired 1", "offered 2"]);
    await stage.world.expectClean();
  });

  it("begun when the units' time is over is refused, also where nobody has taken them back yet", async () => {
    const settings = { holdSeconds: 60, checkoutSeconds: 600, longestHoldSeconds: 60 };
    const stage = await openStage(db, { settings });
    await stage.say(["ann", "A1"]);
    const { id, expiresAt } = await claimAt(stage, 0);
    await stage.world.runtime.advance(660_000);
    const before = await stage.world.counts();
    expect(await stage.hold(id)).toMatchObject({ code: "conflict", details: { expiresAt } });
    expect(await stage.world.counts()).toEqual(before);
    await stage.close(id, "expired");
    expect(await stage.hold(id)).toMatchObject({ outcome: "changed" });
    await stage.world.expectClean();
  });

  it("begun at the end of a long hold has its whole time", async () => {
    const settings = { holdSeconds: 10_000, checkoutSeconds: 600, longestHoldSeconds: 60 };
    const stage = await openStage(db, { settings });
    await stage.say(["ann", "A1"]);
    await stage.world.runtime.advance(9_990_000);
    const answer = await stage.hold((await claimAt(stage, 0)).id);
    expect(answer).toMatchObject({ outcome: "changed", expiresAt: "2026-11-22T10:56:30.000Z" });
    await stage.world.expectClean();
  });

  it("for both of a buyer's claims at once serves both, and leaves another buyer's alone", async () => {
    const stage = await openStage(db, { stock: { A1: 2, B2: 2 }, share: { A1: 2, B2: 2 } });
    await stage.say(["ann", "A1"], ["ann", "B2 x2"], ["ben", "A1"]);
    await stage.world.order({
      externalId: "P-1",
      placedAt: "2026-11-22T08:00:30.000Z",
      buyer: { externalId: "ann" },
      lines: [line("1", "A1", 1), line("2", "B2", 1)],
    });
    expect(states(await stage.claims())).toEqual(["ordered 1", "ordered 1", "held 2"]);
    expect(await stage.item("B2")).toMatchObject({ share: 2, claimed: 0, sold: 1, free: 1 });
    await stage.world.expectClean();
  });
});
