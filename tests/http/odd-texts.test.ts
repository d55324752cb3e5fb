import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Reply, storedCounts, type TestApp, testApp } from "../support/http.ts";

/** Texts that look harmless and are not: the exact status and code, and nothing stored or moved. */

let test: TestApp;
let before: Record<string, number>;
let stockBefore: unknown;
beforeAll(async () => {
  test = await testApp({ options: { bodyLimitBytes: 10_000 } });
  await test.hub.sku("A", 10);
});
beforeEach(async () => {
  before = await storedCounts(test.db);
  stockBefore = await test.hub.stock("A");
});
afterEach(async () => {
  expect(await storedCounts(test.db)).toEqual(before);
  expect(await test.hub.stock("A")).toEqual(stockBefore);
});
afterAll(() => test.close());

const order = (change: Record<string, unknown> = {}) => ({
  externalId: "bad-1",
  updatedAt: "2026-11-22T08:00:00Z",
  placedAt: "2026-11-22T08:00:00Z",
  status: "paid",
  currency: "CNY",
  totalMinor: 1000,
  lines: [{ externalLineId: "1", sku: "A", quantity: 1, unitPriceMinor: 1000 }],
  ...change,
});

const reservation = (quantity: unknown, sku = "A") => ({ reference: "bad", lines: [{ sku, quantity }] });

function expectProblem(reply: Reply, status: number, code: string): void {
  expect([reply.status, reply.body.code]).toEqual([status, code]);
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(reply.body).toMatchObject({
    type: `urn:sluice:problem:${code}`,
    status,
    instance: reply.headers.get("x-request-id"),
    title: expect.any(String),
    detail: expect.any(String),
  });
}

describe("bodies that are packed", () => {
  it.each([["gzip"], ["br"], ["identity, gzip"]])("refuses %s and says so", async (encoding) => {
    const reply = await test.call("POST", "/v1/reservations", JSON.stringify(reservation(1)), {
      "content-encoding": encoding,
    });
    expectProblem(reply, 415, "unsupported_media_type");
    expect(reply.body.detail).toBe("The body must be sent as it is; leave out Content-Encoding.");
    expect(reply.headers.get("accept-encoding")).toBe("identity");
  });
});

describe("times", () => {
  it.each([
    ["no zone", "2026-11-22T08:00:00"],
    ["a day that does not exist", "2026-02-30T08:00:00Z"],
    ["the unset time of some languages", "0001-01-01T00:00:00Z"],
    ["the year 0", "0000-01-01T00:00:00Z"],
    ["the end of 9999, which is 10000 further east", "9999-12-31T23:59:59Z"],
    ["a year that no order can have", "2200-01-01T00:00:00Z"],
  ])("refuses %s", async (_, time) => {
    for (const name of ["placedAt", "updatedAt", "paidAt"]) {
      const reply = await test.call("POST", "/v1/orders", order({ [name]: time }));
      expectProblem(reply, 400, "invalid_request");
      expect(reply.body.issues).toMatchObject([{ path: name }]);
    }
  });
});

describe("codes of new SKUs and locations", () => {
  it.each([
    ["a step up in an address", "..", 'must not be "." or ".."'],
    ["a step nowhere", " . ", 'must not be "." or ".."'],
    ["a tab", "A\tB", "must not hold control characters such as tabs"],
    ["a line feed", "A\nB", "must not hold control characters such as tabs"],
    ["nothing to see", "\u200b", "must hold something to see"],
    ["spaces only", "  ", "must not be empty"],
  ])("refuses %s", async (_, code, message) => {
    for (const path of ["/v1/skus", "/v1/locations"]) {
      const reply = await test.call("POST", path, { code, name: "x" });
      expectProblem(reply, 400, "invalid_request");
      expect(reply.body.issues).toMatchObject([{ path: "code", message }]);
    }
  });
});
