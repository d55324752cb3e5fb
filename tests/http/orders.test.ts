import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { storedCounts, type TestApp, testApp } from "../support/http.ts";
import { buyer, create, order } from "./manual-orders.ts";

let db: Database;
let test: TestApp;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  test = await testApp({ db });
  await test.hub.sku("A", 10, { unitCostMinor: 300 });
});
afterEach(() => test.close());

describe("manual orders", () => {
  it("are created whole, reserved, and found at their Location", async () => {
    const made = await create(test);
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe(`/v1/orders/${made.body.id}`);
    expect(made.body).toMatchObject({
      externalId: "M-1",
      status: "paid",
      outcome: "created",
      totalMinor: 2000,
      placedAt: "2026-11-22T08:00:00.000Z",
      shortfall: 0,
      unmapped: 0,
      lines: [{ line: 1, sku: "A", quantity: 2, reserved: 2, shipped: 0, shortfall: 0 }],
      reservations: [{ line: 1, sku: "A", location: "MAIN", quantity: 2 }],
      shipments: [],
      refunds: [],
    });
    expect(await test.hub.stock("A")).toMatchObject({ onHand: 10, reserved: 2, available: 8 });
    const found = await test.call("GET", made.headers.get("location") ?? "");
    const { outcome: _, ...shown } = made.body;
    expect(found.body).toEqual({ ...shown, buyer });
  });

  it("answer the first result when they come again, and take nothing more", async () => {
    const first = await create(test);
    const before = await storedCounts(test.db);
    const again = await create(test);
    expect(again.status).toBe(201);
    expect(again.body).toEqual({ ...first.body, outcome: "duplicate" });
    expect(await storedCounts(test.db)).toEqual(before);
  });

  it("are updated by a newer snapshot and not by an older one", async () => {
    const { body } = await create(test);
    const lines = [{ externalLineId: "1", sku: "A", quantity: 3, unitPriceMinor: 1000 }];
    const newer = await create(test, { updatedAt: "2026-11-22T09:00:00Z", totalMinor: 3000, lines });
    expect([newer.status, newer.body.outcome, newer.body.id]).toEqual([200, "updated", body.id]);
    const older = await create(test, { updatedAt: "2026-11-22T08:30:00Z", status: "cancelled" });
    expect([older.status, older.body.outcome, older.body.status]).toEqual([200, "stale", "paid"]);
    expect((await test.hub.stock("A")).reserved).toBe(3);
  });

  it("keep the currency they were booked in", async () => {
    const { body } = await create(test);
    const before = await storedCounts(test.db);
    const other = await create(test, {
      updatedAt: "2026-11-22T09:00:00Z",
      currency: "USD",
      totalMinor: 2000,
    });
    expect([other.status, other.body.code]).toEqual([409, "conflict"]);
    expect(other.body.detail).toContain("booked in CNY and now comes in USD");
    expect(await storedCounts(test.db)).toEqual(before);
    expect((await test.call("GET", `/v1/orders/${body.id}`)).body).toMatchObject({
      currency: "CNY",
      updatedAt: "2026-11-22T08:00:00.000Z",
      lines: [{ reserved: 2 }],
    });
  });

  it("may change their currency until they are paid", async () => {
    await create(test, { status: "pending_payment" });
    const other = await create(test, { updatedAt: "2026-11-22T09:00:00Z", currency: "USD" });
    expect([other.status, other.body.outcome, other.body.currency]).toEqual([200, "updated", "USD"]);
  });

  it("take over the units of a reservation", async () => {
    await test.call("POST", "/v1/reservations", { reference: "cart-1", lines: [{ sku: "A", quantity: 10 }] });
    expect((await create(test)).status).toBe(409);
    const made = await create(test, { reservation: "cart-1" });
    expect(made.status).toBe(201);
    expect((await test.hub.stock("A")).reserved).toBe(2);
    const { body } = await test.call("GET", "/v1/reservations?reference=cart-1");
    expect(body.items).toMatchObject([{ status: "consumed", orderId: made.body.id }]);
  });

  it("show the buyer to those who sell and ship, and to nobody else", async () => {
    const { body } = await create(test);
    for (const [role, shown] of [
      ["owner", buyer],
      ["operator", buyer],
      ["warehouse", buyer],
      ["finance", undefined],
      ["read-only", undefined],
    ] as const) {
      const headers = { authorization: `Bearer ${await test.key(role)}` };
      const reply = await test.call("GET", `/v1/orders/${body.id}`, undefined, headers);
      expect([role, reply.body.buyer]).toEqual([role, shown]);
    }
  });

  it("leave no readable trace of the buyer anywhere but in the sealed column", async () => {
    await test.call("POST", "/v1/orders", order(), { "idempotency-key": "with-buyer" });
    for (const table of ["orders", "order_lines", "events", "idempotency_keys", "audit_log", "tasks"]) {
      const rows = await test.db.query(`select * from ${table}`);
      expect([table, JSON.stringify(rows)]).not.toEqual([
        table,
        expect.stringMatching(/Li Lei|138000|Suzhou/),
      ]);
    }
  });

  it("show null where the platform gave no buyer", async () => {
    const { body } = await create(test, { buyer: undefined });
    expect((await test.call("GET", `/v1/orders/${body.id}`)).body.buyer).toBeNull();
  });
});

describe("shipments", () => {
  it("ship named lines, then the rest, and can be called back", async () => {
    const { body } = await create(test);
    const path = `/v1/orders/${body.id}/shipments`;
    const first = await test.call("POST", path, {
      lines: [{ line: 1, quantity: 1 }],
      carrier: "SF",
      trackingNumber: "SF1",
    });
    expect(first.status).toBe(201);
    expect(first.headers.get("location")).toBe(`${path}/${first.body.id}`);
    expect(first.body).toMatchObject({
      orderId: body.id,
      orderStatus: "partially_shipped",
      status: "shipped",
      origin: "hub",
      carrier: "SF",
      trackingNumber: "SF1",
      lines: [{ line: 1, quantity: 1 }],
    });
    expect((await test.call("GET", first.headers.get("location") ?? "")).body).toEqual(first.body);
    const rest = await test.call("POST", path);
    expect([rest.status, rest.body.orderStatus]).toEqual([201, "shipped"]);
    expect(await test.hub.stock("A")).toMatchObject({ onHand: 8, reserved: 0 });
    const back = await test.call("POST", `${path}/${rest.body.id}/cancel`);
    expect([back.status, back.body.status, back.body.lines[0].reserved]).toEqual([
      200,
      "partially_shipped",
      1,
    ]);
    expect(await test.hub.stock("A")).toMatchObject({ onHand: 9, reserved: 1 });
  });

  it("refuse more than is open, and nothing moves", async () => {
    const { body } = await create(test);
    const reply = await test.call("POST", `/v1/orders/${body.id}/shipments`, {
      lines: [{ line: 1, quantity: 3 }],
    });
    expect([reply.status, reply.body.code]).toEqual([409, "illegal_transition"]);
    expect(await test.hub.stock("A")).toMatchObject({ onHand: 10, reserved: 2 });
  });

  it("are not found under another order", async () => {
    const [one, two] = [await create(test), await create(test, { externalId: "M-2" })];
    const parcel = await test.call("POST", `/v1/orders/${one.body.id}/shipments`);
    const reply = await test.call("GET", `/v1/orders/${two.body.id}/shipments/${parcel.body.id}`);
    expect([reply.status, reply.body.code]).toEqual([404, "not_found"]);
  });
});

describe("changes", () => {
  it("cancel what is not shipped, once", async () => {
    const { body } = await create(test);
    const cancelled = await test.call("POST", `/v1/orders/${body.id}/cancel`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, "cancelled"]);
    const again = await test.call("POST", `/v1/orders/${body.id}/cancel`);
    expect([again.status, again.body.outcome]).toEqual([200, "unchanged"]);
    expect((await test.hub.stock("A")).reserved).toBe(0);
  });

  it("refund money and take units back", async () => {
    const { body } = await create(test);
    await test.call("POST", `/v1/orders/${body.id}/shipments`);
    const input = {
      reference: "R-1",
      amountMinor: 1000,
      lines: [{ line: 1, amountMinor: 1000, quantity: 1, restock: true }],
      reason: "too small",
    };
    const refund = await test.call("POST", `/v1/orders/${body.id}/refunds`, input);
    expect(refund.status).toBe(201);
    expect(refund.body).toMatchObject({
      amountMinor: 1000,
      reason: "too small",
      origin: "hub",
      orderId: body.id,
    });
    expect((await test.call("GET", refund.headers.get("location") ?? "")).body).toEqual(refund.body);
    expect((await test.hub.stock("A")).onHand).toBe(9);
    const again = await test.call("POST", `/v1/orders/${body.id}/refunds`, input);
    expect([again.status, again.body.id]).toEqual([201, refund.body.id]);
    const nothing = await test.call("POST", `/v1/orders/${body.id}/refunds`, { amountMinor: 0 });
    expect([nothing.status, nothing.body.code]).toEqual([400, "invalid_request"]);
    const tooMuch = await test.call("POST", `/v1/orders/${body.id}/refunds`, { amountMinor: 1001 });
    expect([tooMuch.status, tooMuch.body.code, tooMuch.body.refundableMinor]).toEqual([
      409,
      "illegal_transition",
      1000,
    ]);
  });

  it("let an order go on that was held because its totals do not add up", async () => {
    const answer = await test.hub.order({ externalId: "odd", totalMinor: 99_999 });
    expect(answer.heldReason).toBe("totals_mismatch");
    const { body } = await test.call("GET", `/v1/orders/${answer.orderId}`);
    expect(body.heldReason).toBe("totals_mismatch");
    const refused = await test.call("POST", `/v1/orders/${answer.orderId}/shipments`);
    expect([refused.status, refused.body.code]).toEqual([409, "illegal_transition"]);
    const accepted = await test.call("POST", `/v1/orders/${answer.orderId}/accept`);
    expect([accepted.status, accepted.body.heldReason]).toEqual([200, null]);
    expect((await test.call("POST", `/v1/orders/${answer.orderId}/shipments`)).status).toBe(201);
  });
});

it("bundles show as many reserved as their scarcest component allows", async () => {
  await test.hub.sku("B", 3);
  const components = [
    { sku: "A", quantity: 2 },
    { sku: "B", quantity: 1 },
  ];
  await test.hub.sku("SET", 0, { kind: "bundle", components });
  const lines = [{ externalLineId: "1", sku: "SET", quantity: 2, unitPriceMinor: 1000 }];
  const { body } = await create(test, { lines });
  expect(body.lines).toMatchObject([{ sku: "SET", quantity: 2, reserved: 2 }]);
  expect(body.reservations).toEqual([
    { line: 1, sku: "A", location: "MAIN", quantity: 4 },
    { line: 1, sku: "B", location: "MAIN", quantity: 2 },
  ]);
});
