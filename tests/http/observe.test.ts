import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { asSluiceError } from "../../src/core/engine/failures.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";

let db: Database;
let test: TestApp;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  test = await testApp({ db });
});
afterEach(() => test.close());

describe("request ids", () => {
  it("are kept when given, and made when not", async () => {
    const given = await test.call("GET", "/v1/skus", undefined, { "x-request-id": "shop-42.a:b_c" });
    expect(given.headers.get("x-request-id")).toBe("shop-42.a:b_c");
    const made = await test.call("GET", "/v1/skus");
    expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([["with blanks in it"], ["<script>"], ["x".repeat(101)]])(
    "that could do harm are replaced: %s",
    async (id) => {
      const reply = await test.call("GET", "/v1/nothing", undefined, { "x-request-id": id });
      expect(reply.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(reply.body.instance).toBe(reply.headers.get("x-request-id"));
    },
  );
});

describe("headers", () => {
  it.each([["/healthz"], ["/v1/skus"], ["/v1/nothing"], ["/openapi.json"], ["/docs"]])(
    "keep browsers and proxies from harm: %s",
    async (path) => {
      const { headers } = await test.call("GET", path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    },
  );
});

describe("languages", () => {
  it.each([
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh", "缺少有效的 API 密钥"],
    ["en-GB", "en", "No valid API key"],
    ["fr, zh;q=0.5", "zh", "缺少有效的 API 密钥"],
    ["en;q=0.1, zh;q=0.2", "zh", "缺少有效的 API 密钥"],
    ["fr", "en", "No valid API key"],
    [";;;q=,", "en", "No valid API key"],
  ])("Accept-Language %s", async (header, language, title) => {
    const response = await test.app.request("/v1/skus", { headers: { "accept-language": header } });
    expect(response.headers.get("content-language")).toBe(language);
    expect(await response.json()).toMatchObject({ title, code: "unauthorized" });
  });

  it("fill in the values of a sentence", async () => {
    const reply = await test.call("PUT", "/v1/skus", undefined, { "accept-language": "zh" });
    expect(reply.body.detail).toBe("此处不支持 PUT；可用方法：GET, HEAD, POST。");
  });
});

describe("the log", () => {
  it("says which route was called, never what was in the address, the headers or the body", async () => {
    await test.hub.sku("A", 1);
    const key = await test.key("operator");
    await test.call(
      "POST",
      "/v1/orders",
      {
        externalId: "order-secret",
        updatedAt: "2026-11-22T08:00:00Z",
        placedAt: "2026-11-22T08:00:00Z",
        status: "paid",
        currency: "CNY",
        totalMinor: 100,
        buyer: { name: "Li Lei", phone: "13800000000" },
        lines: [{ externalLineId: "1", sku: "A", quantity: 1, unitPriceMinor: 100 }],
      },
      { authorization: `Bearer ${key}` },
    );
    await test.call("GET", "/v1/orders?externalId=order-secret");
    await test.call("GET", "/v1/orders?token=query-secret");
    await test.call("GET", "/v1/skus/code-secret");
    expect(test.logged.map(({ fields }) => [fields.method, fields.route, fields.status])).toEqual([
      ["POST", "/v1/orders", 201],
      ["GET", "/v1/orders", 200],
      ["GET", "/v1/orders", 400],
      ["GET", "/v1/skus/{code}", 404],
    ]);
    const text = JSON.stringify(test.logged);
    for (const secret of ["secret", "Li Lei", "138000", key]) expect(text).not.toContain(secret);
  });

  it("keeps the text of an unknown error to itself, and gives the request id to find its place by", async () => {
    test.hub.engine.submit = () => Promise.reject(new TypeError("buyer Han Meimei broke it"));
    const reply = await test.call("POST", "/v1/reservations", {
      reference: "r",
      lines: [{ sku: "A", quantity: 1 }],
    });
    expect([reply.status, reply.body.code]).toEqual([500, "internal"]);
    expect(reply.text).not.toContain("Meimei");
    const [failure] = test.logged.filter(({ level }) => level === "error");
    expect(failure?.fields).toMatchObject({
      requestId: reply.body.instance,
      route: "/v1/reservations",
      error: "TypeError",
      stack: expect.arrayContaining([expect.stringContaining("observe.test.ts")]),
    });
    expect(JSON.stringify(test.logged)).not.toContain("Meimei");
  });
});

it("a failure wrapped by the engine keeps its cause out of the answer and its place in the log", async () => {
  const cause = Object.assign(new TypeError("buyer Han Meimei broke it"), { code: "23514" });
  test.hub.engine.submit = () => Promise.reject(asSluiceError(cause));
  const reply = await test.call("POST", "/v1/reservations", {
    reference: "r",
    lines: [{ sku: "A", quantity: 1 }],
  });
  expect([reply.status, reply.body.code]).toEqual([500, "internal"]);
  expect(reply.body.detail).toBe(
    "The command could not be carried out: the database refused it (23514). Nothing was changed; the log says more.",
  );
  const failure = test.logged.findLast(({ level }) => level === "error");
  expect(failure?.fields).toMatchObject({
    requestId: reply.body.instance,
    cause: "TypeError 23514",
    stack: expect.arrayContaining([expect.stringContaining("observe.test.ts")]),
  });
  expect(JSON.stringify(test.logged)).not.toContain("Meimei");
});

it("a database that went away is 503, so that callers come back, and not a failure of ours", async () => {
  const gone = Object.assign(new Error("connect ECONNREFUSED 10.0.0.3:5432"), { code: "ECONNREFUSED" });
  const { query } = test.db;
  test.db.query = () => Promise.reject(gone);
  const reply = await test.call("GET", "/v1/skus").finally(() => {
    test.db.query = query;
  });
  expect([reply.status, reply.body.code]).toEqual([503, "unavailable"]);
  expect(reply.headers.get("retry-after")).toBe("2");
  expect(reply.text).not.toContain("10.0.0.3");
});

describe("time limit", () => {
  it("answers 503 and lets the work finish", async () => {
    let finished = false;
    let submitted = false;
    let finish: () => void = () => undefined;
    test.hub.engine.submit = async () => {
      submitted = true;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      finished = true;
      throw new Error("too late to matter");
    };
    const call = test.call("POST", "/v1/reservations", {
      reference: "r",
      lines: [{ sku: "A", quantity: 1 }],
    });
    while (!submitted) await test.runtime.advance(0);
    await test.runtime.advance(30_000);
    const reply = await call;
    expect([reply.status, reply.body.code]).toEqual([503, "request_timeout"]);
    expect(reply.headers.get("retry-after")).toBe("2");
    finish();
    await test.runtime.advance(0);
    expect(finished).toBe(true);
  });

  it("leaves no timer behind when the answer comes in time", async () => {
    await test.call("GET", "/v1/skus");
    expect(test.runtime.sleeping()).toBe(0);
  });
});

describe("health", () => {
  it("is alive and ready", async () => {
    expect((await test.call("GET", "/healthz")).body).toEqual({ status: "ok", version: "1.2.3" });
    expect((await test.call("GET", "/readyz")).body).toEqual({
      status: "ready",
      version: "1.2.3",
      database: "pglite",
    });
  });

  it("is alive but not ready without a database", async () => {
    const broken = { ...test.db, query: () => Promise.reject(new Error("gone")) };
    const other = await testApp({ db: test.db, runtime: test.runtime, more: { db: broken } });
    expect((await other.call("GET", "/healthz")).status).toBe(200);
    const reply = await other.call("GET", "/readyz");
    expect([reply.status, reply.body.code]).toEqual([503, "unavailable"]);
    expect((await other.call("GET", "/metrics")).status).toBe(200);
  });

  it("is not ready when the database does not answer within 2 seconds", async () => {
    const silent = { ...test.db, query: () => new Promise<never>(() => undefined) };
    const other = await testApp({ db: test.db, runtime: test.runtime, more: { db: silent } });
    const call = other.call("GET", "/readyz");
    await test.runtime.advance(2_000);
    expect((await call).status).toBe(503);
  });
});

describe("metrics", () => {
  it("count requests by pattern, webhooks by result, and batches, without ids", async () => {
    const metrics = createMetrics();
    const sync = Object.assign(test.sync, { counters: { deliveries: { forged: 7 }, holdsExpired: 2 } });
    const other = await testApp({ db: test.db, runtime: test.runtime, sync, more: { metrics } });
    metrics.batch({ commands: 30, milliseconds: 12 });
    await test.db.query(
      `insert into cursors (merchant_id, name, value, updated_at) values ($1, 'consumer:books', '{"seq":0}', '2026-11-22T08:00:00Z')`,
      [other.hub.merchant.id],
    );
    await other.call("GET", "/v1/skus/nothing");
    await other.call("GET", "/no/such/path/at/all");
    sync.receipt = { accepted: false, reason: "signature_refused" };
    await other.app.request(`/webhooks/${other.hub.connectionId}`, { method: "POST", body: "forged" });
    const { text, headers } = await other.call("GET", "/metrics");
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    for (const line of [
      'sluice_http_requests_total{method="GET",route="/v1/skus/{code}",status="404"} 1',
      'sluice_http_requests_total{method="GET",route="(none)",status="404"} 1',
      'sluice_http_request_duration_seconds_count{method="GET",route="/v1/skus/{code}"} 1',
      'sluice_webhooks_total{result="forged"} 1',
      'sluice_engine_batch_commands_bucket{le="50"} 1',
      "sluice_engine_queue_length 0",
      'sluice_event_lag{consumer="books"} 1',
      'sluice_sync_total{group="deliveries",what="forged"} 7',
      'sluice_sync_total{group="holdsExpired",what="holdsExpired"} 2',
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
  });
});
