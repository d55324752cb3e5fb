import { describe, expect, it } from "vitest";
import type { Packing } from "./fake/platform.ts";
import { followed, openRoom } from "./harness.ts";

describe("comments", () => {
  it.each<Packing>(["plain", "several", "zlib", "brotli", "nested"])("come through %s", async (packing) => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    hub.room.faults.packing = packing;
    const said = ["A1", "B2", "C3"].map((text) => hub.room.say(text).externalId);
    await hub.settle();
    expect(following.comments().map(({ externalId }) => externalId)).toEqual(said);
    await following.stop();
  });

  it("repeated after a reconnect keep their ids", async () => {
    const hub = openRoom();
    const first = followed(hub);
    await hub.settle();
    const { externalId } = hub.room.say("A1");
    await hub.settle();
    hub.room.faults.repeats = 1;
    hub.room.drop();
    await hub.settle();
    const second = followed(hub, first.position);
    await hub.settle();
    expect([...first.comments(), ...second.comments()].map((comment) => comment.externalId)).toEqual([
      externalId,
      externalId,
    ]);
    await second.stop();
  });

  it("stickers, mirrored comments and gifts are passed over", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    hub.room.say("[flower]", { dm_type: 1 });
    hub.room.event("LIVE_OPEN_PLATFORM_DM_MIRROR", { msg: "A1" });
    hub.room.event("LIVE_OPEN_PLATFORM_SUPER_CHAT", { message: "要 A12", rmb: 30 });
    await hub.settle();
    expect(following.kinds()).toEqual(["connected", "alive"]);
    await following.stop();
  });

  it("one that cannot be read is told as a gap and stops nothing", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    hub.room.say("A1", { timestamp: "soon" });
    const { externalId } = hub.room.say("B2");
    await hub.settle();
    expect(following.kinds()).toEqual(["connected", "alive", "gap", "comments"]);
    expect(following.comments().map((comment) => comment.externalId)).toEqual([externalId]);
    await following.stop();
  });

  it("a message that is no packet ends the connection, so that it can be made anew", async () => {
    const hub = openRoom();
    const following = followed(hub);
    await hub.settle();
    hub.room.raw(Buffer.from("hello"));
    await hub.settle();
    expect(following.ended).toMatchObject({ ok: false, kind: "malformed" });
    expect(hub.room.listeners()).toBe(0);
  });
});

describe("a gap", () => {
  it("reaches from the last sign of life, less what was on its way, to the new connection", async () => {
    const hub = openRoom();
    const first = followed(hub);
    await hub.settle();
    await hub.runtime.advance(10_000);
    hub.room.say("A1");
    await hub.settle();
    await hub.runtime.advance(5_000);
    hub.room.drop();
    await hub.settle();
    await hub.runtime.advance(5_000);
    const second = followed(hub, first.position);
    await hub.settle();
    expect(second.news[1]).toMatchObject({
      kind: "gap",
      room: "1000001",
      from: "2026-11-22T08:00:05.000Z",
      to: "2026-11-22T08:00:20.000Z",
      why: expect.stringContaining("broke off"),
    });
    await second.stop();
  });

  it("is not told at the first connection ever, nor from a position nobody can read", async () => {
    const hub = openRoom();
    const following = followed(hub, { at: "yesterday" });
    await hub.settle();
    expect(following.kinds()).toEqual(["connected", "alive"]);
    await following.stop();
  });
});
