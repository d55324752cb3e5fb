import { isSluiceError, messageOf } from "../core/errors.ts";
import type { OrderSnapshot } from "../core/model/order.ts";
import { type OpenConnection, reserveFromOf } from "./connections.ts";
import type { SyncContext } from "./parts.ts";
import { wellFormed } from "./storable.ts";

/**
 * What became of one order handed to the engine. All of these except `retry` are final: the order's effect, or the
 * reason against it, is committed.
 */
export type Intake =
  | { kind: "applied"; outcome: "created" | "updated" | "unchanged" }
  /** We hold a newer state of this order. */
  | { kind: "stale" }
  | { kind: "refused"; code: string; reason: string }
  | { kind: "retry"; code: string; reason: string };

type Parts = Pick<SyncContext, "engine" | "onChange">;

/** Hands orders to the engine, all at once so that they share its batches; answers in the same order. */
export async function submitOrders(
  parts: Parts,
  connection: OpenConnection,
  orders: readonly OrderSnapshot[],
): Promise<Intake[]> {
  const intakes = await Promise.all(orders.map((order) => submitOrder(parts, connection, order)));
  if (intakes.some((intake) => intake.kind === "applied" && intake.outcome !== "unchanged"))
    parts.onChange(connection.merchantId);
  return intakes;
}

async function submitOrder(
  parts: Parts,
  connection: OpenConnection,
  snapshot: OrderSnapshot,
): Promise<Intake> {
  try {
    const answer = await parts.engine.submit(connection.merchantId, {
      kind: "order.apply",
      connectionId: connection.id,
      snapshot: wellFormed(snapshot),
      mayRefuse: false,
      reserveFrom: reserveFromOf(connection),
    });
    if (answer.kind === "refused") return { kind: "refused", code: answer.code, reason: answer.message };
    if (answer.kind !== "order")
      return {
        kind: "refused",
        code: "internal",
        reason: `The engine answered "${answer.kind}" to an order.`,
      };
    switch (answer.outcome) {
      case "created":
      case "updated":
        return { kind: "applied", outcome: answer.outcome };
      case "duplicate":
      case "unchanged":
        return { kind: "applied", outcome: "unchanged" };
      case "stale":
        return { kind: "stale" };
    }
  } catch (error) {
    return afterThrow(error);
  }
}

/** A refusal that cannot change is final; anything else (a full queue, a database that is away) may work later. */
export function afterThrow(error: unknown): Intake {
  if (isSluiceError(error) && !error.retryable && error.code !== "internal") {
    return { kind: "refused", code: error.code, reason: error.message };
  }
  return { kind: "retry", code: isSluiceError(error) ? error.code : "internal", reason: messageOf(error) };
}
