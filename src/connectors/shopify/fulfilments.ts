import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import { noteOf } from "../toolkit/parcel-notes.ts";
import type { ShopifyClient } from "./client.ts";
import { carriers } from "./codes.ts";
import { metafieldMutation, parcelOrderQuery, shipMutation } from "./documents.ts";
import { keyOf, notesOf, parcelOf } from "./parcels.ts";
import { wholeParcelOrder } from "./rows.ts";
import type { ShopifySettings } from "./settings.ts";
import * as wire from "./wire.ts";

/**
 * A parcel of ours becomes a fulfilment. Shopify takes no key for it, so our note on the order goes first and tells afterwards
 * whether the parcel is there already (`parcels.ts`).
 */
export const createFulfilments = (client: ShopifyClient, settings: ShopifySettings): Fulfilments => ({
  async push(parcel, call) {
    if (!wire.isNumber(parcel.orderExternalId)) return unknownOrder(parcel);
    const id = wire.gidOf("Order", parcel.orderExternalId);
    const read = await client.run(parcelOrderQuery, { id }, wire.parcelOrderSchema, call);
    if (!read.ok) return read;
    if (read.value.order === null) return unknownOrder(parcel);
    const all = await wholeParcelOrder(client, read.value.order, call);
    if (!all.ok) return all;
    const order = all.value;
    const note = notesOf(order.metafields).find((one) => one.shipmentId === parcel.shipmentId);
    const there = note && parcelOf(note, order.fulfillments);
    if (there) return { ok: true, value: { externalId: wire.numberOf(there.id) } };
    const lines = linesToShip(order, parcel, settings.locationId);
    if (!lines.ok) return lines;
    const noted = note ? ({ ok: true, value: null } as const) : await leaveNote(client, order, parcel, call);
    return noted.ok ? ship(client, settings, parcel, lines.value, call) : noted;
  },
});

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `Shopify has no order ${orderExternalId}`);

async function leaveNote(
  client: ShopifyClient,
  order: wire.WireParcelOrder,
  parcel: FulfilmentPush,
  call: Call,
): Promise<Result<null>> {
  const note = noteOf(
    parcel,
    order.fulfillments.map((one) => one.id),
  );
  const metafield = {
    ownerId: order.id,
    namespace: "sluice",
    key: keyOf(parcel.shipmentId),
    type: "json",
    value: JSON.stringify(note),
  };
  const result = await client.run(
    metafieldMutation,
    { metafields: [metafield] },
    wire.metafieldsSetSchema,
    call,
  );
  if (!result.ok) return result;
  const [error] = result.value.metafieldsSet.userErrors;
  return error
    ? failure("invalid", `Shopify refused our note on the order${error.code ? ` (${error.code})` : ""}`)
    : { ok: true, value: null };
}

interface ShipLines {
  fulfillmentOrderId: string;
  fulfillmentOrderLineItems: { id: string; quantity: number }[];
}

/** Our lines over the open fulfilment orders of our location. */
function linesToShip(
  order: wire.WireParcelOrder,
  parcel: FulfilmentPush,
  locationId: string,
): Result<ShipLines[]> {
  const open = order.fulfillmentOrders.nodes.filter(
    ({ assignedLocation, supportedActions }) =>
      supportedActions.some(({ action }) => action === "CREATE_FULFILLMENT") &&
      (!assignedLocation?.location || wire.numberOf(assignedLocation.location.id) === locationId),
  );
  const wanted = new Map(parcel.lines.map(({ externalLineId, quantity }) => [externalLineId, quantity]));
  const lines = open.flatMap(({ id, lineItems }): ShipLines[] => {
    const taken = lineItems.nodes.flatMap((row) => {
      const number = wire.numberOf(row.lineItem.id);
      const quantity = Math.min(wanted.get(number) ?? 0, row.remainingQuantity);
      wanted.set(number, (wanted.get(number) ?? 0) - quantity);
      return quantity > 0 ? [{ id: row.id, quantity }] : [];
    });
    return taken.length > 0 ? [{ fulfillmentOrderId: id, fulfillmentOrderLineItems: taken }] : [];
  });
  const short = parcel.lines.filter(({ externalLineId }) => (wanted.get(externalLineId) ?? 0) > 0);
  if (short.length === 0) return { ok: true, value: lines };
  return failure(
    "invalid",
    `Line ${short[0]?.externalLineId} of order ${parcel.orderExternalId} has fewer units to ship at this location in Shopify; it is shipped, on hold, cancelled or assigned elsewhere`,
  );
}

async function ship(
  client: ShopifyClient,
  { notifyBuyer }: ShopifySettings,
  parcel: FulfilmentPush,
  lines: ShipLines[],
  call: Call,
): Promise<Result<{ externalId: string }>> {
  const { carrier, trackingNumber } = parcel;
  const f = {
    lineItemsByFulfillmentOrder: lines,
    notifyCustomer: notifyBuyer,
    ...(trackingNumber === undefined
      ? {}
      : {
          trackingInfo: {
            number: trackingNumber,
            ...(carrier === undefined ? {} : { company: carrierCode(carriers, carrier) ?? carrier }),
          },
        }),
  };
  const result = await client.run(shipMutation, { f }, wire.shipSchema, call);
  if (!result.ok) return result;
  const { fulfillment, userErrors } = result.value.fulfillmentCreate;
  if (fulfillment) return { ok: true, value: { externalId: wire.numberOf(fulfillment.id) } };
  return failure(
    "invalid",
    `Shopify refused the parcel${userErrors[0]?.code ? ` (${userErrors[0].code})` : ""}`,
  );
}
