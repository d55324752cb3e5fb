import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { failure } from "../toolkit/failures.ts";
import { notedParcel, noteOf } from "../toolkit/parcel-notes.ts";
import { createTurns } from "../toolkit/turns.ts";
import type { VendureClient } from "./client.ts";
import { fulfilmentErrorKinds, fulfilmentHints } from "./codes.ts";
import { fulfilMutation, noteMutation, parcelOrderQuery, shipMutation } from "./documents.ts";
import { isSent, type LiveParcel, liveParcels, notesOf, noteText, packedByStaff } from "./parcels.ts";
import type { VendureSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/**
 * A parcel of ours becomes a fulfilment (packed), which is then moved to `Shipped`. Vendure has no place for our shipment id on it,
 * so a private note on the order goes first (`toolkit/parcel-notes.ts`). Parcels of one order are sent one after the other.
 */
export function createFulfilments(client: VendureClient, settings: VendureSettings): Fulfilments {
  const inTurn = createTurns();
  return {
    push: (parcel, call) => inTurn(parcel.orderExternalId, () => pushParcel(client, settings, parcel, call)),
  };
}

type Pushed = Result<{ externalId: string }>;

async function pushParcel(
  client: VendureClient,
  settings: VendureSettings,
  push: FulfilmentPush,
  call: Call,
): Promise<Pushed> {
  const read = await readOrder(client, push, call);
  if (!read.ok) return read;
  const order = read.value;
  const live = liveParcels(order);
  const notes = notesOf(order.history);
  const note = notes.find((one) => one.shipmentId === push.shipmentId);
  const there = note && notedParcel(note, live);
  if (there) return ship(client, there, call);
  const refusal = refusalOfState(order);
  if (refusal) return refusal;
  const packed = packedByStaff(noteOf(push, []), live, notes);
  const before = live.filter((parcel) => parcel !== packed).map((parcel) => parcel.id);
  if (!note) {
    const noted = await leaveNote(client, push, before, call);
    if (!noted.ok) return noted;
  }
  return packed ? ship(client, packed, call) : pack(client, settings, push, call);
}

async function readOrder(
  client: VendureClient,
  { orderExternalId: id }: FulfilmentPush,
  call: Call,
): Promise<Result<wire.WireParcelOrder>> {
  const unknownOrder = failure("not_found", `Vendure has no order ${id}`);
  if (!wire.isId(id)) return unknownOrder;
  const result = await client.run(parcelOrderQuery, { id }, wire.parcelOrderSchema, call);
  if (!result.ok) return result;
  return result.value.order === null ? unknownOrder : { ok: true, value: result.value.order };
}

function refusalOfState({ id, state }: wire.WireParcelOrder) {
  if (state === "Cancelled")
    return failure("invalid", `Order ${id} is cancelled in Vendure, so nothing can be shipped for it there`);
  if (state === "Modifying" || state === "ArrangingAdditionalPayment")
    return failure(
      "invalid",
      `Order ${id} is being changed in Vendure (${state}); finish that there and send the parcel again`,
    );
  return null;
}

async function leaveNote(
  client: VendureClient,
  push: FulfilmentPush,
  before: readonly string[],
  call: Call,
): Promise<Result<unknown>> {
  const input = { id: push.orderExternalId, note: noteText(noteOf(push, before)), isPublic: false };
  return client.run(noteMutation, { input }, wire.noteSchema, call);
}

async function pack(
  client: VendureClient,
  { fulfillmentHandler }: VendureSettings,
  push: FulfilmentPush,
  call: Call,
): Promise<Pushed> {
  const units = new Map<string, number>();
  for (const { externalLineId, quantity } of push.lines)
    units.set(externalLineId, (units.get(externalLineId) ?? 0) + quantity);
  const input = {
    lines: [...units].map(([orderLineId, quantity]) => ({ orderLineId, quantity })),
    handler: {
      code: fulfillmentHandler,
      // Both must be there: left out, Vendure's database refuses the parcel.
      arguments: [
        { name: "method", value: push.carrier ?? "" },
        { name: "trackingCode", value: push.trackingNumber ?? "" },
      ],
    },
  };
  const result = await client.run(fulfilMutation, { input }, wire.fulfilSchema, call);
  if (!result.ok) return result;
  const made = result.value.addFulfillmentToOrder;
  if ("errorCode" in made) return refused(made);
  return move(client, made.id, call);
}

/** The parcel may have been left packed by an attempt that broke off, or by the staff. */
const ship = async (client: VendureClient, parcel: LiveParcel, call: Call): Promise<Pushed> =>
  isSent(parcel) ? { ok: true, value: { externalId: parcel.id } } : move(client, parcel.id, call);

async function move(client: VendureClient, id: string, call: Call): Promise<Pushed> {
  const result = await client.run(shipMutation, { id }, wire.shipSchema, call);
  if (!result.ok) return result;
  const moved = result.value.transitionFulfillmentToState;
  return "errorCode" in moved ? refused(moved) : { ok: true, value: { externalId: moved.id } };
}

const refused = ({ errorCode }: wire.ErrorResult) => {
  const code = /^\w{1,64}$/.test(errorCode) ? errorCode : "without a code";
  return failure(
    kindOfCode(fulfilmentErrorKinds, code),
    `Vendure refused the parcel (${code})${fulfilmentHints[code] ?? ""}`,
  );
};
