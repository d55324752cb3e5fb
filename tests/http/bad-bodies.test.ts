import { describe, expect, it } from "vitest";
import { expectProblem, order, reservation, unmovedApp } from "./bad-input.ts";

const test = unmovedApp();

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
    expectProblem(await test().call("POST", "/v1/reservations", body), 400, code);
  });

  it("refuses an empty body", async () => {
    const reply = await test().call("POST", "/v1/reservations", "");
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.detail).toContain("Content-Type: application/json");
  });

  it.each([
    ["text", "text/plain"],
    ["a form", "application/x-www-form-urlencoded"],
    ["JSON in another charset", "application/json; charset=gbk"],
    ["something that only starts alike", "application/json-lines"],
  ])("refuses %s", async (_, contentType) => {
    const reply = await test().call("POST", "/v1/reservations", JSON.stringify(reservation(1)), {
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
    expectProblem(await test().call("POST", path, body), 400, "duplicate_key");
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
    const response = await test().app.request(
      new Request("http://hub/v1/reservations", {
        method: "POST",
        body,
        duplex: "half",
        headers: {
          "content-type": "application/json",
          "content-length": "10001",
          authorization: `Bearer ${await test().key("owner")}`,
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
    const response = await test().app.request(
      new Request("http://hub/v1/reservations", {
        method: "POST",
        body,
        duplex: "half",
        headers: { "content-type": "application/json", authorization: `Bearer ${await test().key("owner")}` },
      }),
    );
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: "body_too_large" });
    expect(cancelled).toBe(true);
  });

  it("refuses a webhook over the limit without asking anybody", async () => {
    const response = await test().app.request(`/webhooks/${test().hub.connectionId}`, {
      method: "POST",
      body: large,
    });
    expect(response.status).toBe(413);
    expect(test().sync.calls).toEqual([]);
  });
});
