import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";

let db: Database;
let test: TestApp;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  test = await testApp({ db });
  await test.hub.sku("A");
  await test.hub.sku("B");
});
afterEach(() => test.close());

const adjust = (reference: string, ...lines: Record<string, unknown>[]) =>
  test.call("POST", "/v1/stock/adjustments", { reference, lines });

describe("adjustments", () => {
  it("post all lines, answer the stock after them, and are found by reference", async () => {
    const posted = await adjust(
      "GR 1/2026",
      { sku: "A", delta: 10, unitCostMinor: 250, reason: "receipt" },
      { sku: "B", count: 4, reason: "count" },
      { sku: "A", heldBack: 2, reason: "other" },
    );
    expect(posted.status).toBe(201);
    expect(posted.body).toMatchObject({ reference: "GR 1/2026", outcome: "applied", shortfalls: [] });
    expect(posted.body.lines).toContainEqual({
      sku: "A",
      location: "MAIN",
      onHand: 10,
      reserved: 0,
      heldBack: 2,
      inDoubt: 0,
      available: 8,
      valueMinor: 2500,
    });
    const found = await test.call("GET", posted.headers.get("location") ?? "");
    expect([found.status, found.body]).toEqual([200, posted.body]);
  });

  it("S12: change nothing when they come again, and are refused with other content", async () => {
    const first = await adjust("GR-1", { sku: "A", delta: 10, reason: "receipt" });
    const again = await adjust("GR-1", { sku: "A", delta: 10, reason: "receipt" });
    expect([again.status, again.body]).toEqual([201, { ...first.body, outcome: "duplicate" }]);
    const other = await adjust("GR-1", { sku: "A", delta: 11, reason: "receipt" });
    expect([other.status, other.body.code]).toEqual([409, "conflict"]);
    expect((await test.hub.stock("A")).onHand).toBe(10);
  });

  it("name the orders that a count below their units leaves short", async () => {
    await adjust("GR-1", { sku: "A", delta: 5, reason: "receipt" });
    const lines = [{ externalLineId: "1", sku: "A", quantity: 5, unitPriceMinor: 1 }];
    const order = await test.hub.order({ externalId: "1", lines });
    const counted = await adjust("COUNT-1", { sku: "A", count: 3, reason: "count" });
    expect(counted.body.shortfalls).toEqual([{ orderId: order.orderId, line: 1, quantity: 2 }]);
    const tasks = await test.call("GET", "/v1/tasks?status=open");
    expect(tasks.body.items).toHaveLength(1);
    const closed = await test.call("POST", `/v1/tasks/${tasks.body.items[0].id}/close`);
    expect([closed.status, closed.body.status]).toEqual([200, "done"]);
    expect((await test.call("GET", "/v1/tasks?status=open")).body.items).toEqual([]);
  });
});

describe("transfers", () => {
  it("move units and their value, once", async () => {
    await test.call("POST", "/v1/locations", { code: "SH", name: "Shanghai" });
    await adjust("GR-1", { sku: "A", delta: 10, unitCostMinor: 300, reason: "receipt" });
    const transfer = { reference: "T-1", from: "MAIN", to: "SH", lines: [{ sku: "A", quantity: 4 }] };
    const moved = await test.call("POST", "/v1/transfers", transfer);
    expect([moved.status, moved.headers.get("location")]).toEqual([201, "/v1/transfers/T-1"]);
    const again = await test.call("POST", "/v1/transfers", transfer);
    expect([again.status, again.body.outcome]).toEqual([201, "duplicate"]);
    const { body } = await test.call("GET", "/v1/stock?sku=A");
    expect(body.items).toMatchObject([
      { location: "MAIN", onHand: 6, valueMinor: 1800 },
      { location: "SH", onHand: 4, valueMinor: 1200 },
    ]);
    const tooMany = await test.call("POST", "/v1/transfers", {
      ...transfer,
      reference: "T-2",
      lines: [{ sku: "A", quantity: 7 }],
    });
    expect([tooMany.status, tooMany.body.code]).toEqual([409, "insufficient_stock"]);
    expect((await test.call("GET", "/v1/transfers/GR-1")).status).toBe(404);
  });
});

describe("the stock list", () => {
  it("filters by SKU, by location and by what is short", async () => {
    await test.call("POST", "/v1/locations", { code: "SH", name: "Shanghai" });
    await adjust(
      "GR-1",
      { sku: "A", delta: 10, reason: "receipt" },
      { sku: "B", delta: 2, location: "SH", reason: "receipt" },
    );
    const list = async (query: string) =>
      (await test.call("GET", `/v1/stock?${query}`)).body.items.map(
        (item: { sku: string; location: string; available: number }) =>
          `${item.sku} ${item.location} ${item.available}`,
      );
    expect(await list("")).toEqual(["A MAIN 10", "B MAIN 0", "B SH 2"]);
    expect(await list("sku=B")).toEqual(["B MAIN 0", "B SH 2"]);
    expect(await list("location=SH")).toEqual(["B SH 2"]);
    expect(await list("below=3")).toEqual(["B MAIN 0", "B SH 2"]);
    expect(await list("location=MAIN&below=3")).toEqual(["B MAIN 0"]);
    const first = await test.call("GET", "/v1/stock?limit=2");
    const second = await test.call("GET", `/v1/stock?limit=2&cursor=${first.body.nextCursor}`);
    expect([first.body.items.length, second.body.items.length, second.body.nextCursor]).toEqual([2, 1, null]);
  });
});

describe("reservations", () => {
  const reserve = (reference: string, quantity: number, more: Record<string, unknown> = {}) =>
    test.call("POST", "/v1/reservations", { reference, lines: [{ sku: "A", quantity }], ...more });

  beforeEach(async () => {
    await adjust("GR-1", { sku: "A", delta: 10, reason: "receipt" });
  });

  it("hold units, all or none", async () => {
    const held = await reserve("cart-1", 4, { expiresInSeconds: 900 });
    expect(held.status).toBe(201);
    expect(held.body).toEqual({
      id: held.body.id,
      reference: "cart-1",
      status: "held",
      lines: [{ sku: "A", quantity: 4 }],
      expiresAt: "2026-11-22T08:15:00.000Z",
      createdAt: "2026-11-22T08:00:00.000Z",
    });
    const refused = await reserve("cart-2", 7);
    expect([refused.status, refused.body.code]).toEqual([409, "insufficient_stock"]);
    expect(refused.body.lines).toEqual([{ sku: "A", requested: 7, available: 6 }]);
    expect((await test.hub.stock("A")).reserved).toBe(4);
  });

  it("F034: answer the same hold to the same reference", async () => {
    const first = await reserve("cart-1", 10);
    const again = await reserve("cart-1", 10);
    expect([again.status, again.body]).toEqual([201, first.body]);
    const other = await reserve("cart-1", 9);
    expect([other.status, other.body.code]).toEqual([409, "conflict"]);
  });

  it("whose hold ended are refused, those that became an order answered again", async () => {
    const { body } = await reserve("cart-1", 10);
    await test.call("POST", `/v1/reservations/${body.id}/release`);
    const again = await reserve("cart-1", 10);
    expect([again.status, again.body]).toMatchObject([
      409,
      {
        status: 409,
        code: "conflict",
        id: body.id,
        holdStatus: "released",
        closedAt: "2026-11-22T08:00:00.000Z",
      },
    ]);
    expect(again.body.detail).toContain("use a new reference");
    expect((await test.hub.stock("A")).reserved).toBe(0);
    const held = await reserve("cart-2", 1);
    await test.hub.order({ externalId: "1" }, { holdReference: "cart-2" });
    const late = await reserve("cart-2", 1);
    expect([late.status, late.body]).toEqual([201, { ...held.body, status: "consumed" }]);
  });

  it("F028: give their units back once", async () => {
    const { body } = await reserve("cart-1", 4);
    const released = await test.call("POST", `/v1/reservations/${body.id}/release`);
    expect([released.status, released.body.status]).toEqual([200, "released"]);
    expect((await test.call("POST", `/v1/reservations/${body.id}/release`)).body.status).toBe("released");
    expect((await test.hub.stock("A")).reserved).toBe(0);
    const found = await test.call("GET", `/v1/reservations/${body.id}`);
    expect(found.body).toMatchObject({
      status: "released",
      closedAt: "2026-11-22T08:00:00.000Z",
      orderId: null,
    });
  });

  it("are listed by state and reference, newest first", async () => {
    const ids: string[] = [];
    for (const reference of ["a", "b", "c"]) ids.push((await reserve(reference, 1)).body.id);
    await test.call("POST", `/v1/reservations/${ids[1]}/release`);
    const list = async (query: string) =>
      (await test.call("GET", `/v1/reservations?${query}`)).body.items.map(
        (hold: { reference: string }) => hold.reference,
      );
    expect(await list("")).toEqual(["c", "b", "a"]);
    expect(await list("status=held")).toEqual(["c", "a"]);
    expect(await list("status=released")).toEqual(["b"]);
    expect(await list("reference=a")).toEqual(["a"]);
    const first = await test.call("GET", "/v1/reservations?limit=2");
    expect(await list(`limit=2&cursor=${first.body.nextCursor}`)).toEqual(["a"]);
  });

  it("twenty callers at once for ten units: ten get one each", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, (_, index) => reserve(`rush-${index}`, 1)));
    expect(replies.filter((reply) => reply.status === 201)).toHaveLength(10);
    expect(replies.filter((reply) => reply.status === 409)).toHaveLength(10);
    expect(await test.hub.stock("A")).toMatchObject({ onHand: 10, reserved: 10, available: 0 });
  });
});
