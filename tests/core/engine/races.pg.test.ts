import { expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { Command, OrderAnswer } from "../../../src/core/engine/commands.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import { testVault } from "../../support/merchant.ts";
import { describePg } from "../../support/postgres.ts";
import { testRuntime } from "../../support/runtime.ts";
import { diceOf } from "./dice.ts";
import { hold, outcomes, severalHubs, tally } from "./hubs.ts";
import { play } from "./play.ts";
import { at, line } from "./world.ts";

await describePg("several hubs at once", () => {
  const hubs = severalHubs();
  const { to, order } = hubs;

  it("S14: of the last unit there is one winner, every time", { timeout: 60_000 }, async () => {
    for (let round = 0; round < 40; round += 1) {
      const sku = `LAST${round}`;
      await hubs.world.sku(sku, 1);
      const callers = [0, 1, 2].map((hub) => to(hub, hold(`${sku}-${hub}`, [sku, 1])));
      const buyer = to(round, order({ externalId: `${sku}-m`, lines: [line("1", sku)] }, true));
      expect(tally(await Promise.all([...callers, buyer]))).toEqual({ created: 1, insufficient_stock: 3 });
      expect(await hubs.world.levels(sku)).toEqual({ MAIN: [1, 1, 0] });
    }
  });

  it("100 reservations of 40 units: 40 are held and the counter says so", async () => {
    await hubs.world.sku("A", 40);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => to(index, hold(`h${index}`, ["A", 1]))),
    );
    expect(tally(answers)).toEqual({ created: 40, insufficient_stock: 60 });
    expect(await hubs.world.levels("A")).toEqual({ MAIN: [40, 40, 0] });
  });

  it("F016: of 20 writers on 10 units 10 succeed", async () => {
    await hubs.world.sku("A", 10);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        to(index, order({ externalId: `n${index}`, lines: [line("1", "A")] }, true)),
      ),
    );
    expect(tally(answers)).toEqual({ created: 10, insufficient_stock: 10 });
    expect(await hubs.world.levels("A")).toEqual({ MAIN: [10, 10, 0] });
  });

  it("one platform order told to all of them is one order, newest word wins", {
    timeout: 60_000,
  }, async () => {
    await hubs.world.sku("A", 1000);
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
      expect(await hubs.world.stored(`x${round}`)).toMatchObject({ held: 3 });
    }
    expect(await hubs.world.levels("A")).toEqual({ MAIN: [1000, 45, 0] });
  });

  it("the last unit and one order number from two hubs: one order, one unit", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 15; round += 1) {
      await hubs.world.sku(`L${round}`, 1);
      const told = order({ externalId: `l${round}`, lines: [line("1", `L${round}`)] });
      const answers = (await Promise.all([to(0, told), to(1, told)])) as OrderAnswer[];
      expect(outcomes(answers).sort()).toEqual(["created", "duplicate"]);
      expect(answers.map(({ shortfall }) => shortfall)).toEqual([0, 0]);
      expect(await hubs.world.levels(`L${round}`)).toEqual({ MAIN: [1, 1, 0] });
    }
  });

  it("F022: lines in opposite order deadlock nobody", { timeout: 60_000 }, async () => {
    await hubs.world.sku("A", 10_000);
    await hubs.world.sku("B", 10_000);
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
    expect([await hubs.world.levels("A"), await hubs.world.levels("B")]).toEqual([
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
    await hubs.world.sku("A", 1);
    const document: Command = {
      kind: "stock.adjust",
      input: { reference: "doc", lines: [{ sku: "A", delta: 5, reason: "receipt" }] },
    };
    const answers = await Promise.all([0, 1, 2, 0, 1, 2].map((hub) => to(hub, document)));
    expect(tally(answers)).toEqual({ applied: 1, duplicate: 5 });
    const figures = answers.map((answer) => (answer.kind === "stock" ? answer.lines : answer));
    expect(figures).toEqual(figures.map(() => figures[0]));
    expect(await hubs.world.levels("A")).toEqual({ MAIN: [6, 0, 0] });
  });

  it.each([[1], [2], [3]])(
    "any sequence of commands over three hubs keeps every promise (seed %i)",
    { timeout: 300_000 },
    async (seed) => {
      const outcomes = await play(hubs.world, diceOf(9000 + seed), {
        operations: 700,
        submit: (command, index) => to(index, command),
      });
      expect(Object.keys(outcomes).length).toBeGreaterThan(18);
    },
  );

  it("F008: a hub that is slow between reading and writing loses nobody's units", async () => {
    await hubs.world.sku("A", 100);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const runtime = testRuntime({ seed: 99_001 });
    const slow = createEngine({
      db: {
        ...(hubs.others[0] as Database),
        transaction: (work) =>
          (hubs.others[0] as Database).transaction(async (tx) => {
            const result = await work(tx);
            await held;
            return result;
          }),
      } as Database,
      vault: testVault(runtime),
      runtime,
    });
    const a = slow.submit(hubs.world.merchant.id, order({ externalId: "a", lines: [line("1", "A", 10)] }));
    // The others wait for the stock row the slow one has locked; they read it only when it is let go.
    await waitForLock(hubs.opened.db);
    const rest = [
      to(1, order({ externalId: "b", lines: [line("1", "A", 20)] })),
      to(2, order({ externalId: "c", lines: [line("1", "A", 30)] })),
    ];
    release();
    await Promise.all([a, ...rest]);
    await slow.close();
    expect(await hubs.world.levels("A")).toEqual({ MAIN: [100, 60, 0] });
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
