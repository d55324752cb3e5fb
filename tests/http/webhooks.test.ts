import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { generic } from "../../src/connectors/generic/index.ts";
import type { Database } from "../../src/core/db/database.ts";
import { createSync, type RunningSync } from "../../src/sync/sync.ts";
import { memoryDatabase } from "../support/database.ts";
import { recordingLog, replyOf, storedCounts, type TestApp, testApp } from "../support/http.ts";
import { snapshotOf } from "../support/hub.ts";
import { testVault } from "../support/merchant.ts";

/** The way of a delivery through the real sync layer into the inbox, and of forged ones into nothing. */

const secret = `whsec_${Buffer.from("a secret of twenty-four bytes or more").toString("base64")}`;

let db: Database;
let test: TestApp;
let sync: RunningSync;
let connectionId: string;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  test = await testApp({
    db,
    sync: (hub) => {
      sync = createSync({
        ...hub,
        vault: testVault(hub.runtime),
        connectors: new Map([["generic", generic]]),
        publicUrl: "https://hub.example",
        log: recordingLog().log,
        holder: "test",
      });
      return sync;
    },
  });
  await test.hub.sku("A", 10);
  const { body } = await test.call("POST", "/v1/connections", {
    connector: "generic",
    name: "signed",
    settings: { baseUrl: "https://shop.example" },
    secrets: { webhookSecret: secret },
  });
  connectionId = body.id;
});
afterEach(async () => {
  await sync.stop();
  await test.close();
});

const sign = (id: string, seconds: number, body: string): string =>
  `v1,${createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64")}`;

const nowSeconds = () => Math.floor(test.runtime.clock.nowMs() / 1000);

async function deliver(body: string, change: Record<string, string> = {}, id = "msg_1", to = connectionId) {
  const seconds = nowSeconds();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": sign(id, seconds, body),
    "content-type": "application/json",
    ...change,
  };
  return replyOf(await test.app.request(`/webhooks/${to}`, { method: "POST", body, headers }));
}

const upsert = (externalId: string) =>
  JSON.stringify({
    type: "order.upserted",
    timestamp: "2026-11-22T08:00:00Z",
    data: snapshotOf({ externalId }),
  });

describe("an authentic delivery", () => {
  it("is stored before it is acknowledged, sealed, and becomes an order", async () => {
    const reply = await deliver(upsert("w-1"));
    expect([reply.status, reply.text]).toEqual([204, ""]);
    const [row] = await db.query<{ payload: Uint8Array; topic: string }>(
      "select payload, topic from inbox where merchant_id = $1",
      [test.hub.merchant.id],
    );
    expect(row?.topic).toBe("order.upserted");
    expect(Buffer.from(row?.payload ?? []).toString("latin1")).not.toContain("w-1");
    await test.runtime.advance(120_000);
    await sync.runDue();
    const { body } = await test.call("GET", "/v1/orders?externalId=w-1");
    expect(body.items).toMatchObject([{ externalId: "w-1", status: "paid", shortfall: 0 }]);
    expect((await test.hub.stock("A")).reserved).toBe(1);
  });

  it("F052: is acknowledged twenty times and stored once", async () => {
    const before = await storedCounts(db);
    const body = upsert("w-2");
    const replies = await Promise.all(Array.from({ length: 20 }, () => deliver(body)));
    expect(replies.map((reply) => reply.status)).toEqual(Array.from({ length: 20 }, () => 204));
    expect(await storedCounts(db)).toEqual({ ...before, inbox: (before.inbox ?? 0) + 1 });
  });

  it("is kept even when it makes no sense, since it is authentic", async () => {
    const before = await storedCounts(db);
    expect((await deliver("{not json at all")).status).toBe(204);
    expect((await storedCounts(db)).inbox).toBe((before.inbox ?? 0) + 1);
    await test.runtime.advance(120_000);
    await sync.runDue();
    const { body } = await test.call("GET", `/v1/connections/${connectionId}/quarantined`);
    expect(body.items).toMatchObject([{ deliveryId: "msg_1", errorKind: expect.any(String) }]);
  });

  it("F056: is refused with 503 while the database is away, so that it comes again", async () => {
    await deliver(upsert("w-3"));
    const { query } = db;
    db.query = () => Promise.reject(new Error("gone"));
    const reply = await deliver(upsert("w-4"), {}, "msg_2").finally(() => {
      db.query = query;
    });
    expect([reply.status, reply.body.code]).toEqual([503, "unavailable"]);
    expect((await deliver(upsert("w-4"), {}, "msg_2")).status).toBe(204);
  });
});

describe("a delivery that is not authentic", () => {
  const stale = () => {
    const seconds = nowSeconds() - 301;
    return { "webhook-timestamp": String(seconds), "webhook-signature": sign("msg_1", seconds, upsert("f")) };
  };
  it.each([
    ["tampered with", () => ({ "webhook-signature": sign("msg_1", nowSeconds(), upsert("other")) })],
    ["without a signature", () => ({ "webhook-signature": "" })],
    ["with a signature of another length", () => ({ "webhook-signature": "v1,AAAA" })],
    ["signed five minutes ago", stale],
    ["under another id", () => ({ "webhook-id": "msg_9" })],
    ["with nonsense as time", () => ({ "webhook-timestamp": "soon" })],
  ])("is refused and leaves nothing: %s", async (_, change) => {
    const before = await storedCounts(db);
    const reply = await deliver(upsert("f"), change());
    expect([reply.status, reply.body.code]).toEqual([401, "signature_refused"]);
    expect(await storedCounts(db)).toEqual(before);
    expect(sync.counters.deliveries.forged).toBe(1);
    expect((await test.call("GET", "/metrics")).text).toContain('sluice_webhooks_total{result="forged"} 1');
  });

  it("is refused where the connection has no secret", async () => {
    const { body } = await test.call("POST", "/v1/connections", {
      connector: "generic",
      name: "unsigned",
      settings: { baseUrl: "https://unsigned.example" },
    });
    const before = await storedCounts(db);
    expect((await deliver(upsert("f"), {}, "msg_1", body.id)).status).toBe(401);
    expect(await storedCounts(db)).toEqual(before);
  });

  it.each([["01a20244-e800-7000-8000-000000000000"], ["not-an-id"], ["%00"]])(
    "is not found at an address that is nobody's: %s",
    async (id) => {
      const before = await storedCounts(db);
      const reply = await deliver(upsert("f"), {}, "msg_1", id);
      expect([reply.status, reply.body.code]).toEqual([404, "not_found"]);
      expect(await storedCounts(db)).toEqual(before);
    },
  );
});

it("a paused connection asks to be tried later", async () => {
  await test.call("PATCH", `/v1/connections/${connectionId}`, { status: "paused" });
  await test.runtime.advance(5_000);
  const before = await storedCounts(db);
  const reply = await deliver(upsert("p"));
  expect([reply.status, reply.body.code]).toEqual([503, "unavailable"]);
  expect(await storedCounts(db)).toEqual(before);
});

describe("what the platform reads and what it signed", () => {
  it("passes on the address as the platform called it", async () => {
    const other = await testApp({ db });
    await other.app.request(`http://10.0.0.7:8080/webhooks/${connectionId}?x=1&y=%20`, {
      method: "POST",
      body: "b",
    });
    expect(other.sync.calls).toMatchObject([
      ["receive", connectionId, { url: `https://hub.example/webhooks/${connectionId}?x=1&y=%20` }],
    ]);
    await other.close();
  });

  it("acknowledges in the platform's own words", async () => {
    const other = await testApp({ db });
    other.sync.receipt = {
      accepted: true,
      repeated: false,
      acknowledgement: { status: 200, body: '{"code":0}', contentType: "application/json" },
    };
    const response = await other.app.request(`/webhooks/${connectionId}`, { method: "POST", body: "b" });
    expect([response.status, await response.text()]).toEqual([200, '{"code":0}']);
    expect(response.headers.get("content-type")).toBe("application/json");
    await other.close();
  });
});
