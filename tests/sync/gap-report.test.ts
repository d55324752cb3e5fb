import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { addMs, instantOf } from "../../src/core/clock.ts";
import type { Database } from "../../src/core/db/database.ts";
import { digestOfIds, firstIdAt } from "../../src/sync/jobs/gap-report.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels, mug } from "./support/channels.ts";
import { listing, orderIds, runsOf } from "./support/pulled.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

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
