import type { Database } from "../../../src/core/db/database.ts";
import type { Command } from "../../../src/core/engine/commands.ts";
import { createEngine, type EngineOptions } from "../../../src/core/engine/engine.ts";
import { snapshotOf } from "../../support/hub.ts";
import { testVault } from "../../support/merchant.ts";
import { line, type World } from "./world.ts";

export const engineOver = (world: World, database: Database, options: EngineOptions = {}) =>
  createEngine({ db: database, vault: testVault(world.runtime), runtime: world.runtime }, options);

export const apply = (
  world: World,
  externalId: string,
  sku = "A",
  quantity = 1,
  more: object = {},
): Command => ({
  kind: "order.apply",
  connectionId: world.connectionId,
  snapshot: snapshotOf({ externalId, lines: [line("1", sku, quantity)], ...more }),
  mayRefuse: false,
  reserveFrom: "placed",
});
