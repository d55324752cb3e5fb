import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { SluiceError } from "../../src/core/errors.ts";
import type { LiveComment } from "../../src/core/model/comment.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels } from "./support/channels.ts";
import { signed } from "./support/deliver.ts";
import { takingCore } from "./support/rooms.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const bodyOf = (externalId: string, more: Partial<LiveComment> = {}, type = "comment.created") =>
  JSON.stringify({
    type,
    timestamp: "2026-11-22T08:00:00Z",
    data: {
      externalId,
      room: "R1",
      viewer: { externalId: "v1" },
      text: "A1",
      sentAt: "2026-11-22T08:00:00Z",
      ...more,
    },
  });

async function shopOf(takeComments?: ReturnType<typeof takingCore>["take"]) {
  const hub = await channels(db, takeComments ? { takeComments } : {});
  const { connectionId } = await hub.shop("shop", { webhooks: false });
  const deliver = (deliveryId: string, body: string) =>
    hub.sync.receive(connectionId, signed(hub, deliveryId, body));
  return { hub, connectionId, deliver };
}

const inboxOf = (hub: Channels) =>
  hub.query<{ delivery_id: string; status: string; error_kind: string | null }>(
    "select delivery_id, status, error_kind from inbox where merchant_id = $1 order by delivery_id",
    [hub.merchant.id],
  );

describe("deliveries with comments", () => {
  it("go to the core in order of arrival, together, and are closed", async () => {
    const core = takingCore();
    const { hub, connectionId, deliver } = await shopOf(core.take);
    for (const id of ["1", "2", "3"]) await deliver(`msg_${id}`, bodyOf(id));
    await hub.sync.runDue();
    expect(core.batches).toEqual([["1", "2", "3"]]);
    expect([...core.connections]).toEqual([connectionId]);
    expect((await inboxOf(hub)).map(({ status }) => status)).toEqual(["applied", "applied", "applied"]);
    expect(hub.sync.counters.rooms.comments).toBe(3);
  });

  it("repeated under the same id reach the core once", async () => {
    const core = takingCore();
    const { hub, deliver } = await shopOf(core.take);
    await deliver("msg_1", bodyOf("1"));
    expect(await deliver("msg_1", bodyOf("1"))).toMatchObject({ accepted: true, repeated: true });
    await hub.sync.runDue();
    expect(core.batches).toEqual([["1"]]);
  });

  it("stay in the inbox while the core cannot take them, and are closed only after it has", async () => {
    const core = takingCore();
    const { hub, deliver } = await shopOf(core.take);
    core.before.push(async () => {
      throw new SluiceError("unavailable", "The database is away.");
    });
    await deliver("msg_1", bodyOf("1"));
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "received", error_kind: "unavailable" }]);
    expect(core.taken.size).toBe(0);
    await hub.runtime.advance(600_000);
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "applied" }]);
    expect([...core.taken]).toEqual(["1"]);
  });

  it("one that can never be taken is quarantined alone", async () => {
    const core = takingCore();
    core.poison.add("2");
    core.refusal = () => new SluiceError("invalid_request", "This comment is no good.");
    const { hub, deliver } = await shopOf(core.take);
    for (const id of ["1", "2", "3"]) await deliver(`msg_${id}`, bodyOf(id));
    await hub.sync.runDue();
    expect((await inboxOf(hub)).map(({ status }) => status)).toEqual(["applied", "quarantined", "applied"]);
    expect([...core.taken]).toEqual(["1", "3"]);
  });

  it("edits and removals reach the core as such", async () => {
    const seen: LiveComment[] = [];
    const { hub, deliver } = await shopOf(async (_merchantId, _connectionId, comments) => {
      seen.push(...comments);
    });
    await deliver("msg_1", bodyOf("1", { text: "A1 x2" }, "comment.edited"));
    await deliver("msg_2", bodyOf("1", {}, "comment.removed"));
    await hub.sync.runDue();
    expect(seen.map(({ change }) => change)).toEqual(["edited", "removed"]);
  });

  it("wait in the inbox of a hub that has no live sessions", async () => {
    const { hub, deliver } = await shopOf();
    await deliver("msg_1", bodyOf("1"));
    await hub.sync.runDue();
    expect(await inboxOf(hub)).toMatchObject([{ status: "received", error_kind: "unavailable" }]);
  });
});
