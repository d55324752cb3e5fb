import type { Channels } from "./channels.ts";

export const inboxOf = (hub: Channels) =>
  hub.query<{ delivery_id: string; status: string; error_kind: string | null; attempts: number }>(
    "select delivery_id, status, error_kind, attempts from inbox where merchant_id = $1 order by delivery_id, digest",
    [hub.merchant.id],
  );

export const ordersOf = (hub: Channels) =>
  hub.query<{ external_id: string; status: string }>(
    "select external_id, status from orders where merchant_id = $1 order by external_id",
    [hub.merchant.id],
  );

export const updatedAt = (second: number) => `2026-11-22T08:00:${String(second).padStart(2, "0")}.000Z`;
