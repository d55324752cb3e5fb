import { waitAfter } from "../backoff.ts";
import type { CallFailure, Slot } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import type { Lease } from "../leases.ts";
import { claimRows } from "../outbox/claim.ts";
import { type Settlement, settleFailure } from "../outbox/outcome.ts";
import { type DueParcel, dueParcels, takesFulfilments } from "../outbox/parcels.ts";
import { type Settled, settleRows } from "../outbox/settle.ts";
import type { SyncContext } from "../parts.ts";
import { isOver, type PushCounts } from "./push-stock.ts";

const nothing: PushCounts = { pushed: 0, failed: 0, waitMs: null };

/**
 * Tells the platform of our parcels, one call each. Our shipment id makes a repeat harmless, so an outcome in doubt is
 * resolved by sending again.
 */
export async function pushFulfilments(context: SyncContext, connection: OpenConnection): Promise<PushCounts> {
  if (!takesFulfilments(connection) || connection.status !== "active") return nothing;
  if ((await dueParcels(context, connection)).length === 0) return nothing;
  const counts = await context.leases.withLease(
    connection.merchantId,
    `push-fulfilments:${connection.id}`,
    (lease) => pushUnderLease(context, connection, lease),
  );
  return counts ?? nothing;
}

async function pushUnderLease(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
): Promise<PushCounts> {
  const counts = { ...nothing };
  for (;;) {
    const due = await dueParcels(context, connection);
    if (due.length === 0) return counts;
    for (const parcel of due) {
      if (isOver(context, connection, lease)) return counts;
      const settlement = await pushOne(context, connection, lease, parcel);
      if (settlement === null) continue;
      if ("ok" in settlement) return { ...counts, waitMs: settlement.retryAfterMs ?? 0 };
      counts[settlement.status === "done" ? "pushed" : "failed"] += 1;
    }
  }
}

/** `null`: the row was taken back meanwhile. A call that may not be made now leaves the row as it is. */
async function pushOne(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  parcel: DueParcel,
): Promise<Settlement | CallFailure | null> {
  const slot = parcel.push.lines.length === 0 ? null : await context.calls.enter(connection, lease.signal);
  if (slot && !slot.ok) return slot;
  const tries = await claimRows(context, lease, "fulfilment", [
    { subjectId: parcel.shipmentId, requested: parcel.requested, quantity: null },
  ]);
  const attempts = tries.get(parcel.shipmentId);
  if (attempts === undefined) return null;
  const settlement = slot ? await tell(context, connection, slot, parcel, attempts) : emptyParcel;
  await settleParcel(context, connection, lease, parcel, settlement);
  return settlement;
}

/** Part of a pack: the parcel that completes the pack is the one the platform hears of. */
const emptyParcel: Settlement = { status: "done", published: null, externalId: null };

const retryPlan = { firstWaitMs: 2_000, maxWaitMs: 600_000 };

async function tell(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  parcel: DueParcel,
  attempts: number,
): Promise<Settlement> {
  const { fulfilments } = connection.account;
  if (!fulfilments)
    return { status: "parked", kind: "unsupported", message: "This platform takes no parcels." };
  context.counters.fulfilments.sent += 1;
  const result = await slot.result((account, call) =>
    (account.fulfilments ?? fulfilments).push(parcel.push, call),
  );
  if (result.ok) return { status: "done", published: null, externalId: result.value.externalId };
  return settleFailure(result, {
    attempts,
    conditional: false,
    backoffMs: waitAfter(attempts, retryPlan, context.runtime.random),
  });
}

async function settleParcel(
  context: SyncContext,
  connection: OpenConnection,
  lease: Lease,
  parcel: DueParcel,
  settlement: Settlement,
): Promise<void> {
  const row: Settled = {
    subjectId: parcel.shipmentId,
    requested: parcel.requested,
    hadError: parcel.hadError,
    title: `order ${parcel.push.orderExternalId}`,
    settlement,
  };
  if (settlement.status === "done" && settlement.externalId !== null) {
    await rememberParcel(context, connection.merchantId, parcel.shipmentId, settlement.externalId);
  }
  await settleRows(context, connection, lease, "fulfilment", [row]);
  if (settlement.status === "done") context.counters.fulfilments.confirmed += 1;
  if (settlement.status === "parked") context.counters.fulfilments.parked += 1;
}

/**
 * The platform's id of the parcel, by which its echo is recognised in the next pull. If the echo was faster, the id stands
 * there already; should a parcel of the platform's own have it, that one keeps it.
 */
async function rememberParcel(
  context: SyncContext,
  merchantId: string,
  shipmentId: string,
  externalId: string,
): Promise<void> {
  await context.db.query(
    `update shipments set external_id = $3 where merchant_id = $1 and id = $2 and external_id is null
       and not exists (select 1 from shipments other where other.merchant_id = $1 and other.order_id = shipments.order_id and other.external_id = $3)`,
    [merchantId, shipmentId, externalId],
  );
}
