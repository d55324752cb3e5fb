import { describe, expect, it } from "vitest";
import { openMedusa } from "./session.ts";

const interpret = (delivery: unknown) => {
  const { account } = openMedusa();
  return account.webhooks!.interpret("", new TextEncoder().encode(JSON.stringify(delivery)));
};

describe("deliveries of the bridge", () => {
  it.each([
    ["order.placed", { id: "order_1" }],
    ["order.fulfillment_created", { order_id: "order_1", fulfillment_id: "ful_1" }],
    ["payment.captured", { id: "pay_1", order_id: "order_1" }],
    ["shipment.created", { id: "ful_1", order_id: "order_1" }],
  ])("%s names the order to fetch", (type, data) => {
    expect(interpret({ type, timestamp: "2026-11-22T08:00:00.000Z", data })).toEqual({
      kind: "fetch",
      externalIds: ["order_1"],
    });
  });

  it.each([
    ["payment.refunded", { id: "pay_1" }],
    ["inventory-level.updated", { id: "ilev_1" }],
  ])("%s without an order is left to the pull", (type, data) => {
    expect(interpret({ type, data })).toMatchObject({ kind: "ignore" });
  });

  it.each([
    [{ type: "order.placed" }],
    [{ data: { id: "order_1" } }],
    ["order_1"],
    [{ type: "order.placed", data: { id: 5 } }],
  ])("%j is unusable", (delivery) => {
    expect(interpret(delivery)).toMatchObject({ kind: "unusable" });
  });
});
