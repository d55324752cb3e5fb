import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import { takeAll } from "../../../src/core/live/intake.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testVault } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";
import { diceOf } from "../engine/dice.ts";
import { line } from "../engine/world.ts";
import { comment, openStage, type Stage } from "./stage.ts";

// Thousands of comments: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("a rush on one item", () => {
  it("gives 500 units to the first 500 of 5,000 viewers, and a line of 4,500 without gaps or repeats", async () => {
    const stage = await openStage(db, { stock: { A1: 800 }, share: { A1: 500 } });
    const batches: number[] = [];
    const engine = createEngine(
      { db, vault: testVault(stage.world.runtime), runtime: stage.world.runtime },
      { onBatch: ({ commands }) => batches.push(commands) },
    );
    const all = Array.from({ length: 5_000 }, (_, index) =>
      comment(`v${index}`, index % 2 === 0 ? "A1" : "要A1"),
    );
    const rush = all.flatMap((one, index) => (index % 5 === 4 ? [one, all[index >> 1] ?? one] : [one]));
    expect(rush).toHaveLength(6_000);
    const results = await takeAll({ engine }, stage.world.merchant.id, stage.sessionId, rush);
    await engine.close();
    expect(batches).toHaveLength(12);
    expect(results.filter((result) => result.outcome === "repeated")).toHaveLength(1_000);
    const claims = await stage.claims();
    expect(claims.filter((claim) => claim.state === "held").map((claim) => claim.place)).toEqual(
      numbers(1, 500),
    );
    expect(claims.filter((claim) => claim.state === "waitlisted").map((claim) => claim.place)).toEqual(
      numbers(501, 5_000),
    );
    expect(claims.map((claim) => claim.commentNo)).toEqual(numbers(1, 5_000));
    expect(await stage.item("A1")).toMatchObject({ share: 500, free: 0, claimed: 500, waiting: 4_500 });
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [800, 500, 0] });
    await stage.world.expectClean();
  });

  it("survives a hub that stops in the middle: whoever sends everything again changes nothing", async () => {
    const stage = await openStage(db, { stock: { A1: 60 }, share: { A1: 50 } });
    const all = Array.from({ length: 200 }, (_, index) => comment(`w${index}`, "A1"));
    await stage.say(...all.slice(0, 120));
    const before = await stage.claims();
    await stage.world.engine.close();
    const runtime = testRuntime({ seed: 77_001 });
    const engine = createEngine({ db, vault: testVault(runtime), runtime });
    const results = await takeAll({ engine }, stage.world.merchant.id, stage.sessionId, all);
    await engine.close();
    expect(results.map((result) => result.outcome)).toEqual([
      ...Array.from({ length: 120 }, () => "repeated"),
      ...Array.from({ length: 80 }, () => "claimed"),
    ]);
    const after = await stage.claims();
    expect(after.slice(0, 120)).toEqual(before);
    expect(after.map((claim) => claim.place)).toEqual(numbers(1, 200));
    expect(after.filter((claim) => claim.state === "held")).toHaveLength(50);
    await stage.world.expectClean();
  });
});

/** Anything a show can bring, in any order; the promises must hold after every step. */
async function play(stage: Stage, seed: number, steps: number): Promise<void> {
  const { below: pick } = diceOf(seed);
  const viewers = numbers(1, 8).map((viewer) => `p${viewer}`);
  const texts = ["A1", "A1", "A1 x2", "B2", "cancel A1", "cancel", "B2 x3", "+1", "hello"];
  const itemIds = [...stage.items.values()].map((item) => item.id);
  const anyClaim = async () => {
    const claims = await stage.claims();
    return claims[pick(Math.max(1, claims.length))];
  };
  for (let step = 0; step < steps; step += 1) {
    const itemId = itemIds[pick(itemIds.length)] as string;
    const viewer = viewers[pick(viewers.length)] as string;
    const claim = await anyClaim();
    const actions: (() => Promise<unknown>)[] = [
      () =>
        stage.say(
          ...numbers(0, pick(6)).map((): [string, string] => [
            viewers[pick(viewers.length)] as string,
            texts[pick(texts.length)] as string,
          ]),
        ),
      () => stage.say([viewer, texts[pick(texts.length)] as string], [viewer, "A1"]),
      () => stage.change({ to: "topUp", itemId, quantity: 1 + pick(2) }),
      () => stage.change({ to: "giveBack", itemId, quantity: 1 + pick(2) }),
      () => stage.change({ to: "soldOut", itemId, soldOut: pick(2) === 0 }),
      () =>
        stage.world.adjust(`n${seed}-${step}`, {
          sku: pick(2) === 0 ? "A1" : "B2",
          count: pick(9),
          reason: "count",
        }),
      () =>
        stage.world.order({
          externalId: `o${seed}-${pick(12)}`,
          updatedAt: `2026-11-22T09:${String(step % 60).padStart(2, "0")}:00.000Z`,
          placedAt: "2026-11-22T08:30:00.000Z",
          buyer: { externalId: viewer },
          status: pick(4) === 0 ? "cancelled" : "paid",
          lines: [line("1", pick(2) === 0 ? "A1" : "B2", 1 + pick(3))],
        }),
      async () =>
        claim && stage.orderClaim(claim, `c${seed}-${claim.id}`, pick(2) === 0 ? "paid" : "pending_payment"),
      async () => claim && stage.close(claim.id),
      async () => claim && stage.hold(claim.id),
      async () => {
        await stage.world.runtime.advance(1_000 * pick(120));
        const due = (await stage.claims()).filter((one) => one.expiresAt !== null);
        await Promise.all(due.map((one) => stage.close(one.id, "expired")));
      },
    ];
    await actions[pick(actions.length)]?.();
    if (step % 10 === 9) await stage.world.expectClean();
  }
}

describe("any show", () => {
  it.each(numbers(1, 6))("keeps every promise, seed %i", { timeout: 60_000 }, async (seed) => {
    const mode = seed % 4 === 0 ? ("first_paid" as const) : ("hold_first" as const);
    const stage = await openStage(db, {
      stock: { A1: 8, B2: 6 },
      share: { A1: 4, B2: 3 },
      settings: { mode, holdSeconds: 60, commentsPerViewer: null },
    });
    await play(stage, seed, 60);
    await stage.change({ to: "end" });
    await stage.world.expectClean();
    await stage.world.runtime.advance(3_600_000);
    for (const claim of await stage.claims()) await stage.close(claim.id, "expired");
    for (const item of ["A1", "B2"])
      expect(await stage.item(item)).toMatchObject({ free: 0, claimed: 0, waiting: 0 });
    await stage.world.expectClean();
  });
});
