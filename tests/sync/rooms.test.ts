import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels } from "./support/channels.ts";
import {
  gapsOf,
  pass,
  roomStateOf,
  scriptedRoom,
  takingCore,
  tasksOf,
  unavailable,
  until,
} from "./support/rooms.ts";

// Whole shows: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

async function show() {
  const room = scriptedRoom();
  const core = takingCore();
  const hub = await channels(db, { connectors: [room.connector], takeComments: core.take });
  const connectionId = await hub.connect("scripted", "room");
  return { room, core, hub, connectionId };
}

async function onAir() {
  const made = await show();
  made.hub.sync.start();
  await until(made.hub, () => made.room.followers() === 1);
  return made;
}

const gap = {
  kind: "gap",
  room: "R1",
  from: "2026-11-22T08:00:00.000Z",
  to: "2026-11-22T08:00:30.000Z",
} as const;

describe("a room", () => {
  it("is followed, and its comments are handed over in order and in batches", async () => {
    const { room, core, hub, connectionId } = await onAir();
    let release = () => {};
    core.before.push(() => new Promise((resolve) => (release = resolve)));
    await room.say("A1");
    await until(hub, () => core.before.length === 0);
    for (let count = 0; count < 50; count += 1) await room.say("A1", "B2");
    release();
    await until(hub, () => core.taken.size === 101);
    expect(core.batches.map(({ length }) => length)).toEqual([1, 100]);
    expect(core.batches.flat()).toEqual(Array.from({ length: 101 }, (_, index) => `c${index + 1}`));
    expect([...core.connections]).toEqual([connectionId]);
    await hub.sync.stop();
    expect(hub.sync.counters.rooms).toMatchObject({ connected: 1, lost: 0, comments: 101, gaps: 0 });
    expect(await roomStateOf(hub)).toMatchObject({ position: { said: 101 }, room: "R1" });
    expect((await runDoctor(db)).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it("is not read further while the core is behind, and loses nothing by that", async () => {
    const { room, core, hub } = await onAir();
    let release = () => {};
    core.before.push(() => new Promise((resolve) => (release = resolve)));
    await room.say("first");
    await until(hub, () => core.before.length === 0);
    let told = 0;
    const texts = Array.from({ length: 100 }, () => "A1");
    const telling = (async () => {
      for (let round = 0; round < 100; round += 1) {
        await room.say(...texts);
        told += 100;
      }
    })();
    await hub.runtime.advance(1_000);
    expect(told).toBe(6_000);
    release();
    await until(hub, () => core.taken.size === 10_001);
    await telling;
    expect(core.batches.flat()).toEqual(Array.from({ length: 10_001 }, (_, index) => `c${index + 1}`));
    await hub.sync.stop();
  });

  it("comments that the core cannot take now are tried again, before any later one", async () => {
    const { room, core, hub } = await onAir();
    const away = async () => {
      throw new SluiceError("unavailable", "The database is away.");
    };
    core.before.push(away, away);
    await room.say("A1");
    await room.say("B2");
    await until(hub, () => core.taken.size === 2);
    expect(core.batches.flat()).toEqual(["c1", "c2"]);
    await hub.sync.stop();
  });

  it("one comment that can never be taken is told as a gap and takes no other with it", async () => {
    const { room, core, hub } = await onAir();
    core.poison.add("c2");
    core.refusal = (externalId) => new SluiceError("invalid_request", `Comment ${externalId} is no good.`);
    await room.say("A1", "B2", "C3");
    await until(hub, () => core.taken.size === 2);
    await until(hub, async () => (await gapsOf(hub)).length === 1);
    expect([...core.taken]).toEqual(["c1", "c3"]);
    expect((await gapsOf(hub))[0]?.why).toContain("c2");
    await hub.sync.stop();
  });

  it("the show's start and end are kept", async () => {
    const { room, hub } = await onAir();
    await room.tell({ kind: "started", room: "R1", at: "2026-11-22T08:10:00.000Z" });
    await until(hub, async () => (await roomStateOf(hub))?.isLive === true);
    expect(await roomStateOf(hub)).toMatchObject({ liveSince: "2026-11-22T08:10:00.000Z" });
    await room.tell({ kind: "ended", room: "R1", at: "2026-11-22T09:10:00.000Z" });
    await until(hub, async () => (await roomStateOf(hub))?.isLive === false);
    await hub.sync.stop();
  });
});

describe("a broken connection", () => {
  it("is made anew from the last position, later and later while it fails", async () => {
    const { room, hub } = await onAir();
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
    const { room, hub } = await onAir();
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
    const { room, hub } = await onAir();
    const startedMs = hub.runtime.clock.nowMs();
    room.end({ retryAfterMs: 10_000 });
    await until(hub, () => room.followers() === 1);
    expect(hub.runtime.clock.nowMs() - startedMs).toBeGreaterThanOrEqual(10_000);
    await hub.sync.stop();
  });

  it("a gap is recorded, and one task is raised per broadcast", async () => {
    const { room, hub } = await onAir();
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
    const { room, hub } = await onAir();
    room.refusals.push(...Array.from({ length: 7 }, () => unavailable));
    room.end();
    await until(hub, async () => (await tasksOf(hub, "room_unreachable")).length === 1);
    expect(room.followers()).toBe(0);
    await until(hub, () => room.followers() === 1, 6_000);
    await until(hub, async () => (await tasksOf(hub, "room_unreachable"))[0]?.status === "done");
    await hub.sync.stop();
  });

  it("refused credentials stop it until a person has entered others", async () => {
    const { room, hub, connectionId } = await onAir();
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
    const { room, hub } = await show();
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

describe("stopping", () => {
  it("hands over what has come in, and keeps the place", async () => {
    const { room, core, hub } = await onAir();
    let release = () => {};
    core.before.push(() => new Promise((resolve) => (release = resolve)));
    await room.say("A1");
    await until(hub, () => core.before.length === 0);
    await room.say("B2");
    const stopping = hub.sync.stop();
    release();
    await stopping;
    expect([...core.taken]).toEqual(["c1", "c2"]);
    expect(room.followers()).toBe(0);
    expect(await roomStateOf(hub)).toMatchObject({ position: { said: 2 } });
  });

  it("does not wait for ever for a core that takes nothing; the place stays before it", async () => {
    const { room, core, hub } = await onAir();
    await room.say("A1");
    await until(hub, async () => core.taken.size === 1);
    core.before.push(
      ...Array.from({ length: 1_000 }, () => async () => {
        throw new SluiceError("unavailable", "The database is away.");
      }),
    );
    await room.say("B2");
    await hub.whileTimePasses(hub.sync.stop());
    expect([...core.taken]).toEqual(["c1"]);
    expect(await roomStateOf(hub)).toMatchObject({ position: { said: 1 } });
  });

  it("a paused connection is left, and followed again from its place when it is active", async () => {
    const { room, core, hub, connectionId } = await onAir();
    await room.say("A1");
    await until(hub, () => core.taken.size === 1);
    const setStatus = (status: string) =>
      hub.query("update connections set status = $3 where merchant_id = $1 and id = $2", [
        hub.merchant.id,
        connectionId,
        status,
      ]);
    await setStatus("paused");
    await until(hub, () => room.followers() === 0);
    await setStatus("active");
    await until(hub, () => room.followers() === 1);
    expect(room.followedFrom).toEqual([null, { said: 1 }]);
    await hub.sync.stop();
  });
});

describe("several processes", () => {
  it("one of two follows, and the other takes over when it ends", async () => {
    const { room, core, hub } = await show();
    const two = hub.process("two");
    hub.sync.start();
    two.start();
    await until(hub, () => room.followers() === 1);
    await pass(hub, 120_000);
    expect(room.followers()).toBe(1);
    expect(room.followedFrom).toHaveLength(1);
    const first = hub.sync.counters.rooms.connected === 1 ? hub.sync : two;
    const second = first === two ? hub.sync : two;
    await room.say("A1");
    await until(hub, () => core.taken.size === 1);
    await hub.whileTimePasses(first.stop());
    await until(hub, () => room.followers() === 1);
    expect(second.counters.rooms.connected).toBe(1);
    expect(room.followedFrom).toEqual([null, { said: 1 }]);
    await hub.whileTimePasses(second.stop());
  });

  it("a process that slept through its lease moves the place no more, and what it hands over late does no harm", async () => {
    const { room, core, hub } = await onAir();
    await room.say("A1");
    await until(hub, async () => JSON.stringify(await roomStateOf(hub)).includes('"said":1'));
    let wake = () => {};
    core.before.push(() => new Promise((resolve) => (wake = resolve)));
    await room.say("B2");
    await until(hub, () => core.before.length === 0);
    // Another process has taken over meanwhile.
    await hub.query(
      "update leases set token = token + 1, holder = 'two' where merchant_id = $1 and name like 'room:%'",
      [hub.merchant.id],
    );
    wake();
    await until(hub, () => room.followers() === 0);
    expect(await roomStateOf(hub)).toMatchObject({ position: { said: 1 } });
    await hub.sync.stop();
  });
});

describe("a killed process", () => {
  it("loses no comment whose hand-over was acknowledged, and the next one goes on from there", async () => {
    const { room, core, hub } = await onAir();
    await room.say("A1");
    await until(hub, async () => JSON.stringify(await roomStateOf(hub)).includes('"said":1'));
    // Killed in the middle of the next hand-over: nothing of it is stored, here or in the core.
    let bury = () => {};
    core.before.push(
      () =>
        new Promise((_, reject) => {
          bury = () => reject(new SluiceError("unavailable", "The process is dead."));
        }),
    );
    await room.say("B2");
    await until(hub, () => core.before.length === 0);
    const dead = room.followedFrom.length;
    await hub.query("delete from leases where merchant_id = $1 and name like 'room:%'", [hub.merchant.id]);
    const two = hub.process("two");
    two.start();
    await until(hub, () => room.followedFrom.length > dead);
    expect(room.followedFrom.at(-1)).toEqual({ said: 1 });
    expect([...core.taken]).toEqual(["c1"]);
    await hub.whileTimePasses(two.stop());
    bury();
    await hub.whileTimePasses(hub.sync.stop());
  });
});
