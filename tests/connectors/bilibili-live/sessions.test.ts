import { describe, expect, it } from "vitest";
import { links } from "./fake/platform.ts";
import { followed, openRoom } from "./harness.ts";

const start = "/v2/app/start";
const heartbeat = "/v2/app/heartbeat";
const end = "/v2/app/end";

describe("a session", () => {
  it("authenticates with the given text word for word, as the first frame", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    expect(hub.room.auths).toEqual([
      '{"roomid": 1000001,"protover":2,"uid":8000000001,"key":"token-1","group":"open" }',
    ]);
    expect(following.news[0]).toEqual({ kind: "connected", room: "1000001", host: "demo_host" });
    await following.stop();
  });

  it("is kept alive by two heartbeats, 20 s and 30 s, and ended when stopped", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    await hub.runtime.advance(125_000);
    await hub.settle();
    expect(hub.paths(heartbeat)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(following.kinds().filter((kind) => kind === "alive")).toHaveLength(5);
    await following.stop();
    expect(following.ended).toEqual({ ok: true });
    expect(hub.paths(end)).toEqual([0]);
    expect(hub.room.session()).toBeNull();
  });

  it("outlives a broken connection: the same credential, the next link, no second start", async () => {
    const hub = openRoom();
    const first = followed(hub);
    await hub.settle();
    hub.room.drop();
    await hub.settle();
    expect(first.ended).toMatchObject({ ok: false, kind: "unavailable" });
    const second = followed(hub, first.position);
    await hub.settle();
    expect(hub.paths(start)).toEqual([0]);
    expect(new Set(hub.room.auths).size).toBe(1);
    expect(hub.room.opened).toEqual(links);
    expect(second.kinds()).toContain("connected");
    await second.stop();
  });

  it("a dead link: the next one is tried at once", async () => {
    const hub = openRoom();
    hub.room.faults.deadLinks.add(links[0] ?? "");
    const following = followed(hub);
    await hub.settle();
    expect(hub.room.opened).toEqual(links);
    expect(following.kinds()).toEqual(["connected", "alive"]);
    await following.stop();
  });

  it("no link works: said so, and the session is kept for the next try", async () => {
    const hub = openRoom();
    for (const link of links) hub.room.faults.deadLinks.add(link);
    const following = followed(hub);
    await hub.settle();
    expect(following.ended).toMatchObject({ ok: false, kind: "unavailable" });
    hub.room.faults.deadLinks.clear();
    const again = followed(hub, following.position);
    await hub.settle();
    expect(again.kinds()).toContain("connected");
    expect(hub.paths(start)).toEqual([0]);
    await again.stop();
  });

  it("a credential that is refused is not used again: another session is started", async () => {
    const hub = openRoom();
    hub.room.faults.authCodes.push(-101);
    const first = followed(hub);
    await hub.settle();
    expect(first.ended).toMatchObject({ ok: false, kind: "unavailable" });
    expect(hub.room.listeners()).toBe(0);
    // The platform still has the first session until it runs out.
    await hub.runtime.advance(61_000);
    const second = followed(hub);
    await hub.settle();
    expect(new Set(hub.room.auths).size).toBe(2);
    expect(second.kinds()).toContain("connected");
    await second.stop();
  });

  it("the platform ends the session: another is started at the next follow", async () => {
    const hub = openRoom();
    const first = followed(hub);
    await hub.settle();
    hub.room.endInteraction();
    await hub.settle();
    expect(first.ended).toMatchObject({ ok: false, kind: "unavailable" });
    const second = followed(hub, first.position);
    await hub.settle();
    expect(hub.paths(start)).toEqual([0, 0]);
    hub.room.say("A1");
    await hub.settle();
    expect(second.comments()).toHaveLength(1);
    await second.stop();
  });

  it("the end of another session in the room changes nothing", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    hub.room.event("LIVE_OPEN_PLATFORM_INTERACTION_END", { game_id: "somebody-else", timestamp: 1 });
    await hub.settle();
    expect(following.ended).toBeNull();
    await following.stop();
  });

  it.each([7000, 7003])("a heartbeat answered %i: the session is gone, another is started", async (code) => {
    const hub = openRoom();
    const first = followed(hub);
    await hub.settle();
    hub.room.faults.refuse.set(heartbeat, [code]);
    await hub.runtime.advance(20_000);
    await hub.settle();
    expect(first.ended).toMatchObject({ ok: false, kind: "unavailable" });
    expect(hub.room.listeners()).toBe(0);
    await hub.runtime.advance(61_000);
    const second = followed(hub, first.position);
    await hub.settle();
    expect(hub.paths(start)).toEqual([0, 0]);
    await second.stop();
  });

  it("a heartbeat that fails for a moment ends nothing", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    hub.room.faults.refuse.set(heartbeat, [5000, 4009]);
    await hub.runtime.advance(60_000);
    await hub.settle();
    expect(hub.paths(heartbeat)).toEqual([5000, 4009, 0]);
    expect(following.ended).toBeNull();
    await following.stop();
  });
});

describe("a session left behind by a killed process", () => {
  it("is ended, and the cool-down after it is waited for", async () => {
    const hub = openRoom();
    hub.room.faults.settleMs = 10_000;
    const killed = followed(hub);
    await hub.settle();
    const left = hub.room.session();
    const other = hub.open();
    const first = followed(hub, killed.position, other);
    await hub.settle();
    expect(hub.paths(end)).toEqual([0]);
    expect(first.ended).toMatchObject({ ok: false, kind: "unavailable", retryAfterMs: 10_000 });
    await hub.runtime.advance(10_000);
    const second = followed(hub, killed.position, other);
    await hub.settle();
    expect(second.kinds().slice(0, 2)).toEqual(["connected", "gap"]);
    expect(hub.room.session()).not.toBe(left);
    await second.stop();
  });

  it("whose id is not known: it is waited for until it runs out, and never ended", async () => {
    const hub = openRoom();
    const stranger = followed(hub);
    await hub.settle();
    const other = followed(hub, null, hub.open());
    await hub.settle();
    expect(other.ended).toMatchObject({ ok: false, kind: "unavailable", retryAfterMs: 15_000 });
    expect(hub.paths(end)).toEqual([]);
    await stranger.stop();
  });
});

describe("the platform's refusals", () => {
  it.each([
    [4000, "invalid"],
    [4001, "auth"],
    [4002, "auth"],
    [4003, "unavailable"],
    [4004, "unavailable"],
    [4007, "auth"],
    [4008, "auth"],
    [4009, "rate_limited"],
    [4010, "unsupported"],
    [4012, "unsupported"],
    [5000, "unavailable"],
    [5003, "unavailable"],
    [5004, "auth"],
    [7001, "unavailable"],
    [7002, "unavailable"],
    [7007, "auth"],
    [8002, "auth"],
    [9999, "invalid"],
  ])("%i is %s", async (code, kind) => {
    const hub = openRoom();
    hub.room.faults.refuse.set(start, [code]);
    const following = followed(hub);
    await hub.settle();
    expect(following.ended).toMatchObject({ ok: false, kind });
    expect(following.news).toEqual([]);
    expect(hub.room.opened).toEqual([]);
  });
});

describe("check", () => {
  it("names the presenter and leaves no session behind", async () => {
    const hub = openRoom();
    expect(await hub.account.check(hub.call())).toEqual({
      ok: true,
      value: { account: "demo_host (room 1000001)" },
    });
    expect(hub.room.session()).toBeNull();
  });

  it("leaves a session that is running alone, here and in another process", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    const running = hub.room.session();
    expect(await hub.account.check(hub.call())).toMatchObject({ ok: true });
    expect(await hub.open().check(hub.call())).toMatchObject({ ok: true });
    expect(hub.room.session()).toBe(running);
    expect(following.ended).toBeNull();
    await following.stop();
  });

  it("a wrong identity code is the presenter's to renew", async () => {
    const hub = openRoom();
    hub.room.faults.refuse.set(start, [7007]);
    const checked = await hub.account.check(hub.call());
    expect(checked).toMatchObject({ ok: false, kind: "auth" });
    expect(checked.ok ? "" : checked.message).toContain("identity code");
  });
});
