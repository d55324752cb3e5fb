import { describe, expect, it } from "vitest";
import { createListing } from "../../src/core/catalogue/listings.ts";
import { testHub } from "../support/hub.ts";
import { platformTraits as platform } from "../support/platform-traits.ts";
import { testCli } from "./in-process.ts";

describe("allocations", () => {
  it("there are none before anything is published", async () => {
    const { run, core } = await testCli();
    const { merchant } = await testHub(core.db, core.runtime);
    expect(await run(["allocations", "--merchant", merchant.code])).toMatchObject({
      code: 0,
      stderr: "No stock has been published yet.\n",
    });
  });

  it("are listed for people and as data", async () => {
    const { run, json, core } = await testCli();
    const hub = await testHub(core.db, core.runtime);
    const skuId = await hub.sku("A", 10);
    await hub.sku("B", 3);
    await core.db.query("update connections set order_watermark = $2 where id = $1", [
      hub.connectionId,
      "2026-11-22T08:30:00.000Z",
    ]);
    const listed = async (externalId: string, sku: string, figure: number, variant?: string) => {
      const { listing } = await createListing(core.db, core.runtime, hub.merchant.id, {
        connection: hub.connectionId,
        externalId,
        ...(variant === undefined ? {} : { externalVariantId: variant }),
        sku,
        unitsPer: 1,
        buffer: 0,
        cap: null,
      });
      await hub.submit({
        kind: "exposure.observe",
        listingId: listing.id,
        connectionId: hub.connectionId,
        platform,
        figure,
        startedAt: "2026-11-22T08:00:00.000Z",
        readAt: "2026-11-22T08:00:00.000Z",
        writes: 0,
        ingested: 0,
        restored: 0,
      });
    };
    await listed("item-1", "A", 4);
    await listed("item-2", "B", 3, "red");
    await hub.submit({ kind: "exposure.mode", skuId, state: "converging", version: 0, listingIds: [] });
    const merchant = ["--merchant", hub.merchant.code];

    const { items } = await json(["allocations", ...merchant]);
    expect(items).toMatchObject([
      { sku: "A", state: "converging", available: 10, listings: [{ externalId: "item-1", mayOffer: 4 }] },
      { sku: "B", state: "shared", listings: [{ externalVariantId: "red", reason: "shared" }] },
    ]);
    const english = await run(["allocations", ...merchant]);
    expect(english).toMatchObject({ code: 0, stderr: "" });
    const [headings, first, second] = english.stdout.split("\n");
    expect(headings).toMatch(/^SKU +MODE +LISTING +MAY SELL +QUARANTINED +WHY$/);
    expect(first).toMatch(/^A +converging +.* item-1 +4 +0 +its figure is read next$/);
    expect(second).toMatch(/^B +shared +.* item-2\/red +3 +0 +shares what is available$/);
    const chinese = await run(["allocations", ...merchant], { LC_ALL: "zh_CN.UTF-8" });
    expect(chinese.stdout).toContain("各店铺共享可用库存");
  });

  it("units go to orders that wait when a shop is connected again", async () => {
    const { run, json, core } = await testCli();
    const hub = await testHub(core.db, core.runtime);
    const merchant = ["--merchant", hub.merchant.code];
    await hub.sku("A", 10);
    const list = (connection: string, externalId: string) =>
      createListing(core.db, core.runtime, hub.merchant.id, {
        ...{ connection, externalId, sku: "A", unitsPer: 1, buffer: 0, cap: null },
      });
    const connect = async (): Promise<string> => {
      const args = ["connections", "add", "--connector", "generic", "--name", "Back", ...merchant];
      const env = { SLUICE_SECRET_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
      return (await json([...args, "--set", "baseUrl=http://127.0.0.1:9"], env)).id;
    };
    const id = await connect();
    await list(id, "item-2");
    expect((await run(["connections", "remove", "Back", ...merchant])).code).toBe(0);
    const { listing } = await list(hub.connectionId, "item-1");
    await core.db.query("update connections set order_watermark = $2 where id = $1", [
      hub.connectionId,
      "2026-11-22T08:30:00.000Z",
    ]);
    const at = "2026-11-22T08:00:00.000Z";
    await hub.submit({
      kind: "exposure.observe",
      ...{ listingId: listing.id, connectionId: hub.connectionId, platform, figure: 7 },
      ...{ startedAt: at, readAt: at, writes: 0, ingested: 0, restored: 0 },
    });
    await core.db.query("update sku_allocations set state = 'split' where merchant_id = $1", [
      hub.merchant.id,
    ]);
    await hub.order({
      externalId: "waits",
      lines: [{ externalLineId: "1", sku: "A", quantity: 8, unitPriceMinor: 100 }],
    });
    expect(await hub.stock("A")).toMatchObject({ reserved: 3 });
    expect(await connect()).toBe(id);
    expect(await hub.stock("A")).toMatchObject({ reserved: 8 });
  });
});
