import { describe, expect, it } from "vitest";
import type { Answer, OrderAnswer } from "../../../src/core/engine/commands.ts";
import { createSession } from "../../../src/core/live/store-sessions.ts";
import { liveSessionInputSchema } from "../../../src/core/model/live.ts";
import { at, line } from "../engine/world.ts";
import { allocation, buy, db, splitUp, world } from "./split-units.ts";

/** Units that no listing stands for and nobody holds are lost first, then those of listings. */
async function lose(units: number): Promise<void> {
  await world.adjust("damage", { sku: "A", delta: -units, reason: "damage" });
  expect((await allocation()).deficit).toBe(2);
}

/** A show of which the share is reserved. */
async function goOnAir(share: number): Promise<string> {
  const input = liveSessionInputSchema.parse({
    ...{ connection: world.connectionId, room: "room-1", title: "Show" },
    items: [{ sku: "A", code: "A1", priceMinor: 10_000, share }],
  });
  const sessionId = await createSession(db, world, world.merchant.id, input);
  await world.submit({ kind: "session.change", sessionId, change: { to: "start" } });
  return sessionId;
}

describe("split units of which some are lost", () => {
  it("are lost with a miscount: the deficit says how many, and waiting orders are served first when they return", async () => {
    await splitUp(6, 4);
    await world.adjust("damage", { sku: "A", delta: -5, reason: "damage" });
    expect((await allocation()).deficit).toBe(5);
    expect(await buy("one", "item-1", 6)).toMatchObject({ shortfall: 1 });
    await world.adjust("found", { sku: "A", delta: 5, reason: "gain" });
    expect((await world.stored("one")).lines[0]).toMatchObject({ shortfall: 0 });
    expect((await allocation()).deficit).toBe(0);
  });

  it.each<[string, () => Promise<Answer>]>([
    [
      "a hold",
      async () => {
        await world.hold("H-1", [{ sku: "A", quantity: 3 }]);
        await lose(3);
        return world.manual({ externalId: "one", lines: [line("1", "A", 3)] }, { holdReference: "H-1" });
      },
    ],
    [
      "a claim",
      async () => {
        const sessionId = await goOnAir(3);
        await world.submit({
          ...{ kind: "comments.take", sessionId },
          comments: [
            {
              ...{ externalId: "c1", room: "room-1", viewer: { externalId: "ann" } },
              ...{ text: "A1 x3", sentAt: at("08:06") },
            },
          ],
        });
        await lose(3);
        return world.order({
          ...{ externalId: "one", liveSession: sessionId, buyer: { externalId: "ann" } },
          lines: [line("1", "A", 3)],
        });
      },
    ],
    [
      "a session's share",
      async () => {
        const sessionId = await goOnAir(3);
        await world.hold("the rest", [{ sku: "A", quantity: 1 }]);
        await lose(2);
        return world.order({ externalId: "one", liveSession: sessionId, lines: [line("1", "A", 3)] });
      },
    ],
  ])("that %s keeps are its order's, although the SKU has lost others", async (_, serve) => {
    await splitUp(4, 2);
    expect(await serve()).toMatchObject({ shortfall: 0 });
    expect((await allocation()).deficit).toBe(2);
    expect((await world.stored("one")).lines[0]).toMatchObject({ shortfall: 0 });
  });

  it("of a parcel that is called back are its order's again, although the SKU has lost others", async () => {
    await splitUp(4, 2);
    const { orderId } = (await world.manual({
      externalId: "one",
      lines: [line("1", "A", 3)],
    })) as OrderAnswer;
    const sent = (await world.ship(orderId)) as OrderAnswer;
    await lose(3);
    await world.recall(orderId, sent.shipmentId ?? "");
    expect((await world.stored("one")).lines[0]).toMatchObject({ shipped: 0, reserved: 3, shortfall: 0 });
    expect((await allocation()).deficit).toBe(2);
  });
});
