import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { constraintOf, sqlStateOf } from "../../../src/core/db/transaction.ts";
import { memoryDatabase } from "../../support/database.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";

// What the prose promises, the database itself refuses to break, whoever writes.

let db: Database;
let world: World;
beforeAll(async () => {
  db = await memoryDatabase();
  world = await openWorld(db);
  await world.sku("A", 10, { unitCostMinor: 100 });
  const { orderId } = await world.order({ externalId: "1", lines: [line("1", "A", 4)] });
  await world.ship(orderId, { lines: [{ line: 1, quantity: 1 }] });
  await world.refund(orderId, { reference: "r", amountMinor: 1 });
  await world.hold("h", [{ sku: "A", quantity: 1 }], at("09:00"));
});
afterAll(() => db.close());

const refusal = async (statement: string): Promise<string> => {
  try {
    await db.query(statement.replaceAll(":m", `'${world.merchant.id}'`));
  } catch (error) {
    return `${sqlStateOf(error)} ${constraintOf(error)}`;
  }
  return "accepted";
};
const id = "'01900000-0000-7000-8000-000000000099'";

describe("the database refuses", () => {
  it.each([
    [
      "reserved below zero",
      "update stock_levels set reserved = -1 where merchant_id = :m",
      "23514 stock_levels_reserved",
    ],
    [
      "held back below zero",
      "update stock_levels set held_back = -1 where merchant_id = :m",
      "23514 stock_levels_reserved",
    ],
    [
      "in doubt below zero",
      "update stock_levels set in_doubt = -1 where merchant_id = :m",
      "23514 stock_levels_reserved",
    ],
    [
      "more promised than there is",
      "update stock_levels set reserved = on_hand + 1 where merchant_id = :m",
      "23514 stock_levels_covered",
    ],
    [
      "reserved and held back together above on hand",
      "update stock_levels set held_back = on_hand - reserved + 1 where merchant_id = :m",
      "23514 stock_levels_covered",
    ],
    [
      "on hand below zero at a place of ours",
      "update stock_levels set on_hand = -1, reserved = 0 where merchant_id = :m",
      "23514 stock_levels_covered",
    ],
    [
      "value without units",
      "update stock_levels set on_hand = 0, reserved = 0 where merchant_id = :m",
      "23514 stock_levels_worth",
    ],
    [
      "a second stock row of one place",
      "insert into stock_levels (merchant_id, sku_id, location_id, own) select merchant_id, sku_id, location_id, own from stock_levels where merchant_id = :m",
      "23505 stock_levels_merchant_id_sku_id_location_id_pk",
    ],
    [
      "stock of a SKU that is not there",
      `insert into stock_levels (merchant_id, sku_id, location_id, own) select merchant_id, ${id}, location_id, own from stock_levels where merchant_id = :m`,
      "23503 stock_levels_sku",
    ],
    [
      "a reservation of nothing",
      "update reservations set quantity = 0 where merchant_id = :m",
      "23514 reservations_quantity",
    ],
    [
      "a reservation in a state nobody knows",
      "update reservations set status = 'maybe' where merchant_id = :m",
      "23514 reservations_status",
    ],
    [
      "a reservation of a stranger",
      "update reservations set holder_kind = 'cart' where merchant_id = :m",
      "23514 reservations_holder",
    ],
    [
      "one order number twice on one connection",
      `insert into orders select merchant_id, ${id} as id, connection_id, external_id, status, told_status, currency, total_minor, shipping_minor, discount_minor, platform_discount_minor, placed_at, paid_at, updated_at, digest, booked, refunded_minor, held_reason, buyer, live_session, note, received_at from orders where merchant_id = :m`,
      "23505 orders_external",
    ],
    [
      "an order in a state nobody knows",
      "update orders set status = 'lost' where merchant_id = :m",
      "23514 orders_status",
    ],
    [
      "a line without an order",
      `insert into order_lines (merchant_id, order_id, line_no, external_line_id, quantity, unit_price_minor) values (:m, ${id}, 1, '1', 1, 1)`,
      "23503 order_lines_order",
    ],
    [
      "units below zero on a line",
      "update order_lines set shipped = -1 where merchant_id = :m",
      "23514 order_lines_numbers",
    ],
    [
      "more come back than were sent",
      "update order_lines set returned = shipped + 1 where merchant_id = :m",
      "23514 order_lines_numbers",
    ],
    [
      "a shortfall below zero",
      "update order_lines set shortfall = -1 where merchant_id = :m",
      "23514 order_lines_numbers",
    ],
    [
      "one refund twice",
      `insert into refunds (merchant_id, id, order_id, external_id, origin, amount_minor, lines, refunded_at) select merchant_id, ${id}, order_id, external_id, origin, amount_minor, lines, refunded_at from refunds where merchant_id = :m`,
      "23505 refunds_external",
    ],
    [
      "a hold's reference twice",
      `insert into holds (merchant_id, id, reference, lines, created_at) select merchant_id, ${id}, reference, lines, created_at from holds where merchant_id = :m`,
      "23505 holds_reference",
    ],
    [
      "a document twice",
      "insert into stock_documents select * from stock_documents where merchant_id = :m",
      "23505 stock_documents_merchant_id_reference_pk",
    ],
    [
      "an event number twice",
      "insert into events select * from events where merchant_id = :m and seq = 1",
      "23505 events_merchant_id_seq_pk",
    ],
    [
      "a movement without its stock row",
      `update movements set sku_id = ${id} where merchant_id = :m`,
      "23503 movements_stock_level",
    ],
    [
      "a movement of a kind nobody knows",
      "update movements set kind = 'magic' where merchant_id = :m",
      "23514 movements_kind",
    ],
  ])("%s", async (_, statement, expected) => {
    expect(await refusal(statement)).toBe(expected);
  });

  it("and nothing of it has changed anything", () => world.expectClean());
});
