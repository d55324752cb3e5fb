import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { SluiceError } from "../../src/core/errors.ts";
import { memoryDatabase } from "../support/database.ts";
import { gapsOf, onAir, pass, roomStateOf, show, until } from "./support/rooms.ts";

// Whole shows: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

describe("a room", () => {
  it("is followed, and its comments are handed over in order and in batches", async () => {
    const { room, core, hub, connectionId } = await onAir(db);
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
    const { room, core, hub } = await onAir(db);
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
    const { room, core, hub } = await onAir(db);
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
    const { room, core, hub } = await onAir(db);
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
    const { room, hub } = await onAir(db);
    await room.tell({ kind: "started", room: "R1", at: "2026-11-22T08:10:00.000Z" });
    await until(hub, async () => (await roomStateOf(hub))?.isLive === true);
    expect(await roomStateOf(hub)).toMatchObject({ liveSince: "2026-11-22T08:10:00.000Z" });
    await room.tell({ kind: "ended", room: "R1", at: "2026-11-22T09:10:00.000Z" });
    await until(hub, async () => (await roomStateOf(hub))?.isLive === false);
    await hub.sync.stop();
  });
});

describe("stopping", () => {
  it("hands over what has come in, and keeps the place", async () => {
    const { room, core, hub } = await onAir(db);
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
    const { room, core, hub } = await onAir(db);
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
    const { room, core, hub, connectionId } = await onAir(db);
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
    const { room, core, hub } = await show(db);
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
    const { room, core, hub } = await onAir(db);
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
    const { room, core, hub } = await onAir(db);
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
