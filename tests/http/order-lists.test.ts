import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";
import { create } from "./manual-orders.ts";

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

describe("lists", () => {
  it("give each order once, the newest first, however they are filtered", async () => {
    const ids: string[] = [];
    for (let index = 1; index <= 7; index += 1) {
      const status = index % 2 === 0 ? "pending_payment" : "paid";
      const lines = [{ externalLineId: "1", sku: "A", quantity: 1, unitPriceMinor: 1000 }];
      const made =
        index <= 5
          ? (await test.hub.order({ externalId: String(index), status, lines })).orderId
          : (await create(test, { externalId: String(index), status, totalMinor: 1000, lines })).body.id;
      ids.push(made);
    }
    const wanted = (indexes: number[]) => indexes.map((index) => ids[index - 1]);
    const shop = test.hub.connectionId;
    for (const [query, expected] of [
      ["", [7, 6, 5, 4, 3, 2, 1]],
      ["&status=paid", [7, 5, 3, 1]],
      [`&connection=${shop}`, [5, 4, 3, 2, 1]],
      ["&connection=manual", [7, 6]],
      [`&connection=${shop}&status=pending_payment`, [4, 2]],
      ["&externalId=3", [3]],
      [`&externalId=3&connection=${shop}`, [3]],
      ["&externalId=3&connection=manual", []],
      ["&externalId=3&status=shipped", []],
      ["&status=refunded", []],
    ] as const) {
      expect([query, await allIds(`/v1/orders?limit=2${query}`)]).toEqual([query, wanted([...expected])]);
    }
  });

  async function allIds(path: string): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { status, body } = await test.call("GET", `${path}${cursor && `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(2);
      found.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
    }
    return found;
  }

  it("S02: show two orders where two shops gave out the same number", async () => {
    await test.hub.order({ externalId: "1001" });
    await create(test, { externalId: "1001" });
    const { body } = await test.call("GET", "/v1/orders?externalId=1001");
    expect(body.items.map((item: { connection: string }) => item.connection)).toHaveLength(2);
  });

  it("say what is missing of each order", async () => {
    const lines = [
      { externalLineId: "1", sku: "A", quantity: 12, unitPriceMinor: 10 },
      { externalLineId: "2", sku: "GHOST", quantity: 1, unitPriceMinor: 10 },
    ];
    await test.hub.order({ externalId: "short", lines });
    const { body } = await test.call("GET", "/v1/orders");
    expect(body.items[0]).toMatchObject({ externalId: "short", shortfall: 2, unmapped: 1 });
    expect(body.items[0]).not.toHaveProperty("buyer");
  });
});
