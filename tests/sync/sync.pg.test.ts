import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { createLeases } from "../../src/sync/leases.ts";
import { createRateLimiter } from "../../src/sync/rate.ts";
import { postgresDatabase } from "../support/database.ts";
import { describePg } from "../support/postgres.ts";
import { channels, mug } from "./support/channels.ts";
import { deliverOrder } from "./support/deliver.ts";

// Whole rounds of everything, many times over: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

await describePg("several hub processes over one PostgreSQL", () => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await postgresDatabase({ maxConnections: 8 }));
  });
  afterAll(() => close());

  it("F052: identical deliveries at both at the same instant are one", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    const processes = [hub.sync, hub.process("two")];
    const receipts = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        deliverOrder(hub, shop.connectionId, "msg_1", { externalId: "1" }, processes[index % 2]),
      ),
    );
    expect(receipts.filter((receipt) => receipt.accepted && !receipt.repeated)).toHaveLength(1);
    expect(
      await hub.query("select delivery_id from inbox where merchant_id = $1", [hub.merchant.id]),
    ).toHaveLength(1);
  });

  it("both drain one inbox, and no delivery is taken twice", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await hub.sku("MUG", 1_000);
    await shop.map("MUG");
    await Promise.all(
      Array.from({ length: 1_200 }, (_, index) =>
        deliverOrder(hub, shop.connectionId, `msg_${index}`, { externalId: String(index) }),
      ),
    );
    const two = hub.process("two");
    await Promise.all([hub.sync.runDue(), two.runDue()]);
    expect(
      await hub.query(
        "select status, attempts, count(*) as rows from inbox where merchant_id = $1 group by 1, 2",
        [hub.merchant.id],
      ),
    ).toStrictEqual([{ status: "applied", attempts: 1, rows: 1_200 }]);
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 1_000, reserved: 1_000 });
  });

  it("both follow the log and push, and each change is written once", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", { webhooks: false });
    await hub.sku("MUG", 100);
    await shop.map("MUG");
    const two = hub.process("two");
    for (let round = 0; round < 10; round += 1) {
      await hub.adjust("MUG", { delta: 1 });
      await Promise.all([hub.sync.runDue(), two.runDue()]);
      // Whoever found the lane taken looks again.
      await two.runDue();
      expect(shop.figure()).toBe(101 + round);
    }
    expect(hub.sync.counters.stock.sent + two.counters.stock.sent).toBe(10);
    const [row] = await hub.query<{ requested: number }>(
      "select requested from outbox where merchant_id = $1",
      [hub.merchant.id],
    );
    expect(row?.requested).toBe(10);
  });

  it("one of ten gets the lease", async () => {
    const hub = await channels(db);
    const { clock, timers } = hub.runtime;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        createLeases({ db, clock, timers, holder: `process ${index}` }).withLease(
          hub.merchant.id,
          "job",
          async ({ token }) => {
            await db.query("select pg_sleep(0.05)");
            return token;
          },
        ),
      ),
    );
    expect(answers.filter((answer) => answer !== null)).toStrictEqual([1]);
  });

  it("ten processes share one call budget", async () => {
    const hub = await channels(db);
    const { connectionId } = await hub.shop("shop");
    const key = { merchantId: hub.merchant.id, connectionId };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => createRateLimiter(db, hub.runtime.clock)).flatMap((limiter) =>
        Array.from({ length: 10 }, () => limiter.take(key, { callsPerSecond: 5, burst: 17 })),
      ),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(17);
  });

  it("two running processes over one shop end where the shop is", async () => {
    const hub = await channels(db);
    const shop = await hub.shop("shop", {
      products: [{ ...mug, quantity: 500 }],
      faults: { duplicateWebhooks: 0.5, reorderWebhooks: 0.5 },
    });
    const other = await hub.shop("other");
    await hub.sku("MUG", 500);
    await shop.map("MUG");
    await other.map("MUG");
    const two = hub.process("two");
    hub.sync.start();
    two.start();
    for (let sale = 0; sale < 100; sale += 1) {
      shop.sell();
      await hub.runtime.advance(20);
    }
    await hub.whileTimePasses(shop.sandbox.settled());
    await Promise.all([hub.sync.stop(), two.stop()]);
    await hub.runtime.advance(60_000);
    await hub.process("three").runDue();
    expect(await hub.stock("MUG")).toStrictEqual({ onHand: 500, reserved: 100 });
    expect([shop.figure(), other.figure()]).toStrictEqual([400, 400]);
  });
});
