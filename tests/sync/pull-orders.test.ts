import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Orders, PullPage, PullRequest, Result } from "../../src/connectors/contract.ts";
import { deleteListing } from "../../src/core/catalogue/listings.ts";
import { listQuarantined } from "../../src/core/catalogue/stuck.ts";
import { addMs, instantOf } from "../../src/core/clock.ts";
import type { Database } from "../../src/core/db/database.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { digestOfIds, firstIdAt } from "../../src/sync/jobs/gap-report.ts";
import { memoryDatabase } from "../support/database.ts";
import { snapshotOf } from "../support/hub.ts";
import { type Channels, channels, mug } from "./support/channels.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const orderIds = async (hub: Channels) =>
  (
    await hub.query<{ external_id: string }>(
      "select external_id from orders where merchant_id = $1 order by external_id",
      [hub.merchant.id],
    )
  ).map((row) => row.external_id);

const storedCursor = async (hub: Channels, connectionId: string) => {
  const [row] = await hub.query<{ value: { cursor: unknown } }>(
    "select value from cursors where merchant_id = $1 and name = $2",
    [hub.merchant.id, `pull:${connectionId}`],
  );
  return row?.value.cursor;
};

const runsOf = (hub: Channels, job: string) =>
  hub.query<{ status: string; counts: object; error: string | null }>(
    "select status, counts, error from sync_runs where merchant_id = $1 and job = $2 order by id",
    [hub.merchant.id, job],
  );

/** A platform whose list is `pages`; the cursor is the number of the next page. */
function listing(pages: PullPage[]): {
  orders: Orders;
  asked: PullRequest[];
  before: ((page: number) => Result<PullPage> | null)[];
} {
  const asked: PullRequest[] = [];
  const before: ((page: number) => Result<PullPage> | null)[] = [];
  const orders: Orders = {
    pull: async (request) => {
      asked.push(request);
      const page = Number(request.cursor ?? 0);
      const instead = before.shift()?.(page);
      return (
        instead ?? { ok: true, value: pages[page] ?? { orders: [], rejected: [], cursor: page, more: false } }
      );
    },
    fetch: async () => ({ ok: true, value: { orders: [], rejected: [], cursor: null, more: false } }),
    list: async () => ({ ok: true, value: { externalIds: [] } }),
  };
  return { orders, asked, before };
}

const page = (
  number: number,
  externalIds: string[],
  more: boolean,
  extra: Partial<PullPage> = {},
): PullPage => ({
  orders: externalIds.map((externalId) => snapshotOf({ externalId })),
  rejected: [],
  cursor: number + 1,
  more,
  ...extra,
});

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

describe("a whole shop", () => {
  it("F070: history of every status is fetched", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 50 }], webhooks: false });
    const { shop: inside } = shop.sandbox;
    const ids = [shop.sell(), shop.sell(), shop.sell(), shop.sell()];
    inside.cancel(ids[0] ?? "");
    inside.refund(ids[1] ?? "", { amountMinor: mug.priceMinor });
    inside.ship({
      orderExternalId: ids[2] ?? "",
      shipmentId: "s",
      lines: [{ externalLineId: "L1", quantity: 1 }],
    });
    inside.complete(ids[2] ?? "");
    await hub.sync.runDue();
    const rows = await hub.query<{ external_id: string; told_status: string }>(
      "select external_id, told_status from orders where merchant_id = $1",
      [hub.merchant.id],
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.told_status).toBe(inside.orders.get(row.external_id)?.status);
  });

  it.each(["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"])(
    "F066: the zone of the hub's process (%s) changes nothing",
    async (zone) => {
      const before = process.env.TZ;
      process.env.TZ = zone;
      try {
        const hub = await channels(db);
        const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 50 }], webhooks: false });
        shop.sell();
        await hub.sync.runDue();
        await hub.runtime.advance(3 * 3_600_000);
        const recent = shop.sell();
        await hub.sync.runDue();
        const rows = await hub.query<{ external_id: string; placed_at: string }>(
          "select external_id, placed_at from orders where merchant_id = $1 order by placed_at",
          [hub.merchant.id],
        );
        expect(rows.map((row) => row.placed_at)).toStrictEqual([
          "2026-11-22T08:00:00.000Z",
          "2026-11-22T11:00:00.000Z",
        ]);
        expect(rows.at(-1)?.external_id).toBe(recent);
        await hub.close();
      } finally {
        if (before === undefined) delete process.env.TZ;
        else process.env.TZ = before;
      }
    },
  );

  it("F068: a shop whose clock runs ahead goes on being read, and nothing is missed", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [{ ...mug, quantity: 50 }],
      webhooks: false,
      faults: { clockSkewMs: 7_200_000 },
    });
    shop.sell();
    await hub.sync.runDue();
    shop.sandbox.faults.clockSkewMs = 0;
    await hub.runtime.advance(3_600_000);
    shop.sell();
    await hub.sync.runDue();
    expect(await orderIds(hub)).toHaveLength(2);
  });

  it("F072: with one delivery in ten dropped, one poll makes it complete", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [{ ...mug, quantity: 200 }],
      seed: 7,
      faults: { dropWebhooks: 0.1 },
    });
    await hub.sku("MUG", 200);
    await shop.map("MUG");
    const sold = Array.from({ length: 100 }, () => shop.sell());
    await hub.whileTimePasses(shop.sandbox.settled());
    expect(shop.sandbox.journal.counts().webhook_dropped).toBeGreaterThan(5);
    await hub.sync.runDue();
    expect(await orderIds(hub)).toStrictEqual(sold.toSorted());
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 200, reserved: 100 });
    expect(shop.figure()).toBe(100);
  });

  it("F074: after a listing was deleted its orders wait for a mapping and book on no other SKU", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [
        { ...mug, quantity: 5 },
        { ...mug, externalId: "P1b", externalVariantId: "V1b", quantity: 5 },
      ],
    });
    await hub.sku("MUG", 5);
    const listing = await shop.map("MUG");
    await deleteListing(db, hub.runtime, hub.merchant.id, listing);
    // The seller made the item anew: other ids, the same seller's code.
    await shop.map("MUG", { ...mug, externalId: "P1b", externalVariantId: "V1b" });
    const old = shop.sell(2);
    await hub.whileTimePasses(shop.sandbox.settled());
    await hub.sync.runDue();
    expect(
      await hub.query(
        "select external_id, sku_id, external_item_id from order_lines join orders using (merchant_id) where merchant_id = $1 and id = order_id",
        [hub.merchant.id],
      ),
    ).toStrictEqual([{ external_id: old, sku_id: null, external_item_id: "P1" }]);
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 5, reserved: 0 });
    expect(
      await hub.query("select kind from tasks where merchant_id = $1 and status = 'open'", [hub.merchant.id]),
    ).toHaveLength(1);
  });
});

describe("the gap report", () => {
  const reports = (hub: Channels) =>
    hub.query<{
      hour: string;
      our_count: number;
      their_count: number;
      our_digest: string;
      their_digest: string;
      missing: string[];
    }>(
      "select hour, our_count, their_count, our_digest, their_digest, missing from gap_reports where merchant_id = $1 order by hour",
      [hub.merchant.id],
    );

  it("compares each closed hour, fetches what is missing, and says so", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { products: [{ ...mug, quantity: 50 }], webhooks: false });
    await hub.sku("MUG", 50);
    await shop.map("MUG");
    await hub.sync.runDue();
    await hub.runtime.advance(600_000);
    const hidden = shop.sell(3);
    const seen = shop.sell();
    // The list of changes forgets one order, the list by hour does not.
    shop.intercept = async (input) => {
      const response = await shop.sandbox.fetch(input);
      const { pathname, searchParams } = new URL((input as Request).url);
      if (pathname !== "/orders" || searchParams.has("ids")) return response;
      const body = (await response.json()) as { orders: { externalId: string }[] };
      return Response.json({ ...body, orders: body.orders.filter((order) => order.externalId !== hidden) });
    };
    await hub.sync.runDue();
    expect(await orderIds(hub)).toStrictEqual([seen]);
    await hub.runtime.set("2026-11-22T09:09:59.000Z");
    await hub.sync.runDue();
    expect(await reports(hub)).toStrictEqual([]);
    await hub.runtime.advance(1_000);
    await hub.sync.runDue();
    const [report] = await reports(hub);
    expect(report).toStrictEqual({
      hour: "2026-11-22T08:00:00.000Z",
      our_count: 1,
      their_count: 2,
      our_digest: digestOfIds([seen]),
      their_digest: digestOfIds([seen, hidden]),
      missing: [hidden],
    });
    expect((await orderIds(hub)).toSorted()).toStrictEqual([hidden, seen].toSorted());
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 50, reserved: 4 });
    expect(await runsOf(hub, "gap-report")).toStrictEqual([
      { status: "succeeded", counts: { hours: 1, missing: 1, repaired: 1 }, error: null },
    ]);
    // Once compared, an hour is not compared again.
    const calls = shop.calls.length;
    await hub.sync.runDue();
    expect(shop.calls.slice(calls)).not.toContain("GET /orders/ids");
  });

  it("looks at an hour again when what was missing could not be fetched", async () => {
    const hour = "2026-11-22T08:00:00.000Z";
    const shop = listing([]);
    shop.orders.list = async ({ from }) => ({
      ok: true,
      value: { externalIds: from === hour ? ["lost"] : [] },
    });
    shop.orders.fetch = async () => ({ ok: false, kind: "unavailable", message: "not now" });
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    await hub.connect("scripted", "list");
    await hub.sync.runDue();
    await hub.runtime.set("2026-11-22T09:30:00.000Z");
    await hub.sync.runDue();
    expect([await reports(hub), (await runsOf(hub, "gap-report")).map((run) => run.status)]).toStrictEqual([
      [],
      ["failed"],
    ]);
    shop.orders.fetch = async () => ({
      ok: true,
      value: { orders: [], rejected: [], cursor: null, more: false },
    });
    await hub.sync.runDue();
    expect(await reports(hub)).toMatchObject([{ hour, missing: ["lost"] }]);
    expect(
      await hub.query("select kind from tasks where merchant_id = $1 and status = 'open'", [hub.merchant.id]),
    ).toStrictEqual([{ kind: "missing_orders" }]);
  });

  it("catches up a day per run after a long pause", async () => {
    const shop = listing([]);
    const hub = await channels(db, { connectors: [scripted({ orders: shop.orders })] });
    await hub.connect("scripted", "list");
    await hub.sync.runDue();
    await hub.runtime.advance(40 * 3_600_000);
    await hub.sync.runDue();
    expect(await reports(hub)).toHaveLength(24);
    await hub.sync.runDue();
    expect(await reports(hub)).toHaveLength(39);
  });

  it("the digest depends on the set of ids alone", () => {
    expect(digestOfIds(["b", "a"])).toBe(digestOfIds(["a", "b"]));
    expect(digestOfIds(["a,b"])).not.toBe(digestOfIds(["a", "b"]));
  });

  it("knows the smallest id of a moment", () => {
    const at = Date.parse("2026-11-22T08:00:00.000Z");
    expect(firstIdAt(at)).toBe("01a20244-e800-7000-8000-000000000000");
    expect(firstIdAt(-5)).toBe("00000000-0000-7000-8000-000000000000");
    expect(addMs(instantOf(at), 1)).toBe("2026-11-22T08:00:00.001Z");
  });
});
