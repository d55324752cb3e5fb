import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generic } from "../../src/connectors/generic/index.ts";
import type { Database } from "../../src/core/db/database.ts";
import { createConnections } from "../../src/sync/connections.ts";
import { mapListings } from "../../src/sync/jobs/map-listings.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, type Channels, channels, mug, type TestShop } from "./support/channels.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function mapNow(hub: Channels, { connectionId }: Pick<TestShop, "connectionId">) {
  const connections = createConnections({
    ...hub,
    connectors: new Map([[generic.manifest.id, generic]]),
    log: silent,
  });
  const connection = await connections.fresh(connectionId);
  if (!connection) throw new Error("The connection cannot be opened.");
  return mapListings(hub, connection);
}

describe("mapping a platform's items", () => {
  it("maps those with exactly the code of a SKU, leaves the others to a person, and a repeat makes nothing", async () => {
    const hub = await channels(db);
    await hub.sku("MUG", 5);
    await hub.sku("bag", 5);
    const shop = await hub.shop("shop", { products: [mug, bag, { ...mug, externalId: "P3", sku: " MUG " }] });
    expect(await mapNow(hub, shop)).toEqual({
      listed: 3,
      created: 2,
      known: 0,
      unmatched: [{ externalId: "P2", externalVariantId: "V2", sku: "BAG", title: "Bag", quantity: 0 }],
    });
    const made = await hub.query<{ item: string; code: string }>(
      `select l.external_id as item, s.code from listings l join skus s on s.merchant_id = l.merchant_id and s.id = l.sku_id
       where l.merchant_id = $1 order by item`,
      [hub.merchant.id],
    );
    expect(made).toEqual([
      { item: "P1", code: "MUG" },
      { item: "P3", code: "MUG" },
    ]);
    expect(await mapNow(hub, shop)).toMatchObject({ listed: 3, created: 0, known: 2 });
    await hub.sku("BAG", 5);
    expect(await mapNow(hub, shop)).toMatchObject({ listed: 3, created: 1, known: 2, unmatched: [] });
  });

  it("gives orders that waited their units", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 5 }] });
    shop.sell(2);
    await hub.sync.runDue();
    await hub.sku("MUG", 5);
    expect((await hub.stock("MUG")).reserved).toBe(0);
    expect(await mapNow(hub, shop)).toMatchObject({ created: 1 });
    expect(await hub.stock("MUG")).toEqual({ onHand: 5, reserved: 2 });
  });

  it("maps nothing when the list breaks off", async () => {
    const hub = await channels(db);
    await hub.sku("MUG", 5);
    const shop = await hub.shop("shop", { products: [mug] });
    shop.intercept = async () => new Response("no", { status: 403 });
    await expect(mapNow(hub, shop)).rejects.toMatchObject({ code: "connection_failed" });
    expect(await hub.query("select 1 from listings where merchant_id = $1", [hub.merchant.id])).toEqual([]);
  });
});
