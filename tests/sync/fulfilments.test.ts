import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { FulfilmentPush, Fulfilments, Result } from "../../src/connectors/contract.ts";
import { createListing } from "../../src/core/catalogue/listings.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { snapshotOf } from "../support/hub.ts";
import { type Channels, channels, mug, type TestShop } from "./support/channels.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const shipmentsOf = (hub: Channels) =>
  hub.query<{ id: string; external_id: string | null; origin: string; status: string }>(
    "select id, external_id, origin, status from shipments where merchant_id = $1 order by id",
    [hub.merchant.id],
  );

const owed = (hub: Channels) =>
  hub.query<{ status: string; error_kind: string | null; external_id: string | null }>(
    "select status, error_kind, external_id from outbox where merchant_id = $1 and kind = 'fulfilment' order by subject_id",
    [hub.merchant.id],
  );

const openTasks = (hub: Channels) =>
  hub.query<{ kind: string; subject: string }>(
    "select kind, subject from tasks where merchant_id = $1 and status = 'open' order by kind",
    [hub.merchant.id],
  );

async function orderId(hub: Channels, externalId: string): Promise<string> {
  const [row] = await hub.query<{ id: string }>(
    "select id from orders where merchant_id = $1 and external_id = $2",
    [hub.merchant.id, externalId],
  );
  return row?.id ?? "";
}

async function ship(
  hub: Channels,
  externalId: string,
  lines?: { line: number; quantity: number }[],
): Promise<string> {
  const shipmentId = hub.runtime.ids.next();
  const input = { carrier: "SF", trackingNumber: "SF1", ...(lines ? { lines } : {}) };
  const answer = await hub.submit({
    kind: "order.ship",
    orderId: await orderId(hub, externalId),
    shipmentId,
    input,
  });
  expect(answer.kind).toBe("order");
  return shipmentId;
}

/** A shop with ten mugs and one order of `quantity`, in the hub already. */
async function soldOrder(hub: Channels, quantity: number): Promise<{ shop: TestShop; externalId: string }> {
  const shop = await hub.shop("shop");
  await hub.sku("MUG", 10);
  await shop.map("MUG");
  await hub.sync.runDue();
  const externalId = shop.sell(quantity);
  await hub.whileTimePasses(shop.sandbox.settled());
  await hub.sync.runDue();
  return { shop, externalId };
}

describe("parcels of our own", () => {
  it("are told to the platform once, and their echo ships nothing again", async () => {
    const hub = await channels(db);
    const { shop, externalId } = await soldOrder(hub, 3);
    const shipmentId = await ship(hub, externalId);
    await hub.sync.runDue();
    expect(shop.calls.filter((call) => call === "POST /fulfilments")).toHaveLength(1);
    const told = shop.sandbox.shop.orders.get(externalId);
    expect(told).toMatchObject({
      status: "shipped",
      shipments: [{ reference: shipmentId, carrier: "SF", trackingNumber: "SF1" }],
    });
    const platformId = told?.shipments?.[0]?.externalId;
    expect(await shipmentsOf(hub)).toStrictEqual([
      { id: shipmentId, external_id: platformId, origin: "hub", status: "shipped" },
    ]);
    // The echo comes by webhook and by poll.
    await hub.whileTimePasses(shop.sandbox.settled());
    await hub.runtime.advance(60_000);
    await hub.sync.runDue();
    expect(await shipmentsOf(hub)).toHaveLength(1);
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 7, reserved: 0 });
    expect(await owed(hub)).toStrictEqual([{ status: "done", error_kind: null, external_id: platformId }]);
  });

  it("in parts, each with its own lines", async () => {
    const hub = await channels(db);
    const { shop, externalId } = await soldOrder(hub, 3);
    await ship(hub, externalId, [{ line: 1, quantity: 2 }]);
    await hub.sync.runDue();
    await ship(hub, externalId, [{ line: 1, quantity: 1 }]);
    await hub.sync.runDue();
    const parcels = shop.sandbox.shop.orders.get(externalId)?.shipments ?? [];
    expect(parcels.map((parcel) => parcel.lines)).toStrictEqual([
      [{ externalLineId: "L1", quantity: 2 }],
      [{ externalLineId: "L1", quantity: 1 }],
    ]);
  });

  it("when the answer got lost, a repeat makes no second parcel", async () => {
    const hub = await channels(db, { sync: { callMs: 2_000 } });
    const { shop, externalId } = await soldOrder(hub, 1);
    shop.sandbox.faults.writeAppliedButTimedOut = 1;
    const shipmentId = await ship(hub, externalId);
    await hub.whileTimePasses(hub.sync.runDue());
    expect(await owed(hub)).toMatchObject([{ status: "unknown" }]);
    shop.sandbox.faults.writeAppliedButTimedOut = 0;
    await hub.runtime.advance(300_000);
    await hub.sync.runDue();
    expect(shop.sandbox.shop.orders.get(externalId)?.shipments).toMatchObject([{ reference: shipmentId }]);
    expect(await owed(hub)).toMatchObject([{ status: "done", error_kind: null }]);
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 9, reserved: 0 });
  });

  it("that the platform does not take are parked with a task", async () => {
    const hub = await channels(db);
    const { shop, externalId } = await soldOrder(hub, 1);
    // Cancelled there a moment before the parcel is told.
    shop.sandbox.connectWebhook(null);
    shop.sandbox.shop.refund(externalId, { amountMinor: mug.priceMinor });
    const shipmentId = await ship(hub, externalId);
    shop.intercept = async (input) =>
      new URL((input as Request).url).pathname === "/fulfilments"
        ? Response.json({ code: "invalid" }, { status: 422 })
        : shop.sandbox.fetch(input);
    await hub.sync.runDue();
    expect(await owed(hub)).toMatchObject([{ status: "parked", error_kind: "invalid" }]);
    expect((await openTasks(hub)).filter((task) => task.kind === "fulfilment_push_parked")).toStrictEqual([
      { kind: "fulfilment_push_parked", subject: shipmentId },
    ]);
  });

  it("of manual orders, or for platforms that take none, are owed to nobody", async () => {
    const hub = await channels(db, { connectors: [scripted({})] });
    const connectionId = await hub.connect("scripted", "no parcels");
    await hub.sku("A", 5);
    await hub.submit({
      kind: "order.apply",
      connectionId,
      snapshot: snapshotOf({ externalId: "1" }),
      mayRefuse: false,
      reserveFrom: "placed",
    });
    await ship(hub, "1");
    await hub.sync.runDue();
    expect(await owed(hub)).toStrictEqual([]);
  });
});

describe("with a scripted platform", () => {
  async function packs(hub: Channels, connectionId: string) {
    await hub.sku("CAN", 60);
    await createListing(db, hub.runtime, hub.merchant.id, {
      connection: connectionId,
      externalId: "SIX",
      sku: "CAN",
      unitsPer: 6,
      buffer: 0,
      cap: null,
    });
    const lines = [{ externalLineId: "L1", externalItemId: "SIX", quantity: 2, unitPriceMinor: 600 }];
    await hub.submit({
      kind: "order.apply",
      connectionId,
      snapshot: snapshotOf({ externalId: "1", lines }),
      mayRefuse: false,
      reserveFrom: "placed",
    });
  }

  const platform = (answers: Result<{ externalId: string }>[]) => {
    const told: FulfilmentPush[] = [];
    const fulfilments: Fulfilments = {
      push: async (parcel) => {
        told.push(parcel);
        return answers.shift() ?? { ok: true, value: { externalId: `F${told.length}` } };
      },
    };
    return { told, fulfilments };
  };

  it("counts in the platform's units", async () => {
    const { told, fulfilments } = platform([]);
    const hub = await channels(db, { connectors: [scripted({ fulfilments })] });
    await packs(hub, await hub.connect("scripted", "packs"));
    await ship(hub, "1", [{ line: 1, quantity: 1 }]);
    await ship(hub, "1");
    await hub.sync.runDue();
    expect(told.map((parcel) => [parcel.orderExternalId, parcel.lines])).toStrictEqual([
      ["1", [{ externalLineId: "L1", quantity: 1 }]],
      ["1", [{ externalLineId: "L1", quantity: 1 }]],
    ]);
  });

  it("a parcel called back before it was told is not told", async () => {
    const { told, fulfilments } = platform([]);
    const hub = await channels(db, { connectors: [scripted({ fulfilments })] });
    await packs(hub, await hub.connect("scripted", "packs"));
    const shipmentId = await ship(hub, "1");
    await hub.submit({ kind: "shipment.cancel", orderId: await orderId(hub, "1"), shipmentId });
    await hub.sync.runDue();
    expect([told, await owed(hub), await openTasks(hub)]).toStrictEqual([[], [], []]);
  });

  it("a parcel called back after it was told is a task for a person", async () => {
    const { told, fulfilments } = platform([]);
    const hub = await channels(db, { connectors: [scripted({ fulfilments })] });
    await packs(hub, await hub.connect("scripted", "packs"));
    const shipmentId = await ship(hub, "1");
    await hub.sync.runDue();
    await hub.submit({ kind: "shipment.cancel", orderId: await orderId(hub, "1"), shipmentId });
    await hub.sync.runDue();
    expect(told).toHaveLength(1);
    expect(await openTasks(hub)).toStrictEqual([{ kind: "recalled_parcel", subject: shipmentId }]);
  });

  it("retryable failures are tried again with the same shipment id, and the task of a parked one closes when it works", async () => {
    const { told, fulfilments } = platform([
      { ok: false, kind: "unavailable", message: "closed for the night" },
      { ok: false, kind: "conflict", message: "address is being changed" },
    ]);
    const hub = await channels(db, { connectors: [scripted({ fulfilments })] });
    const connectionId = await hub.connect("scripted", "packs");
    await packs(hub, connectionId);
    const shipmentId = await ship(hub, "1");
    await hub.sync.runDue();
    expect(await owed(hub)).toMatchObject([{ status: "pending", error_kind: "unavailable" }]);
    await hub.runtime.advance(60_000);
    await hub.sync.runDue();
    expect([await owed(hub), (await openTasks(hub)).map((task) => task.kind)]).toMatchObject([
      [{ status: "parked", error_kind: "conflict" }],
      ["fulfilment_push_parked"],
    ]);
    await hub.sync.retryParked(hub.merchant.id, connectionId);
    await hub.sync.runDue();
    expect([await owed(hub), await openTasks(hub)]).toMatchObject([
      [{ status: "done", external_id: "F3" }],
      [],
    ]);
    expect(told.map((parcel) => parcel.shipmentId)).toStrictEqual([shipmentId, shipmentId, shipmentId]);
  });
});
