import { z } from "zod";
import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { WooClient } from "./client.ts";
import { metaKeyOf, parcelsOf, type WooParcel } from "./parcels.ts";
import { setsOf } from "./sets.ts";
import type { WooSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** A parcel of ours becomes an entry in the order's meta data, a note to the buyer, and with the last one the status completed. */
export const createFulfilments = (client: WooClient, settings: WooSettings): Fulfilments => ({
  async push(parcel, call) {
    if (!/^\d{1,15}$/.test(parcel.orderExternalId)) return unknownOrder(parcel);
    const path = `/orders/${parcel.orderExternalId}`;
    const read = await client.get(path, {}, wire.parcelOrderSchema, call);
    if (!read.ok) return read.kind === "not_found" ? unknownOrder(parcel) : read;
    const parcels = parcelsOf(read.value.meta_data);
    if (!parcels.some((one) => one.shipmentId === parcel.shipmentId)) {
      const written = await writeParcel(client, settings, path, read.value, parcels, parcel, call);
      if (!written.ok) return written;
    }
    const noted = settings.noteToBuyer
      ? await tellBuyer(client, path, parcel, call)
      : ({ ok: true } as const);
    return noted.ok ? { ok: true, value: { externalId: parcel.shipmentId } } : noted;
  },
});

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `WooCommerce has no order ${orderExternalId}`);

async function writeParcel(
  client: WooClient,
  { completeWhenShipped }: WooSettings,
  path: string,
  order: z.infer<typeof wire.parcelOrderSchema>,
  parcels: readonly WooParcel[],
  push: FulfilmentPush,
  call: Call,
): Promise<Result<unknown>> {
  if (/^(cancelled|refunded|failed|trash)$/.test(order.status))
    return failure(
      "invalid",
      `Order ${push.orderExternalId} is ${order.status} in WooCommerce and takes no parcel`,
    );
  const { orderExternalId: _order, ...parcel } = push;
  const sent = [...parcels, parcel].flatMap((one) => one.lines);
  const sets = setsOf(order.line_items);
  const isOut = order.line_items.every((line) => {
    if (sets.has(line.id)) return true;
    const units = sent.filter((row) => row.externalLineId === String(line.id)).map((row) => row.quantity);
    return units.reduce((sum, quantity) => sum + quantity, 0) >= line.quantity;
  });
  const meta_data = [{ key: metaKeyOf(push.shipmentId), value: JSON.stringify(parcel) }];
  if (push.trackingNumber !== undefined)
    meta_data.push({ key: "_tracking_number", value: push.trackingNumber });
  if (push.carrier !== undefined) meta_data.push({ key: "_tracking_provider", value: push.carrier });
  const status = isOut && completeWhenShipped ? { status: "completed" } : {};
  return client.write("PUT", path, { meta_data, ...status }, z.object({ id: z.int() }), call);
}

/** Notes carry no key, so a number that was told already is not told again. */
async function tellBuyer(
  client: WooClient,
  path: string,
  parcel: FulfilmentPush,
  call: Call,
): Promise<Result<unknown>> {
  const { carrier, trackingNumber } = parcel;
  if (trackingNumber === undefined) return { ok: true, value: null };
  const notes = await client.get(`${path}/notes`, { type: "customer" }, wire.notesSchema, call);
  if (!notes.ok) return notes;
  if (notes.value.some(({ note }) => note.includes(trackingNumber))) return { ok: true, value: null };
  const note = `Shipped${carrier === undefined ? "" : ` with ${carrier}`}: ${trackingNumber}`;
  return client.write(
    "POST",
    `${path}/notes`,
    { note, customer_note: true },
    z.object({ id: z.int() }),
    call,
  );
}
