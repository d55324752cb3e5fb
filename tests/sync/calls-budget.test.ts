import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Call, Failure, Orders, Stock } from "../../src/connectors/contract.ts";
import { createListing } from "../../src/core/catalogue/listings.ts";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels } from "./support/channels.ts";
import { scripted } from "./support/scripted.ts";

vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

/** Sends so many requests for one call, each in its turn; answers the refusal of the first that must not leave. */
async function sendSome(call: Call, requests: number, sent: () => void): Promise<Failure | null> {
  for (let count = 0; count < requests; count += 1) {
    const refused = await call.turn?.();
    if (refused) return refused;
    if (call.signal.aborted) return { ok: false, kind: "unavailable", message: "Its time was over." };
    sent();
  }
  return null;
}

const bucketOf = async (hub: Channels, connectionId: string) =>
  (
    await hub.query<{ blocked: string | null }>(
      "select blocked_until as blocked from rate_buckets where merchant_id = $1 and connection_id = $2",
      [hub.merchant.id, connectionId],
    )
  )[0];

describe("a call of many requests", () => {
  it("keeps within the budget from the first to the last, and reads on while it waits for turns", async () => {
    const sentAtMs: number[] = [];
    const orders: Orders = {
      pull: async (_request, call) =>
        (await sendSome(call, 90, () => sentAtMs.push(hub.runtime.clock.nowMs()))) ?? {
          ok: true,
          value: { orders: [], rejected: [], cursor: null, more: false },
        },
      fetch: async () => ({ ok: true, value: { orders: [], rejected: [], cursor: null, more: false } }),
      list: async () => ({ ok: true, value: { externalIds: [] } }),
    };
    const limits = { ordersPerPage: 10, stockWritesPerCall: 10, callsPerSecond: 2, burst: 5 };
    const hub = await channels(db, { connectors: [scripted({ orders }, { limits })] });
    const connection = await hub.connect("scripted", "shop");
    await hub.whileTimePasses(hub.sync.syncConnection(hub.merchant.id, connection));
    expect(sentAtMs).toHaveLength(90);
    const startMs = sentAtMs[0] ?? 0;
    const beyond = sentAtMs.filter((atMs, index) => index + 1 > 5 + ((atMs - startMs) / 1000) * 2);
    expect(beyond).toEqual([]);
    // Longer than a call may take otherwise.
    expect((sentAtMs.at(-1) ?? 0) - startMs).toBeGreaterThan(30_000);
  });

  it("that writes is refused what does not fit its time: it is tried again, nothing is in doubt, nobody is blocked", async () => {
    let sent = 0;
    const stock: Stock = {
      push: async (batch, call) => {
        const refused = await sendSome(call, 2, () => {
          sent += 1;
        });
        return batch.map(() => refused ?? { ok: true });
      },
    };
    const limits = { ordersPerPage: 10, stockWritesPerCall: 10, callsPerSecond: 0.02, burst: 1 };
    const hub = await channels(db, { connectors: [scripted({ stock }, { limits })] });
    const connection = await hub.connect("scripted", "shop");
    await hub.sku("MUG", 10);
    const map = { connection, externalId: "MUG", sku: "MUG", unitsPer: 1, buffer: 0, cap: null };
    await createListing(db, hub.runtime, hub.merchant.id, map);
    await hub.sync.runDue();
    expect(sent).toBe(1);
    expect(await bucketOf(hub, connection)).toEqual({ blocked: null });
    const [row] = await hub.query(
      "select status, error_kind from outbox where merchant_id = $1 and kind = 'stock'",
      [hub.merchant.id],
    );
    expect(row).toEqual({ status: "pending", error_kind: "rate_limited" });
  });

  it("is one push of what changes while the budget of the one before is made up for", async () => {
    const sent: number[] = [];
    const stock: Stock = {
      push: async (batch) => {
        sent.push(...batch.map(({ quantity }) => quantity));
        return batch.map(() => ({ ok: true }));
      },
    };
    const limits = { ordersPerPage: 10, stockWritesPerCall: 10, callsPerSecond: 2, burst: 10 };
    const hub = await channels(db, {
      connectors: [scripted({ stock }, { limits })],
      sync: { gatherMs: 250, patienceMs: 10_000 },
    });
    const connection = await hub.connect("scripted", "shop");
    await hub.sku("MUG", 10);
    const map = { connection, externalId: "MUG", sku: "MUG", unitsPer: 1, buffer: 0, cap: null };
    await createListing(db, hub.runtime, hub.merchant.id, map);
    hub.sync.start();
    const until = async (figure: number) => {
      while (sent.at(-1) !== figure) await hub.runtime.advance(50);
    };
    await until(10);
    for (let change = 0; change < 8; change += 1) {
      await hub.adjust("MUG", { delta: 1 });
      await hub.runtime.advance(100);
    }
    await until(18);
    expect(sent).toEqual([10, 18]);
  });
});
