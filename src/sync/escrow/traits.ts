import type { PlatformTraits, StockChange } from "../../core/escrow/exposure.ts";
import type { OpenConnection } from "../connections.ts";
import type { WriteMode } from "../outbox/target.ts";

/** What the rules of escrow rest on, as the connector declares it for this account. */
export function traitsOf(connection: OpenConnection): PlatformTraits {
  const { deducts, restoresOnUnpaidCancel, restoresOnPaidRefund, clockSkewMs } = connection.profile.behaviour;
  return {
    deducts,
    restoresUnpaid: restoresOnUnpaidCancel,
    restoresPaid: restoresOnPaidRefund,
    skewMs: clockSkewMs,
    readable: connection.account.stock?.read !== undefined,
  };
}

/**
 * Whether units can be set aside for its listings at all: the platform takes its sales off its own figure, lets it be
 * written, and can say up to when all orders are in. Others get what no listing stands for, without a promise.
 */
export const isEscrowable = ({ account, profile }: OpenConnection): boolean =>
  account.stock !== undefined &&
  (profile.stockWrites.includes("set") ||
    (profile.stockWrites.length > 0 && account.stock.read !== undefined)) &&
  profile.behaviour.deducts !== "never" &&
  profile.behaviour.orderWatermark;

export const changeOf = (write: WriteMode): StockChange => ({
  kind: write.mode,
  quantity: write.quantity,
  expected: write.mode === "compareAndSet" ? write.expected : null,
});

export const modeOf = ({ kind, quantity, expected }: StockChange): WriteMode => {
  if (kind === "compareAndSet") return { mode: kind, quantity, expected: expected ?? 0 };
  return { mode: kind, quantity };
};
