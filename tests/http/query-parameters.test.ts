import { describe, expect, it } from "vitest";
import { readReferenceAsset } from "../../src/http/node.ts";
import { expectProblem, order, reservation, unmovedApp } from "./bad-input.ts";

const test = unmovedApp({
  readAsset: readReferenceAsset,
  readPageFile: async () => new TextEncoder().encode("<!DOCTYPE html>"),
});

const orderParameters = "limit, cursor, status, connection, externalId";

describe("unknown query parameters", () => {
  it("are refused by name, with those that are allowed and what to do", async () => {
    const reply = await test().call("GET", "/v1/orders?externalID=1001&limit=5");
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.detail).toBe(
      `The query parameter "externalID" is unknown here; allowed are: ${orderParameters}. Correct its spelling or leave it out.`,
    );
    expect(reply.body.issues).toEqual([
      {
        in: "query",
        path: "externalID",
        code: "invalid_request",
        message: `is unknown; allowed: ${orderParameters}`,
      },
    ]);
  });

  it("are refused in Chinese too", async () => {
    const reply = await test().call("GET", "/v1/orders?externalID=1", undefined, { "accept-language": "zh" });
    expect(reply.body.detail).toBe(
      `此处没有查询参数 "externalID"；可用参数：${orderParameters}。请更正拼写或去掉该参数。`,
    );
  });

  it.each([
    ["/v1/stock?SKU=A", "SKU"],
    ["/v1/skus?page=2", "page"],
    ["/v1/reservations?limit=5&state=held", "state"],
    ["/v1/events?since=3", "since"],
    ["/v1/journals/export?format=csv&until=2026-11-30", "until"],
    ["/v1/orders?status%5B%5D=paid", "status[]"],
    ["/v1/orders?%65xternalID=1", "externalID"],
    ["/v1/orders?externalID", "externalID"],
    ["/v1/orders?__proto__=1", "__proto__"],
    ["/v1/orders?constructor=1", "constructor"],
  ])("GET %s", async (path, name) => {
    const reply = await test().call("GET", path);
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.detail).toContain(`"${name}"`);
    expect(reply.body.issues).toMatchObject([{ in: "query", path: name }]);
  });

  it.each([
    ["POST", "/v1/orders?dryRun=true", order()],
    ["POST", "/v1/reservations?expiresInSeconds=60", reservation(1)],
    ["POST", "/v1/orders/01a20244-e800-7000-8000-000000000000/cancel?reason=x", undefined],
    ["GET", "/v1/skus/A?fields=name", undefined],
    ["GET", "/v1/connections?limit=5", undefined],
  ])("%s %s takes none, says so and does nothing", async (method, path, body) => {
    const name = /\?(\w+)/.exec(path)?.[1];
    const reply = await test().call(method, path, body);
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.detail).toBe(
      `This call takes no query parameters, but "${name}" was sent; leave it out.`,
    );
    expect(reply.body.issues).toMatchObject([{ in: "query", path: name, message: "is unknown" }]);
  });

  it("are refused by every route under /v1", async () => {
    const { body: document } = await test().call("GET", "/openapi.json");
    const values: Record<string, string> = { period: "2026-01", role: "bank", code: "A", reference: "r" };
    const paths = Object.entries<object>(document.paths).filter(([path]) => path.startsWith("/v1/"));
    expect(paths.length).toBeGreaterThan(30);
    for (const [path, methods] of paths) {
      const address = path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? test().hub.connectionId);
      for (const method of Object.keys(methods)) {
        const reply = await test().call(
          method.toUpperCase(),
          `${address}?no-such=1`,
          method === "get" ? undefined : {},
        );
        expect([method, path, reply.status, reply.body.detail]).toEqual([
          method,
          path,
          400,
          expect.stringContaining('"no-such"'),
        ]);
      }
    }
  });

  it("are named all, together with repeated ones, but never without end", async () => {
    const both = await test().call("GET", "/v1/orders?a=1&status=paid&b=2&status=new");
    expect(both.body.issues.map(({ path }: { path: string }) => path)).toEqual(["a", "b", "status"]);
    const many = Array.from({ length: 200 }, (_, index) => `${"x".repeat(200)}${index}=1`).join("&");
    const reply = await test().call("GET", `/v1/orders?${many}`);
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.issues).toHaveLength(20);
    expect(reply.text.length).toBeLessThan(10_000);
  });
});

describe("repeated query parameters", () => {
  it("are refused by name, with those that are allowed and what to do", async () => {
    const reply = await test().call("GET", "/v1/orders?status=paid&status=shipped");
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.detail).toBe(
      `The query parameter "status" stands more than once; allowed are, each once: ${orderParameters}. Send it once.`,
    );
    expect(reply.body.issues).toEqual([
      {
        in: "query",
        path: "status",
        code: "invalid_request",
        message: "stands more than once; send it once",
      },
    ]);
    const chinese = await test().call("GET", "/v1/orders?status=paid&status=shipped", undefined, {
      "accept-language": "zh",
    });
    expect(chinese.body.detail).toBe(
      `查询参数 "status" 出现了多次；可用参数（每个最多一次）：${orderParameters}。请只发送一次。`,
    );
  });

  it.each([
    ["/v1/orders?status=paid&status=paid", "status"],
    ["/v1/orders?externalId=1&%65xternalId=2", "externalId"],
    ["/v1/skus?limit=5&limit=500", "limit"],
    ["/v1/events?after=1&limit=2&after=3", "after"],
    ["/v1/journals/export?format=csv&format=jsonl", "format"],
  ])("GET %s", async (path, name) => {
    const reply = await test().call("GET", path);
    expectProblem(reply, 400, "invalid_request");
    expect(reply.body.issues).toMatchObject([{ in: "query", path: name }]);
  });
});

describe("what is still taken", () => {
  it.each([
    ["/v1/orders?"],
    ["/v1/orders?&"],
    ["/v1/orders?limit=5&"],
    ["/v1/orders?externalId=a%26b%3Fstatus%3Dpaid"],
    ["/v1/connections?"],
  ])("GET %s", async (path) => {
    expect((await test().call("GET", path)).status).toBe(200);
  });

  it.each([["/"], ["/docs"], ["/docs/start.js"], ["/healthz"], ["/readyz"], ["/metrics"], ["/openapi.json"]])(
    "GET %s takes whatever is appended",
    async (path) => {
      const response = await test().app.request(`${path}?utm_source=mail&x=1&x=2`);
      expect(response.status).toBe(200);
      await response.text();
    },
  );

  it("a webhook takes whatever the platform appends", async () => {
    const path = `/webhooks/${test().hub.connectionId}?timestamp=1&sign=a&sign=b`;
    const response = await test().app.request(path, { method: "POST", body: "{}" });
    expect(response.status).toBe(204);
    expect(test().sync.calls).toMatchObject([
      ["receive", test().hub.connectionId, { url: `https://hub.example${path}` }],
    ]);
  });
});
