import type { Call, Failure, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import { linesKey } from "../toolkit/parcel-notes.ts";
import type { TiktokClient } from "./client.ts";
import { carriers, ownFulfilment } from "./codes.ts";
import { perLine } from "./map.ts";
import { orderRows } from "./read.ts";
import type { TiktokSettings } from "./settings.ts";
import { isCancelled, isGone, linesOf } from "./units.ts";
import * as wire from "./wire.ts";

/**
 * TikTok has no place for our shipment id. The order is read first: a parcel with our tracking number is ours and stays as it is, and so is, where
 * TikTok gives the number, one of just these units that is on its way.
 *
 * Two ways, told by the order: units that lie in a package already (south-east Asia, Latin America, TikTok's own labels) are shipped as that
 * package; else (US, UK, EU, Japan, own carrier) the upload makes the package.
 */
export const createFulfilments = (client: TiktokClient, settings: TiktokSettings): Fulfilments => ({
  async push(push, call) {
    const order = await readOne(client, push.orderExternalId, call);
    if (!order.ok) return order;
    const parcels = parcelsOf(order.value);
    const done = parcels.find((parcel) => parcel.isGone && isSame(order.value, parcel, push));
    if (done) return { ok: true, value: { externalId: done.id } };
    const refusal = whyNot(order.value);
    if (refusal) return refusal;
    const packed = parcels.find((parcel) => !parcel.isGone && hasSameContent(parcel, push));
    if (packed) return shipPacked(client, settings, order.value, packed, push, call);
    if (parcels.some((parcel) => !parcel.isGone))
      return failure(
        "invalid",
        `Order ${order.value.id} has no package in TikTok Shop with just these units; split or combine its packages in Seller Center first`,
      );
    return order.value.shipping_type === "SELLER"
      ? shipLoose(client, order.value, push, call)
      : failure(
          "unsupported",
          `Order ${order.value.id} goes with a label of TikTok's; buy it in Seller Center, the parcel then comes from there`,
        );
  },
});

async function readOne(client: TiktokClient, id: string, call: Call): Promise<Result<wire.WireOrder>> {
  if (!wire.isId(id)) return failure("not_found", `TikTok Shop has no order ${id}`);
  const rows = await orderRows(client, [id], call);
  if (!rows.ok) return rows;
  const [row] = rows.value;
  if (row === undefined) return failure("not_found", `TikTok Shop has no order ${id}`);
  const order = wire.orderSchema.safeParse(row);
  return order.success
    ? { ok: true, value: order.data }
    : failure("malformed", `Order ${id} could not be read`);
}

interface Parcel {
  id: string;
  isGone: boolean;
  tracking: string | null;
  lines: { externalLineId: string; quantity: number }[];
}

function parcelsOf(order: wire.WireOrder): Parcel[] {
  const lines = linesOf(order);
  const packed = order.line_items.filter((item) => item.package_id !== null && !isCancelled(item));
  return [...Map.groupBy(packed, (item) => item.package_id ?? "")].map(([id, items]) => ({
    id,
    // What the seller has handed in counts as done too, though nothing may have left.
    isGone: items.some((item) => isGone(order, item) || isArranged(item)),
    tracking: items[0]?.tracking_number || null,
    lines: perLine(
      lines,
      items.map((item) => item.id),
    ),
  }));
}

const isArranged = (item: wire.WireItem): boolean =>
  item.package_status === "PROCESSING" || item.display_status === "AWAITING_COLLECTION";

const keyOf = (lines: readonly { externalLineId: string; quantity: number }[]): string =>
  linesKey(lines.map(({ externalLineId, quantity }) => ({ id: externalLineId, quantity })));

const hasSameContent = (parcel: Parcel, push: FulfilmentPush): boolean =>
  keyOf(parcel.lines) === keyOf(push.lines);

const isSame = (order: wire.WireOrder, parcel: Parcel, push: FulfilmentPush): boolean =>
  order.shipping_type === "SELLER"
    ? parcel.tracking !== null && parcel.tracking === push.trackingNumber
    : hasSameContent(parcel, push);

function whyNot({ id, status, fulfillment_type }: wire.WireOrder): Failure | null {
  if ((fulfillment_type ?? ownFulfilment) !== ownFulfilment)
    return failure("unsupported", `TikTok ships order ${id} itself`);
  if (status === "ON_HOLD")
    return failure(
      "invalid",
      `Order ${id} is on hold in TikTok Shop, the buyer may still cancel it; send the parcel again when the hold is over`,
    );
  if (/^(AWAITING_SHIPMENT|PARTIALLY_SHIPPING|AWAITING_COLLECTION)$/.test(status)) return null;
  return failure("invalid", `Order ${id} is ${status} in TikTok Shop and takes no parcel now`);
}

/** Units of our lines by TikTok's own ids, those with the smallest first; null where fewer are left than the parcel holds. */
function unitsOf(order: wire.WireOrder, push: FulfilmentPush): string[] | null {
  const ids: string[] = [];
  for (const { externalLineId, quantity } of push.lines) {
    const line = linesOf(order).find(({ key }) => key === externalLineId);
    const open = (line?.items ?? []).filter((item) => !isCancelled(item) && item.package_id === null);
    if (open.length < quantity) return null;
    ids.push(...open.slice(0, quantity).map((item) => item.id));
  }
  return ids;
}

async function shipLoose(
  client: TiktokClient,
  order: wire.WireOrder,
  push: FulfilmentPush,
  call: Call,
): Promise<Result<{ externalId: string }>> {
  const order_line_item_ids = unitsOf(order, push);
  if (order_line_item_ids === null || order_line_item_ids.length === 0)
    return failure(
      "invalid",
      `Order ${order.id} has fewer units left to ship in TikTok Shop than the parcel holds`,
    );
  const own = await ownCarrier(client, order, push, call);
  if (!own.ok) return own;
  const path = `/fulfillment/202309/orders/${order.id}/packages`;
  const made = await client.write(path, { order_line_item_ids, ...own.value }, wire.packageMadeSchema, call);
  return made.ok ? { ok: true, value: { externalId: made.value.package_id } } : made;
}

async function shipPacked(
  client: TiktokClient,
  { handover }: TiktokSettings,
  order: wire.WireOrder,
  parcel: Parcel,
  push: FulfilmentPush,
  call: Call,
): Promise<Result<{ externalId: string }>> {
  const isOwn = order.shipping_type === "SELLER";
  const own = isOwn ? await ownCarrier(client, order, push, call) : null;
  if (own && !own.ok) return own;
  const body = own
    ? { self_shipment: own.value }
    : { handover_method: handover === "pickup" ? "PICKUP" : "DROP_OFF" };
  const sent = await client.write(`/fulfillment/202309/packages/${parcel.id}/ship`, body, wire.done, call);
  return sent.ok ? { ok: true, value: { externalId: parcel.id } } : sent;
}

interface OwnCarrier {
  tracking_number: string;
  shipping_provider_id: string;
}

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Ids of carriers belong to the order's delivery option; the name is looked up there. An id or a name of TikTok's is taken as it is. */
async function ownCarrier(
  client: TiktokClient,
  { id, delivery_option_id }: wire.WireOrder,
  { trackingNumber, carrier }: FulfilmentPush,
  call: Call,
): Promise<Result<OwnCarrier>> {
  if (!trackingNumber || !carrier)
    return failure("invalid", `TikTok Shop wants carrier and tracking number for order ${id}; enter both`);
  if (delivery_option_id === null)
    return failure("invalid", `Order ${id} names no delivery option; ship it in Seller Center`);
  const path = `/logistics/202309/delivery_options/${encodeURIComponent(delivery_option_id)}/shipping_providers`;
  const listed = await client.get(path, {}, wire.providersSchema, call);
  if (!listed.ok) return listed;
  const providers = listed.value.shipping_providers ?? [];
  const names = [carrier, carrierCode(carriers, carrier)].filter((name) => name !== undefined).map(plain);
  const found = providers.find((one) => one.id === carrier || names.includes(plain(one.name)));
  if (found) return { ok: true, value: { tracking_number: trackingNumber, shipping_provider_id: found.id } };
  const known = providers.slice(0, 10).map(({ name }) => name.slice(0, 40));
  return failure(
    "invalid",
    `TikTok Shop does not know this carrier for order ${id}; it takes ${known.join(", ") || "none"}`,
  );
}
