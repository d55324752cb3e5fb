import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { memoryDatabase } from "../support/database.ts";
import { gapsOf, onAir, pass, show, tasksOf, unavailable, until } from "./support/rooms.ts";

// Whole shows: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const gap = {
  kind: "gap",
  room: "R1",
  from: "2026-11-22T08:00:00.000Z",
  to: "2026-11-22T08:00:30.000Z",
} as const;

describe("a broken connection", () => {
  it("is made anew from the last position, later and later while it fails", async () => {
    const { room, hub } = await onAir(db);
    await room.say("A1");
    room.refusals.push(...Array.from({ length: 5 }, () => unavailable));
    room.end();
    const at: number[] = [];
    let seen = room.followedFrom.length;
    await until(hub, () => {
      if (room.followedFrom.length > seen) at.push(hub.runtime.clock.nowMs());
      seen = room.followedFrom.length;
      return room.followers() === 1;
    });
    expect(room.followedFrom.slice(1)).toEqual(Array.from({ length: 6 }, () => ({ said: 1 })));
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    // Doubling from half a second, of which a half to all is waited; looks of 20 ms.
    for (const [index, wait] of waits.entries()) {
      const fullMs = 500 * 2 ** (index + 1);
      expect(wait).toBeGreaterThanOrEqual(fullMs / 2 - 20);
      expect(wait).toBeLessThanOrEqual(fullMs + 40);
    }
    await hub.sync.stop();
  });

  it("a room that drops everybody at once is connected to less and less often", async () => {
    const { room, hub } = await onAir(db);
    const startedMs = hub.runtime.clock.nowMs();
    for (let round = 0; round < 6; round += 1) {
      room.end();
      await until(hub, () => room.followers() === 1);
    }
    // 0.25 + 0.5 + 1 + 2 + 4 + 8 s at the least.
    expect(hub.runtime.clock.nowMs() - startedMs).toBeGreaterThanOrEqual(15_500);
    await pass(hub, 10_000);
    const brokeMs = hub.runtime.clock.nowMs();
    room.end();
    await until(hub, () => room.followers() === 1);
    expect(hub.runtime.clock.nowMs() - brokeMs).toBeLessThanOrEqual(600);
    await hub.sync.stop();
  });

  it("waits as long as the platform asks for", async () => {
    const { room, hub } = await onAir(db);
    const startedMs = hub.runtime.clock.nowMs();
    room.end({ retryAfterMs: 10_000 });
    await until(hub, () => room.followers() === 1);
    expect(hub.runtime.clock.nowMs() - startedMs).toBeGreaterThanOrEqual(10_000);
    await hub.sync.stop();
  });

  it("a gap is recorded, and one task is raised per broadcast", async () => {
    const { room, hub } = await onAir(db);
    await room.tell({ kind: "started", room: "R1", at: "2026-11-22T08:00:00.000Z" });
    await room.tell({ ...gap, why: "the connection broke off" });
    await room.tell({
      ...gap,
      from: "2026-11-22T08:05:00.000Z",
      to: "2026-11-22T08:05:10.000Z",
      why: "again",
    });
    await until(hub, async () => (await gapsOf(hub)).length === 2);
    expect(await gapsOf(hub)).toEqual([
      { from: gap.from, to: gap.to, why: "the connection broke off", room: "R1" },
      { from: "2026-11-22T08:05:00.000Z", to: "2026-11-22T08:05:10.000Z", why: "again", room: "R1" },
    ]);
    expect(await tasksOf(hub, "room_gap")).toHaveLength(1);
    await room.tell({ kind: "started", room: "R1", at: "2026-11-23T08:00:00.000Z" });
    await room.tell({
      ...gap,
      from: "2026-11-23T08:05:00.000Z",
      to: "2026-11-23T08:05:10.000Z",
      why: "next",
    });
    await until(hub, async () => (await tasksOf(hub, "room_gap")).length === 2);
    expect(hub.sync.counters.rooms.gaps).toBe(3);
    await hub.sync.stop();
  });

  it("a room that stays away calls a person, and the call ends when it is back", async () => {
    const { room, hub } = await onAir(db);
    room.refusals.push(...Array.from({ length: 7 }, () => unavailable));
    room.end();
    await until(hub, async () => (await tasksOf(hub, "room_unreachable")).length === 1);
    expect(room.followers()).toBe(0);
    await until(hub, () => room.followers() === 1, 6_000);
    await until(hub, async () => (await tasksOf(hub, "room_unreachable"))[0]?.status === "done");
    await hub.sync.stop();
  });

  it("refused credentials stop it until a person has entered others", async () => {
    const { room, hub, connectionId } = await onAir(db);
    room.end({ kind: "auth", message: "The identity code is wrong." });
    const status = async () => {
      const [row] = await hub.query<{ status: string }>(
        "select status from connections where merchant_id = $1 and id = $2",
        [hub.merchant.id, connectionId],
      );
      return row?.status;
    };
    await until(hub, async () => (await status()) === "refused");
    const before = room.followedFrom.length;
    await hub.runtime.advance(60_000);
    expect(room.followedFrom).toHaveLength(before);
    expect(await tasksOf(hub, "connection_refused")).toHaveLength(1);
    await hub.sync.stop();
  });

  it("a connector that throws is a failure like another", async () => {
    const { room, hub } = await show(db);
    const open = room.connector.open;
    room.connector.open = (context) => {
      const account = open(context);
      const follow = account.rooms?.follow.bind(account.rooms);
      let calls = 0;
      return {
        ...account,
        rooms: {
          follow: async (...given) => {
            calls += 1;
            if (calls === 1 || !follow) throw new Error("oops");
            return follow(...given);
          },
        },
      };
    };
    hub.sync.start();
    await until(hub, () => room.followers() === 1);
    expect(hub.logged.some(({ level }) => level === "error")).toBe(true);
    await hub.sync.stop();
  });
});
