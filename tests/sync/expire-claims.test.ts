import { afterAll, beforeAll, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { createSession } from "../../src/core/live/store-sessions.ts";
import { liveSessionInputSchema } from "../../src/core/model/live.ts";
import { memoryDatabase } from "../support/database.ts";
import { channels } from "./support/channels.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

it("claims whose time is over end by themselves, and those in line move up until nobody is left", async () => {
  const hub = await channels(db);
  const shop = await hub.shop("shop");
  await hub.sku("MUG", 3);
  const merchantId = hub.merchant.id;
  const input = liveSessionInputSchema.parse({
    connection: shop.connectionId,
    room: "r",
    title: "Show",
    settings: { holdSeconds: 60 },
    items: [{ sku: "MUG", code: "A1", priceMinor: 100, share: 1 }],
  });
  const sessionId = await createSession(db, { runtime: hub.runtime }, merchantId, input);
  await hub.submit({ kind: "session.change", sessionId, change: { to: "start" } });
  const comments = ["ann", "ben"].map((viewer) => ({
    externalId: viewer,
    room: "r",
    viewer: { externalId: viewer },
    text: "A1",
    sentAt: "2026-11-22T08:00:00.000Z",
  }));
  await hub.submit({ kind: "comments.take", sessionId, comments });
  const states = async () =>
    (
      await hub.query<{ state: string }>("select state from claims where merchant_id = $1 order by place", [
        merchantId,
      ])
    ).map(({ state }) => state);
  await hub.sync.runDue();
  expect(await states()).toEqual(["held", "waitlisted"]);
  await hub.runtime.advance(60_000);
  await hub.whileTimePasses(hub.sync.runDue());
  expect(await states()).toEqual(["expired", "offered"]);
  await hub.runtime.advance(60_000);
  await hub.whileTimePasses(hub.sync.runDue());
  expect(await states()).toEqual(["expired", "expired"]);
});
