import { afterAll, beforeAll, expect, it } from "vitest";
import { runDoctor } from "../../src/core/doctor.ts";
import { storedCounts, type TestApp, testApp } from "../support/http.ts";

let test: TestApp;
let at: string;
let claim: string;
let item: string;
beforeAll(async () => {
  test = await testApp();
  await test.hub.sku("MUG", 4);
  const session = await test.call("POST", "/v1/live-sessions", {
    ...{ connection: test.hub.connectionId, room: "room", title: "Show" },
    items: [{ sku: "MUG", code: "B2", priceMinor: 10_000_000_000_000, share: 2 }],
  });
  at = `/v1/live-sessions/${session.body.id}`;
  item = session.body.items[0].id;
  await test.call("POST", `${at}/start`);
  const sentAt = "2026-11-22T08:00:00Z";
  const viewer = { externalId: "ann" };
  await test.call("POST", `${at}/comments`, { externalId: "c1", text: "B2 x2 x3", sentAt, viewer });
  const claims = [{ item, quantity: 1_000_000_000 }];
  const decided = await test.call("POST", `${at}/queue/1`, { claims });
  claim = decided.body.claims[0].claimId;
});
afterAll(async () => {
  const report = await runDoctor(test.db);
  expect(report.checks.filter((check) => !check.ok)).toEqual([]);
  await test.close();
});

const nobody = "00000000-0000-7000-8000-000000000000";
type Case = [string, () => [method: string, path: string, body?: unknown], number, string];

it.each<Case>([
  [
    "an order of more money than can be counted",
    () => ["POST", `/v1/claims/${claim}/order`, { externalId: "W-1" }],
    422,
    "number_out_of_range",
  ],
  [
    "an order of more goods than can be counted, at a total that can",
    () => ["POST", `/v1/claims/${claim}/order`, { externalId: "W-1", totalMinor: 1 }],
    422,
    "number_out_of_range",
  ],
  [
    "a discount above the price",
    () => [
      "POST",
      `/v1/claims/${claim}/order`,
      { externalId: "W-1", discountMinor: 10_000_000_000_000, status: "pending_payment" },
    ],
    422,
    "number_out_of_range",
  ],
  ["a hold of more than there is", () => ["POST", `/v1/claims/${claim}/hold`], 409, "insufficient_stock"],
  [
    "an order of no claim",
    () => ["POST", `/v1/claims/${nobody}/order`, { externalId: "W-1" }],
    404,
    "not_found",
  ],
  ["a hold of no claim", () => ["POST", `/v1/claims/${nobody}/hold`], 404, "not_found"],
  ["the end of no claim", () => ["POST", `/v1/claims/${nobody}/release`], 404, "not_found"],
  ["a claim by a word", () => ["POST", "/v1/claims/mine/hold"], 404, "not_found"],
  ["a top-up of no item", () => ["POST", `${at}/top-up`, { item: nobody, quantity: 1 }], 404, "not_found"],
  ["a top-up of nothing", () => ["POST", `${at}/top-up`, { item, quantity: 0 }], 400, "invalid_request"],
  ["too large a top-up", () => ["POST", `${at}/top-up`, { item, quantity: 1e9 }], 409, "insufficient_stock"],
  [
    "a top-up beyond numbers",
    () => ["POST", `${at}/top-up`, { item, quantity: 1e300 }],
    422,
    "number_out_of_range",
  ],
  [
    "a return of claimed units",
    () => ["POST", `${at}/give-back`, { item, quantity: 3 }],
    409,
    "insufficient_stock",
  ],
  ["an item to show that is none", () => ["POST", `${at}/show`, { item: nobody }], 404, "not_found"],
  ["the start of no session", () => ["POST", `/v1/live-sessions/${nobody}/start`], 404, "not_found"],
  ["a comment number that is none", () => ["POST", `${at}/queue/99`, {}], 404, "not_found"],
  ["a comment number beyond numbers", () => ["POST", `${at}/queue/${"9".repeat(30)}`, {}], 404, "not_found"],
  ["a limit of 0", () => ["PATCH", at, { settings: { limitPerItem: 0 } }], 400, "invalid_request"],
  [
    "an item limit of 0",
    () => ["PATCH", `${at}/items/${item}`, { limitPerBuyer: 0 }],
    400,
    "invalid_request",
  ],
  ["no item at all", () => ["POST", `${at}/items`, { items: [] }], 400, "invalid_request"],
  ["a place for no item", () => ["PATCH", `${at}/items/${nobody}`, { priceMinor: 1 }], 404, "not_found"],
])("refuses %s, and nothing is stored", async (_, request, status, code) => {
  const before = await storedCounts(test.db);
  const [method, path, body] = request();
  const reply = await test.call(method, path, body);
  expect([reply.status, reply.body.code]).toEqual([status, code]);
  expect(await storedCounts(test.db)).toEqual(before);
  const chinese = await test.call(method, path, body, { "accept-language": "zh" });
  expect(chinese.body.title).toMatch(/\p{Script=Han}/u);
});
