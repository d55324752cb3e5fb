import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { checkNames, runDoctor } from "../../src/core/doctor.ts";
import { memoryDatabase } from "../support/database.ts";
import { at, line, openWorld, type World } from "./engine/world.ts";

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 100 });
  await world.sku("B", 10);
  await world.sku("AB", 0, {
    kind: "bundle",
    components: [
      { sku: "A", quantity: 1 },
      { sku: "B", quantity: 2 },
    ],
  });
  const { orderId } = await world.order({ externalId: "sent", lines: [line("1", "A", 2)] });
  await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
  await world.refund(orderId, { amountMinor: 500 });
  await world.order({ externalId: "bundle", lines: [line("1", "AB", 2)], buyer: { name: "王小明" } });
  await world.order({ externalId: "waits", lines: [line("1", "A", 99)] });
  await world.order({ externalId: "over", status: "cancelled", paidAt: at("07:00") });
  await world.hold("h", [{ sku: "B", quantity: 1 }]);
});

const broken = async () => {
  const report = await runDoctor(db, { merchantId: world.merchant.id });
  return report.checks.filter((check) => !check.ok);
};
const run = (statement: string) => db.query(statement.replaceAll(":m", `'${world.merchant.id}'`));
/** SQL for the id of a SKU or an order. */
const sku = (code: string) => `(select id from skus where merchant_id = :m and code = '${code}')`;
const order = (id: string) => `(select id from orders where merchant_id = :m and external_id = '${id}')`;

describe("doctor", () => {
  it("finds nothing where nothing is wrong, and says what every check promises", async () => {
    const report = await runDoctor(db, { merchantId: world.merchant.id });
    expect(report.ok).toBe(true);
    expect(report.checks.map((check) => check.name)).toEqual(checkNames);
    expect(new Set(checkNames).size).toBe(checkNames.length);
    for (const check of report.checks) {
      expect(check).toMatchObject({ merchant: world.merchant.code, ok: true, rows: [] });
      expect(check.message).toBe(check.promise);
      expect(check.promise).toMatch(/\.$/);
    }
  });

  it("looks at all merchants, or at the one named", async () => {
    await run(
      `update stock_levels set reserved = reserved - 1 where merchant_id = :m and sku_id = ${sku("A")}`,
    );
    const all = await runDoctor(db);
    expect(all.ok).toBe(false);
    expect(new Set(all.checks.map((check) => check.merchant)).size).toBeGreaterThan(1);
    const other = await openWorld(db);
    expect((await runDoctor(db, { merchantId: other.merchant.id })).ok).toBe(true);
    await run(
      `update stock_levels set reserved = reserved + 1 where merchant_id = :m and sku_id = ${sku("A")}`,
    );
  });

  it("F040: names the SKU that drifted, the cause and a correction, which can be undone", async () => {
    const drift = (units: number) =>
      run(
        `update stock_levels set reserved = reserved + (${units}) where merchant_id = :m and sku_id = ${sku("A")}`,
      );
    await drift(-3);
    const [first, ...more] = await broken();
    expect(first).toMatchObject({
      name: "reserved_is_sum",
      rows: [
        {
          sku: "A",
          location: "MAIN",
          reserved: 6,
          openReservations: 9,
          cause: "reserved of this row was changed without a reservation, or the reverse",
        },
      ],
    });
    expect(first?.message).toMatch(/^Broken in 1 places: Reserved is the sum/);
    expect(more.map((check) => check.name)).toEqual([
      "stock_events_tell_the_figures",
      "free_units_serve_waiting_lines",
    ]);
    const correction = String(first?.rows[0]?.correction);
    expect(correction).toContain("set reserved = reserved + (3)");
    await db.query(correction);
    await world.expectClean();
    await db.query(correction.replace("+ (3)", "- (3)"));
    expect((await broken())[0]?.rows[0]).toMatchObject({ sku: "A", reserved: 6 });
    await db.query(correction);
    await world.expectClean();
  });

  it("F040: the same for on hand and its value", async () => {
    await run(
      `update stock_levels set on_hand = on_hand + 4, value_minor = value_minor - 7 where merchant_id = :m and sku_id = ${sku("B")}`,
    );
    await run(
      `update stock_levels set on_hand = on_hand + 4 where merchant_id = :m and sku_id = ${sku("A")}`,
    );
    const check = (await broken()).find(({ name }) => name === "on_hand_is_sum");
    const row = check?.rows.find((one) => one.sku === "A");
    expect(row).toMatchObject({
      sku: "A",
      onHand: 13,
      moved: 9,
      cause: "on hand of this row was changed without a movement, or the reverse",
    });
    for (const one of check?.rows ?? []) await db.query(String(one.correction));
    await world.expectClean();
  });

  it.each<[string, string, string]>([
    [
      "reserved_is_sum",
      "a reservation gone",
      `delete from reservations where merchant_id = :m and status = 'held' and holder_kind = 'hold'`,
    ],
    [
      "on_hand_is_sum",
      "a movement gone",
      `delete from movements where merchant_id = :m and kind = 'shipment'`,
    ],
    [
      "on_hand_is_sum",
      "a movement's value changed",
      `update movements set value_minor = value_minor + 1 where merchant_id = :m and kind = 'shipment'`,
    ],
    [
      "never_below_zero",
      "a shipment before the goods were there",
      `update movements set event_seq = 0 where merchant_id = :m and kind = 'shipment'`,
    ],
    [
      "stock_versions",
      "a change of stock nobody told",
      `update stock_levels set version = version + 1 where merchant_id = :m and sku_id = ${sku("A")}`,
    ],
    [
      "stock_versions",
      "an event of a change gone",
      `delete from events where merchant_id = :m and type = 'stock.changed' and (data->>'version')::int = 1 and subject = ${sku("A")}`,
    ],
    [
      "stock_events_tell_the_figures",
      "held back set past the engine",
      `update stock_levels set held_back = 1 where merchant_id = :m and sku_id = ${sku("B")}`,
    ],
    ["events_without_gap", "an event gone", `delete from events where merchant_id = :m and seq = 2`],
    [
      "events_without_gap",
      "the merchant's counter behind",
      `update merchants set last_event_seq = last_event_seq - 1 where merchant_id = :m`,
    ],
    [
      "lines_are_served",
      "a line that wants more than it holds or misses",
      `update order_lines set quantity = quantity + 1 where merchant_id = :m and order_id = ${order("sent")}`,
    ],
    [
      "lines_are_served",
      "a shortfall forgotten",
      `update order_lines set shortfall = 0 where merchant_id = :m and order_id = ${order("waits")}`,
    ],
    [
      "bundles_are_served",
      "a bundle with too few of one component",
      `update reservations set quantity = quantity - 1 where merchant_id = :m and sku_id = ${sku("B")} and holder_kind = 'order'`,
    ],
    [
      "bundles_are_served",
      "a bundle with too many of one component",
      `update reservations set quantity = quantity + 1 where merchant_id = :m and sku_id = ${sku("B")} and holder_kind = 'order'`,
    ],
    [
      "closed_orders_hold_nothing",
      "a closed order that holds units",
      `update orders set status = 'cancelled' where merchant_id = :m and external_id = 'bundle'`,
    ],
    [
      "reservations_have_holders",
      "a reservation of a hold that ended",
      `update holds set status = 'released' where merchant_id = :m`,
    ],
    [
      "reservations_have_holders",
      "a reservation of a SKU the line is not made of",
      `update reservations set sku_id = ${sku("B")} where merchant_id = :m and holder_id = ${order("sent")}`,
    ],
    [
      "free_units_serve_waiting_lines",
      "units free while a line waits",
      `update stock_levels set reserved = reserved - 1 where merchant_id = :m and sku_id = ${sku("A")}`,
    ],
    ["shipped_is_sum", "a parcel gone", `delete from shipments where merchant_id = :m`],
    [
      "refunded_is_sum",
      "a refund gone",
      `delete from refunds where merchant_id = :m and external_id like 'hub:%'`,
    ],
    [
      "taken_back_is_sum",
      "units no refund took back",
      `update order_lines set cancelled = cancelled + 1 where merchant_id = :m`,
    ],
    [
      "paid_orders_are_booked",
      "a payment nobody booked",
      `update orders set booked = null where merchant_id = :m and external_id = 'sent'`,
    ],
    [
      "buyers_are_sealed",
      "a buyer in plain text",
      `update orders set buyer = convert_to('{"name":"王小明","phone":"13800000000"}', 'UTF8') where merchant_id = :m and external_id = 'sent'`,
    ],
  ])("%s catches: %s", async (name, _, statement) => {
    await run(statement);
    const found = await broken();
    expect(found.map((check) => check.name)).toContain(name);
    const check = found.find((one) => one.name === name);
    expect(check?.rows.length).toBeGreaterThan(0);
    expect(check?.message).toMatch(/^Broken in .+ places: /);
  });

  it("catches more promised than there is, should the database's own guard be gone", async () => {
    await db.query("alter table stock_levels drop constraint stock_levels_covered");
    await run(`update stock_levels set reserved = 99 where merchant_id = :m and sku_id = ${sku("B")}`);
    expect((await broken()).map((check) => check.name)).toContain("covered");
    await run(`delete from movements where merchant_id = :m`);
    await run(`update stock_levels set reserved = 0 where merchant_id = :m`);
    await db.query(
      "alter table stock_levels add constraint stock_levels_covered check (not own or reserved + held_back <= on_hand)",
    );
  });

  it("shows the first fifty offenders", async () => {
    for (let index = 0; index < 51; index += 1) await world.sku(`S${index}`);
    await run(`update stock_levels set on_hand = on_hand + 1 where merchant_id = :m`);
    const check = (await broken()).find(({ name }) => name === "on_hand_is_sum");
    expect(check?.rows).toHaveLength(50);
    expect(check?.message).toMatch(/^Broken in at least 50 places/);
  });

  it("never shows a buyer", async () => {
    await run(`update orders set booked = null where merchant_id = :m`);
    expect(JSON.stringify(await broken())).not.toContain("小明");
  });
});
