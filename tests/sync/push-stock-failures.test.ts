import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Stock, StockOutcome, StockWrite } from "../../src/connectors/contract.ts";
import { updateConnection } from "../../src/core/catalogue/connections.ts";
import { updateListing } from "../../src/core/catalogue/listings.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { bag, type Channels, channels, mug } from "./support/channels.ts";
import { mapTo, outboxOf, published, writes } from "./support/pushed.ts";
import { scripted } from "./support/scripted.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const openTasks = (hub: Channels) =>
  hub.query<{ kind: string; subject: string }>(
    "select kind, subject from tasks where merchant_id = $1 and status = 'open' order by kind",
    [hub.merchant.id],
  );

describe("when it fails", () => {
  it.each([
    ["with Retry-After", 20],
    ["without Retry-After", null],
  ])(
    "F084: ten minutes of 429 %s: nothing is lost, the newest figure wins, calls stay within the budget",
    async (_, retryAfterSeconds) => {
      const hub = await channels(db);
      const shop = await hub.shop("shop", { webhooks: false, settings: { callsPerSecond: 2, burst: 4 } });
      await hub.sku("MUG", 10);
      await hub.sku("BAG", 10);
      await shop.map("MUG");
      await shop.map("BAG", bag);
      Object.assign(shop.sandbox.faults, { rateLimit: 1, retryAfterSeconds });
      const start = hub.runtime.clock.nowMs();
      for (let minute = 0; minute < 10; minute += 1) {
        await hub.adjust("MUG", { delta: 1 });
        for (let look = 0; look < 3; look += 1) {
          await hub.sync.runDue();
          await hub.runtime.advance(20_000);
        }
      }
      const seconds = (hub.runtime.clock.nowMs() - start) / 1000;
      expect(shop.calls.length).toBeLessThanOrEqual(4 + 2 * seconds);
      // A blocked account is asked again when its time is over, not by every job at every look.
      expect(shop.calls.length).toBeLessThanOrEqual(31);
      expect([shop.figure(), shop.figure(bag)]).toStrictEqual([0, 0]);
      shop.sandbox.faults.rateLimit = 0;
      for (let look = 0; look < 4; look += 1) {
        await hub.runtime.advance(90_000);
        await hub.sync.runDue();
      }
      expect([shop.figure(), shop.figure(bag)]).toStrictEqual([20, 10]);
      expect((await outboxOf(hub)).map((row) => [row.status, row.attempts])).toStrictEqual([
        ["done", 0],
        ["done", 0],
      ]);
    },
  );

  it("what will not work as it is is parked with a task, tried once more on request, and the task closed", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { settings: { stockWrites: ["set"] } });
    await hub.sku("MUG", 10);
    await hub.sku("GONE", 5);
    await shop.map("MUG");
    const gone = await shop.map("GONE", { ...mug, externalId: "P9" });
    await hub.sync.runDue();
    expect([shop.figure(), await published(hub)]).toStrictEqual([10, [10, null]]);
    expect(await outboxOf(hub)).toStrictEqual([
      { status: "done", attempts: 0, error_kind: null },
      { status: "parked", attempts: 1, error_kind: "not_found" },
    ]);
    expect(await openTasks(hub)).toStrictEqual([{ kind: "stock_push_parked", subject: gone }]);
    // A change of stock does not revive it: a person must act.
    const before = writes(shop);
    await hub.adjust("GONE", { delta: 1 });
    await hub.sync.runDue();
    expect([writes(shop) - before, (await outboxOf(hub))[1]?.status]).toStrictEqual([0, "parked"]);
    expect(await hub.sync.retryParked(hub.merchant.id, shop.connectionId)).toBe(1);
    expect(await openTasks(hub)).toStrictEqual([]);
    await hub.sync.runDue();
    expect([writes(shop) - before, (await outboxOf(hub))[1]?.status]).toStrictEqual([1, "parked"]);
  });

  it("a listing that was corrected is taken up again by itself", async () => {
    const answers: StockOutcome[] = [{ ok: false, kind: "invalid", message: "too many for this item" }];
    const pushed: StockWrite[] = [];
    const stock: Stock = {
      push: async (batch) => {
        pushed.push(...batch);
        return batch.map(() => answers.shift() ?? { ok: true });
      },
    };
    const hub = await channels(db, { connectors: [scripted({ stock })] });
    const connection = await hub.connect("scripted", "strict");
    await hub.sku("MUG", 10);
    const listing = await mapTo(hub, connection, "MUG");
    await hub.sync.runDue();
    expect(await outboxOf(hub)).toMatchObject([{ status: "parked", error_kind: "invalid" }]);
    await updateListing(db, hub.runtime, hub.merchant.id, listing, { cap: 3 });
    await hub.sync.runDue();
    expect(pushed.map((write) => write.quantity)).toStrictEqual([10, 3]);
    expect([await outboxOf(hub), await openTasks(hub)]).toStrictEqual([
      [{ status: "done", attempts: 0, error_kind: null }],
      [],
    ]);
  });

  it("refused credentials stop the lane; new ones let it go on from where it stood", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { apiToken: "right" });
    await hub.sku("MUG", 10);
    await shop.map("MUG");
    await hub.sync.runDue();
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([
      { status: "refused", pending: 1, parked: 0 },
    ]);
    const { calls } = shop;
    const before = calls.length;
    await hub.runtime.advance(3_600_000);
    await hub.sync.runDue();
    expect(calls.length).toBe(before);
    await updateConnection(db, hub, hub.merchant.id, shop.connectionId, { secrets: { apiToken: "right" } });
    await hub.runtime.advance(5_000);
    await hub.sync.runDue();
    expect([shop.figure(), await openTasks(hub)]).toStrictEqual([10, []]);
  });

  it("a platform that is down opens its circuit and delays nobody else", async () => {
    const hub = await channels(db);
    const down = await hub.shop("down", { webhooks: false, faults: { serverError: 1 } });
    const up = await hub.shop("up", { webhooks: false });
    await hub.sku("MUG", 10);
    await down.map("MUG");
    await up.map("MUG");
    for (let minute = 0; minute < 12; minute += 1) {
      await hub.adjust("MUG", { delta: 1 });
      await hub.sync.runDue();
      expect(up.figure()).toBe(11 + minute);
      await hub.runtime.advance(60_000);
    }
    expect(down.calls.length).toBeLessThan(16);
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([
      { name: "down", circuit: "open", pending: 1 },
      { name: "up", circuit: "closed", pending: 0 },
    ]);
    down.sandbox.faults.serverError = 0;
    await hub.runtime.advance(720_000);
    await hub.sync.runDue();
    expect(down.figure()).toBe(22);
    expect(await hub.sync.states(hub.merchant.id)).toMatchObject([{ circuit: "closed", pending: 0 }, {}]);
  });

  it("a process that lost its lease in the middle of a call writes nothing down", async () => {
    const figures: number[] = [];
    let steal: () => Promise<unknown> = async () => {};
    const stock: Stock = {
      push: async (batch) => {
        figures.push(...batch.map((write) => write.quantity));
        await steal();
        return batch.map(() => ({ ok: true }));
      },
    };
    const hub = await channels(db, { connectors: [scripted({ stock })] });
    const connection = await hub.connect("scripted", "slow");
    await hub.sku("MUG", 10);
    await mapTo(hub, connection, "MUG");
    steal = () =>
      hub.query("update leases set token = token + 1 where merchant_id = $1 and name like 'push-stock:%'", [
        hub.merchant.id,
      ]);
    await hub.sync.runDue();
    expect([await outboxOf(hub), await published(hub)]).toMatchObject([[{ status: "sending" }], [null]]);
    expect(hub.logged.map((line) => line.message)).toStrictEqual(["A push failed; what it owed stays owed."]);
    steal = async () => {};
    await hub.runtime.advance(60_000);
    await hub.sync.runDue();
    expect([await outboxOf(hub), await published(hub), figures]).toMatchObject([
      [{ status: "done" }],
      [10],
      [10, 10],
    ]);
  });

  it("a connection that cannot even be opened stops nobody else", async () => {
    const hub = await channels(db);
    const broken = await hub.shop("broken");
    const shop = await hub.shop("shop");
    await hub.sku("MUG", 10);
    await broken.map("MUG");
    await shop.map("MUG");
    await hub.query("update connections set settings = '{}' where id = $1", [broken.connectionId]);
    await hub.sync.runDue();
    expect([broken.figure(), shop.figure()]).toStrictEqual([0, 10]);
    expect(hub.logged.map((line) => line.level)).toContain("error");
    await hub.query("update connections set settings = $2::jsonb where id = $1", [
      broken.connectionId,
      JSON.stringify({ baseUrl: "https://broken.test" }),
    ]);
    await hub.runtime.advance(600_000);
    await hub.sync.runDue();
    expect(broken.figure()).toBe(10);
  });
});
