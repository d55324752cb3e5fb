import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instantOf, msOf } from "../../src/core/clock.ts";
import type { Database } from "../../src/core/db/database.ts";
import { type Bucket, createRateLimiter, take } from "../../src/sync/rate.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels } from "./support/channels.ts";

const now = msOf("2026-11-22T08:00:00.000Z");
const bucket = (milliTokens: number, more: Partial<Bucket> = {}): Bucket => ({
  milliTokens,
  refilledAt: instantOf(now),
  blockedUntil: null,
  ...more,
});

describe("take", () => {
  const budget = { callsPerSecond: 2, burst: 10 };

  it("takes what is there, up to what is wanted", () => {
    expect(take(bucket(3_500), budget, now, 2)).toStrictEqual({
      granted: 2,
      bucket: bucket(1_500),
      waitMs: 0,
    });
    expect(take(bucket(3_500), budget, now, 9)).toStrictEqual({ granted: 3, bucket: bucket(500), waitMs: 0 });
  });

  it("refills with time, never beyond the burst", () => {
    const refilledAt = instantOf(now + 1_000);
    expect(take(bucket(0), budget, now + 1_000, 5)).toStrictEqual({
      granted: 2,
      bucket: bucket(0, { refilledAt }),
      waitMs: 0,
    });
    expect(take(bucket(0), budget, now + 3_600_000, 99).granted).toBe(10);
  });

  it("says how long one call has to wait, and takes nothing meanwhile", () => {
    const taken = take(bucket(400), budget, now, 1);
    expect(taken).toStrictEqual({ granted: 0, bucket: bucket(400), waitMs: 300 });
    expect(take(bucket(400), budget, now + 300, 1).granted).toBe(1);
  });

  it("is not refilled by a clock that stands behind", () => {
    expect(take(bucket(0), budget, now - 60_000, 1)).toStrictEqual({
      granted: 0,
      bucket: bucket(0),
      waitMs: 500,
    });
  });

  it("grants nothing while the platform asks for quiet", () => {
    const blocked = bucket(10_000, { blockedUntil: instantOf(now + 7_000) });
    expect(take(blocked, budget, now, 1)).toStrictEqual({ granted: 0, bucket: blocked, waitMs: 7_000 });
    expect(take(blocked, budget, now + 7_000, 1).granted).toBe(1);
  });

  it("allows one call at least, however small the burst", () => {
    expect(take(bucket(1_000), { callsPerSecond: 0.1, burst: 0.5 }, now, 1).granted).toBe(1);
  });
});

describe("the shared bucket", () => {
  let db: Database;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());

  it("two processes together keep within one budget", async () => {
    const hub = await channels(db);
    const { connectionId } = await hub.shop("shop");
    const key = { merchantId: hub.merchant.id, connectionId };
    const budget = { callsPerSecond: 20, burst: 8 };
    const processes = [createRateLimiter(db, hub.runtime.clock), createRateLimiter(db, hub.runtime.clock)];
    const callsNow = async () => {
      const answers = await Promise.all(
        processes.flatMap((limiter) => Array.from({ length: 30 }, () => limiter.take(key, budget))),
      );
      return answers.filter((answer) => answer.ok).length;
    };
    expect(await callsNow()).toBe(8);
    expect(await callsNow()).toBe(0);
    await hub.runtime.advance(100);
    expect(await callsNow()).toBe(2);
  });

  it("is asked with one statement a call, and not at all while it is known to be empty", async () => {
    const hub = await channels(db);
    const { connectionId } = await hub.shop("shop");
    const key = { merchantId: hub.merchant.id, connectionId };
    const budget = { callsPerSecond: 2, burst: 2 };
    let statements = 0;
    const query: Database["query"] = (text, params) => {
      statements += 1;
      return db.query(text, params);
    };
    const limiter = createRateLimiter({ ...db, query }, hub.runtime.clock);
    expect(await limiter.take(key, budget)).toStrictEqual({ ok: true });
    statements = 0;
    expect(await limiter.take(key, budget)).toStrictEqual({ ok: true });
    expect(statements).toBe(1);
    expect(await limiter.take(key, budget)).toStrictEqual({ ok: false, waitMs: 500 });
    expect(statements).toBe(1);
  });

  it("a block by one process holds for the other, and is never shortened", async () => {
    const hub = await channels(db);
    const { connectionId } = await hub.shop("shop");
    const key = { merchantId: hub.merchant.id, connectionId };
    const budget = { callsPerSecond: 1000, burst: 1000 };
    const one = createRateLimiter(db, hub.runtime.clock);
    const two = createRateLimiter(db, hub.runtime.clock);
    const at = hub.runtime.clock.nowMs();
    await one.block(key, instantOf(at + 30_000));
    await one.block(key, instantOf(at + 10_000));
    expect(await two.take(key, budget)).toStrictEqual({ ok: false, waitMs: 30_000 });
    await hub.runtime.advance(30_000);
    expect(await two.take(key, budget)).toStrictEqual({ ok: true });
  });
});
