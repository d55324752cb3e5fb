import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createConnection,
  findConnection,
  listConnections,
  loadConnection,
  loadManualConnection,
  removeConnection,
  updateConnection,
} from "../../../src/core/catalogue/connections.ts";
import { createListing, listListings } from "../../../src/core/catalogue/listings.ts";
import { openSecrets } from "../../../src/core/catalogue/secrets.ts";
import { createSku } from "../../../src/core/catalogue/skus.ts";
import { nowInstant } from "../../../src/core/clock.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { lastEventSeq, readEvents } from "../../../src/core/events/log.ts";
import type { Merchant } from "../../../src/core/merchants.ts";
import { listTasks } from "../../../src/core/tasks.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant, testVault } from "../../support/merchant.ts";
import { insertWaitingOrder } from "../../support/orders.ts";
import { testRuntime } from "../../support/runtime.ts";
import { input } from "./connection.ts";

describe("connections", () => {
  const runtime = testRuntime();
  const vault = testVault(runtime);
  const parts = { vault, runtime };
  let db: Database;
  let merchant: Merchant;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    merchant = await testMerchant(db, runtime, { vault });
  });

  const create = (more: Partial<typeof input> = {}) =>
    createConnection(db, parts, merchant.id, { ...input, ...more });
  const secretsOf = async (id: string) =>
    openSecrets(
      vault.keyFor(merchant.wrappedKey),
      await loadConnection(db, merchant.id, id),
      nowInstant(runtime.clock),
    );

  it("is stored with its secrets sealed", async () => {
    const connection = await create();
    expect(connection).toStrictEqual({
      merchantId: merchant.id,
      id: connection.id,
      connector: "generic",
      name: "Shop",
      status: "active",
      settings: { baseUrl: "https://shop.example" },
      problem: null,
      circuit: "closed",
      circuitFailures: 0,
      circuitUntil: null,
      tokensExpireAt: null,
      grantExpiresAt: null,
      orderWatermark: null,
      previousSecretsUntil: null,
      createdAt: nowInstant(runtime.clock),
      updatedAt: nowInstant(runtime.clock),
    });
    const sealed = await findConnection(db, connection.id);
    expect(sealed).toStrictEqual({
      ...connection,
      secrets: sealed?.secrets,
      previousSecrets: null,
      tokens: null,
      tokensVersion: 0,
    });
    expect(Buffer.from(sealed?.secrets ?? []).includes("s3cret")).toBe(false);
    expect(await secretsOf(connection.id)).toStrictEqual({ current: { apiKey: "s3cret" }, previous: null });
    expect(await readEvents(db, merchant.id, 0, 10)).toMatchObject([
      {
        type: "connection.changed",
        subject: connection.id,
        data: { connectionId: connection.id, status: "active" },
      },
    ]);
  });

  it("does not open with the secrets of another connection", async () => {
    const [one, two] = [await create(), await create({ name: "Two" })];
    await db.query(
      "update connections set secrets = (select secrets from connections where id = $2) where id = $1",
      [one.id, two.id],
    );
    await expect(secretsOf(one.id)).rejects.toMatchObject({ code: "configuration" });
  });

  it("refuses a name that is taken, and nothing changes", async () => {
    const first = await create();
    const second = await create({ name: "Second" });
    const seq = await lastEventSeq(db, merchant.id);
    await expect(create()).rejects.toMatchObject({ code: "already_exists" });
    await expect(
      updateConnection(db, parts, merchant.id, second.id, { name: "Shop", status: "paused" }),
    ).rejects.toMatchObject({ code: "already_exists" });
    expect((await listConnections(db, merchant.id)).slice(1)).toStrictEqual([first, second]);
    expect(await lastEventSeq(db, merchant.id)).toBe(seq);
  });

  it("keeps the secrets before a change good for 24 hours", async () => {
    const { id } = await create();
    await updateConnection(db, parts, merchant.id, id, { secrets: { apiKey: "new" } });
    expect(await secretsOf(id)).toStrictEqual({ current: { apiKey: "new" }, previous: { apiKey: "s3cret" } });
    await runtime.advance(24 * 3_600_000 - 1);
    expect((await secretsOf(id)).previous).toStrictEqual({ apiKey: "s3cret" });
    await runtime.advance(1);
    expect(await secretsOf(id)).toStrictEqual({ current: { apiKey: "new" }, previous: null });
  });

  it("goes back to work when a person has repaired it", async () => {
    const { id } = await create();
    const broken =
      "update connections set status = 'refused', problem = 'key refused', circuit = 'open', circuit_failures = 5, circuit_until = $2 where id = $1";
    await db.query(broken, [id, "2027-01-01T00:00:00.000Z"]);
    expect(await updateConnection(db, parts, merchant.id, id, { name: "Renamed" })).toMatchObject({
      status: "refused",
      problem: "key refused",
      circuit: "open",
    });
    expect(await updateConnection(db, parts, merchant.id, id, { secrets: { apiKey: "good" } })).toMatchObject(
      {
        name: "Renamed",
        status: "active",
        problem: null,
        circuit: "closed",
        circuitFailures: 0,
        circuitUntil: null,
      },
    );
  });

  it("stays paused until it is told otherwise", async () => {
    const { id } = await create();
    expect(await updateConnection(db, parts, merchant.id, id, { status: "paused" })).toMatchObject({
      status: "paused",
    });
    expect(
      await updateConnection(db, parts, merchant.id, id, { settings: { baseUrl: "https://b.example" } }),
    ).toMatchObject({
      status: "paused",
      settings: { baseUrl: "https://b.example" },
    });
    expect(await updateConnection(db, parts, merchant.id, id, { status: "active" })).toMatchObject({
      status: "active",
    });
  });

  it("is removed with its secrets; its listings are unseen, its row stays, and under its name it comes back", async () => {
    const { id } = await create();
    await createSku(db, runtime, merchant.id, { code: "A", name: "A", kind: "physical" });
    const { listing } = await createListing(db, runtime, merchant.id, {
      connection: id,
      externalId: "1",
      sku: "A",
      unitsPer: 1,
      buffer: 0,
      cap: null,
    });
    const seq = await lastEventSeq(db, merchant.id);
    await removeConnection(db, parts, merchant.id, id);
    expect(await findConnection(db, id)).toBeUndefined();
    await expect(loadConnection(db, merchant.id, id)).rejects.toMatchObject({ code: "not_found" });
    await expect(removeConnection(db, parts, merchant.id, id)).rejects.toMatchObject({ code: "not_found" });
    expect((await listListings(db, merchant.id, { limit: 10 })).items).toStrictEqual([]);
    expect(
      (await readEvents(db, merchant.id, seq, 10)).map((event) => [event.type, event.subject]),
    ).toStrictEqual([
      ["connection.changed", id],
      ["listing.removed", listing.id],
    ]);
    expect((await listConnections(db, merchant.id)).map((connection) => connection.name)).toStrictEqual([
      "manual",
    ]);
    expect(
      (await listConnections(db, merchant.id, { removed: true })).map((connection) => connection.status),
    ).toStrictEqual(["paused", "removed"]);
    await db.query("update listings set published_quantity = 7 where merchant_id = $1", [merchant.id]);
    const removedAt = await lastEventSeq(db, merchant.id);
    const back = await create({ secrets: { apiKey: "other" } });
    expect(back).toMatchObject({ id, name: "Shop", status: "active" });
    expect(await secretsOf(id)).toStrictEqual({ current: { apiKey: "other" }, previous: null });
    expect((await listListings(db, merchant.id, { limit: 10 })).items).toStrictEqual([
      { ...listing, publishedQuantity: null },
    ]);
    expect(
      (await readEvents(db, merchant.id, removedAt, 10)).map((event) => [event.type, event.subject]),
    ).toStrictEqual([
      ["connection.changed", id],
      ["listing.changed", listing.id],
    ]);
  });

  it.each(["pending_payment", "paid", "partially_shipped", "refunding"])(
    "is not removed while an order is %s, unless forced: then a task names them until it is back",
    async (status) => {
      const { id } = await create();
      await insertWaitingOrder(db, runtime, merchant.id, { connectionId: id, externalSku: "A" });
      await db.query("update orders set status = $2 where merchant_id = $1", [merchant.id, status]);
      const seq = await lastEventSeq(db, merchant.id);
      await expect(removeConnection(db, parts, merchant.id, id)).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining('1 orders of "Shop" are still open'),
        details: { connectionId: id, openOrders: 1 },
      });
      expect(await lastEventSeq(db, merchant.id)).toBe(seq);
      await removeConnection(db, parts, merchant.id, id, { force: true });
      const open = async () =>
        (await listTasks(db, merchant.id, { limit: 10, status: "open" })).items.map((task) => task.kind);
      expect(await open()).toStrictEqual(["orders_without_connection"]);
      await create();
      expect(await open()).toStrictEqual([]);
    },
  );

  it("is removed once its orders are over", async () => {
    const { id } = await create();
    await insertWaitingOrder(db, runtime, merchant.id, { connectionId: id, externalSku: "A" });
    await db.query("update orders set status = 'shipped' where merchant_id = $1", [merchant.id]);
    await removeConnection(db, parts, merchant.id, id);
    expect(await findConnection(db, id)).toBeUndefined();
  });

  it("leaves the built-in connection alone", async () => {
    const manual = await loadManualConnection(db, merchant.id);
    await expect(updateConnection(db, parts, merchant.id, manual.id, { name: "mine" })).rejects.toMatchObject(
      { code: "conflict" },
    );
    await expect(removeConnection(db, parts, merchant.id, manual.id)).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await loadManualConnection(db, merchant.id)).toStrictEqual(manual);
  });

  it("is not reached through another merchant", async () => {
    const { id } = await create();
    const other = await testMerchant(db, runtime, { vault });
    await expect(loadConnection(db, other.id, id)).rejects.toMatchObject({ code: "not_found" });
    await expect(updateConnection(db, parts, other.id, id, { name: "theirs" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(removeConnection(db, parts, other.id, id)).rejects.toMatchObject({ code: "not_found" });
    expect((await loadConnection(db, merchant.id, id)).name).toBe("Shop");
  });
});
