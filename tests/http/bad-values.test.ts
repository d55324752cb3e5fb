import { describe, expect, it } from "vitest";
import { adjustment, expectProblem, order, reservation, unmovedApp } from "./bad-input.ts";

const test = unmovedApp();

const withQuantity = (quantity: unknown) =>
  order({ lines: [{ externalLineId: "1", sku: "A", quantity, unitPriceMinor: 1000 }] });

describe("numbers", () => {
  it.each([
    ["beyond 2^53", "/v1/orders", JSON.stringify(order()).replace(":1000,", ":9007199254740993,")],
    ["too large for a double", "/v1/orders", JSON.stringify(order()).replace(":1000,", ":1e400,")],
    [
      "that would lose digits",
      "/v1/reservations",
      '{"reference":"bad","lines":[{"sku":"A","quantity":1.00000000000000000001}]}',
    ],
    ["above a thousand million units", "/v1/reservations", JSON.stringify(reservation(1_000_000_001))],
    [
      "above a thousand million units at once",
      "/v1/stock/adjustments",
      JSON.stringify(adjustment({ delta: 2_000_000_000 })),
    ],
  ])("refuses one %s", async (_, path, body) => {
    expectProblem(await test().call("POST", path, body), 422, "number_out_of_range");
  });

  it.each([
    ["a negative quantity", "/v1/reservations", reservation(-1)],
    ["a quantity of nothing", "/v1/reservations", reservation(0)],
    ["a fraction", "/v1/reservations", reservation(1.5)],
    ["a quantity as text", "/v1/reservations", reservation("1")],
    ["no quantity", "/v1/reservations", reservation(null)],
    ["a negative quantity in an order", "/v1/orders", withQuantity(-3)],
    ["a fraction in an order", "/v1/orders", withQuantity(0.5)],
    ["money with decimals", "/v1/orders", order({ totalMinor: 10.5 })],
    ["negative money", "/v1/orders", order({ totalMinor: -1 })],
    ["money as decimal text", "/v1/orders", order({ totalMinor: "10.00" })],
  ])("refuses %s", async (_, path, body) => {
    expectProblem(await test().call("POST", path, body), 400, "invalid_request");
  });

  it("names every wrong place at once", async () => {
    const reply = await test().call("POST", "/v1/orders", {
      ...order({ currency: "RMB" }),
      placedAt: "yesterday",
      lines: [{ externalLineId: "1", sku: "A", quantity: -1, unitPriceMinor: 1.5 }],
    });
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.issues).toEqual([
      {
        in: "body",
        path: "placedAt",
        code: "invalid_request",
        message: "must be an ISO 8601 time with a zone, such as 2026-11-22T08:00:00Z",
      },
      {
        in: "body",
        path: "currency",
        code: "unknown_currency",
        message: "must be an ISO 4217 code in capital letters, such as CNY",
      },
      { in: "body", path: "lines[0].quantity", code: "invalid_request", message: "must not be negative" },
      {
        in: "body",
        path: "lines[0].unitPriceMinor",
        code: "invalid_request",
        message: "must be a whole number, without decimals",
      },
    ]);
  });
});

describe("orders", () => {
  it.each([["RMB"], ["cny"], ["XXX"], [""]])("refuses the currency %j", async (currency) => {
    expectProblem(await test().call("POST", "/v1/orders", order({ currency })), 422, "unknown_currency");
  });

  it("refuses an unknown SKU, naming it", async () => {
    const lines = [{ externalLineId: "7", sku: "GHOST", quantity: 1, unitPriceMinor: 1000 }];
    const reply = await test().call("POST", "/v1/orders", order({ lines }));
    expectProblem(reply, 422, "unknown_sku");
    expect(reply.body.lines).toEqual([{ externalLineId: "7", sku: "GHOST" }]);
  });

  it("refuses totals that do not add up, with what was expected", async () => {
    const reply = await test().call("POST", "/v1/orders", order({ totalMinor: 5000 }));
    expectProblem(reply, 422, "totals_mismatch");
    expect(reply.body).toMatchObject({ expectedMinor: 1000, givenMinor: 5000 });
  });

  it("refuses more than there is, naming SKU, wanted and available", async () => {
    const lines = [{ externalLineId: "1", sku: "A", quantity: 11, unitPriceMinor: 1000 }];
    const reply = await test().call("POST", "/v1/orders", order({ totalMinor: 11_000, lines }));
    expectProblem(reply, 409, "insufficient_stock");
    expect(reply.body.lines).toEqual([{ sku: "A", requested: 11, available: 10 }]);
  });

  it("F002: sums the lines of one SKU before it looks at the stock", async () => {
    const line = { sku: "A", quantity: 6, unitPriceMinor: 1000 };
    const lines = [
      { ...line, externalLineId: "1" },
      { ...line, externalLineId: "2" },
    ];
    const reply = await test().call("POST", "/v1/orders", order({ totalMinor: 12_000, lines }));
    expectProblem(reply, 409, "insufficient_stock");
    expect(reply.body.lines).toEqual([{ sku: "A", requested: 12, available: 10 }]);
  });
});

describe("stock", () => {
  it("refuses an unknown SKU in a reservation", async () => {
    expectProblem(await test().call("POST", "/v1/reservations", reservation(1, "GHOST")), 422, "unknown_sku");
  });

  it("refuses an unknown SKU in an adjustment", async () => {
    expectProblem(
      await test().call("POST", "/v1/stock/adjustments", adjustment({ sku: "GHOST", delta: 1 })),
      422,
      "unknown_sku",
    );
  });

  it("refuses an unknown location", async () => {
    expectProblem(
      await test().call("POST", "/v1/stock/adjustments", adjustment({ location: "MOON", delta: 1 })),
      422,
      "unknown_location",
    );
  });

  it.each([
    ["delta and count together", { delta: 1, count: 1 }],
    ["neither", {}],
    ["a reason of its own making", { delta: 1, reason: "because" }],
  ])("refuses %s", async (_, line) => {
    expectProblem(
      await test().call("POST", "/v1/stock/adjustments", adjustment(line)),
      400,
      "invalid_request",
    );
  });

  it("takes nothing below zero", async () => {
    const reply = await test().call(
      "POST",
      "/v1/stock/adjustments",
      adjustment({ delta: -11, reason: "damage" }),
    );
    expectProblem(reply, 409, "insufficient_stock");
  });
});
