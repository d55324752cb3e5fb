import { reserveFromOfOrders } from "../../../core/catalogue/waiting.ts";
import type { ImportParts } from "./report.ts";
import { inWindow, submit } from "./window.ts";

/** Gives orders of any connection that waited for a SKU their units, now that the import has made it. Idempotent. */
export async function mapOrders(
  { db, engine, runtime, reserveFrom: ask }: ImportParts,
  merchantId: string,
  orderIds: readonly string[],
): Promise<void> {
  const reserveFrom = await reserveFromOfOrders(db, merchantId, orderIds, ask);
  await inWindow(orderIds, 100, async (orderId) => {
    await submit(engine, runtime.timers, merchantId, {
      kind: "order.map",
      orderId,
      reserveFrom: reserveFrom(orderId),
    });
  });
}
