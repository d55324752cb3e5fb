import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Reply, storedCounts, type TestApp, testApp } from "../support/http.ts";

/** Everything a caller can get wrong: the exact status and code, and nothing stored or moved. */

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

const withQuantity = (quantity: unknown) =>
  order({ lines: [{ externalLineId: "1", sku: "A", quantity, unitPriceMinor: 1000 }] });

const reservation = (quantity: unknown, sku = "A") => ({ reference: "bad", lines: [{ sku, quantity }] });

const adjustment = (line: Record<string, unknown>) => ({
  reference: "bad",
  lines: [{ sku: "A", reason: "receipt", ...line }],
});

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

describe("bodies that are no JSON", () => {
  it.each([
    ["half an object", '{"reference":"x"', "malformed_json"],
    ["a trailing comma", '{"reference":"x",}', "malformed_json"],
    ["plain words", "hello", "malformed_json"],
    ["two documents", "{} {}", "malformed_json"],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), "malformed_json"],
    ["half a surrogate pair", '{"reference":"\\ud83d","lines":[]}', "malformed_json"],
    ["NUL in a text", '{"reference":"a\\u0000b","lines":[]}', "malformed_json"],
    ["nesting without end", "[".repeat(200) + "]".repeat(200), "malformed_json"],
  ])("refuses %s", async (_, body, code) => {
    expectProblem(await test.call("POST", "/v1/reservations", body), 400, code);
  });

  it("refuses an empty body", async () => {
    const reply = await test.call("POST", "/v1/reservations", "");
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.detail).toContain("Content-Type: application/json");
  });

  it.each([
    ["text", "text/plain"],
    ["a form", "application/x-www-form-urlencoded"],
    ["JSON in another charset", "application/json; charset=gbk"],
    ["something that only starts alike", "application/json-lines"],
  ])("refuses %s", async (_, contentType) => {
    const reply = await test.call("POST", "/v1/reservations", JSON.stringify(reservation(1)), {
      "content-type": contentType,
    });
    expectProblem(reply, 415, "unsupported_media_type");
    expect(reply.headers.get("accept")).toBe("application/json");
  });
});

describe("keys that stand twice", () => {
  it.each([
    [
      "in a reservation",
      "/v1/reservations",
      '{"reference":"bad","lines":[{"sku":"A","quantity":1,"quantity":9}]}',
    ],
    ["in an order's money", "/v1/orders", JSON.stringify(order()).replace("{", '{"totalMinor":1,')],
    [
      "spelled differently",
      "/v1/reservations",
      '{"reference":"bad","lines":[{"sku":"A","quantity":1,"quant\\u0069ty":2}]}',
    ],
    [
      "in an adjustment",
      "/v1/stock/adjustments",
      '{"reference":"bad","lines":[{"sku":"A","delta":1,"reason":"receipt","delta":100}]}',
    ],
  ])("refuses one %s", async (_, path, body) => {
    expectProblem(await test.call("POST", path, body), 400, "duplicate_key");
  });
});

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
    expectProblem(await test.call("POST", path, body), 422, "number_out_of_range");
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
    expectProblem(await test.call("POST", path, body), 400, "invalid_request");
  });

  it("names every wrong place at once", async () => {
    const reply = await test.call("POST", "/v1/orders", {
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
    expectProblem(await test.call("POST", "/v1/orders", order({ currency })), 422, "unknown_currency");
  });

  it("refuses an unknown SKU, naming it", async () => {
    const lines = [{ externalLineId: "7", sku: "GHOST", quantity: 1, unitPriceMinor: 1000 }];
    const reply = await test.call("POST", "/v1/orders", order({ lines }));
    expectProblem(reply, 422, "unknown_sku");
    expect(reply.body.lines).toEqual([{ externalLineId: "7", sku: "GHOST" }]);
  });

  it("refuses totals that do not add up, with what was expected", async () => {
    const reply = await test.call("POST", "/v1/orders", order({ totalMinor: 5000 }));
    expectProblem(reply, 422, "totals_mismatch");
    expect(reply.body).toMatchObject({ expectedMinor: 1000, givenMinor: 5000 });
  });

  it("refuses more than there is, naming SKU, wanted and available", async () => {
    const lines = [{ externalLineId: "1", sku: "A", quantity: 11, unitPriceMinor: 1000 }];
    const reply = await test.call("POST", "/v1/orders", order({ totalMinor: 11_000, lines }));
    expectProblem(reply, 409, "insufficient_stock");
    expect(reply.body.lines).toEqual([{ sku: "A", requested: 11, available: 10 }]);
  });

  it("F002: sums the lines of one SKU before it looks at the stock", async () => {
    const line = { sku: "A", quantity: 6, unitPriceMinor: 1000 };
    const lines = [
      { ...line, externalLineId: "1" },
      { ...line, externalLineId: "2" },
    ];
    const reply = await test.call("POST", "/v1/orders", order({ totalMinor: 12_000, lines }));
    expectProblem(reply, 409, "insufficient_stock");
    expect(reply.body.lines).toEqual([{ sku: "A", requested: 12, available: 10 }]);
  });
});

describe("stock", () => {
  it("refuses an unknown SKU in a reservation", async () => {
    expectProblem(await test.call("POST", "/v1/reservations", reservation(1, "GHOST")), 422, "unknown_sku");
  });

  it("refuses an unknown SKU in an adjustment", async () => {
    expectProblem(
      await test.call("POST", "/v1/stock/adjustments", adjustment({ sku: "GHOST", delta: 1 })),
      422,
      "unknown_sku",
    );
  });

  it("refuses an unknown location", async () => {
    expectProblem(
      await test.call("POST", "/v1/stock/adjustments", adjustment({ location: "MOON", delta: 1 })),
      422,
      "unknown_location",
    );
  });

  it.each([
    ["delta and count together", { delta: 1, count: 1 }],
    ["neither", {}],
    ["a reason of its own making", { delta: 1, reason: "because" }],
  ])("refuses %s", async (_, line) => {
    expectProblem(await test.call("POST", "/v1/stock/adjustments", adjustment(line)), 400, "invalid_request");
  });

  it("takes nothing below zero", async () => {
    const reply = await test.call(
      "POST",
      "/v1/stock/adjustments",
      adjustment({ delta: -11, reason: "damage" }),
    );
    expectProblem(reply, 409, "insufficient_stock");
  });
});

describe("bodies over the limit", () => {
  const large = JSON.stringify({ ...reservation(1), reference: "x".repeat(10_001) });

  it("refuses one that announces its length, before reading it", async () => {
    const body = new ReadableStream({
      pull() {
        throw new Error("must not be read");
      },
    });
    const response = await test.app.request(
      new Request("http://hub/v1/reservations", {
        method: "POST",
        body,
        duplex: "half",
        headers: {
          "content-type": "application/json",
          "content-length": "10001",
          authorization: `Bearer ${await test.key("owner")}`,
        },
      }),
    );
    expect(response.status).toBe(413);
  });

  it("counts one that does not announce it", async () => {
    const chunks = [large.slice(0, 6000), large.slice(6000)];
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(new TextEncoder().encode(chunk));
      },
      cancel() {
        cancelled = true;
      },
    });
    const response = await test.app.request(
      new Request("http://hub/v1/reservations", {
        method: "POST",
        body,
        duplex: "half",
        headers: { "content-type": "application/json", authorization: `Bearer ${await test.key("owner")}` },
      }),
    );
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: "body_too_large" });
    expect(cancelled).toBe(true);
  });

  it("refuses a webhook over the limit without asking anybody", async () => {
    const response = await test.app.request(`/webhooks/${test.hub.connectionId}`, {
      method: "POST",
      body: large,
    });
    expect(response.status).toBe(413);
    expect(test.sync.calls).toEqual([]);
  });
});

describe("addresses", () => {
  it.each([
    ["/v1/orders/not-an-id", 404, "not_found"],
    ["/v1/orders/01a20244-e800-7000-8000-000000000000", 404, "not_found"],
    ["/v1/skus/GHOST", 404, "not_found"],
    ["/v1/orders?status=gone", 400, "invalid_request"],
    ["/v1/orders?limit=0", 400, "invalid_request"],
    ["/v1/orders?limit=501", 400, "invalid_request"],
    ["/v1/orders?cursor=abc", 400, "invalid_request"],
    ["/v1/skus/a%00b", 400, "invalid_request"],
    ["/v1/events?after=-1", 400, "invalid_request"],
    ["/v1/journals/export?format=pdf", 400, "invalid_request"],
    ["/v1/journals/export?format=csv&from=2026-13-01", 400, "invalid_request"],
    ["/v1/stock?location=MOON", 422, "unknown_location"],
    ["/v1/nothing", 404, "not_found"],
    ["/", 404, "not_found"],
  ])("GET %s", async (path, status, code) => {
    expectProblem(await test.call("GET", path), status, code);
  });

  it.each([
    ["DELETE", "/v1/skus", "GET, HEAD, POST"],
    ["GET", "/v1/orders/01a20244-e800-7000-8000-000000000000/cancel", "POST"],
    ["POST", "/healthz", "GET, HEAD"],
  ])("%s %s names what is possible", async (method, path, allow) => {
    const reply = await test.call(method, path);
    expectProblem(reply, 405, "method_not_allowed");
    expect(reply.headers.get("allow")).toBe(allow);
  });
});
