import { expect, it } from "vitest";
import { runDoctor } from "../../../src/core/doctor.ts";
import { readOrder } from "../../../src/core/orders/read.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testHub } from "../../support/hub.ts";
import { testRuntime } from "../../support/runtime.ts";

const at = (minute: number) => `2026-11-22T08:${String(minute).padStart(2, "0")}:00.000Z`;

it("holds units from the deposit on, and takes nothing for goods the platform ships", async () => {
  const db = await memoryDatabase();
  const hub = await testHub(db, testRuntime());
  await hub.sku("A", 10);
  const line = { externalLineId: "1", sku: "A", quantity: 2, unitPriceMinor: 500 };
  const base = { externalId: "presale", placedAt: at(0), currency: "CNY", totalMinor: 1000, lines: [line] };
  const order = (minute: number, change: object) =>
    hub.order({ ...base, updatedAt: at(minute), status: "pending_payment", ...change } as never, {
      reserveFrom: "paid",
    });
  const presale = { depositMinor: 200, finalMinor: 800 };
  await order(0, { presale });
  expect((await hub.stock("A")).reserved, "before the deposit").toBe(0);
  const { orderId } = await order(1, { presale: { ...presale, depositPaidAt: at(1) } });
  expect((await hub.stock("A")).reserved, "after the deposit").toBe(2);
  expect((await readOrder(db, hub.merchant.id, orderId))?.terms).toEqual({
    presale: { ...presale, depositPaidAt: at(1) },
  });
  await order(2, { status: "cancelled" });
  expect((await hub.stock("A")).reserved, "deposit forfeited").toBe(0);

  const external = {
    externalId: "fba",
    status: "paid",
    paidAt: at(3),
    lines: [{ ...line, fulfilledBy: "platform" }],
  };
  await order(3, external);
  expect(await hub.stock("A")).toMatchObject({ onHand: 10, reserved: 0 });
  await order(4, { ...external, status: "shipped", shipments: [{ externalId: "s", shippedAt: at(4) }] });
  expect(await hub.stock("A")).toMatchObject({ onHand: 10, reserved: 0 });

  const { orderId: mixed } = await order(5, { ...external, externalId: "fba-2" });
  const asked = (externalId: string, quantity: number) => ({
    reference: externalId,
    amountMinor: 300,
    reason: "damaged",
    lines: [{ line: 1, amountMinor: 300, quantity, restock: false }],
  });
  const refund = (input: object) =>
    hub.submit({ kind: "order.refund", orderId: mixed, input: input as never });
  expect(await refund(asked("too many", 3))).toMatchObject({
    kind: "refused",
    details: { refundable: 2, requested: 3 },
  });
  expect(await refund(asked("one", 1))).not.toMatchObject({ kind: "refused" });
  const lines = [{ line: 1, quantity: 1 }];
  expect(
    await hub.submit({ kind: "order.ship", orderId: mixed, shipmentId: mixed, input: { lines } as never }),
    "nothing of ours to ship",
  ).toMatchObject({ kind: "refused", details: { open: 0 } });
  expect(await hub.stock("A")).toMatchObject({ onHand: 10, reserved: 0 });
  const report = await runDoctor(db);
  expect(report.checks.filter((check) => !check.ok)).toEqual([]);
  await hub.engine.close();
  await db.close();
});
