import type { TestApp } from "../support/http.ts";

export const buyer = { name: "Li Lei", phone: "13800000000", address: { city: "Suzhou" } };

export const order = (change: Record<string, unknown> = {}) => ({
  externalId: "M-1",
  updatedAt: "2026-11-22T16:00:00+08:00",
  placedAt: "2026-11-22T16:00:00+08:00",
  status: "paid",
  currency: "CNY",
  totalMinor: 2000,
  buyer,
  lines: [{ externalLineId: "1", sku: "A", quantity: 2, unitPriceMinor: 1000 }],
  ...change,
});

export const create = (test: TestApp, change: Record<string, unknown> = {}) =>
  test.call("POST", "/v1/orders", order(change));
