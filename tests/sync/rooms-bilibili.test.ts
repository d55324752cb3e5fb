import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bilibiliLive } from "../../src/connectors/bilibili-live/index.ts";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { type FakeRoom, fakeRoom } from "../connectors/bilibili-live/fake/platform.ts";
import { secrets, settings } from "../connectors/bilibili-live/subject.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels } from "./support/channels.ts";
import { gapsOf, pass, roomStateOf, takingCore, tasksOf, until } from "./support/rooms.ts";

// Whole shows: more than the usual time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

async function show() {
  const core = takingCore();
  const bound: { room: FakeRoom | null } = { room: null };
  const hub = await channels(db, {
    connectors: [bilibiliLive],
    takeComments: core.take,
    sockets: {
      open: (url, options) => bound.room?.sockets.open(url, options) ?? Promise.reject(new Error("no room")),
    },
  });
  const room = fakeRoom(hub.runtime);
  bound.room = room;
  hub.host("live-open.biliapi.com", room.fetch);
  const connectionId = await hub.connect("bilibili-live", "Live room", { settings, secrets });
  return { core, hub, room, connectionId };
}

const storedText = async (db: Database): Promise<string> =>
  JSON.stringify(
    await Promise.all(
      ["cursors", "sync_runs", "tasks", "events"].map((table) => db.query(`select * from ${table}`)),
    ),
  );

describe("a room on Bilibili", () => {
  it("a whole show: drops, repeats, an ended session and packed messages lose nothing that was heard", async () => {
    const { core, hub, room } = await show();
    const logged = JSON.stringify(hub.logged);
    hub.sync.start();
    await until(hub, () => room.listeners() === 1);
    room.goLive();
    const heard: string[] = [];
    const listening = async () => until(hub, () => room.listeners() === 1);
    const say = (text: string) => void heard.push(room.say(text).externalId);
    for (const packing of ["plain", "several", "zlib", "brotli", "nested"] as const) {
      room.faults.packing = packing;
      say(`A1 ${packing}`);
      await until(hub, () => core.taken.size === heard.length);
      room.faults.repeats = 2;
      room.drop(packing !== "zlib");
      await until(hub, () => room.listeners() === 0);
      await listening();
    }
    room.endInteraction();
    await until(hub, () => room.listeners() === 0);
    await listening();
    say("+1");
    await until(hub, () => core.taken.size === heard.length);
    expect([...core.taken]).toEqual(heard);
    room.goOff();
    await until(hub, async () => (await roomStateOf(hub))?.isLive === false);
    expect((await gapsOf(hub)).length).toBe(6);
    expect(await tasksOf(hub, "room_gap")).toHaveLength(1);
    await hub.whileTimePasses(hub.sync.stop());
    expect(room.listeners()).toBe(0);
    expect(room.session()).toBeNull();
    const stored = `${await storedText(db)} ${logged} ${JSON.stringify(hub.logged)}`;
    for (const secret of [...Object.values(secrets), "token-1"]) expect(stored).not.toContain(secret);
    expect((await runDoctor(db)).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it("calls within the account's budget: a platform that is down opens the circuit, and is asked seldom", async () => {
    const { hub, connectionId } = await show();
    let calls = 0;
    hub.host("live-open.biliapi.com", async () => {
      calls += 1;
      return new Response(null, { status: 503 });
    });
    hub.sync.start();
    const circuit = async () =>
      (
        await db.query<{ circuit: string }>("select circuit from connections where id = $1", [connectionId])
      )[0]?.circuit;
    await until(hub, async () => (await circuit()) === "open");
    expect(calls).toBe(5);
    await pass(hub, 600_000);
    // Thirty seconds, a minute, two, four: not twice a minute.
    expect(calls).toBeGreaterThan(6);
    expect(calls).toBeLessThan(11);
    await hub.whileTimePasses(hub.sync.stop());
  });

  it("a killed process: the next one ends its session and tells the gap since what was acknowledged", async () => {
    const { core, hub, room } = await show();
    hub.sync.start();
    await until(hub, () => room.listeners() === 1);
    const first = room.say("A1").externalId;
    await until(hub, () => core.taken.has(first));
    const ackedAt = new Date(hub.runtime.clock.nowMs()).toISOString();
    await until(hub, async () => JSON.stringify(await roomStateOf(hub)).includes("gameId"));
    // Dies: its lease runs out with nobody renewing it, its connection breaks, its session stays behind.
    const left = room.session();
    core.before.push(() => new Promise(() => {}));
    const lost = room.say("B2").externalId;
    await until(hub, () => core.before.length === 0);
    await hub.query("delete from leases where merchant_id = $1 and name like 'room:%'", [hub.merchant.id]);
    const two = hub.process("two");
    two.start();
    await until(hub, () => two.counters.rooms.connected === 1);
    expect(room.session()).not.toBe(left);
    await until(hub, async () => (await gapsOf(hub)).length > 0);
    const [gap] = await gapsOf(hub);
    expect(Date.parse(gap?.from ?? "")).toBeLessThanOrEqual(Date.parse(ackedAt));
    expect([...core.taken]).toEqual([first]);
    expect(core.taken.has(lost)).toBe(false);
    await hub.whileTimePasses(Promise.all([two.stop(), hub.sync.stop()]));
  });

  it("two processes: one session, one connection, whoever holds the lease", async () => {
    const { core, hub, room } = await show();
    const two = hub.process("two");
    hub.sync.start();
    two.start();
    await until(hub, () => room.listeners() === 1);
    await pass(hub, 120_000);
    expect(room.calls.filter(({ path }) => path === "/v2/app/start")).toHaveLength(1);
    const { externalId } = room.say("A1");
    await until(hub, () => core.taken.has(externalId));
    expect(core.batches).toEqual([[externalId]]);
    await hub.whileTimePasses(Promise.all([hub.sync.stop(), two.stop()]));
    expect(room.session()).toBeNull();
  });

  it("the connection's test names the presenter, and says what is wrong", async () => {
    const { hub, room, connectionId } = await show();
    expect(await hub.sync.testConnection(hub.merchant.id, connectionId)).toEqual({
      ok: true,
      account: "demo_host (room 1000001)",
    });
    room.faults.refuse.set("/v2/app/start", [7007]);
    const tested = await hub.sync.testConnection(hub.merchant.id, connectionId);
    expect(tested.ok).toBe(false);
    expect(tested.problem).toContain("identity code");
    expect(tested.problem).not.toContain(secrets.identityCode);
  });
});
