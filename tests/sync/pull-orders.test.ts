import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { listQuarantined } from "../../src/core/catalogue/stuck.ts";
import type { Database } from "../../src/core/db/database.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels } from "./support/channels.ts";
import { listing, orderIds, page, runsOf } from "./support/pulled.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const storedCursor = async (hub: Channels, connectionId: string) => {
  const [row] = await hub.query<{ value: { cursor: unknown } }>(
    "select value from cursors where merchant_id = $1 and name = $2",
    [hub.merchant.id, `pull:${connectionId}`],
  );
  return row?.value.cursor;
};

const zero = { pages: 0, orders: 0, created: 0, updated: 0, unchanged: 0, rejected: 0, pushed: 0, failed: 0 };

describe("pulling", () => {
  it("reads page by page to the end, and keeps a record of the run", async () => {
    const shop = listing([page(0, ["1", "2"], true), page(1, ["3"], false)]);
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    const id = await hub.connect("scripted", "list");
    const counts = await hub.sync.syncConnection(hub.merchant.id, id);
    expect(counts).toStrictEqual({ ...zero, pages: 2, orders: 3, created: 3 });
    expect(await orderIds(hub)).toStrictEqual(["1", "2", "3"]);
    expect(await storedCursor(hub, id)).toBe(2);
    expect(await runsOf(hub, "pull-orders")).toStrictEqual([{ status: "succeeded", counts, error: null }]);
    expect((await hub.sync.states(hub.merchant.id))[0]?.lastPullAt).toBe("2026-11-22T08:00:00.000Z");
  });

  it("starts seven days back unless told otherwise, and goes on from the cursor afterwards", async () => {
    const shop = listing([page(0, ["1"], false)]);
    const hub = await channels(db, {
      connectors: [scripted({ orders: shop.orders })],
      sync: { firstPullDays: 7 },
    });
    const id = await hub.connect("scripted", "list");
    await hub.sync.syncConnection(hub.merchant.id, id);
    await hub.runtime.advance(60_000);
    await hub.sync.syncConnection(hub.merchant.id, id);
    const since = "2026-11-15T08:00:00.000Z";
    expect(shop.asked).toStrictEqual([
      { cursor: null, since },
      { cursor: 1, since },
    ]);
  });

  it("reaches back from when the account was connected, however late the first pull comes", async () => {
    const shop = listing([page(0, ["1"], false)]);
    const hub = await channels(db, {
      connectors: [scripted({ orders: shop.orders })],
      sync: { firstPullDays: 7 },
    });
    const id = await hub.connect("scripted", "list");
    await hub.runtime.advance(20 * 86_400_000);
    await hub.sync.syncConnection(hub.merchant.id, id);
    expect(shop.asked).toStrictEqual([{ cursor: null, since: "2026-11-15T08:00:00.000Z" }]);
  });

  it("F064: whatever fails, and wherever, the cursor never passes an order that is not in", async () => {
    for (const failing of [0, 1, 2, 3, 4, 5]) {
      const shop = listing([
        page(0, ["1", "2"], true),
        page(1, ["3", "4"], true),
        page(2, ["5", "6"], false),
      ]);
      const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
      const id = await hub.connect("scripted", "list");
      const submit = hub.engine.submit;
      let submitted = 0;
      hub.engine.submit = (merchantId, command) => {
        if (command.kind !== "order.apply") return submit(merchantId, command);
        submitted += 1;
        return submitted === failing + 1
          ? Promise.reject(new SluiceError("unavailable", "Connection lost."))
          : submit(merchantId, command);
      };
      await expect(hub.sync.syncConnection(hub.merchant.id, id)).rejects.toMatchObject({
        code: "connection_failed",
      });
      const cursor = Number((await storedCursor(hub, id)) ?? 0);
      expect(cursor).toBe(Math.floor(failing / 2));
      const held = await orderIds(hub);
      expect(
        ["1", "2", "3", "4", "5", "6"].slice(0, cursor * 2).every((externalId) => held.includes(externalId)),
      ).toBe(true);
      expect((await runsOf(hub, "pull-orders")).map((run) => run.status)).toStrictEqual(["failed"]);
      await hub.sync.syncConnection(hub.merchant.id, id);
      expect(await orderIds(hub)).toStrictEqual(["1", "2", "3", "4", "5", "6"]);
      await hub.close();
    }
  });

  it("F064: a network failure between pages keeps what came before it", async () => {
    const shop = listing([page(0, ["1", "2"], true), page(1, ["3"], false)]);
    shop.before.push(
      () => null,
      () => ({ ok: false, kind: "unavailable", message: "The line broke." }),
    );
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    const id = await hub.connect("scripted", "list");
    await expect(hub.sync.syncConnection(hub.merchant.id, id)).rejects.toMatchObject({
      details: { counts: { created: 2 } },
    });
    expect([await orderIds(hub), await storedCursor(hub, id)]).toStrictEqual([["1", "2"], 1]);
    await hub.sync.syncConnection(hub.merchant.id, id);
    expect([await orderIds(hub), await storedCursor(hub, id)]).toStrictEqual([["1", "2", "3"], 2]);
  });

  it("a run is bounded; the next one goes on", async () => {
    const shop = listing([page(0, ["1"], true), page(1, ["2"], true), page(2, ["3"], false)]);
    const hub = await channels(db, {
      connectors: [scripted({ orders: shop.orders })],
      sync: { pagesPerRun: 2 },
    });
    const id = await hub.connect("scripted", "list");
    expect((await hub.sync.syncConnection(hub.merchant.id, id)).pages).toBe(2);
    expect((await hub.sync.syncConnection(hub.merchant.id, id)).pages).toBe(1);
    expect(await orderIds(hub)).toStrictEqual(["1", "2", "3"]);
  });

  it("a platform that gives the same place again is not read for ever", async () => {
    const same = { ...page(0, ["1"], true), cursor: 0 };
    const shop = listing([same]);
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    const id = await hub.connect("scripted", "list");
    await expect(hub.sync.syncConnection(hub.merchant.id, id)).rejects.toMatchObject({
      code: "connection_failed",
    });
    expect(shop.asked.length).toBe(2);
  });

  it("rows that cannot be read are kept aside with a task; the others are not held up", async () => {
    const raw = { id: "9", phone: "13800138000" };
    const shop = listing([
      page(0, ["1"], false, { rejected: [{ externalId: "9", reason: "lines: missing", raw }] }),
    ]);
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    const id = await hub.connect("scripted", "list");
    expect(await hub.sync.syncConnection(hub.merchant.id, id)).toMatchObject({ created: 1, rejected: 1 });
    const { items } = await listQuarantined(db, hub.merchant.id, id, { limit: 10 });
    expect(items).toMatchObject([
      { deliveryId: "9", errorKind: "malformed", errorMessage: "lines: missing" },
    ]);
    expect(
      await hub.query(
        "select kind, subject from tasks where merchant_id = $1 and kind = 'quarantined_orders'",
        [hub.merchant.id],
      ),
    ).toStrictEqual([{ kind: "quarantined_orders", subject: id }]);
    // Retried, the order is fetched by its id.
    shop.orders.fetch = async (ids) => ({ ok: true, value: page(0, [...ids], false) });
    await hub.sync.retryQuarantined(hub.merchant.id, id);
    await hub.sync.runDue();
    expect(await orderIds(hub)).toStrictEqual(["1", "9"]);
  });

  it("an order the engine refuses for good is kept aside too, and the cursor moves on", async () => {
    const shop = listing([page(0, ["1", "2"], false)]);
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    const id = await hub.connect("scripted", "list");
    const submit = hub.engine.submit;
    hub.engine.submit = async (merchantId, command) =>
      command.kind === "order.apply" && command.snapshot.externalId === "2"
        ? { kind: "refused", code: "totals_mismatch", message: "The lines do not add up.", details: {} }
        : submit(merchantId, command);
    expect(await hub.sync.syncConnection(hub.merchant.id, id)).toMatchObject({ created: 1, rejected: 1 });
    expect(await storedCursor(hub, id)).toBe(1);
    expect((await listQuarantined(db, hub.merchant.id, id, { limit: 10 })).items).toMatchObject([
      { deliveryId: "2", errorKind: "totals_mismatch" },
    ]);
  });

  it("F068: a watermark in the future is taken for now; a start in the future is set back, with a warning", async () => {
    const future = "2027-01-01T00:00:00.000Z";
    const shop = listing([
      page(0, ["1"], false, { watermark: future, warnings: ["The platform's clock is ahead."] }),
    ]);
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    const id = await hub.connect("scripted", "list");
    await hub.sync.syncConnection(hub.merchant.id, id);
    const watermark = async () =>
      (
        await hub.query<{ order_watermark: string }>(
          "select order_watermark from connections where id = $1",
          [id],
        )
      )[0]?.order_watermark;
    expect(await watermark()).toBe("2026-11-22T08:00:00.000Z");
    expect(hub.logged).toStrictEqual([{ level: "warn", message: "The platform's clock is ahead." }]);
    await hub.query(
      "update cursors set value = jsonb_build_object('cursor', null, 'since', $2::text) where merchant_id = $1 and name like 'pull:%'",
      [hub.merchant.id, future],
    );
    await hub.sync.syncConnection(hub.merchant.id, id);
    expect(shop.asked.at(-1)).toStrictEqual({ cursor: null, since: "2026-11-22T08:00:00.000Z" });
    expect(hub.logged.filter((line) => line.message.includes("lies in the future"))).toHaveLength(1);
  });

  it("the watermark never goes back", async () => {
    const shop = listing([
      page(0, ["1"], false, { watermark: "2026-11-22T07:59:00.000Z" }),
      page(1, ["2"], false, { watermark: "2026-11-22T07:00:00.000Z" }),
    ]);
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    const id = await hub.connect("scripted", "list");
    await hub.sync.syncConnection(hub.merchant.id, id);
    await hub.sync.syncConnection(hub.merchant.id, id);
    expect(await hub.query("select order_watermark from connections where id = $1", [id])).toStrictEqual([
      { order_watermark: "2026-11-22T07:59:00.000Z" },
    ]);
  });

  it("refuses what is not to be pulled", async () => {
    const hub = await channels(db, { connectors: [scripted({})] });
    const id = await hub.connect("scripted", "list");
    await hub.query("update connections set status = 'paused' where id = $1", [id]);
    await expect(hub.sync.syncConnection(hub.merchant.id, id)).rejects.toMatchObject({ code: "conflict" });
    await expect(hub.sync.syncConnection(id, id)).rejects.toMatchObject({ code: "not_found" });
    const [manual] = await hub.query<{ id: string }>(
      "select id from connections where merchant_id = $1 and connector = 'manual'",
      [hub.merchant.id],
    );
    await expect(hub.sync.testConnection(hub.merchant.id, manual?.id ?? "")).rejects.toMatchObject({
      code: "unsupported",
    });
    expect(await hub.sync.testConnection(hub.merchant.id, id)).toStrictEqual({
      ok: true,
      account: "scripted",
    });
  });
});
