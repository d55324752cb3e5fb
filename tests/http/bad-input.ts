import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { AppParts } from "../../src/http/parts.ts";
import { type Reply, storedCounts, type TestApp, testApp } from "../support/http.ts";

/** For the files of bad input: everything a caller can get wrong gets its exact status and code, and moves nothing. */

/** One app for the tests of a file, with ten units of SKU A; each test fails when it stored or moved anything. */
export function unmovedApp(more: Partial<AppParts> = {}): () => TestApp {
  let test: TestApp;
  let before: Record<string, number>;
  let stockBefore: unknown;
  beforeAll(async () => {
    test = await testApp({ options: { bodyLimitBytes: 10_000 }, more });
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
  return () => test;
}

export const order = (change: Record<string, unknown> = {}) => ({
  externalId: "bad-1",
  updatedAt: "2026-11-22T08:00:00Z",
  placedAt: "2026-11-22T08:00:00Z",
  status: "paid",
  currency: "CNY",
  totalMinor: 1000,
  lines: [{ externalLineId: "1", sku: "A", quantity: 1, unitPriceMinor: 1000 }],
  ...change,
});

export const reservation = (quantity: unknown, sku = "A") => ({
  reference: "bad",
  lines: [{ sku, quantity }],
});

export const adjustment = (line: Record<string, unknown>) => ({
  reference: "bad",
  lines: [{ sku: "A", reason: "receipt", ...line }],
});

export function expectProblem(reply: Reply, status: number, code: string): void {
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
