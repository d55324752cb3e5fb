import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database, Sql } from "../../../src/core/db/database.ts";
import type { Command, HoldAnswer, OrderAnswer } from "../../../src/core/engine/commands.ts";
import { createEngine, type EngineOptions } from "../../../src/core/engine/engine.ts";
import { memoryDatabase } from "../../support/database.ts";
import { snapshotOf } from "../../support/hub.ts";
import { testVault } from "../../support/merchant.ts";
import { at, line, openWorld, type World } from "./world.ts";

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

const engineOver = (database: Database, options: EngineOptions = {}) =>
  createEngine({ db: database, vault: testVault(world.runtime), runtime: world.runtime }, options);

const apply = (externalId: string, sku = "A", quantity = 1, more: object = {}): Command => ({
  kind: "order.apply",
  connectionId: world.connectionId,
  snapshot: snapshotOf({ externalId, lines: [line("1", sku, quantity)], ...more }),
  mayRefuse: false,
  reserveFrom: "placed",
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
        ...apply("new"),
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
      const engine = engineOver(fault);
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
    const engine = engineOver(db);
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
    const engine = engineOver(fault);
    const { orderId } = await world.order({ externalId: "old", lines: [line("1", "A", 2)] });
    const refund: Command = { kind: "order.refund", orderId, input: { amountMinor: 100 } };
    const answers = await Promise.allSettled([
      engine.submit(world.merchant.id, apply("x")),
      engine.submit(world.merchant.id, refund),
    ]);
    expect(answers.map((one) => one.status)).toEqual(["rejected", "rejected"]);
    expect(await world.stored("old")).toMatchObject({ refundedMinor: 100 });
    lost = false;
    expect(await engine.submit(world.merchant.id, apply("x"))).toMatchObject({ outcome: "duplicate" });
  });

  it("by a command's own fault is split: that one gets its error, all others their answers", async () => {
    const answers = await Promise.allSettled([
      world.submit(apply("1")),
      world.submit(apply("2", "A", 1, { note: "zero \u0000 byte" })),
      world.submit(apply("3")),
      world.submit(apply("4", "A", 1, { note: "\u0000" })),
      world.submit(apply("5")),
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
    const engine = engineOver(fault);
    const error = await engine.submit(world.merchant.id, apply("1")).catch((reason: Error) => reason);
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
    const engine = engineOver(fault);
    expect(await engine.submit(world.merchant.id, apply("1"))).toMatchObject({ outcome: "created" });
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
    await expect(engineOver(fault).submit(world.merchant.id, apply("1"))).rejects.toMatchObject({
      code: "internal",
    });
    expect(tries).toBe(8);
    expect(await world.counts()).toEqual(before);
  });
});

describe("the engine", () => {
  it("keeps the order of arrival within and over batches", async () => {
    const engine = engineOver(db, { batchSize: 3 });
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, index) => engine.submit(world.merchant.id, apply(`n${index}`))),
    );
    expect(answers.map((answer) => (answer as OrderAnswer).shortfall)).toEqual([
      ...Array(10).fill(0),
      ...Array(4).fill(1),
    ]);
  });

  it("tells of every batch, and a meter that fails breaks none", async () => {
    const told: number[] = [];
    const engine = engineOver(db, {
      batchSize: 2,
      onBatch: ({ commands }) => {
        told.push(commands);
        throw new Error("no meter");
      },
    });
    const answers = await Promise.all(
      ["1", "2", "3"].map((id) => engine.submit(world.merchant.id, apply(id))),
    );
    expect(answers.map((answer) => (answer as OrderAnswer).outcome)).toEqual([
      "created",
      "created",
      "created",
    ]);
    expect(told).toEqual([2, 1]);
    expect((await world.counts()).orders).toBe(3);
  });

  it("is overloaded beyond its queue, and takes commands again after that", async () => {
    const engine = engineOver(db, { queueLimit: 2 });
    await engine.submit(world.merchant.id, apply("first"));
    const answers = await Promise.allSettled(
      ["1", "2", "3"].map((id) => engine.submit(world.merchant.id, apply(id))),
    );
    expect(
      answers.map((one) => (one.status === "fulfilled" ? "answered" : (one.reason as { code: string }).code)),
    ).toEqual(["answered", "answered", "overloaded"]);
    expect(engine.queueLength()).toBe(0);
    expect(await engine.submit(world.merchant.id, apply("3"))).toMatchObject({ outcome: "created" });
  });

  it("finishes what waits when it closes, and takes nothing more, not even for a merchant it has not met", async () => {
    const engine = engineOver(db, { batchSize: 1 });
    const answers = Promise.all(["1", "2", "3"].map((id) => engine.submit(world.merchant.id, apply(id))));
    await engine.close();
    expect((await answers).map((answer) => (answer as OrderAnswer).outcome)).toEqual([
      "created",
      "created",
      "created",
    ]);
    await expect(engine.submit(world.merchant.id, apply("4"))).rejects.toMatchObject({ code: "unavailable" });
    const other = engineOver(db);
    await other.close();
    await expect(other.submit(world.merchant.id, apply("4"))).rejects.toMatchObject({ code: "unavailable" });
  });

  it("refuses a merchant that is not there", async () => {
    await expect(
      world.engine.submit("01900000-0000-7000-8000-000000000001", apply("1")),
    ).rejects.toMatchObject({ code: "not_found" });
  });

  it("a task closed and raised within one batch stays open; raised and closed it was never there", async () => {
    const told = { externalId: "1", lines: [line("1", "NO")] };
    await world.order(told);
    const fixed = { externalId: "1", lines: [line("1", "A")] };
    await Promise.all([
      world.order({ ...fixed, updatedAt: at("08:10") }),
      world.order({ externalId: "1", lines: [line("1", "NO2")], updatedAt: at("08:11") }),
    ]);
    expect(await world.openTasks()).toEqual(["unmapped_line"]);
    const raised = (await world.events("task.raised")).length;
    await Promise.all([
      world.order({ ...told, externalId: "2" }),
      world.order({ ...fixed, externalId: "2", updatedAt: at("08:10") }),
    ]);
    expect(await world.openTasks()).toEqual(["unmapped_line"]);
    expect((await world.events("task.raised")).length).toBe(raised);
  });

  it("F010: of a thousand orders under load every line has what it wants", async () => {
    await world.adjust(
      "in",
      { sku: "A", delta: 5000, reason: "receipt" },
      { sku: "B", delta: 5000, reason: "receipt" },
    );
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        world.order({
          externalId: `n${index}`,
          lines: [line("1", "A", 1 + (index % 3)), line("2", "B", 1 + (index % 2))],
        }),
      ),
    );
    const [row] = await db.query(
      "select count(*)::int as lines from order_lines l where l.merchant_id = $1 and l.quantity = (select sum(quantity) from reservations r where r.merchant_id = $1 and r.holder_id = l.order_id and r.line_no = l.line_no and r.status = 'held')",
      [world.merchant.id],
    );
    expect(row).toEqual({ lines: 2000 });
  });
});
