import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { OrderAnswer } from "../../../src/core/engine/commands.ts";
import { memoryDatabase } from "../../support/database.ts";
import { apply, engineOver } from "./commands.ts";
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

describe("the engine", () => {
  it("keeps the order of arrival within and over batches", async () => {
    const engine = engineOver(world, db, { batchSize: 3 });
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, index) => engine.submit(world.merchant.id, apply(world, `n${index}`))),
    );
    expect(answers.map((answer) => (answer as OrderAnswer).shortfall)).toEqual([
      ...Array(10).fill(0),
      ...Array(4).fill(1),
    ]);
  });

  it("tells of every batch, and a meter that fails breaks none", async () => {
    const told: number[] = [];
    const engine = engineOver(world, db, {
      batchSize: 2,
      onBatch: ({ commands }) => {
        told.push(commands);
        throw new Error("no meter");
      },
    });
    const answers = await Promise.all(
      ["1", "2", "3"].map((id) => engine.submit(world.merchant.id, apply(world, id))),
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
    const engine = engineOver(world, db, { queueLimit: 2 });
    await engine.submit(world.merchant.id, apply(world, "first"));
    const answers = await Promise.allSettled(
      ["1", "2", "3"].map((id) => engine.submit(world.merchant.id, apply(world, id))),
    );
    expect(
      answers.map((one) => (one.status === "fulfilled" ? "answered" : (one.reason as { code: string }).code)),
    ).toEqual(["answered", "answered", "overloaded"]);
    expect(engine.queueLength()).toBe(0);
    expect(await engine.submit(world.merchant.id, apply(world, "3"))).toMatchObject({ outcome: "created" });
  });

  it("finishes what waits when it closes, and takes nothing more, not even for a merchant it has not met", async () => {
    const engine = engineOver(world, db, { batchSize: 1 });
    const answers = Promise.all(
      ["1", "2", "3"].map((id) => engine.submit(world.merchant.id, apply(world, id))),
    );
    await engine.close();
    expect((await answers).map((answer) => (answer as OrderAnswer).outcome)).toEqual([
      "created",
      "created",
      "created",
    ]);
    await expect(engine.submit(world.merchant.id, apply(world, "4"))).rejects.toMatchObject({
      code: "unavailable",
    });
    const other = engineOver(world, db);
    await other.close();
    await expect(other.submit(world.merchant.id, apply(world, "4"))).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("refuses a merchant that is not there", async () => {
    await expect(
      world.engine.submit("01900000-0000-7000-8000-000000000001", apply(world, "1")),
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
