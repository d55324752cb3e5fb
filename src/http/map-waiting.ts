import { reserveFromOfOrders } from "../core/catalogue/waiting.ts";
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
  const reserveFrom = await reserveFromOfOrders(parts.db, merchantId, orderIds, parts.sync.reserveFrom);
  for (let from = 0; from < orderIds.length; from += atOnce) {
    const group = orderIds.slice(from, from + atOnce);
    const answers = await Promise.allSettled(
      group.map((orderId) =>
        parts.engine.submit(merchantId, {
          kind: "order.map",
          orderId,
          reserveFrom: reserveFrom(orderId),
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
