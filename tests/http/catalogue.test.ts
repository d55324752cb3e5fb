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
});
afterEach(() => test.close());

describe("SKUs", () => {
  it("are created, found by any code that fits a URL, changed and listed", async () => {
    const code = "咖啡/250g #1";
    const made = await test.call("POST", "/v1/skus", {
      code,
      name: "Coffee",
      barcode: "690123",
      taxRateBp: 1300,
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      code,
      name: "Coffee",
      kind: "physical",
      components: [],
      taxRateBp: 1300,
    });
    const path = made.headers.get("location") ?? "";
    expect((await test.call("GET", path)).body).toEqual(made.body);
    const changed = await test.call("PATCH", path, { name: "Coffee, ground", barcode: null });
    expect(changed.body).toEqual({ ...made.body, name: "Coffee, ground", barcode: null });
    expect((await test.call("GET", "/v1/skus")).body).toEqual({ items: [changed.body], nextCursor: null });
  });

  it("F126: are one and the same with spaces around the code", async () => {
    await test.call("POST", "/v1/skus", { code: "A", name: "one" });
    const reply = await test.call("POST", "/v1/skus", { code: " A ", name: "two" });
    expect([reply.status, reply.body.code, reply.body.codes]).toEqual([409, "already_exists", ["A"]]);
  });

  it("page by code", async () => {
    for (const code of ["C", "A", "B"]) await test.call("POST", "/v1/skus", { code, name: code });
    const first = await test.call("GET", "/v1/skus?limit=2");
    expect(first.body.items.map((sku: { code: string }) => sku.code)).toEqual(["A", "B"]);
    const second = await test.call("GET", `/v1/skus?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((sku: { code: string }) => sku.code)).toEqual(["C"]);
    expect(second.body.nextCursor).toBeNull();
  });

  it("may be bundles, whose stock follows from their components", async () => {
    await test.hub.sku("A", 7);
    await test.hub.sku("B", 3);
    const components = [
      { sku: "A", quantity: 2 },
      { sku: "B", quantity: 1 },
    ];
    const made = await test.call("POST", "/v1/skus", {
      code: "SET",
      name: "Set",
      kind: "bundle",
      components,
    });
    expect([made.status, made.body.components]).toEqual([201, components]);
    const { body } = await test.call("GET", "/v1/stock?sku=SET");
    expect(body.items).toMatchObject([{ sku: "SET", location: "*", available: 3 }]);
    const ghost = await test.call("PATCH", "/v1/skus/SET", { components: [{ sku: "GHOST", quantity: 1 }] });
    expect([ghost.status, ghost.body.code]).toEqual([422, "unknown_sku"]);
  });

  it("give waiting order lines their units as soon as they exist", async () => {
    const lines = [{ externalLineId: "1", sku: "LATE", quantity: 1, unitPriceMinor: 100 }];
    const order = await test.hub.order({ externalId: "early", lines });
    expect(order.unmapped).toBe(1);
    await test.call("POST", "/v1/skus", { code: "LATE", name: "Late" });
    const { body } = await test.call("GET", `/v1/orders/${order.orderId}`);
    expect(body).toMatchObject({ unmapped: 0, shortfall: 1, lines: [{ sku: "LATE" }] });
  });
});

describe("locations", () => {
  it("start with MAIN and take more", async () => {
    const made = await test.call("POST", "/v1/locations", { code: "SH", name: "Shanghai" });
    expect([made.status, made.headers.get("location")]).toEqual([201, "/v1/locations/SH"]);
    expect(made.body).toMatchObject({ code: "SH", name: "Shanghai", kind: "own" });
    const { body } = await test.call("GET", "/v1/locations");
    expect(body.items.map((location: { code: string }) => location.code)).toEqual(["MAIN", "SH"]);
    expect((await test.call("POST", "/v1/locations", { code: "SH", name: "again" })).status).toBe(409);
    expect((await test.call("GET", "/v1/locations/MOON")).status).toBe(404);
  });
});

describe("listings", () => {
  it("map an item to a SKU, and orders that waited for it get their units", async () => {
    await test.hub.sku("A", 20);
    const lines = [{ externalLineId: "1", externalVariantId: "v-9", quantity: 2, unitPriceMinor: 100 }];
    const order = await test.hub.order({ externalId: "unmapped", lines });
    expect(order.unmapped).toBe(1);
    const input = {
      connection: test.hub.connectionId,
      externalId: "item-9",
      externalVariantId: "v-9",
      sku: "A",
      unitsPer: 6,
    };
    const made = await test.call("POST", "/v1/listings", input);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...input, buffer: 0, cap: null, publishedQuantity: null });
    expect(await test.hub.stock("A")).toMatchObject({ reserved: 12 });
    const again = await test.call("POST", "/v1/listings", input);
    expect([again.status, again.body.code]).toEqual([409, "already_exists"]);
    const path = made.headers.get("location") ?? "";
    expect((await test.call("PATCH", path, { buffer: 2, cap: 5 })).body).toMatchObject({ buffer: 2, cap: 5 });
    const found = await test.call("GET", `/v1/listings?connection=${test.hub.connectionId}&sku=A`);
    expect(found.body.items).toMatchObject([{ id: made.body.id, buffer: 2 }]);
    expect((await test.call("DELETE", path)).status).toBe(204);
    expect((await test.call("GET", path)).status).toBe(404);
    expect((await test.call("DELETE", path)).status).toBe(404);
  });

  it("refuse an unknown SKU and an unknown connection", async () => {
    const sku = await test.call("POST", "/v1/listings", {
      connection: test.hub.connectionId,
      externalId: "1",
      sku: "GHOST",
    });
    expect([sku.status, sku.body.code]).toEqual([422, "unknown_sku"]);
    await test.hub.sku("A");
    const connection = await test.call("POST", "/v1/listings", {
      connection: "01a20244-e800-7000-8000-000000000000",
      externalId: "1",
      sku: "A",
    });
    expect([connection.status, connection.body.code]).toEqual([404, "not_found"]);
  });
});
