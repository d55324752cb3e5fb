import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer, Refusal } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { line } from "../engine/world.ts";
import { comment, openStage, outcomes, planned, type Stage, states } from "./stage.ts";

// Thousands of comments: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const itemId = (stage: Stage, code: string) => stage.items.get(code)?.id ?? "";
const free = async (stage: Stage, code: string) => {
  const { share, free, claimed, sold, waiting } = await stage.item(code);
  return { share, free, claimed, sold, waiting };
};

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
