import { expect, test } from "vitest";
import { memoryDatabase } from "../../support/database.ts";
import { testHub } from "../../support/hub.ts";
import { testRuntime } from "../../support/runtime.ts";

test("smoke", async () => {
  const db = await memoryDatabase();
  const hub = await testHub(db, testRuntime());
  await hub.sku("A", 10, { unitCostMinor: 600 });
  const answer = await hub.order({ externalId: "1", lines: [{ externalLineId: "1", sku: "A", quantity: 3, unitPriceMinor: 1000 }] });
  expect(answer).toMatchObject({ outcome: "created", shortfall: 0 });
  expect(await hub.stock("A")).toEqual({ onHand: 10, reserved: 3, heldBack: 0, available: 7, valueMinor: 6000 });
  const shipped = await hub.submit({ kind: "order.ship", orderId: answer.orderId, shipmentId: hub.runtime.ids.next(), input: {} });
  expect(shipped).toMatchObject({ outcome: "updated", status: "shipped" });
  expect(await hub.stock("A")).toEqual({ onHand: 7, reserved: 0, heldBack: 0, available: 7, valueMinor: 4200 });
  console.log(JSON.stringify(await db.query("select seq, type, data from events order by seq"), null, 1));
  await db.close();
});

test("doctor smoke", async () => {
  const { runDoctor } = await import("../../../src/core/doctor.ts");
  const db = await memoryDatabase();
  const hub = await testHub(db, testRuntime());
  await hub.sku("A", 2, { unitCostMinor: 600 });
  await hub.sku("B", 5, { unitCostMinor: 100 });
  await hub.sku("AB", 0, { kind: "bundle", components: [{ sku: "A", quantity: 2 }, { sku: "B", quantity: 1 }] });
  await hub.order({ externalId: "1", lines: [{ externalLineId: "1", sku: "AB", quantity: 3, unitPriceMinor: 1000 }] });
  await hub.order({ externalId: "2", lines: [{ externalLineId: "1", sku: "B", quantity: 6, unitPriceMinor: 1000 }] });
  await hub.submit({ kind: "stock.adjust", input: { reference: "x", lines: [{ sku: "B", count: 2, reason: "count" }] } });
  await hub.submit({ kind: "stock.adjust", input: { reference: "y", lines: [{ sku: "A", delta: 10, reason: "receipt" }, { sku: "B", delta: 20, reason: "receipt" }] } });
  expect((await runDoctor(db)).checks.filter((check) => !check.ok)).toEqual([]);
  console.log(await db.query("select holder_kind, line_no, quantity, status from reservations"), await hub.stock("A"), await hub.stock("B"));
  await db.query("update stock_levels set reserved = reserved + 1 where on_hand > 10");
  console.log(JSON.stringify((await runDoctor(db)).checks.filter((check) => !check.ok), null, 1));
  await db.close();
});
