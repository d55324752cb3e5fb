import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { openPostgres } from "../../../src/core/db/postgres.ts";
import type { Answer, Command } from "../../../src/core/engine/commands.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import { postgresDatabase } from "../../support/database.ts";
import { snapshotOf } from "../../support/hub.ts";
import { testVault } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";
import { at, openWorld, type Snapshot, type World } from "./world.ts";

/** Several hubs, each with connections and a lane of its own, over one PostgreSQL server; a new world for each test. */
export function severalHubs() {
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

  return {
    to,
    order,
    /** The world of the test that runs. */
    get world() {
      return world;
    },
    get opened() {
      return opened;
    },
    get others() {
      return others;
    },
  };
}

export const hold = (reference: string, ...lines: [string, number][]): Command => ({
  kind: "hold.create",
  input: { reference, lines: lines.map(([sku, quantity]) => ({ sku, quantity })) },
  expiresAt: at("08:00"),
});
export const close = (holdId: string, as: "released" | "expired"): Command => ({
  kind: "hold.close",
  holdId,
  as,
});
export const count = (reference: string, sku: string, units: number): Command => ({
  kind: "stock.adjust",
  input: { reference, lines: [{ sku, count: units, reason: "count" }] },
});
export const outcomes = (answers: readonly Answer[]) =>
  answers.map((answer) => (answer.kind === "refused" ? answer.code : answer.outcome));
export const tally = (answers: readonly Answer[]) =>
  Object.fromEntries(
    [...Map.groupBy(outcomes(answers), (one) => one)].map(([key, all]) => [key, all.length]),
  );
