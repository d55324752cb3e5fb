import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { storedCounts, type TestApp, testApp } from "../support/http.ts";

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

const secrets = { webhookSecret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
const input = (change: Record<string, unknown> = {}) => ({
  connector: "generic",
  name: "My shop",
  settings: { baseUrl: "https://shop.example/api" },
  secrets,
  ...change,
});
const connect = (change: Record<string, unknown> = {}) => test.call("POST", "/v1/connections", input(change));

describe("connecting", () => {
  it("answers the webhook address and never a secret", async () => {
    const made = await connect();
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe(`/v1/connections/${made.body.id}`);
    expect(made.body).toMatchObject({
      connector: "generic",
      name: "My shop",
      status: "active",
      settings: { baseUrl: "https://shop.example/api" },
      webhookUrl: `https://hub.example/webhooks/${made.body.id}`,
    });
    const { body, text } = await test.call("GET", "/v1/connections");
    expect(body.items).toContainEqual(made.body);
    expect(made.text + text).not.toContain("whsec_");
    for (const table of ["connections", "audit_log", "events", "idempotency_keys"]) {
      expect(JSON.stringify(await test.db.query(`select * from ${table}`))).not.toContain("whsec_");
    }
  });

  it.each([
    ["an unknown connector", { connector: "shopless" }, 422, "unknown_connector"],
    ["a name that is taken", { name: "shop" }, 409, "already_exists"],
    ["a missing setting", { settings: {} }, 400, "invalid_request"],
    [
      "a misspelt setting",
      { settings: { baseUrl: "https://shop.example", bseUrl: "x" } },
      400,
      "invalid_request",
    ],
    ["a misspelt secret", { secrets: { ...secrets, webhokSecret: "x" } }, 400, "invalid_request"],
    ["a secret that is none", { secrets: { webhookSecret: "short-and-secret" } }, 400, "invalid_request"],
  ])("refuses %s", async (_, change, status, code) => {
    const before = await storedCounts(test.db);
    const reply = await connect(change);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(reply.text).not.toContain("short-and-secret");
    expect(await storedCounts(test.db)).toEqual(before);
  });

  it("names the field that is wrong", async () => {
    const reply = await connect({ settings: { baseUrl: "ftp://x" } });
    expect(reply.body.issues).toMatchObject([{ in: "body", path: "settings.baseUrl" }]);
  });

  it("tells what can be connected and what it asks for", async () => {
    const { body } = await test.call("GET", "/v1/connectors");
    expect(body.items).toMatchObject([
      {
        id: "generic",
        capabilities: { orders: true, webhooks: true },
        settings: { type: "object", required: ["baseUrl"] },
        secrets: { type: "object" },
      },
    ]);
  });
});

describe("changing", () => {
  it("replaces what is given and keeps the rest", async () => {
    const { body } = await connect();
    const path = `/v1/connections/${body.id}`;
    const paused = await test.call("PATCH", path, { status: "paused", name: "Old shop" });
    expect(paused.body).toMatchObject({ status: "paused", name: "Old shop", settings: body.settings });
    const other = { webhookSecret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" };
    const rotated = await test.call("PATCH", path, { secrets: other });
    expect(rotated.body.previousSecretsUntil).toBe("2026-11-23T08:00:00.000Z");
    const wrong = await test.call("PATCH", path, { settings: { baseUrl: "no address" } });
    expect([wrong.status, wrong.body.code]).toEqual([400, "invalid_request"]);
    expect((await test.call("GET", path)).body.settings).toEqual(body.settings);
    const { body: log } = await test.call("GET", "/v1/audit");
    expect(log.items.map((record: { action: string }) => record.action)).toEqual([
      "connection.update",
      "connection.update",
      "connection.create",
    ]);
  });

  it("removes a connection; connected again, the account has its id, and what was remembered of it is forgotten", async () => {
    const { body } = await connect();
    const path = `/v1/connections/${body.id}`;
    expect((await test.call("DELETE", path)).status).toBe(204);
    expect((await test.call("GET", path)).status).toBe(404);
    const back = await connect({ name: "My shop, again" });
    expect([back.status, back.body.id]).toEqual([201, body.id]);
    await test.call("PATCH", path, { secrets: {} });
    expect(test.sync.calls).toEqual(Array.from({ length: 4 }, () => ["forget", body.id]));
  });

  it("refuses a second connection to one account, also by a change of settings", async () => {
    const { body: one } = await connect();
    const again = await connect({ name: "Two", settings: { baseUrl: "https://shop.example/api/" } });
    expect([again.status, again.body.code, again.body.connectionId]).toEqual([409, "conflict", one.id]);
    const { body: two } = await connect({ name: "Two", settings: { baseUrl: "https://two.example" } });
    const moved = await test.call("PATCH", `/v1/connections/${two.id}`, { settings: one.settings });
    expect([moved.status, moved.body.code]).toEqual([409, "conflict"]);
    expect((await test.call("GET", `/v1/connections/${two.id}`)).body.settings).toEqual(two.settings);
  });

  it("does not remove one with open orders, unless forced", async () => {
    await test.hub.sku("A", 5);
    await test.hub.order({ externalId: "1" });
    const path = `/v1/connections/${test.hub.connectionId}`;
    const before = await storedCounts(test.db);
    const refused = await test.call("DELETE", path);
    expect([refused.status, refused.body.code, refused.body.openOrders]).toEqual([409, "conflict", 1]);
    expect(refused.body.detail).toContain("they stay open here and keep their units");
    expect(await storedCounts(test.db)).toEqual(before);
    expect((await test.call("DELETE", `${path}?force=true`)).status).toBe(204);
    expect((await test.hub.stock("A")).reserved).toBe(1);
  });

  it("leaves the built-in connection alone", async () => {
    const { body } = await test.call("GET", "/v1/connections");
    const manual = body.items.find((item: { connector: string }) => item.connector === "manual");
    for (const method of ["DELETE", "PATCH"]) {
      const reply = await test.call(
        method,
        `/v1/connections/${manual.id}`,
        method === "PATCH" ? { name: "x" } : undefined,
      );
      expect([method, reply.status, reply.body.code]).toEqual([method, 409, "conflict"]);
    }
  });
});

describe("working", () => {
  it("passes the order on to the sync layer and answers what came of it", async () => {
    const merchantId = test.hub.merchant.id;
    const id = test.hub.connectionId;
    const path = `/v1/connections/${id}`;
    expect((await test.call("POST", `${path}/test`)).body).toEqual({ ok: true, account: "Shop of a test" });
    expect((await test.call("POST", `${path}/sync`)).body).toMatchObject({ orders: 2, pushed: 3 });
    expect((await test.call("POST", `${path}/map-listings`)).body).toEqual({
      listed: 4,
      created: 1,
      changedHands: 1,
      known: 1,
      unmatchedCount: 1,
      unmatched: [{ externalId: "P9", externalVariantId: null, sku: "NONE", title: "Nothing" }],
    });
    expect((await test.call("POST", `${path}/parked/retry`)).body).toEqual({ retried: 4 });
    expect((await test.call("POST", `${path}/quarantined/retry`)).body).toEqual({ retried: 5 });
    expect(test.sync.calls).toEqual([
      ["testConnection", merchantId, id],
      ["syncConnection", merchantId, id],
      ["mapListings", merchantId, id],
      ["retryParked", merchantId, id],
      ["retryQuarantined", merchantId, id],
    ]);
  });

  it("shows how connections are doing", async () => {
    const connectionId = test.hub.connectionId;
    const state = {
      name: "shop",
      status: "active",
      circuit: "open" as const,
      lastPullAt: null,
      pending: 1,
      unknown: 2,
      parked: 3,
      quarantined: 4,
    };
    test.sync.states = async () => [{ connectionId, ...state }];
    const shown = { connection: connectionId, ...state };
    expect((await test.call("GET", "/v1/connection-states")).body).toEqual({
      items: [shown],
      nextCursor: null,
    });
    expect((await test.call("GET", `/v1/connections/${connectionId}/state`)).body).toEqual(shown);
    const other = "01a20244-e800-7000-8000-000000000000";
    expect((await test.call("GET", `/v1/connections/${other}/state`)).status).toBe(404);
  });

  it("lists what is stuck and why, page by page, without what was delivered", async () => {
    const { id: merchantId } = test.hub.merchant;
    const connectionId = test.hub.connectionId;
    for (const [index, subject] of ["1", "2", "3"].entries()) {
      await test.db.query(
        `insert into outbox (merchant_id, kind, subject_id, connection_id, status, not_before, error_kind, error_message, updated_at)
         values ($1, 'stock', $2, $3, 'parked', $4, 'invalid', $5, $4)`,
        [
          merchantId,
          `01a20244-e800-7000-8000-00000000000${subject}`,
          connectionId,
          "2026-11-22T08:00:00Z",
          `problem ${index}`,
        ],
      );
      await test.db.query(
        `insert into inbox (merchant_id, connection_id, delivery_id, digest, topic, payload, status, not_before, error_kind, error_message, received_at)
         values ($1, $2, $3, 'd', 'order', $4, 'quarantined', $5, 'malformed', 'no order in it', $5)`,
        [merchantId, connectionId, `delivery ${subject}`, new Uint8Array([1, 2]), "2026-11-22T08:00:00Z"],
      );
    }
    for (const [what, key] of [
      ["parked", "subjectId"],
      ["quarantined", "deliveryId"],
    ]) {
      const path = `/v1/connections/${connectionId}/${what}?limit=2`;
      const first = await test.call("GET", path);
      const second = await test.call("GET", `${path}&cursor=${first.body.nextCursor}`);
      const seen = [...first.body.items, ...second.body.items].map((item) => item[key as string].slice(-1));
      expect([what, seen, second.body.nextCursor]).toEqual([what, ["1", "2", "3"], null]);
      expect(first.body.items[0]).not.toHaveProperty("payload");
    }
  });
});
