import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { postJournals } from "../../src/sync/jobs/post-journals.ts";
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
  await world.sku("A", 20, { unitCostMinor: 100, taxRateBp: 1300 });
});

const postAll = () => postJournals({ db, runtime: world.runtime }, world.merchant.id);
/** Rows of one check. */
const offenders = async (name: string) => {
  const report = await runDoctor(db, { merchantId: world.merchant.id });
  const rows = report.checks.find((check) => check.name === name)?.rows ?? [];
  return rows.sort((a, b) => (String(a.order) < String(b.order) ? -1 : 1));
};
const owing = () => offenders("sent_orders_owe_nothing");
const sold = () => offenders("refunded_orders_sold_nothing");
const run = (statement: string) => db.query(statement, [world.merchant.id]);
/** Adds minor units to the lines of one role in entries of one rule. */
const spoil = (rule: string, role: string, units: number) =>
  run(
    `update journal_lines l set amount_minor = amount_minor + ${units} from journal_entries e
     where l.merchant_id = $1 and e.merchant_id = $1 and e.number = l.number and e.rule = '${rule}' and l.role = '${role}'`,
  );
const settings = (values: string) =>
  run(`update merchants set settings = settings || '${values}'::jsonb where merchant_id = $1`);

const paid = async (externalId: string, quantity = 2) => {
  const { orderId } = await world.order({ externalId, lines: [line("1", "A", quantity)] });
  await postAll();
  return orderId;
};

describe("doctor on the books of shipped orders", () => {
  it("names an order with something left on its liability, and how much", async () => {
    await world.ship(await paid("1"));
    await paid("waits");
    await world.expectClean();
    await spoil("order.shipped.revenue", "contract_liab", -30);
    expect(await owing()).toEqual([
      { order: "1", status: "shipped", currency: "CNY", contractLiabilityMinor: 30, deferredTaxMinor: 0 },
    ]);
    await spoil("order.shipped.revenue", "vat_out_pending", 30);
    expect(await owing()).toMatchObject([{ contractLiabilityMinor: 30, deferredTaxMinor: -30 }]);
  });

  it("sees an entry that is missing, and one of another order's event", async () => {
    await world.ship(await paid("1"));
    await postAll();
    await run(
      "delete from journal_lines l using journal_entries e where l.merchant_id = $1 and e.merchant_id = $1 and e.number = l.number and e.rule = 'order.shipped.revenue'",
    );
    expect(await owing()).toMatchObject([{ order: "1", contractLiabilityMinor: 17_699 }]);
    await run("delete from journal_entries where merchant_id = $1 and rule = 'order.shipped.revenue'");
    expect(await owing()).toMatchObject([{ order: "1", contractLiabilityMinor: 17_699 }]);
  });

  it("holds for orders that were amended, recalled, cancelled or given back in part", async () => {
    const amended = await paid("amended");
    await world.ship(amended);
    for (const [minute, unitPriceMinor] of [9000, 12_345, 11].entries()) {
      await world.order({
        externalId: "amended",
        updatedAt: at(`08:0${minute + 1}`),
        lines: [line("1", "A", 2, { unitPriceMinor })],
      });
    }
    const recalled = await paid("recalled");
    const shipmentId = world.runtime.ids.next();
    await world.ship(recalled, {}, shipmentId);
    await world.recall(recalled, shipmentId);
    const cut = await paid("cut", 3);
    await world.ship(cut, { lines: [{ line: 1, quantity: 2 }] });
    await world.refund(cut, { amountMinor: 777, lines: [{ line: 1, amountMinor: 777, quantity: 1 }] });
    await world.cancel(await paid("cancelled"));
    await world.order({
      externalId: "odd",
      totalMinor: 12_345,
      lines: [line("1", "A", 1)],
      status: "shipped",
    });
    await world.expectClean();
    await spoil("refund.before_shipment", "contract_liab", 1);
    expect(await owing()).toMatchObject([
      { order: "cancelled", status: "cancelled", contractLiabilityMinor: -1 },
      { order: "cut", status: "shipped", contractLiabilityMinor: -1 },
    ]);
  });

  it("leaves out what is not posted yet, is parked, or was booked elsewhere", async () => {
    const orderId = await paid("1");
    await world.ship(orderId);
    expect(await owing()).toEqual([]);
    const [event] = await world.events("order.shipped");
    const seq = event?.seq ?? 0;
    await run(
      `update cursors set value = '{"seq":${seq + 99}}' where merchant_id = $1 and name = 'consumer:books'`,
    );
    expect(await owing()).toMatchObject([{ order: "1" }]);
    await run(
      `insert into tasks (merchant_id, id, kind, subject, message, detail, status, created_at)
       values ($1, '${world.runtime.ids.next()}', 'posting_parked', '${seq}', 'x', '{"seq":${seq}}', 'open', '${at("08:00")}')`,
    );
    expect(await owing()).toEqual([]);
    await run("update tasks set status = 'done' where merchant_id = $1");
    expect(await owing()).toEqual([]);
  });

  it.each([
    ["general", "small_scale"],
    ["small_scale", "general"],
  ])("takes liability and deferred tax together after a change from %s to %s", async (before, after) => {
    await settings(`{"taxpayer":"${before}"}`);
    const orderId = await paid("1");
    await settings(`{"taxpayer":"${after}"}`);
    await world.ship(orderId);
    await postAll();
    expect(await owing()).toEqual([]);
    await spoil("order.shipped.revenue", "contract_liab", 1);
    expect(await owing()).toMatchObject([{ order: "1" }]);
  });
});

describe("doctor on the books of refunded orders", () => {
  it("names an order with sales or tax left, and how much", async () => {
    const shipped = await paid("1");
    await world.ship(shipped);
    for (const amountMinor of [5000, 3333, 11_667]) await world.refund(shipped, { amountMinor });
    await world.refund(await paid("2"), { amountMinor: 20_000 });
    const kept = await paid("3");
    await world.ship(kept);
    await world.refund(kept, { amountMinor: 19_999 });
    await world.expectClean();
    expect(await sold()).toEqual([]);
    await spoil("return.refund", "vat_out", -2);
    expect(await sold()).toEqual([
      { order: "1", status: "refunded", currency: "CNY", salesMinor: 0, taxMinor: 6 },
    ]);
    await spoil("return.refund", "revenue", 1);
    expect(await sold()).toMatchObject([{ order: "1", salesMinor: -3, taxMinor: 6 }]);
  });

  it("goes by the money where the platform does not call the order refunded", async () => {
    const refunds = [{ externalId: "r1", refundedAt: at("08:03"), amountMinor: 20_000 }];
    await world.ship(await paid("1"));
    await world.order({
      externalId: "1",
      status: "completed",
      updatedAt: at("08:03"),
      lines: [line("1", "A", 2)],
      refunds,
    });
    await world.expectClean();
    await spoil("return.refund", "revenue", -7);
    expect(await sold()).toEqual([
      { order: "1", status: "completed", currency: "CNY", salesMinor: 7, taxMinor: 0 },
    ]);
  });

  it("an order whose platform still owes its share is not refunded in full", async () => {
    const told = (minute: number, unitPriceMinor: number, platformDiscountMinor: number) =>
      world.order({
        externalId: "1",
        updatedAt: at(`08:0${minute}`),
        lines: [line("1", "A", 1, { unitPriceMinor })],
        platformDiscountMinor,
        ...(minute === 0
          ? {}
          : { refunds: [{ externalId: "r", refundedAt: at("08:01"), amountMinor: 10_000 }] }),
      });
    const { orderId } = await told(0, 15_000, 5000);
    await told(1, 15_000, 5000);
    await told(2, 18_000, 8000);
    const given = await world.refund(orderId, {
      amountMinor: 0,
      lines: [{ line: 1, amountMinor: 0, quantity: 1 }],
    });
    expect(given).toMatchObject({ outcome: "updated", status: "paid" });
    await world.expectClean();
    await world.order({
      externalId: "1",
      status: "refunded",
      updatedAt: at("08:04"),
      lines: [line("1", "A", 1)],
    });
    expect(await world.stored("1")).toMatchObject({ status: "refunded" });
    await world.expectClean();
  });
});
