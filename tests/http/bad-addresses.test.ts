import { describe, expect, it } from "vitest";
import { expectProblem, unmovedApp } from "./bad-input.ts";

const test = unmovedApp();

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
    expectProblem(await test().call("GET", path), status, code);
  });

  it.each([
    ["DELETE", "/v1/skus", "GET, HEAD, POST"],
    ["GET", "/v1/orders/01a20244-e800-7000-8000-000000000000/cancel", "POST"],
    ["POST", "/healthz", "GET, HEAD"],
  ])("%s %s names what is possible", async (method, path, allow) => {
    const reply = await test().call(method, path);
    expectProblem(reply, 405, "method_not_allowed");
    expect(reply.headers.get("allow")).toBe(allow);
  });
});
