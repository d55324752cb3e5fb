import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { withPlausibleTimes } from "../../../src/core/orders/plausible-times.ts";
import { memoryDatabase } from "../../support/database.ts";
import { snapshotOf } from "../../support/hub.ts";
import { at, factsOf, line, openWorld, type Snapshot, type World } from "../engine/world.ts";

const now = at("08:00");
const nothing = { placedAt: null, paidAt: null, records: new Set<string>() };

describe("a time that cannot be meant", () => {
  it.each([
    ["an hour ago", at("07:00"), at("07:00")],
    ["years ago, as in an export of old orders", "2010-12-01T08:26:00.000Z", "2010-12-01T08:26:00.000Z"],
    ["a local time read as UTC", "2026-11-22T22:00:00.000Z", "2026-11-22T22:00:00.000Z"],
    ["more than a day ahead", "2026-11-23T08:00:00.001Z", now],
    ["in a far year", "2199-01-01T00:00:00.000Z", now],
    ["the zero of a clock", "1970-01-01T00:00:00.000Z", now],
  ])("%s", (_, told, taken) => {
    const { snapshot, doubts } = withPlausibleTimes(
      snapshotOf({
        externalId: "1",
        placedAt: told,
        paidAt: told,
        shipments: [{ externalId: "p", shippedAt: told }],
        refunds: [{ externalId: "r", refundedAt: told, amountMinor: 1 }],
      }),
      nothing,
      now,
    );
    expect(snapshot).toMatchObject({
      placedAt: taken,
      paidAt: taken,
      shipments: [{ shippedAt: taken }],
      refunds: [{ refundedAt: taken }],
    });
    expect(doubts).toHaveLength(told === taken ? 0 : 4);
  });

  it("gives way to what is known, and is told to a person once", () => {
    const told = "2199-01-01T00:00:00.000Z";
    const known = { placedAt: at("07:00"), paidAt: at("07:30"), records: new Set(["p"]) };
    const { snapshot, doubts } = withPlausibleTimes(
      snapshotOf({
        externalId: "1",
        placedAt: told,
        paidAt: told,
        shipments: [{ externalId: "p", shippedAt: told }],
      }),
      known,
      now,
    );
    expect(snapshot).toMatchObject({ placedAt: at("07:00"), paidAt: at("07:30") });
    expect(doubts).toEqual([]);
  });
});

describe("an order that names such times", () => {
  let db: Database;
  let world: World;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    world = await openWorld(db);
    await world.sku("A", 10, { unitCostMinor: 600 });
  });
  afterEach(() => world.expectClean());

  const far = "2199-01-01T00:00:00.000Z";
  const told: Snapshot = {
    externalId: "1",
    status: "shipped",
    lines: [line("1", "A", 2)],
    paidAt: far,
    shipments: [{ externalId: "p", shippedAt: far }],
    refunds: [{ externalId: "r", refundedAt: "1970-01-01T00:00:00.000Z", amountMinor: 100 }],
  };

  it("is booked at its arrival, and a person is told what was said", async () => {
    const { orderId } = await world.order(told);
    const arrival = world.runtime.clock.nowMs();
    const [facts] = factsOf(await world.events(), orderId);
    const times = [facts?.paid?.paidAt, facts?.shipped?.[0]?.shippedAt, facts?.refunded?.[0]?.refundedAt];
    expect(times.map((time) => Date.parse(time ?? ""))).toEqual([arrival, arrival, arrival]);
    expect(await world.openTasks()).toEqual(["doubtful_times"]);
    const [task] = await db.query<{ message: string }>("select message from tasks where subject = $1", [
      orderId,
    ]);
    expect(task?.message).toContain(`paid at ${far}`);
    await db.query("update tasks set status = 'done' where subject = $1", [orderId]);
    await world.runtime.advance(60_000);
    await world.order({ ...told, updatedAt: at("08:10"), note: "x" });
    expect(await world.openTasks()).toEqual([]);
    const [row] = await db.query<{ paidAt: string }>(
      `select paid_at as "paidAt" from orders where merchant_id = $1 and id = $2`,
      [world.merchant.id, orderId],
    );
    expect(Date.parse(row?.paidAt ?? "")).toBe(arrival);
  });

  it("by hand is refused, and nothing moves", async () => {
    const before = await world.counts();
    expect(await world.manual({ ...told, shipments: [], refunds: [] })).toMatchObject({
      kind: "refused",
      code: "invalid_request",
    });
    expect(await world.counts()).toEqual(before);
  });
});
