import type { Call, Failure, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createTurns } from "../toolkit/turns.ts";
import type { MedusaClient } from "./client.ts";
import { linesOf, ourShipmentId, shipmentIdKey } from "./parcels.ts";
import type { MedusaSettings } from "./settings.ts";
import type { WireFulfillment, WireParcelOrder } from "./wire.ts";

/**
 * A parcel of ours becomes a fulfilment (packed) with a shipment (tracking). Medusa knows no idempotency key, so our
 * shipment id stands in the fulfilment's metadata and the order is read first: what is there is not made again.
 * Two calls for one order at the same moment would leave its lines twice (seen on 2.21.2), so they queue.
 */
export function createFulfilments(client: MedusaClient, settings: MedusaSettings): Fulfilments {
  const inTurn = createTurns();
  return {
    push: (fulfilment, call) =>
      inTurn(fulfilment.orderExternalId, () =>
        pushParcel(client, settings.stockLocationId, fulfilment, call),
      ),
  };
}

async function pushParcel(
  client: MedusaClient,
  locationId: string,
  parcel: FulfilmentPush,
  call: Call,
): Promise<Result<{ externalId: string }>> {
  const before = await findParcel(client, parcel, call);
  if (!before.ok) return before;
  let found = before.value;
  if (found === null) {
    const made = await client.createFulfillment(
      parcel.orderExternalId,
      {
        items: itemsOf(parcel),
        location_id: locationId,
        // Packing is our own affair; the buyer hears of the shipment.
        no_notification: true,
        metadata: { [shipmentIdKey]: parcel.shipmentId },
      },
      call,
    );
    const after = await findParcel(client, parcel, call);
    if (!after.ok) return made.ok ? inDoubt(parcel) : made;
    if (after.value === null) return made.ok ? inDoubt(parcel) : explained(made, parcel);
    found = after.value;
  }
  return found.shipped_at || !found.requires_shipping
    ? { ok: true, value: { externalId: found.id } }
    : shipParcel(client, found.id, parcel, call);
}

async function shipParcel(
  client: MedusaClient,
  fulfillmentId: string,
  parcel: FulfilmentPush,
  call: Call,
): Promise<Result<{ externalId: string }>> {
  // Medusa wants all three keys of a label and takes "#" for an address there is none for.
  const labels = parcel.trackingNumber
    ? [{ tracking_number: parcel.trackingNumber, tracking_url: "#", label_url: "#" }]
    : [];
  const sent = await client.createShipment(
    parcel.orderExternalId,
    fulfillmentId,
    { items: itemsOf(parcel), labels },
    call,
  );
  if (sent.ok) return { ok: true, value: { externalId: fulfillmentId } };
  if (sent.kind !== "invalid") return sent;
  // "Shipment has already been created" is a success that was not heard of; any other refusal leaves it unshipped.
  const after = await findParcel(client, parcel, call);
  return after.ok && after.value?.shipped_at ? { ok: true, value: { externalId: after.value.id } } : sent;
}

const itemsOf = ({ lines }: FulfilmentPush) => {
  const byLine = new Map<string, number>();
  for (const { externalLineId, quantity } of lines)
    byLine.set(externalLineId, (byLine.get(externalLineId) ?? 0) + quantity);
  return [...byLine].map(([id, quantity]) => ({ id, quantity }));
};

/** The fulfilment that is this parcel, or null. Fails when the order is not there or is cancelled. */
async function findParcel(
  client: MedusaClient,
  parcel: FulfilmentPush,
  call: Call,
): Promise<Result<WireFulfillment | null>> {
  const result = await client.parcelOrder(parcel.orderExternalId, call);
  if (!result.ok) return result;
  const order = result.value.orders.find((candidate) => candidate.id === parcel.orderExternalId);
  if (!order) return failure("not_found", `Medusa has no order ${parcel.orderExternalId}`);
  const alive = order.fulfillments.filter((candidate) => !candidate.canceled_at);
  const ours = alive.find((candidate) => ourShipmentId(candidate) === parcel.shipmentId);
  if (ours) return { ok: true, value: ours };
  if (order.status === "canceled") {
    return failure(
      "invalid",
      `Order ${order.id} is cancelled in Medusa, so nothing can be shipped for it there`,
    );
  }
  return { ok: true, value: packedByStaff(order, alive, parcel) ?? null };
}

/**
 * Staff may have packed the same units in Medusa and left the shipping to us: then that parcel gets our tracking number
 * instead of a second one. One of theirs that carries our number already is ours, sent before an answer was lost.
 */
function packedByStaff(
  order: WireParcelOrder,
  alive: readonly WireFulfillment[],
  parcel: FulfilmentPush,
): WireFulfillment | undefined {
  const wanted = textOf(itemsOf(parcel));
  return alive.find((candidate) => {
    if (ourShipmentId(candidate) !== undefined) return false;
    const units = linesOf(candidate, order.fulfillments, order.items);
    if (textOf(units.map(({ externalLineId, quantity }) => ({ id: externalLineId, quantity }))) !== wanted)
      return false;
    const numbers = candidate.labels.map((label) => label.tracking_number);
    return (
      !candidate.shipped_at ||
      (parcel.trackingNumber !== undefined && numbers.includes(parcel.trackingNumber))
    );
  });
}

const textOf = (items: readonly { id: string; quantity: number }[]): string =>
  items
    .map(({ id, quantity }) => `${id} ${quantity}`)
    .sort()
    .join(",");

/** Medusa took the parcel but the order does not show it, or could not be read: the repeat looks first. */
const inDoubt = (parcel: FulfilmentPush): Failure =>
  failure("unknown", `Medusa took shipment ${parcel.shipmentId}, but its order does not show it yet`);

function explained(refusal: Failure, parcel: FulfilmentPush): Failure {
  if (refusal.kind !== "invalid") return refusal;
  const hint = `Order ${parcel.orderExternalId} may have been packed in Medusa by hand, be in an edit there, or be reserved at another location. ${refusal.message}`;
  return { ...refusal, message: hint };
}
