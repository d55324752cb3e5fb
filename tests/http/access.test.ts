import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey, type KeyRole, keyRoles, revokeKey } from "../../src/core/keys.ts";
import { replyOf, type TestApp, testApp } from "../support/http.ts";
import { testMerchant } from "../support/merchant.ts";

let test: TestApp;
beforeAll(async () => {
  test = await testApp();
  await test.hub.sku("A", 5);
});
afterAll(() => test.close());

const as = (key: string, method: string, path: string, body?: unknown) =>
  test.call(method, path, body, { authorization: `Bearer ${key}` });

describe("keys", () => {
  it.each([
    ["no header", {}],
    ["another scheme", { authorization: "Basic c2x1aWNlOng=" }],
    ["an empty key", { authorization: "Bearer " }],
    ["no key of ours", { authorization: "Bearer slk_nonsense" }],
    ["a key nobody was given", { authorization: `Bearer slk_${"a".repeat(43)}` }],
  ])("refuses a call with %s", async (_, headers: Record<string, string>) => {
    const reply = await replyOf(await test.app.request("/v1/skus", { headers }));
    expect(reply.status).toBe(401);
    expect(reply.body).toMatchObject({ code: "unauthorized", status: 401, title: "No valid API key" });
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.headers.get("www-authenticate")).toBe('Bearer realm="sluice"');
  });

  it("takes the scheme in any letter case", async () => {
    const key = await test.key("read-only");
    const reply = await test.call("GET", "/v1/skus", undefined, { authorization: `bearer ${key}` });
    expect(reply.status).toBe(200);
  });

  it("makes a key, shows it once, and lists it without", async () => {
    const made = await test.call("POST", "/v1/keys", { name: "till", role: "operator" });
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe(`/v1/keys/${made.body.id}`);
    expect(made.body).toEqual({
      id: made.body.id,
      name: "till",
      role: "operator",
      key: expect.stringMatching(/^slk_[\w-]{43}$/),
    });
    expect((await as(made.body.key, "GET", "/v1/skus")).status).toBe(200);
    const listed = await test.call("GET", "/v1/keys");
    expect(listed.body.items).toContainEqual({
      id: made.body.id,
      name: "till",
      role: "operator",
      createdAt: expect.any(String),
      revokedAt: null,
    });
    expect(listed.text).not.toContain(made.body.key);
  });

  it("keeps no key in the database, not even with an Idempotency-Key", async () => {
    const headers = { "idempotency-key": "make-one-key" };
    const made = await test.call("POST", "/v1/keys", { name: "secret", role: "owner" }, headers);
    expect(made.status).toBe(201);
    const kept = await test.db.query("select 1 from idempotency_keys where key = 'make-one-key'");
    expect(kept).toEqual([]);
  });

  it("refuses a revoked key at once in this process", async () => {
    const made = await test.call("POST", "/v1/keys", { name: "gone", role: "operator" });
    expect((await as(made.body.key, "GET", "/v1/skus")).status).toBe(200);
    const revoked = await test.call("DELETE", `/v1/keys/${made.body.id}`);
    expect(revoked.status).toBe(200);
    expect(revoked.body.revokedAt).toBe("2026-11-22T08:00:00.000Z");
    expect((await as(made.body.key, "GET", "/v1/skus")).status).toBe(401);
  });

  it("refuses a key that another process revoked within 5 seconds", async () => {
    const { id, token } = await createKey(test.db, test.runtime, test.hub.merchant.id, {
      name: "x",
      role: "operator",
    });
    expect((await as(token, "GET", "/v1/skus")).status).toBe(200);
    await revokeKey(test.db, test.runtime, test.hub.merchant.id, id);
    await test.runtime.advance(4_999);
    expect((await as(token, "GET", "/v1/skus")).status).toBe(401);
  });

  it("writes down who made and revoked keys", async () => {
    const made = await test.call("POST", "/v1/keys", { name: "noted", role: "finance" });
    await test.call("DELETE", `/v1/keys/${made.body.id}`);
    const { body } = await test.call("GET", "/v1/audit?limit=2");
    expect(body.items.map((record: { action: string }) => record.action)).toEqual([
      "key.revoke",
      "key.create",
    ]);
    expect(body.items[1]).toMatchObject({
      subject: made.body.id,
      detail: { name: "noted", role: "finance" },
    });
  });
});

describe("roles", () => {
  const order = {
    externalId: "never",
    updatedAt: "2026-11-22T08:00:00Z",
    placedAt: "2026-11-22T08:00:00Z",
    status: "paid",
    currency: "CNY",
    totalMinor: 100,
    lines: [{ externalLineId: "1", sku: "nothing", quantity: 1, unitPriceMinor: 100 }],
  };
  const id = "01a20244-e800-7000-8000-000000000000";
  const table: [string, string, unknown, readonly KeyRole[]][] = [
    ["GET", "/v1/skus", undefined, keyRoles],
    ["POST", "/v1/skus", { code: "A", name: "taken" }, ["owner", "operator"]],
    ["PATCH", "/v1/skus/none", { name: "x" }, ["owner", "operator"]],
    ["GET", "/v1/stock", undefined, keyRoles],
    [
      "POST",
      "/v1/stock/adjustments",
      { reference: "r", lines: [{ sku: "nothing", delta: 1, reason: "receipt" }] },
      ["owner", "operator", "warehouse"],
    ],
    [
      "POST",
      "/v1/transfers",
      { reference: "t", from: "MAIN", to: "OTHER", lines: [{ sku: "nothing", quantity: 1 }] },
      ["owner", "operator", "warehouse"],
    ],
    [
      "POST",
      "/v1/reservations",
      { reference: "h", lines: [{ sku: "nothing", quantity: 1 }] },
      ["owner", "operator"],
    ],
    ["POST", "/v1/orders", order, ["owner", "operator"]],
    ["GET", "/v1/orders", undefined, keyRoles],
    ["POST", `/v1/orders/${id}/shipments`, undefined, ["owner", "operator", "warehouse"]],
    ["POST", `/v1/orders/${id}/refunds`, { amountMinor: 1 }, ["owner", "operator", "finance"]],
    ["POST", "/v1/connections", { connector: "none", name: "x" }, ["owner"]],
    ["POST", `/v1/connections/${id}/test`, undefined, ["owner", "operator"]],
    ["GET", "/v1/journals", undefined, ["owner", "finance", "read-only"]],
    ["GET", "/v1/journals/export?format=csv", undefined, ["owner", "finance", "read-only"]],
    ["PUT", "/v1/accounts/bank", { code: "1002", name: "Bank" }, ["owner", "finance"]],
    ["GET", "/v1/events", undefined, keyRoles],
    ["POST", `/v1/tasks/${id}/close`, undefined, ["owner", "operator", "warehouse", "finance"]],
    ["PATCH", "/v1/merchant/settings", {}, ["owner"]],
    ["GET", "/v1/keys", undefined, ["owner"]],
    ["POST", "/v1/keys", { name: "x", role: "owner" }, ["owner"]],
    ["GET", "/v1/audit", undefined, ["owner"]],
  ];

  it.each(table)("%s %s", async (method, path, body, allowed) => {
    for (const role of keyRoles) {
      const reply = await as(await test.key(role), method, path, body);
      if (allowed.includes(role)) {
        expect([role, reply.status]).not.toEqual([role, 403]);
      } else {
        expect([role, reply.status, reply.body.code]).toEqual([role, 403, "forbidden"]);
        expect(reply.body.detail).toBe(
          `Keys of role ${role} may not do this; it takes one of: ${allowed.join(", ")}.`,
        );
      }
    }
  });
});

describe("merchants", () => {
  it("never sees another's rows, whatever id is asked for", async () => {
    const other = await testMerchant(test.db, test.runtime);
    const { token } = await createKey(test.db, test.runtime, other.id, { name: "o", role: "owner" });
    const hold = await test.call("POST", "/v1/reservations", {
      reference: "mine",
      lines: [{ sku: "A", quantity: 1 }],
    });
    const order = await test.hub.order({ externalId: "mine" });
    const connection = test.hub.connectionId;
    for (const path of [
      "/v1/skus/A",
      `/v1/reservations/${hold.body.id}`,
      `/v1/orders/${order.orderId}`,
      `/v1/connections/${connection}`,
      `/v1/connections/${connection}/parked`,
    ]) {
      const reply = await as(token, "GET", path);
      expect([path, reply.status, reply.body.code]).toEqual([path, 404, "not_found"]);
    }
    for (const path of [
      `/v1/orders/${order.orderId}/cancel`,
      `/v1/reservations/${hold.body.id}/release`,
      `/v1/connections/${connection}/sync`,
    ]) {
      const reply = await as(token, "POST", path);
      expect([path, reply.status, reply.body.code]).toEqual([path, 404, "not_found"]);
    }
    for (const path of ["/v1/skus", "/v1/stock", "/v1/orders", "/v1/reservations", "/v1/events?after=0"]) {
      const reply = await as(token, "GET", path);
      expect([path, reply.body.items]).toEqual([path, []]);
    }
    expect(test.sync.calls).toEqual([]);
  });
});
