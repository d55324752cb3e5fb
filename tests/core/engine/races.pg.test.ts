import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { openPostgres } from "../../../src/core/db/postgres.ts";
import type { Answer, Command, HoldAnswer, OrderAnswer } from "../../../src/core/engine/commands.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import { postgresDatabase } from "../../support/database.ts";
import { snapshotOf } from "../../support/hub.ts";
import { testVault } from "../../support/merchant.ts";
import { describePg } from "../../support/postgres.ts";
import { testRuntime } from "../../support/runtime.ts";
import { diceOf, play } from "./player.ts";
import { at, line, openWorld, type Snapshot, type World } from "./world.ts";

// Several hubs, each with connections and a lane of its own, over one PostgreSQL server.

await describePg("several hubs at once", () => {
  const hubs = 3;
  let opened: Awaited<ReturnType<typeof postgresDatabase>>;
  let others: Database[];
  let world: World;
  let engines: ReturnType<typeof createEngine>[];
  let ids = 0;

  beforeAll(async () => {
    opened = await postgresDatabase();
    others = await Promise.all(
      Array.from({ length: hubs }, () => openPostgres(opened.url, { maxConnections: 3 })),
    );
  });
  afterAll(async () => {
    await Promise.all(others.map((db) => db.close()));
    await opened.close();
  });
  beforeEach(async () => {
    world = await openWorld(opened.db);
    engines = others.map((db) => {
      ids += 1;
      const runtime = testRuntime({ seed: 50_000 + ids });
      return createEngine({ db, vault: testVault(runtime), runtime });
    });
  });
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await world.expectClean();
  });

  /** Hands a command to hub 0, 1, 2, … */
  const to = (hub: number, command: Command): Promise<Answer> =>
    (engines[hub % hubs] as (typeof engines)[number]).submit(world.merchant.id, command);
  const order = (snapshot: Snapshot, mayRefuse = false): Command => ({
    kind: "order.apply",
    connectionId: mayRefuse ? world.manualId : world.connectionId,
    snapshot: snapshotOf(snapshot),
    mayRefuse,
    reserveFrom: "placed",
  });
  const hold = (reference: string, ...lines: [string, number][]): Command => ({
    kind: "hold.create",
    input: { reference, lines: lines.map(([sku, quantity]) => ({ sku, quantity })) },
    expiresAt: at("08:00"),
  });
  const close = (holdId: string, as: "released" | "expired"): Command => ({ kind: "hold.close", holdId, as });
  const count = (reference: string, sku: string, units: number): Command => ({
    kind: "stock.adjust",
    input: { reference, lines: [{ sku, count: units, reason: "count" }] },
  });
  const outcomes = (answers: readonly Answer[]) =>
    answers.map((answer) => (answer.kind === "refused" ? answer.code : answer.outcome));
  const tally = (answers: readonly Answer[]) =>
    Object.fromEntries(
      [...Map.groupBy(outcomes(answers), (one) => one)].map(([key, all]) => [key, all.length]),
    );

  it("S14: of the last unit there is one winner, every time", { timeout: 60_000 }, async () => {
    for (let round = 0; round < 40; round += 1) {
      const sku = `LAST${round}`;
      await world.sku(sku, 1);
      const callers = [0, 1, 2].map((hub) => to(hub, hold(`${sku}-${hub}`, [sku, 1])));
      const buyer = to(round, order({ externalId: `${sku}-m`, lines: [line("1", sku)] }, true));
      expect(tally(await Promise.all([...callers, buyer]))).toEqual({ created: 1, insufficient_stock: 3 });
      expect(await world.levels(sku)).toEqual({ MAIN: [1, 1, 0] });
    }
  });

  it("100 reservations of 40 units: 40 are held and the counter says so", async () => {
    await world.sku("A", 40);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => to(index, hold(`h${index}`, ["A", 1]))),
    );
    expect(tally(answers)).toEqual({ created: 40, insufficient_stock: 60 });
    expect(await world.levels("A")).toEqual({ MAIN: [40, 40, 0] });
  });

  it("F016: of 20 writers on 10 units 10 succeed", async () => {
    await world.sku("A", 10);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        to(index, order({ externalId: `n${index}`, lines: [line("1", "A")] }, true)),
      ),
    );
    expect(tally(answers)).toEqual({ created: 10, insufficient_stock: 10 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 10, 0] });
  });

  it("one platform order told to all of them is one order, newest word wins", {
    timeout: 60_000,
  }, async () => {
    await world.sku("A", 1000);
    for (let round = 0; round < 15; round += 1) {
      const told = (minute: number, quantity: number): Command =>
        order({ externalId: `x${round}`, updatedAt: at(`08:0${minute}`), lines: [line("1", "A", quantity)] });
      const answers = await Promise.all([
        to(0, told(1, 1)),
        to(1, told(3, 3)),
        to(2, told(2, 2)),
        to(1, told(1, 1)),
        to(0, told(3, 3)),
      ]);
      expect(outcomes(answers).filter((one) => one === "created")).toHaveLength(1);
      expect(new Set(answers.map((answer) => (answer as OrderAnswer).orderId)).size).toBe(1);
      expect(await world.stored(`x${round}`)).toMatchObject({ held: 3 });
    }
    expect(await world.levels("A")).toEqual({ MAIN: [1000, 45, 0] });
  });

  it("the last unit and one order number from two hubs: one order, one unit", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 15; round += 1) {
      await world.sku(`L${round}`, 1);
      const told = order({ externalId: `l${round}`, lines: [line("1", `L${round}`)] });
      const answers = (await Promise.all([to(0, told), to(1, told)])) as OrderAnswer[];
      expect(outcomes(answers).sort()).toEqual(["created", "duplicate"]);
      expect(answers.map(({ shortfall }) => shortfall)).toEqual([0, 0]);
      expect(await world.levels(`L${round}`)).toEqual({ MAIN: [1, 1, 0] });
    }
  });

  it("F022: lines in opposite order deadlock nobody", { timeout: 60_000 }, async () => {
    await world.sku("A", 10_000);
    await world.sku("B", 10_000);
    const forward = [line("1", "A"), line("2", "B")];
    const answers = await Promise.all(
      Array.from({ length: 600 }, (_, index) =>
        to(
          index,
          order({ externalId: `n${index}`, lines: index % 2 === 0 ? forward : forward.toReversed() }),
        ),
      ),
    );
    expect(tally(answers)).toEqual({ created: 600 });
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [10_000, 600, 0] },
      { MAIN: [10_000, 600, 0] },
    ]);
  });

  it("the same orders without a SKU, told in opposite order, deadlock nobody", {
    timeout: 60_000,
  }, async () => {
    // No stock row is locked for them: only the order in which they are inserted keeps the hubs apart.
    for (let round = 0; round < 5; round += 1) {
      const told = Array.from({ length: 60 }, (_, index) =>
        order({ externalId: `u${round}-${index}`, lines: [line("1", "UNKNOWN")] }),
      );
      const answers = await Promise.all([
        ...told.map((one) => to(0, one)),
        ...told.toReversed().map((one) => to(1, one)),
      ]);
      expect(tally(answers)).toEqual({ created: 60, duplicate: 60 });
    }
  });

  it("S12: one document from several hubs is one document", async () => {
    await world.sku("A", 1);
    const document: Command = {
      kind: "stock.adjust",
      input: { reference: "doc", lines: [{ sku: "A", delta: 5, reason: "receipt" }] },
    };
    const answers = await Promise.all([0, 1, 2, 0, 1, 2].map((hub) => to(hub, document)));
    expect(tally(answers)).toEqual({ applied: 1, duplicate: 5 });
    const figures = answers.map((answer) => (answer.kind === "stock" ? answer.lines : answer));
    expect(figures).toEqual(figures.map(() => figures[0]));
    expect(await world.levels("A")).toEqual({ MAIN: [6, 0, 0] });
  });

  it("a stock-take races with orders and holds: whoever is first, figures and promises agree", {
    timeout: 60_000,
  }, async () => {
    await world.sku("B", 1000);
    for (let round = 0; round < 12; round += 1) {
      const sku = `C${round}`;
      await world.sku(sku, 20);
      await world.hold(`${sku}-before`, [
        { sku, quantity: 3 },
        { sku: "B", quantity: 1 },
      ]);
      const answers = await Promise.all([
        ...Array.from({ length: 6 }, (_, index) =>
          to(index, order({ externalId: `${sku}-${index}`, lines: [line("1", sku, 3)] })),
        ),
        to(1, count(`${sku}-count`, sku, 7)),
        to(2, hold(`${sku}-h`, [sku, 2], ["B", 1])),
        to(0, {
          kind: "stock.adjust",
          input: { reference: `${sku}-in`, lines: [{ sku, delta: 2, reason: "receipt" }] },
        }),
      ]);
      expect(outcomes(answers).filter((one) => one === "applied")).toHaveLength(2);
      const [[onHand, reserved]] = Object.values(await world.levels(sku)) as [[number, number, number]];
      expect([7, 9]).toContain(onHand);
      expect(reserved).toBeLessThanOrEqual(onHand);
      const short = (
        await Promise.all(Array.from({ length: 6 }, (_, index) => world.stored(`${sku}-${index}`)))
      ).flatMap((one) => one.lines);
      for (const one of short) expect(one.reserved + one.shortfall).toBe(3);
    }
    await world.expectClean();
  });

  it("a count that ends a hold races with its release: it ends once", { timeout: 60_000 }, async () => {
    await world.sku("B", 1000);
    for (let round = 0; round < 12; round += 1) {
      const sku = `D${round}`;
      await world.sku(sku, 4);
      const { holdId } = (await world.hold(`${sku}-h`, [
        { sku, quantity: 4 },
        { sku: "B", quantity: 2 },
      ])) as HoldAnswer;
      await Promise.all([
        to(0, close(holdId, "released")),
        to(1, count(`${sku}-c`, sku, 0)),
        to(2, order({ externalId: sku, lines: [line("1", "B", 1)] })),
      ]);
      expect(await world.levels(sku)).toEqual({ MAIN: [0, 0, 0] });
    }
    expect(await world.levels("B")).toEqual({ MAIN: [1000, 12, 0] });
    expect((await world.events("hold.closed")).length).toBe(12);
  });

  it("release races with expiry and with an order that takes over: units change hands once", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 20; round += 1) {
      const sku = `E${round}`;
      await world.sku(sku, 2);
      const { holdId } = (await world.submit(hold(`${sku}-h`, [sku, 2]))) as HoldAnswer;
      const take = {
        ...order({ externalId: sku, lines: [line("1", sku, 2)] }),
        holdReference: `${sku}-h`,
      } as Command;
      const answers = await Promise.all([
        to(0, close(holdId, "released")),
        to(1, close(holdId, "expired")),
        to(2, take),
      ]);
      expect((answers[2] as OrderAnswer).shortfall).toBe(0);
      expect(outcomes(answers.slice(0, 2)).filter((one) => one === "closed").length).toBeLessThan(2);
      expect(await world.levels(sku)).toEqual({ MAIN: [2, 2, 0] });
    }
    const closed = await world.events("hold.closed");
    expect(new Set(closed.map((event) => event.subject)).size).toBe(closed.length);
  });

  it("freed units reach the queue once, whichever hub frees them", { timeout: 60_000 }, async () => {
    await world.sku("A", 30);
    const first = (
      await Promise.all(Array.from({ length: 30 }, (_, index) => world.order({ externalId: `f${index}` })))
    ).map(({ orderId }) => orderId);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        to(index, order({ externalId: `w${index}`, lines: [line("1", "A")] })),
      ),
    );
    await Promise.all(
      first.slice(0, 20).map((orderId, index) => to(index, { kind: "order.cancel", orderId })),
    );
    expect(await world.levels("A")).toEqual({ MAIN: [30, 30, 0] });
    const [row] = await opened.db.query(
      "select count(*)::int as waiting from order_lines where merchant_id = $1 and shortfall > 0",
      [world.merchant.id],
    );
    expect(row).toEqual({ waiting: 30 });
  });

  it("a bundle that begins to wait while its component is freed is not forgotten", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 15; round += 1) {
      const [a, b, c] = [`A${round}`, `B${round}`, `AB${round}`];
      await world.sku(a, 1);
      await world.sku(b, 5);
      await world.sku(c, 0, {
        kind: "bundle",
        components: [
          { sku: a, quantity: 1 },
          { sku: b, quantity: 1 },
        ],
      });
      const { orderId } = await world.order({ externalId: `x${round}`, lines: [line("1", a)] });
      await Promise.all([
        to(0, order({ externalId: `y${round}`, lines: [line("1", c)] })),
        to(1, { kind: "order.cancel", orderId }),
        to(2, order({ externalId: `z${round}`, lines: [line("1", c)] })),
      ]);
      expect([await world.levels(a), await world.levels(b)]).toEqual([
        { MAIN: [1, 1, 0] },
        { MAIN: [5, 1, 0] },
      ]);
    }
  });

  it.each([[1], [2], [3]])(
    "any sequence of commands over three hubs keeps every promise (seed %i)",
    { timeout: 300_000 },
    async (seed) => {
      const outcomes = await play(world, diceOf(9000 + seed), {
        operations: 700,
        submit: (command, index) => to(index, command),
      });
      expect(Object.keys(outcomes).length).toBeGreaterThan(18);
    },
  );

  it("F008: a hub that is slow between reading and writing loses nobody's units", async () => {
    await world.sku("A", 100);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const runtime = testRuntime({ seed: 99_001 });
    const slow = createEngine({
      db: {
        ...(others[0] as Database),
        transaction: (work) =>
          (others[0] as Database).transaction(async (tx) => {
            const result = await work(tx);
            await held;
            return result;
          }),
      } as Database,
      vault: testVault(runtime),
      runtime,
    });
    const a = slow.submit(world.merchant.id, order({ externalId: "a", lines: [line("1", "A", 10)] }));
    // The others wait for the stock row the slow one has locked; they read it only when it is let go.
    await waitForLock(opened.db);
    const rest = [
      to(1, order({ externalId: "b", lines: [line("1", "A", 20)] })),
      to(2, order({ externalId: "c", lines: [line("1", "A", 30)] })),
    ];
    release();
    await Promise.all([a, ...rest]);
    await slow.close();
    expect(await world.levels("A")).toEqual({ MAIN: [100, 60, 0] });
  });
});

/** Until some transaction holds row locks on stock. */
async function waitForLock(db: Database): Promise<void> {
  for (;;) {
    const [row] = await db.query<{ locked: boolean }>(
      "select exists(select 1 from pg_locks where relation = 'stock_levels'::regclass and mode = 'RowExclusiveLock') as locked",
    );
    if (row?.locked) return;
  }
}
