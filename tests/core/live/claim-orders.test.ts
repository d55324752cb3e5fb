import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { line } from "../engine/world.ts";
import { free, itemId, openStage, states } from "./stage.ts";

// Thousands of comments: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("claims and orders", () => {
  it("F034: a buyer is not blocked by their own hold, and the claim becomes an order once", async () => {
    const stage = await openStage(db, { stock: { A1: 1 }, share: { A1: 1 } });
    await stage.say(["ann", "A1"], ["ben", "A1"]);
    const [ann, ben] = await stage.claims();
    if (!ann || !ben) throw new Error("no claims");
    const ordered = (await stage.orderClaim(ann, "O-1", "pending_payment")) as OrderAnswer;
    expect(ordered).toMatchObject({ outcome: "created", shortfall: 0 });
    expect(await stage.orderClaim(ann, "O-1", "pending_payment")).toMatchObject({
      outcome: "duplicate",
      orderId: ordered.orderId,
    });
    const before = await stage.world.counts();
    expect(await stage.orderClaim(ann, "O-2")).toMatchObject({
      code: "conflict",
      details: { orderId: ordered.orderId },
    });
    expect(await stage.orderClaim(ben, "O-3", "pending_payment")).toMatchObject({
      code: "insufficient_stock",
    });
    expect(await stage.world.counts()).toEqual(before);
    expect(await stage.claims()).toMatchObject([
      { state: "ordered", orderId: ordered.orderId },
      { state: "waitlisted" },
    ]);
    expect(await free(stage, "A1")).toEqual({ share: 1, free: 0, claimed: 0, sold: 1, waiting: 1 });
    await stage.world.expectClean();
  });

  it.each([
    ["before", 59_000, 0],
    ["at", 60_000, 0],
    ["after", 61_000, 0],
    ["after, when the next in line has the unit,", 61_000, 1],
  ])(
    "F036: paid %s the expiry, an order keeps its unit, takes one anew or is a shortage case",
    async (_, waitMs, missing) => {
      const stage = await openStage(db, {
        stock: { A1: 1 },
        share: { A1: 1 },
        settings: { holdSeconds: 60 },
      });
      await stage.say(["ann", "A1"]);
      if (missing === 1) await stage.say(["ben", "A1"]);
      const [ann] = await stage.claims();
      if (!ann) throw new Error("no claim");
      await stage.world.runtime.advance(waitMs);
      await stage.close(ann.id, "expired");
      expect(await stage.orderClaim(ann, "O-1")).toMatchObject({
        outcome: "created",
        status: "paid",
        shortfall: missing,
      });
      expect((await stage.claims())[0]).toMatchObject({ state: "ordered" });
      expect(await stage.world.openTasks()).toEqual(missing === 1 ? ["short_order"] : []);
      await stage.world.expectClean();
    },
  );

  it("F038, F092: after the expiry a payment needs units of its own first", async () => {
    const stage = await openStage(db, {
      stock: { A1: 1 },
      share: { A1: 1 },
      settings: { holdSeconds: 60, checkoutSeconds: 600 },
    });
    await stage.say(["ann", "A1"], ["ben", "A1"]);
    const [ann, ben] = await stage.claims();
    if (!ann || !ben) throw new Error("no claims");
    await stage.world.runtime.advance(60_000);
    await stage.close(ann.id, "expired");
    const before = await stage.world.counts();
    expect(await stage.hold(ann.id)).toMatchObject({ code: "insufficient_stock" });
    expect(await stage.orderClaim(ann, "O-1", "pending_payment")).toMatchObject({
      code: "insufficient_stock",
    });
    expect(await stage.world.counts()).toEqual(before);
    // Ben opens the payment page: his hold lasts as long as the page.
    expect(await stage.hold(ben.id)).toMatchObject({
      state: "offered",
      expiresAt: "2026-11-22T08:11:00.000Z",
    });
    await stage.close(ben.id);
    expect(await stage.hold(ann.id)).toMatchObject({ state: "held" });
    expect(await stage.orderClaim(ann, "O-1")).toMatchObject({ shortfall: 0 });
    expect(await stage.hold(ann.id)).toMatchObject({ code: "illegal_transition" });
    await stage.world.expectClean();
  });

  it("F090: where the first to pay is served, a payment under way has the unit, and the loser is told", async () => {
    const stage = await openStage(db, {
      stock: { A1: 1 },
      share: { A1: 1 },
      settings: { mode: "first_paid" },
    });
    await stage.say(["ann", "A1"], ["ben", "A1"]);
    const [ann, ben] = await stage.claims();
    if (!ann || !ben) throw new Error("no claims");
    expect(states([ann, ben])).toEqual(["waitlisted 1", "waitlisted 2"]);
    expect(await stage.hold(ben.id)).toMatchObject({ state: "held" });
    expect(await stage.hold(ann.id)).toMatchObject({ code: "insufficient_stock" });
    expect(await stage.orderClaim(ann, "O-1", "pending_payment")).toMatchObject({
      code: "insufficient_stock",
    });
    // Ben leaves the payment page.
    await stage.world.runtime.advance(600_000);
    await stage.close(ben.id, "expired");
    expect(await stage.orderClaim(ann, "O-1")).toMatchObject({ shortfall: 0 });
    expect(await stage.orderClaim(ben, "O-2", "pending_payment")).toMatchObject({
      code: "insufficient_stock",
    });
    expect((await stage.claims()).map((claim) => claim.state)).toEqual(["ordered", "expired"]);
    await stage.world.expectClean();
  });

  it("match an order of the same buyer from the platform, by room and time, and take the session's units first", async () => {
    const stage = await openStage(db, { stock: { A1: 6 }, share: { A1: 3 } });
    await stage.say(["ann", "A1 x2"], ["ben", "A1"], ["cat", "A1"]);
    const placed = { placedAt: "2026-11-22T08:00:30.000Z" };
    const told = await stage.world.order({
      externalId: "P-1",
      ...placed,
      buyer: { externalId: "ann" },
      lines: [line("1", "A1", 1)],
    });
    // Ann bought one of two: the other goes to Cat.
    expect(await stage.claims()).toMatchObject([
      { state: "ordered", orderId: told.orderId },
      { state: "held" },
      { state: "offered" },
    ]);
    await stage.world.order({
      externalId: "P-2",
      ...placed,
      buyer: { externalId: "dan" },
      lines: [line("1", "A1", 1)],
    });
    expect(await free(stage, "A1")).toEqual({ share: 3, free: 0, claimed: 2, sold: 1, waiting: 0 });
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [6, 4, 0] });
    await stage.world.order({
      externalId: "P-3",
      placedAt: "2026-11-22T07:00:00.000Z",
      lines: [line("1", "A1", 1)],
    });
    await stage.world.order({
      externalId: "P-4",
      ...placed,
      liveSession: "another-room",
      lines: [line("1", "A1", 1)],
    });
    const rows = await db.query<{ external: string; source: string }>(
      `select o.external_id as external, l.source from live_orders l join orders o on o.merchant_id = l.merchant_id and o.id = l.order_id
       where l.merchant_id = $1 order by 1`,
      [stage.world.merchant.id],
    );
    expect(rows).toEqual([
      { external: "P-1", source: "window" },
      { external: "P-2", source: "window" },
    ]);
    await stage.world.expectClean();
  });

  it("F038: can be paid after the show, while the general stock has units, and not beyond", async () => {
    const stage = await openStage(db, { stock: { A1: 2 }, share: { A1: 2 }, settings: { holdSeconds: 60 } });
    await stage.say(["ann", "A1"], ["ben", "A1"]);
    await stage.change({ to: "end" });
    const [ann, ben] = await stage.claims();
    if (!ann || !ben) throw new Error("no claims");
    await stage.world.runtime.advance(60_000);
    for (const claim of [ann, ben]) await stage.close(claim.id, "expired");
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [2, 0, 0] });
    await stage.world.adjust("sold elsewhere", { sku: "A1", delta: -1, reason: "loss" });
    expect(await stage.hold(ann.id)).toMatchObject({ state: "held" });
    expect(await stage.hold(ben.id)).toMatchObject({ code: "insufficient_stock" });
    expect(await stage.orderClaim(ann, "O-1")).toMatchObject({ shortfall: 0 });
    expect(await stage.orderClaim(ben, "O-2")).toMatchObject({ shortfall: 1 });
    expect(await free(stage, "A1")).toEqual({ share: 1, free: 0, claimed: 0, sold: 1, waiting: 0 });
    await stage.world.expectClean();
  });

  it("leave claims alone until an order wants units, and find them when it is paid", async () => {
    const stage = await openStage(db, { stock: { A1: 1 }, share: { A1: 1 } });
    await stage.say(["ann", "A1"]);
    const order = {
      externalId: "P-1",
      placedAt: "2026-11-22T08:00:30.000Z",
      buyer: { externalId: "ann" },
      liveSession: "room-1",
      lines: [line("1", "A1", 1)],
    };
    await stage.world.order({ ...order, status: "pending_payment" }, { reserveFrom: "paid" });
    expect(states(await stage.claims())).toEqual(["held 1"]);
    const paid = await stage.world.order(
      { ...order, status: "paid", updatedAt: "2026-11-22T08:05:00.000Z" },
      { reserveFrom: "paid" },
    );
    expect(paid).toMatchObject({ shortfall: 0 });
    expect(states(await stage.claims())).toEqual(["ordered 1"]);
    await stage.world.expectClean();
  });

  it("that were promoted, with more in line than one read brings, stay in order", async () => {
    const stage = await openStage(db, {
      stock: { A1: 6000 },
      share: { A1: 1 },
      settings: { commentsPerViewer: null },
    });
    const viewers = Array.from({ length: 4_500 }, (_, index) => `v${index}`);
    for (let at = 0; at < viewers.length; at += 1_500)
      await stage.say(
        ...viewers
          .slice(at, at + 1_500)
          .map((viewer): [string, string] => [viewer, viewer === "v1" ? "A1 x3" : "A1"]),
      );
    await stage.change({ to: "topUp", itemId: itemId(stage, "A1"), quantity: 2_500 });
    const claims = await stage.claims();
    expect(claims.filter((claim) => claim.state !== "waitlisted").map((claim) => claim.place)).toEqual(
      Array.from({ length: 2_499 }, (_, index) => index + 1),
    );
    await stage.change({ to: "end" });
    expect(await free(stage, "A1")).toMatchObject({ free: 0, claimed: 2_501, waiting: 0 });
    await stage.world.expectClean();
  });
});
