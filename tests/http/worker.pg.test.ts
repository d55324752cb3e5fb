import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createKey } from "../../src/core/keys.ts";
import { createMerchant } from "../../src/core/merchants.ts";
import { createVault } from "../../src/core/vault.ts";
import { systemRuntime } from "../../src/http/system.ts";
import { postgresDatabase } from "../support/database.ts";
import { snapshotOf } from "../support/hub.ts";
import { describePg } from "../support/postgres.ts";
import { type RunningWorker, startWorker } from "../support/wrangler.ts";

/** The same app in workerd: a signed webhook, the cron trigger, lists and streams over a real PostgreSQL. */

const masterKey = Uint8Array.from({ length: 32 }, (_, index) => index);
const secret = `whsec_${Buffer.from("a secret of twenty-four bytes or more").toString("base64")}`;

await describePg("the Worker", () => {
  let database: Awaited<ReturnType<typeof postgresDatabase>>;
  let worker: RunningWorker;
  let key: string;
  let connectionId: string;

  beforeAll(async () => {
    database = await postgresDatabase();
    const runtime = systemRuntime();
    const vault = createVault(masterKey, runtime.random);
    const merchant = await createMerchant(
      database.db,
      { vault, runtime },
      { code: "worker", name: "Worker" },
    );
    key = (await createKey(database.db, runtime, merchant.id, { name: "test", role: "owner" })).token;
    worker = await startWorker(database.url, { SLUICE_KEY: Buffer.from(masterKey).toString("base64") });
    await call("POST", "/v1/skus", { code: "A", name: "Apple" });
    await call("POST", "/v1/stock/adjustments", {
      reference: "opening",
      lines: [{ sku: "A", delta: 10, unitCostMinor: 300, reason: "opening" }],
    });
    const made = await call("POST", "/v1/connections", {
      connector: "generic",
      name: "shop",
      settings: { baseUrl: "http://127.0.0.1:9" },
      secrets: { webhookSecret: secret },
    });
    connectionId = made.body.id;
  }, 120_000);
  afterAll(async () => {
    await worker?.stop();
    await database?.close();
  }, 60_000);

  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(worker.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json$/.test(response.headers.get("content-type") ?? "");
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the server sent and compares it
    return { status: response.status, text, body: (isJson ? JSON.parse(text) : null) as any };
  }

  async function deliver(body: string, signature?: string): Promise<number> {
    const seconds = Math.floor(Date.now() / 1000);
    const signed = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
      .update(`msg_1.${seconds}.${body}`)
      .digest("base64");
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(seconds),
      "webhook-signature": signature ?? `v1,${signed}`,
    };
    const response = await fetch(`${worker.url}/webhooks/${connectionId}`, { method: "POST", body, headers });
    await response.text();
    return response.status;
  }

  it("is alive, ready and reachable under its own address", async () => {
    expect((await call("GET", "/healthz")).body.status).toBe("ok");
    expect((await call("GET", "/readyz")).body).toMatchObject({ status: "ready", database: "postgres" });
    const { body } = await call("GET", `/v1/connections/${connectionId}`);
    expect(body.webhookUrl).toBe(`${worker.url}/webhooks/${connectionId}`);
  });

  it("stores a signed delivery, refuses a forged one, and the cron trigger makes the order of it", async () => {
    const at = new Date().toISOString();
    const data = snapshotOf({ externalId: "w-1", placedAt: at, updatedAt: at });
    const body = JSON.stringify({ type: "order.upserted", timestamp: at, data });
    expect(await deliver(body)).toBe(204);
    expect(await deliver(body)).toBe(204);
    expect(await deliver(body, "v1,AAAA")).toBe(401);
    expect(await database.db.query("select status from inbox")).toEqual([{ status: "received" }]);
    expect((await call("GET", "/__scheduled?cron=*+*+*+*+*")).status).toBe(200);
    const orders = await call("GET", "/v1/orders?externalId=w-1");
    expect(orders.body.items).toMatchObject([{ externalId: "w-1", status: "paid", shortfall: 0 }]);
    expect((await call("GET", "/v1/stock?sku=A")).body.items).toMatchObject([{ onHand: 10, reserved: 1 }]);
  });

  it("lets callers at the same moment share the stock, each request with connections of its own", async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        call("POST", "/v1/reservations", { reference: `rush-${index}`, lines: [{ sku: "A", quantity: 3 }] }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([
      201,
      201,
      201,
      ...Array.from({ length: 9 }, () => 409),
    ]);
  });

  it("streams the journal after its headers were sent", async () => {
    const { status, text } = await call("GET", "/v1/journals/export?format=jsonl");
    expect(status).toBe(200);
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).number),
    ).toEqual([1, 2]);
  });

  it("serves the reference page from its own files and no other file", async () => {
    expect((await call("GET", "/docs")).status).toBe(200);
    expect((await call("GET", "/docs/swagger-ui.css")).text.length).toBeGreaterThan(10_000);
    expect((await call("GET", "/package.json")).status).toBe(404);
  });
});
