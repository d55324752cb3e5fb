import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";
import { platformTraits as platform } from "../support/platform-traits.ts";

let db: Database;
let test: TestApp;
let listing: string;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  test = await testApp({ db });
  await test.hub.sku("A", 10);
  const made = await test.call("POST", "/v1/listings", {
    connection: test.hub.connectionId,
    externalId: "item-1",
    sku: "A",
    share: { percentBp: 6000 },
  });
  listing = made.body.id;
});
afterEach(async () => {
  const report = await runDoctor(db, { merchantId: test.hub.merchant.id });
  expect(report.checks.filter((check) => !check.ok)).toEqual([]);
  await test.close();
});

/** The platform shows more than the hub ever sent, and all orders are in. */
async function foreignFigure(): Promise<string> {
  const { hub } = test;
  const id = hub.merchant.id;
  const look = async (figure: number) => {
    const [known] = await db.query<{ writes: number; ingested: number; restored: number }>(
      "select writes, ingested, restored from exposures where merchant_id = $1 and listing_id = $2",
      [id, listing],
    );
    await hub.submit({
      kind: "exposure.observe",
      listingId: listing,
      connectionId: hub.connectionId,
      platform,
      figure,
      startedAt: "2026-11-22T08:00:00.000Z",
      readAt: "2026-11-22T08:00:00.000Z",
      ...(known ?? { writes: 0, ingested: 0, restored: 0 }),
    });
    await db.query("update connections set order_watermark = $2 where id = $1", [
      hub.connectionId,
      "2026-11-22T08:30:00.000Z",
    ]);
    await hub.submit({ kind: "exposure.pass", listingId: listing });
  };
  await look(4);
  await db.query("update sku_allocations set state = 'split' where merchant_id = $1", [id]);
  await look(7);
  const tasks = await test.call("GET", "/v1/tasks?kind=foreign_stock_write&status=open");
  return tasks.body.items[0].id;
}

describe("allocations", () => {
  it("tell what each listing may sell and why", async () => {
    await foreignFigure();
    const answer = await test.call("GET", "/v1/allocations?sku=A");
    expect(answer.body.items).toMatchObject([
      {
        sku: "A",
        asked: "auto",
        state: "split",
        available: 10,
        free: 3,
        deficit: 0,
        listings: [{ listing, mayOffer: 7, quarantined: 0, inFlight: 0, reason: "foreign_write" }],
      },
    ]);
    expect((await test.call("GET", "/v1/allocations")).body.items).toHaveLength(1);
    expect((await test.call("GET", "/v1/allocations?sku=none")).status).toBe(404);
  });

  it.each([
    ["accept", { halt: null, overwrites: 0 }, { fixed: 7, percentBp: null }],
    ["overwrite", { halt: null, overwrites: 1 }, { fixed: null, percentBp: 6000 }],
    ["stop", { halt: "stopped", overwrites: 0 }, { fixed: null, percentBp: 6000 }],
  ])("another tool's figure: %s", async (choice, exposure, share) => {
    const task = await foreignFigure();
    const answer = await test.call("POST", `/v1/tasks/${task}/resolve`, { choice });
    expect([answer.status, answer.body.status]).toEqual([200, "done"]);
    expect(
      await db.query("select halt, overwrites from exposures where merchant_id = $1", [test.hub.merchant.id]),
    ).toEqual([exposure]);
    expect((await test.call("GET", `/v1/listings/${listing}`)).body.share).toMatchObject(share);
    expect((await test.call("POST", `/v1/tasks/${task}/resolve`, { choice: "stop" })).status).toBe(200);
  });

  it("a listing may be stopped and go on", async () => {
    await foreignFigure();
    const halt = async () =>
      (await db.query("select halt from exposures where merchant_id = $1", [test.hub.merchant.id]))[0];
    await test.call("PATCH", `/v1/listings/${listing}`, { stopped: true });
    expect(await halt()).toEqual({ halt: "stopped" });
    await test.call("PATCH", `/v1/listings/${listing}`, { stopped: false });
    expect(await halt()).toEqual({ halt: null });
  });

  it("F088: shares above 100 % are refused; modes are set per SKU and per merchant", async () => {
    const second = {
      connection: test.hub.connectionId,
      externalId: "item-2",
      sku: "A",
      share: { percentBp: 5000 },
    };
    expect((await test.call("POST", "/v1/listings", second)).status).toBe(400);
    expect((await test.call("GET", "/v1/listings?sku=A")).body.items).toHaveLength(1);
    expect((await test.call("PATCH", "/v1/skus/A", { stockMode: "split" })).body.stockMode).toBe("split");
    const settings = await test.call("PATCH", "/v1/merchant/settings", { stockMode: "shared" });
    expect(settings.body.settings.stockMode).toBe("shared");
  });

  it.each<[string, () => Promise<number>, number]>([
    ["is deleted", async () => (await test.call("DELETE", `/v1/listings/${listing}`)).status, 204],
    [
      "is gone with its shop",
      async () => (await test.call("DELETE", `/v1/connections/${test.hub.connectionId}?force=true`)).status,
      204,
    ],
    [
      "is mapped to a bundle",
      async () => (await test.call("PATCH", `/v1/listings/${listing}`, { sku: "SET" })).status,
      200,
    ],
    [
      "is sold in packs",
      async () => (await test.call("PATCH", `/v1/listings/${listing}`, { unitsPer: 2 })).status,
      200,
    ],
    [
      "gets company",
      async () => {
        const { connectionId: connection } = test.hub;
        return (await test.call("POST", "/v1/listings", { connection, externalId: "item-2", sku: "A" }))
          .status;
      },
      201,
    ],
  ])("units of a listing that %s go to orders that wait before anybody else", async (_, change, status) => {
    await foreignFigure();
    await test.hub.sku("B", 5);
    await test.hub.sku("SET", 0, { kind: "bundle", components: [{ sku: "B", quantity: 1 }] });
    await servedAfter(async () => expect(await change()).toBe(status));
  });

  it("units go to orders that wait before anybody else when a shop is connected again", async () => {
    const connect = () =>
      test.call("POST", "/v1/connections", {
        connector: "generic",
        name: "Back",
        settings: { baseUrl: "https://back.example" },
        secrets: { webhookSecret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
      });
    const { id } = (await connect()).body;
    await test.call("POST", "/v1/listings", { connection: id, externalId: "item-2", sku: "A" });
    await test.call("DELETE", `/v1/connections/${id}`);
    await foreignFigure();
    await servedAfter(async () => expect((await connect()).body.id).toBe(id));
  });

  /** Eight are wanted of ten, of which a listing stands for seven until the change. */
  async function servedAfter(change: () => Promise<void>): Promise<void> {
    const told = await test.hub.order({
      externalId: "waits",
      lines: [{ externalLineId: "1", sku: "A", quantity: 8, unitPriceMinor: 100 }],
    });
    expect(told).toMatchObject({ shortfall: 5 });
    await change();
    const order = await test.call("GET", `/v1/orders/${told.orderId}`);
    expect(order.body.lines[0]).toMatchObject({ shortfall: 0 });
    const lines = [{ sku: "A", quantity: 3 }];
    expect((await test.call("POST", "/v1/reservations", { reference: "r", lines })).status).toBe(409);
    expect(await test.hub.stock("A")).toMatchObject({ onHand: 10, reserved: 8 });
  }
});
