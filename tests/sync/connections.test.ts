import { afterAll, beforeAll, expect, it } from "vitest";
import { type Account, profileOf } from "../../src/connectors/contract.ts";
import { file } from "../../src/connectors/file/index.ts";
import { generic } from "../../src/connectors/generic/index.ts";
import { removeConnection, updateConnection } from "../../src/core/catalogue/connections.ts";
import type { Database, Sql } from "../../src/core/db/database.ts";
import { createConnections, reserveFromOf } from "../../src/sync/connections.ts";
import { memoryDatabase } from "../support/database.ts";
import { recordingLog } from "../support/http.ts";
import { testHub } from "../support/hub.ts";
import { testVault } from "../support/merchant.ts";
import { testRuntime } from "../support/runtime.ts";

let db: Database;
let seed = 0;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const settings = { baseUrl: "https://shop.example" };

async function opened(database: Database = db) {
  seed += 1;
  const runtime = testRuntime({ seed });
  const hub = await testHub(db, runtime);
  const parts = { vault: testVault(runtime), runtime };
  await updateConnection(db, parts, hub.merchant.id, hub.connectionId, { settings });
  const connectors = new Map([["generic", generic]]);
  const connections = createConnections({ db: database, ...parts, connectors, log: recordingLog().log });
  return { hub, parts, connections };
}

it("a change counts at once for the process that forgets", async () => {
  const { hub, parts, connections } = await opened();
  const { connectionId: id, merchant } = hub;
  expect((await connections.byId(id))?.name).toBe("shop");
  await updateConnection(db, parts, merchant.id, id, { name: "renamed" });
  expect((await connections.byId(id))?.name).toBe("shop");
  connections.forget(id);
  expect((await connections.byId(id))?.name).toBe("renamed");
  await removeConnection(db, parts, merchant.id, id);
  connections.forget(id);
  expect(await connections.byId(id)).toBeNull();
});

it("an answer that was asked for before the change is not remembered", async () => {
  let hold: Promise<void> | null = null;
  const slow: Sql = {
    async query(text, params) {
      const rows = await db.query(text, params);
      await hold;
      return rows as never;
    },
  };
  const { hub, parts, connections } = await opened({ ...db, query: slow.query } as Database);
  const { connectionId: id, merchant } = hub;
  let letGo = () => {};
  hold = new Promise((resolve) => {
    letGo = resolve;
  });
  const early = connections.byId(id);
  await updateConnection(db, parts, merchant.id, id, { name: "renamed" });
  connections.forget(id);
  letGo();
  hold = null;
  await early;
  expect((await connections.byId(id))?.name).toBe("renamed");
});

it.each([
  ["a shop that takes its units with the order", generic, { deducts: "placed" as const }, "placed"],
  ["one that takes them with the payment", generic, { deducts: "paid" as const }, "paid"],
  ["one that takes none off its own figure", generic, { deducts: "never" as const }, "placed"],
  ["a file", file, {}, "paid"],
])("orders of %s have units reserved from then on", (_, connector, behaviour, from) => {
  const { manifest } = connector;
  const profile = profileOf(manifest, {} as Account);
  const changed = { ...profile, behaviour: { ...profile.behaviour, ...behaviour } };
  expect(reserveFromOf({ connector, profile: changed })).toBe(from);
});
