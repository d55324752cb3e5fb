import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Command } from "../../../src/core/engine/commands.ts";
import { postgresDatabase } from "../../support/database.ts";
import { engineProcesses } from "../../support/engine-process.ts";
import type { WorkerOutcome } from "../../support/engine-worker.ts";
import { snapshotOf } from "../../support/hub.ts";
import { describePg } from "../../support/postgres.ts";
import { line, openWorld, type Snapshot, type World } from "./world.ts";

// Hub processes of their own, as in production: nothing is shared but the database.

await describePg("several hub processes", () => {
  let opened: Awaited<ReturnType<typeof postgresDatabase>>;
  let world: World;
  beforeAll(async () => {
    opened = await postgresDatabase();
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    world = await openWorld(opened.db);
  });
  afterEach(() => world.expectClean());

  const order = (snapshot: Snapshot, mayRefuse = false): Command => ({
    kind: "order.apply",
    connectionId: mayRefuse ? world.manualId : world.connectionId,
    snapshot: snapshotOf(snapshot),
    mayRefuse,
    reserveFrom: "placed",
  });
  const run = (groups: readonly Command[][][]): Promise<WorkerOutcome[][][]> =>
    engineProcesses(groups.map((one) => ({ url: opened.url, merchantId: world.merchant.id, groups: one })));
  const tally = (outcomes: readonly WorkerOutcome[]) =>
    Object.fromEntries(
      [...Map.groupBy(outcomes, ({ outcome }) => outcome)].map(([key, all]) => [key, all.length]),
    );

  it("S14: two want the last unit: one winner in each of many rounds", { timeout: 120_000 }, async () => {
    const rounds = 60;
    for (let round = 0; round < rounds; round += 1) await world.sku(`L${round}`, 1);
    const groups = [0, 1].map((hub) =>
      Array.from({ length: rounds }, (_, round): Command[] => [
        hub === 0
          ? {
              kind: "hold.create",
              input: { reference: `h${round}`, lines: [{ sku: `L${round}`, quantity: 1 }] },
              expiresAt: null,
            }
          : order({ externalId: `o${round}`, lines: [line("1", `L${round}`)] }, true),
      ]),
    );
    const [holds = [], orders = []] = await run(groups);
    for (let round = 0; round < rounds; round += 1) {
      const both = [holds[round]?.[0]?.outcome, orders[round]?.[0]?.outcome].sort();
      expect([round, both]).toEqual([round, ["created", "insufficient_stock"]]);
      expect(await world.levels(`L${round}`)).toEqual({ MAIN: [1, 1, 0] });
    }
  });

  it("one order number for the last unit from two processes is one order", { timeout: 120_000 }, async () => {
    const rounds = 40;
    for (let round = 0; round < rounds; round += 1) await world.sku(`L${round}`, 1);
    const groups = Array.from({ length: rounds }, (_, round) => [
      order({ externalId: `o${round}`, lines: [line("1", `L${round}`)] }),
    ]);
    const [one = [], two = []] = await run([groups, groups]);
    for (let round = 0; round < rounds; round += 1) {
      const both = [one[round]?.[0], two[round]?.[0]];
      expect(both.map((answer) => answer?.outcome).sort()).toEqual(["created", "duplicate"]);
      expect(both.map((answer) => answer?.shortfall)).toEqual([0, 0]);
    }
    expect((await world.counts()).orders).toBe(rounds);
  });

  it("F022: orders (A,B) and (B,A) in a loop from four processes: all placed, no deadlock reaches a caller", {
    timeout: 120_000,
  }, async () => {
    await world.sku("A", 100_000);
    await world.sku("B", 100_000);
    const forward = [line("1", "A"), line("2", "B")];
    const groups = [0, 1, 2, 3].map((hub) =>
      Array.from({ length: 40 }, (_, round) =>
        Array.from({ length: 5 }, (_, index) =>
          order({
            externalId: `${hub}-${round}-${index}`,
            lines: (hub + index) % 2 === 0 ? forward : forward.toReversed(),
          }),
        ),
      ),
    );
    const outcomes = (await run(groups)).flat(2);
    expect(tally(outcomes)).toEqual({ created: 800 });
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [100_000, 800, 0] },
      { MAIN: [100_000, 800, 0] },
    ]);
  });

  it("F016: 20 writers in four processes on 10 units: 10 succeed", { timeout: 120_000 }, async () => {
    await world.sku("A", 10);
    const groups = [0, 1, 2, 3].map((hub) => [
      Array.from({ length: 5 }, (_, index) =>
        order({ externalId: `${hub}-${index}`, lines: [line("1", "A")] }, true),
      ),
    ]);
    expect(tally((await run(groups)).flat(2))).toEqual({ created: 10, insufficient_stock: 10 });
    expect(await world.levels("A")).toEqual({ MAIN: [10, 10, 0] });
  });
});
