import { messageOf } from "../core/errors.ts";
import type { AppParts } from "./parts.ts";

/** Few enough to leave room in the engine's queue, enough to fill a batch. */
const atOnce = 200;

/**
 * Gives orders that waited for a SKU or listing their units, now that it is there. It is committed by then, so an order
 * that fails here does not undo it: its task stays open, and the platform's next snapshot of it maps it.
 */
export async function mapWaitingOrders(
  parts: Pick<AppParts, "db" | "engine" | "log" | "sync">,
  merchantId: string,
  orderIds: readonly string[],
): Promise<void> {
  const reserveFrom = await reserveFromOfOrders(parts, merchantId, orderIds);
  for (let from = 0; from < orderIds.length; from += atOnce) {
    const group = orderIds.slice(from, from + atOnce);
    const answers = await Promise.allSettled(
      group.map((orderId) =>
        parts.engine.submit(merchantId, {
          kind: "order.map",
          orderId,
          reserveFrom: reserveFrom.get(orderId) ?? "placed",
        }),
      ),
    );
    for (const [index, answer] of answers.entries()) {
      const orderId = group[index];
      if (answer.status === "rejected") {
        parts.log.warn({ merchantId, orderId, error: messageOf(answer.reason) }, "order could not be mapped");
      } else if (answer.value.kind === "refused") {
        parts.log.warn({ merchantId, orderId, error: answer.value.message }, "order could not be mapped");
      }
    }
  }
}

/** From when on each order has units reserved, as its platform takes them off its own figure. */
async function reserveFromOfOrders(
  { db, sync }: Pick<AppParts, "db" | "sync">,
  merchantId: string,
  orderIds: readonly string[],
): Promise<Map<string, "placed" | "paid">> {
  const rows = await db.query<{ id: string; connectionId: string }>(
    `select o.id, o.connection_id as "connectionId" from unnest($2::uuid[]) k(id)
       cross join lateral (select id, connection_id from orders where merchant_id = $1 and id = k.id limit 1) o`,
    [merchantId, orderIds],
  );
  const connectionIds = [...new Set(rows.map((row) => row.connectionId))];
  const told = new Map(
    await Promise.all(connectionIds.map(async (id) => [id, await sync.reserveFrom(id)] as const)),
  );
  return new Map(rows.map((row) => [row.id, told.get(row.connectionId) ?? "placed"]));
}

/**
 * Gives what a deleted listing stood for to orders that wait for it. The deletion is committed by then: should this fail, the
 * units go to them with the SKU's next change.
 */
export async function releaseUnits(
  parts: Pick<AppParts, "engine" | "log">,
  merchantId: string,
  skuId: string,
): Promise<void> {
  try {
    await parts.engine.submit(merchantId, { kind: "exposure.release", skuIds: [skuId] });
  } catch (error) {
    parts.log.warn({ merchantId, skuId, error: messageOf(error) }, "freed units were not given out yet");
  }
}
