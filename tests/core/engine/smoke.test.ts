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
