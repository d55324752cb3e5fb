import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { assertLease, createLeases, type Lease, leaseTtlMs } from "../../src/sync/leases.ts";
import { memoryDatabase } from "../support/database.ts";
import { testMerchant } from "../support/merchant.ts";
import { testRuntime } from "../support/runtime.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

let seed = 0;

async function twoProcesses() {
  seed += 1;
  const runtime = testRuntime({ seed });
  const merchant = await testMerchant(db, runtime);
  const leasesOf = (holder: string) =>
    createLeases({ db, clock: runtime.clock, timers: runtime.timers, holder });
  return { runtime, merchantId: merchant.id, one: leasesOf("one"), two: leasesOf("two") };
}

/** Work that goes on until it is told to end. */
function openWork() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end: () => end(), ended };
}

describe("leases", () => {
  it("one process works, the other is told to leave it", async () => {
    const { merchantId, one, two } = await twoProcesses();
    const work = openWork();
    const first = one.withLease(merchantId, "job", async ({ token }) => {
      await work.ended;
      return token;
    });
    expect(await two.withLease(merchantId, "job", async () => "worked")).toBeNull();
    work.end();
    expect(await first).toBe(1);
    expect(await two.withLease(merchantId, "job", async ({ token }) => token)).toBe(2);
  });

  it("is given back when the work fails", async () => {
    const { merchantId, one, two } = await twoProcesses();
    const failing = one.withLease(merchantId, "job", () => Promise.reject(new Error("broken")));
    await expect(failing).rejects.toThrow("broken");
    expect(await two.withLease(merchantId, "job", async ({ token }) => token)).toBe(2);
  });

  it("stays with work that takes longer than its time", async () => {
    const { runtime, merchantId, one, two } = await twoProcesses();
    const work = openWork();
    const first = one.withLease(merchantId, "job", () => work.ended);
    // Renewals reach the database between the steps.
    for (let step = 0; step < 4; step += 1) {
      await runtime.advance(leaseTtlMs / 3);
      await db.query("select 1");
      await db.query("select 1");
      expect(await two.withLease(merchantId, "job", async () => "worked")).toBeNull();
    }
    work.end();
    await first;
  });

  it("a process that was paused and wakes up after its time may not write any more", async () => {
    const { runtime, merchantId, two } = await twoProcesses();
    // A paused process renews nothing: its timers do not run.
    const asleep = {
      ...runtime.timers,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve())),
    };
    const paused = createLeases({ db, clock: runtime.clock, timers: asleep, holder: "paused" });
    const work = openWork();
    let held: Lease | undefined;
    const first = paused.withLease(merchantId, "job", async (lease) => {
      held = lease;
      await work.ended;
      await db.transaction(async (tx) => {
        await assertLease(tx, lease, runtime.clock);
        await tx.query("update merchants set name = 'written late' where merchant_id = $1", [merchantId]);
      });
    });
    await db.query("select 1");
    await runtime.advance(leaseTtlMs);
    expect(await two.withLease(merchantId, "job", async ({ token }) => token)).toBe(2);
    work.end();
    await expect(first).rejects.toMatchObject({ code: "conflict", details: { lease: "job", token: 1 } });
    expect(held?.token).toBe(1);
    expect(await db.query("select name from merchants where merchant_id = $1", [merchantId])).toStrictEqual([
      { name: "Test merchant" },
    ]);
  });

  it("refuses a lease whose time is over although nobody has taken it", async () => {
    const { runtime, merchantId, one } = await twoProcesses();
    await one.withLease(merchantId, "job", async (lease) => {
      const check = () => db.transaction((tx) => assertLease(tx, lease, runtime.clock));
      await expect(check()).resolves.toBeUndefined();
      await db.query("update leases set expires_at = $2 where merchant_id = $1", [
        merchantId,
        "2026-11-22T08:00:00.000Z",
      ]);
      await expect(check()).rejects.toMatchObject({ code: "conflict" });
    });
  });
});
