import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database, Sql } from "../../../src/core/db/database.ts";
import type { Command, HoldAnswer, OrderAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { snapshotOf } from "../../support/hub.ts";
import { apply, engineOver } from "./commands.ts";
import { line, openWorld, type World } from "./world.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 100 });
  await world.sku("B", 5);
});
afterEach(() => world.expectClean());

/** The same database, seen through `touch`, which may throw in place of the statement with that number. */
const over = (
  touch: (statement: number, text: string) => void,
  onCommit: () => void = () => {},
): Database => ({
  ...db,
  query: db.query,
  async transaction<Result>(work: (tx: Sql) => Promise<Result>): Promise<Result> {
    let count = 0;
    const result = await db.transaction((tx) =>
      work({
        query<Row>(text: string, params?: Parameters<Sql["query"]>[1]) {
          count += 1;
          try {
            touch(count, text);
          } catch (error) {
            return Promise.reject(error);
          }
          return tx.query<Row>(text, params);
        },
      }),
    );
    onCommit();
    return result;
  },
});

describe("a batch that fails at any statement", () => {
  it("F006 F050: leaves nothing half done, and a retry does everything once", {
    timeout: 120_000,
  }, async () => {
    const { orderId } = await world.order({
      externalId: "old",
      lines: [line("1", "A", 2), line("2", "B", 2)],
    });
    const { holdId } = (await world.hold("held", [{ sku: "A", quantity: 1 }])) as HoldAnswer;
    const shipmentId = world.runtime.ids.next();
    const commands: Command[] = [
      {
        ...apply(world, "new"),
        snapshot: snapshotOf({
          externalId: "new",
          lines: [line("1", "A", 2), line("2", "B", 9), line("3", "NO")],
        }),
      } as Command,
      { kind: "order.ship", orderId, shipmentId, input: {} },
      {
        kind: "order.refund",
        orderId,
        input: {
          reference: "r",
          amountMinor: 100,
          lines: [{ line: 1, amountMinor: 100, quantity: 1, restock: true }],
        },
      },
      { kind: "hold.close", holdId, as: "released" },
      {
        kind: "hold.create",
        input: { reference: "fresh", lines: [{ sku: "A", quantity: 1 }] },
        expiresAt: null,
      },
      {
        kind: "stock.adjust",
        input: { reference: "doc", lines: [{ sku: "B", delta: 3, reason: "receipt" }] },
      },
    ];
    const state = async () => [
      await world.counts(),
      await world.levels("A"),
      await world.levels("B"),
      await world.stored("old"),
    ];
    const before = await state();
    let failing = 1;
    let statements = 0;
    for (; ; failing += 1) {
      let isReached = false;
      const fault = over((statement) => {
        statements = Math.max(statements, statement);
        if (statement !== failing) return;
        isReached = true;
        throw Object.assign(new Error("the connection is gone"), { code: "CONNECTION_CLOSED" });
      });
      const engine = engineOver(world, fault);
      if (failing > statements + 1) break;
      const answers = await Promise.allSettled(
        commands.map((command) => engine.submit(world.merchant.id, command)),
      );
      await engine.close();
      if (!isReached) break;
      expect(
        answers.map((one) => one.status === "rejected" && (one.reason as { code: string }).code),
      ).toEqual(commands.map(() => "unavailable"));
      expect([failing, await state()]).toEqual([failing, before]);
    }
    // The last round met no fault: that is the retry.
    expect(failing).toBeGreaterThan(25);
    expect(await world.stored("old")).toMatchObject({
      status: "shipped",
      lines: [{ shipped: 2, returned: 1 }, { shipped: 2 }],
    });
    expect(await world.stored("new")).toMatchObject({
      status: "paid",
      lines: [{ reserved: 2 }, { reserved: 6, shortfall: 3 }, { sku: null }],
    });
    expect([await world.levels("A"), await world.levels("B")]).toEqual([
      { MAIN: [9, 3, 0] },
      { MAIN: [6, 6, 0] },
    ]);
    const done = await world.counts();
    const engine = engineOver(world, db);
    const again = await Promise.all(commands.map((command) => engine.submit(world.merchant.id, command)));
    expect(again.map((answer) => (answer.kind === "refused" ? answer.code : answer.outcome))).toEqual([
      "duplicate",
      "unchanged",
      "unchanged",
      "unchanged",
      "duplicate",
      "duplicate",
    ]);
    expect(await world.counts()).toEqual(done);
  });

  it("whose answer was lost after the commit is not run again by itself; a repeat changes nothing twice", async () => {
    let lost = true;
    const fault = over(
      () => {},
      () => {
        if (lost) throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      },
    );
    const engine = engineOver(world, fault);
    const { orderId } = await world.order({ externalId: "old", lines: [line("1", "A", 2)] });
    const refund: Command = { kind: "order.refund", orderId, input: { amountMinor: 100 } };
    const answers = await Promise.allSettled([
      engine.submit(world.merchant.id, apply(world, "x")),
      engine.submit(world.merchant.id, refund),
    ]);
    expect(answers.map((one) => one.status)).toEqual(["rejected", "rejected"]);
    expect(await world.stored("old")).toMatchObject({ refundedMinor: 100 });
    lost = false;
    expect(await engine.submit(world.merchant.id, apply(world, "x"))).toMatchObject({ outcome: "duplicate" });
  });

  it("by a command's own fault is split: that one gets its error, all others their answers", async () => {
    const answers = await Promise.allSettled([
      world.submit(apply(world, "1")),
      world.submit(apply(world, "2", "A", 1, { note: "zero \u0000 byte" })),
      world.submit(apply(world, "3")),
      world.submit(apply(world, "4", "A", 1, { note: "\u0000" })),
      world.submit(apply(world, "5")),
    ]);
    expect(
      answers.map((one) =>
        one.status === "fulfilled"
          ? (one.value as OrderAnswer).outcome
          : (one.reason as { code: string }).code,
      ),
    ).toEqual(["created", "invalid_request", "created", "invalid_request", "created"]);
    expect(await world.levels("A")).toEqual({ MAIN: [10, 3, 0] });
  });

  it("by a fault nobody foresaw is said to have changed nothing, without its text from the database", async () => {
    const fault = over((_, text) => {
      if (text.includes("insert into orders"))
        throw Object.assign(new Error("secret value in a row"), { code: "23514" });
    });
    const engine = engineOver(world, fault);
    const error = await engine.submit(world.merchant.id, apply(world, "1")).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: "internal" });
    expect((error as Error).message).toBe(
      "The command could not be carried out: the database refused it (23514). Nothing was changed; the log says more.",
    );
  });
});

describe("a batch another process raced", () => {
  it.each([["an order number"], ["a stock row"]])("at %s is decided anew", async (what) => {
    let raced = 0;
    const fault = over((_, text) => {
      const isThere =
        what === "an order number"
          ? text.includes("insert into orders")
          : text.includes("update stock_levels");
      if (!isThere || raced >= 3) return;
      raced += 1;
      throw Object.assign(new Error("duplicate key value"), { code: "23505" });
    });
    const engine = engineOver(world, fault);
    expect(await engine.submit(world.merchant.id, apply(world, "1"))).toMatchObject({ outcome: "created" });
    expect(raced).toBe(3);
    expect(await world.levels("A")).toEqual({ MAIN: [10, 1, 0] });
  });

  it("again and again gives up and says so", async () => {
    let tries = 0;
    const fault = over((_, text) => {
      if (!text.includes("update stock_levels")) return;
      tries += 1;
      throw Object.assign(new Error("duplicate key value"), { code: "23505" });
    });
    const before = await world.counts();
    await expect(engineOver(world, fault).submit(world.merchant.id, apply(world, "1"))).rejects.toMatchObject(
      {
        code: "internal",
      },
    );
    expect(tries).toBe(8);
    expect(await world.counts()).toEqual(before);
  });
});
