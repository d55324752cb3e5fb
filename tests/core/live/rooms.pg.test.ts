import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { openPostgres } from "../../../src/core/db/postgres.ts";
import type { Engine } from "../../../src/core/engine/commands.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import { submitComments } from "../../../src/core/live/intake.ts";
import type { LiveComment } from "../../../src/core/model/comment.ts";
import { postgresDatabase } from "../../support/database.ts";
import { testVault } from "../../support/merchant.ts";
import { describePg } from "../../support/postgres.ts";
import { testRuntime } from "../../support/runtime.ts";
import { line } from "../engine/world.ts";
import { comment, openStage, outcomes, planned, type Stage } from "./stage.ts";

// Two hubs, each with connections and a lane of its own, over one PostgreSQL server.

await describePg("two hubs in one room", () => {
  let opened: Awaited<ReturnType<typeof postgresDatabase>>;
  let others: Database[];

  beforeAll(async () => {
    opened = await postgresDatabase();
    others = await Promise.all([0, 1].map(() => openPostgres(opened.url, { maxConnections: 3 })));
  });
  afterAll(async () => {
    await Promise.all(others.map((db) => db.close()));
    await opened.close();
  });

  const engines = (seed: number) =>
    others.map((db, index) => {
      const runtime = testRuntime({ seed: seed + index });
      return {
        db,
        runtime,
        engine: createEngine({ db, vault: testVault(runtime), runtime }, { batchSize: 40 }),
      };
    });

  it("give away exactly the units there are, each comment once, whichever hub hears it", async () => {
    const stage = await openStage(opened.db, { stock: { A1: 90 }, share: { A1: 60 } });
    const hubs = engines(90_100);
    const all = Array.from({ length: 600 }, (_, index) => comment(`v${index % 400}`, "A1"));
    // Both hear everything, in parts and one by one.
    const told = await Promise.all(
      hubs.flatMap((hub, index) =>
        Array.from({ length: 30 }, (_, part) => {
          const own = all.slice(part * 20, part * 20 + 20);
          const comments = index === 0 ? own : own.toReversed();
          return submitComments(hub, stage.world.merchant.id, stage.world.connectionId, comments);
        }),
      ),
    );
    const outcomes = told.flatMap(({ results }) => results.map((result) => result.outcome));
    expect(outcomes.filter((outcome) => outcome === "repeated")).toHaveLength(600);
    const claims = await stage.claims();
    expect(claims).toHaveLength(400);
    expect(claims.filter((claim) => claim.state === "held")).toHaveLength(60);
    expect(claims.map((claim) => claim.place)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    await stage.world.expectClean();

    // Releases, orders, counts and comments at once, on both hubs.
    const held = claims.filter((claim) => claim.state === "held");
    const { id } = stage.world.merchant;
    await Promise.all([
      ...held
        .slice(0, 20)
        .flatMap((claim) =>
          hubs.map(({ engine }) =>
            engine.submit(id, { kind: "claim.close", claimId: claim.id, as: "cancelled" }),
          ),
        ),
      ...hubs.map((hub, index) =>
        submitComments(
          hub,
          id,
          stage.world.connectionId,
          Array.from({ length: 50 }, (_, at) => comment(`late${index}-${at}`, "A1")),
        ),
      ),
      ...Array.from({ length: 20 }, (_, index) =>
        stage.world.order({
          externalId: `P-${index}`,
          placedAt: "2026-11-22T08:00:30.000Z",
          buyer: { externalId: `v${20 + index}` },
          lines: [line("1", "A1", 1)],
        }),
      ),
      ...Array.from({ length: 10 }, (_, index) =>
        stage.world.adjust(`count-${index}`, { sku: "A1", count: 45 + 3 * (index % 4), reason: "count" }),
      ),
    ]);
    const after = await stage.claims();
    const item = await stage.item("A1");
    expect(item.share).toBe(item.free + item.claimed + item.sold);
    expect(item.free).toBe(0);
    expect(after.filter((claim) => ["held", "offered"].includes(claim.state))).toHaveLength(item.claimed);
    await Promise.all(hubs.map(({ engine }) => engine.close()));
    await stage.world.expectClean();
  });

  it("one starts, one ends: the share is taken once and given back once", async () => {
    const stage = await openStage(opened.db, { stock: { A1: 20 }, share: { A1: 15 }, start: false });
    const hubs = engines(90_300);
    const { id } = stage.world.merchant;
    const change = (to: "start" | "end") =>
      Promise.all(
        hubs.map(({ engine }) =>
          engine.submit(id, { kind: "session.change", sessionId: stage.sessionId, change: { to } }),
        ),
      );
    const outcomes = (answers: Awaited<ReturnType<typeof change>>) =>
      answers.map((answer) => (answer.kind === "refused" ? answer.code : answer.outcome)).sort();
    expect(outcomes(await change("start"))).toEqual(["changed", "unchanged"]);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [20, 15, 0] });
    expect(outcomes(await change("end"))).toEqual(["changed", "unchanged"]);
    expect(await stage.world.levels("A1")).toEqual({ MAIN: [20, 0, 0] });
    await Promise.all(hubs.map(({ engine }) => engine.close()));
    await stage.world.expectClean();
  });

  it("put one of two shows on air, whichever asks first", async () => {
    for (let round = 0; round < 10; round += 1) {
      const stage = await openStage(opened.db, { stock: { A1: 9 }, share: { A1: 4 }, start: false });
      const other = await planned(opened.db, stage, { A1: 3 });
      const merchantId = stage.world.merchant.id;
      const answers = await Promise.all(
        engines(90_500 + round * 2).map(({ engine }, index) =>
          engine.submit(merchantId, {
            kind: "session.change",
            sessionId: index === 0 ? stage.sessionId : other.sessionId,
            change: { to: "start" },
          }),
        ),
      );
      expect(answers.map(({ kind }) => kind).toSorted()).toEqual(["refused", "session"]);
      expect(answers.find(({ kind }) => kind === "refused")).toMatchObject({ code: "illegal_transition" });
      await stage.world.expectClean();
    }
  });

  it("count a cancel once, in the show that is over or in the next one", async () => {
    const { stage, next, before, after, given } = await twoShows(90_600);
    await next.change({ to: "start" });
    await next.say(["ann", "B1"]);
    const told = await whileOneWaits(
      () => take(before, stage, given),
      () => take(after, next, given),
    );
    expect(told).toEqual([["cancelled"], ["late:earlier_show"]]);
    expect((await next.claims()).map(({ state }) => state)).toEqual(["held"]);
    await stage.world.expectClean();
  });

  it("count a cancel once, although the next show begins while it is decided", async () => {
    const { stage, next, before, after, given } = await twoShows(90_700);
    const told = await whileOneWaits(
      () => take(before, stage, given),
      async () => {
        const { sessionId } = next;
        const start = { kind: "session.change", sessionId, change: { to: "start" } } as const;
        await after.submit(stage.world.merchant.id, start);
        await take(after, next, comment("ann", "B1"));
        return take(after, next, given);
      },
    );
    expect(told).toEqual([["cancelled"], ["late:earlier_show"]]);
    expect((await next.claims()).map(({ state }) => state)).toEqual(["held"]);
    await stage.world.expectClean();
  });

  it("count a cancel once, although its show ends and the next begins before it is decided", async () => {
    const { stage, next, given } = await twoShows(90_800, { end: false });
    const [first, second] = others;
    if (!first || !second) throw new Error("two hubs");
    // The one has looked for the shows of the room and locked none, the other has decided and written nothing.
    const late = gated(first, "live_sessions s where s.merchant_id = $1 and s.id = k.id for no key update");
    const early = gated(second, "insert into live_comments");
    const [before, after] = [late, early].map(({ db }, index) => {
      const runtime = testRuntime({ seed: 90_810 + index });
      return createEngine({ db, vault: testVault(runtime), runtime });
    });
    if (!before || !after) throw new Error("two hubs");
    const inTheOneBefore = take(before, stage, given);
    await late.reached;
    await stage.change({ to: "end" });
    await next.change({ to: "start" });
    await next.say(["ann", "B1"]);
    const inTheNext = take(after, next, given);
    await early.reached;
    late.open();
    let isDone = false;
    void inTheOneBefore.then(() => {
      isDone = true;
    });
    await vi.waitFor(async () => expect(isDone || (await waiting()) > 0).toBe(true), { timeout: 5_000 });
    early.open();
    expect([await inTheOneBefore, await inTheNext]).toEqual([["late:session_ended"], ["cancelled"]]);
    expect((await stage.claims()).map(({ state }) => state)).toEqual(["held"]);
    await stage.world.expectClean();
  });

  /** A show that is over with a claim of Ann, and the plan of the next one. */
  async function twoShows(seed: number, { end = true } = {}) {
    const stage = await openStage(opened.db, { share: { A1: 2 } });
    await stage.world.sku("B1", 9);
    const next = await planned(opened.db, stage, { B1: 2 });
    await stage.say(["ann", "A1"]);
    if (end) await stage.change({ to: "end" });
    const [before, after] = engines(seed).map(({ engine }) => engine);
    if (!before || !after) throw new Error("two hubs");
    return { stage, next, before, after, given: comment("ann", "cancel") };
  }

  async function take(engine: Engine, { world, sessionId }: Stage, one: LiveComment): Promise<string[]> {
    const command = { kind: "comments.take", sessionId, comments: [one] } as const;
    const answer = await engine.submit(world.merchant.id, command);
    if (answer.kind !== "comments") throw new Error(JSON.stringify(answer));
    return outcomes(answer.results);
  }

  const waiting = async () => {
    const [row] = await opened.db.query<{ count: number }>(
      "select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return row?.count ?? 0;
  };

  /** Lets the first come as far as the stock of A1, which is locked till the second is done or waits too. */
  async function whileOneWaits<Result>(first: () => Promise<Result>, second: () => Promise<Result>) {
    const running = await opened.db.transaction(async (tx) => {
      await tx.query(
        "select 1 from stock_levels where sku_id in (select id from skus where code = 'A1') for no key update",
      );
      const begun = first();
      await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 5_000 });
      let isDone = false;
      const next = second().finally(() => {
        isDone = true;
      });
      await vi.waitFor(async () => expect(isDone || (await waiting()) > 1).toBe(true), { timeout: 5_000 });
      return { begun, next };
    });
    return Promise.all([running.begun, running.next]);
  }
});

/** A database whose transactions stand still before the first statement that holds `text`. */
function gated(db: Database, text: string) {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opening, resolve: open } = Promise.withResolvers<void>();
  const transaction: Database["transaction"] = (work) =>
    db.transaction((tx) =>
      work({
        async query(statement, params) {
          if (statement.includes(text)) {
            reach();
            await opening;
          }
          return tx.query(statement, params);
        },
      }),
    );
  return { db: { ...db, query: db.query.bind(db), transaction }, reached, open };
}
