import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import type { LazadaClient } from "./client.ts";
import { toHandOver, toPack } from "./codes.ts";
import { stateOf } from "./map.ts";
import { itemsOf } from "./read.ts";
import type { LazadaSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/**
 * A parcel of ours is packed and handed over in Lazada. The units are read first, and each step is done only for those that wait for it: a repeat
 * goes on where the first try ended. Carriers and tracking numbers are Lazada's.
 */
export const createFulfilments = (client: LazadaClient, settings: LazadaSettings): Fulfilments => ({
  async push(push, call) {
    const { orderExternalId: orderId } = push;
    if (!wire.isOrderId(orderId)) return unknownOrder(push);
    const read = await itemsOf(client, [orderId], call);
    if (!read.ok) return read;
    const all = read.value.get(orderId);
    if (!all) return unknownOrder(push);
    if (!all.ok) return all.kind === "not_found" ? unknownOrder(push) : all;
    const units = unitsOf(all.value, push);
    if (!units.ok) return units;
    return ship(client, settings, orderId, units.value, call);
  },
});

async function ship(
  client: LazadaClient,
  settings: LazadaSettings,
  orderId: string,
  units: readonly wire.WireItem[],
  call: Call,
): Promise<Result<{ externalId: string }>> {
  const waiting = units.filter((unit) => toPack.has(unit.status));
  const packed = await pack(client, settings, orderId, waiting, call);
  if (!packed.ok) return packed;
  const standing = units
    .filter((unit) => toHandOver.has(unit.status))
    .flatMap((unit) => unit.package_id || []);
  const packages = [...new Set([...standing, ...packed.value])];
  const sent = await handOver(client, packages, call);
  if (!sent.ok) return sent;
  const externalId = packages[0] ?? units.find((unit) => unit.package_id)?.package_id;
  return externalId
    ? { ok: true, value: { externalId } }
    : failure("unknown", `Lazada names no package for order ${orderId}`);
}

/** Lazada's ids are numbers; one that a number would not keep exactly is left as text. */
const numberOf = (id: string): number | string => (Number.isSafeInteger(Number(id)) ? Number(id) : id);

const unknownOrder = ({ orderExternalId }: FulfilmentPush) =>
  failure("not_found", `Lazada has no order ${orderExternalId}`);

function unitsOf(all: readonly wire.WireItem[], push: FulfilmentPush): Result<wire.WireItem[]> {
  const units: wire.WireItem[] = [];
  for (const { externalLineId } of push.lines) {
    const unit = all.find((item) => item.order_item_id === externalLineId);
    const what = `Unit ${externalLineId} of order ${push.orderExternalId}`;
    if (!unit) return failure("invalid", `${what} is not in the order`);
    if (wire.isSet(unit.is_fbl)) return failure("unsupported", `${what} is shipped by Lazada itself`);
    if (/^(pending_payment|cancelled|refunded)$/.test(stateOf(unit)))
      return failure("invalid", `${what} is ${unit.status.slice(0, 40)} in Lazada and cannot be packed`);
    units.push(unit);
  }
  return { ok: true, value: units };
}

/** "success" may hide units that failed: each has a code of its own. */
async function pack(
  client: LazadaClient,
  { shipmentProviderCode }: LazadaSettings,
  orderId: string,
  units: readonly wire.WireItem[],
  call: Call,
): Promise<Result<string[]>> {
  if (units.length === 0) return { ok: true, value: [] };
  const request = {
    pack_order_list: [
      { order_id: numberOf(orderId), order_item_list: units.map((unit) => numberOf(unit.order_item_id)) },
    ],
    delivery_type: "dropship",
    shipping_allocate_type: shipmentProviderCode === undefined ? "TFS" : "NTFS",
    ...(shipmentProviderCode === undefined ? {} : { shipment_provider_code: shipmentProviderCode }),
  };
  const parameters = { packReq: JSON.stringify(request) };
  const result = await client.write("/order/fulfill/pack", parameters, wire.packedSchema, call);
  if (!result.ok) return result;
  const rows = (result.value.data?.pack_order_list ?? []).flatMap((order) => order.order_item_list);
  if (rows.length === 0)
    return failure("invalid", `Lazada did not pack order ${orderId}${coded(result.value.error_code)}`);
  const bad = rows.find((row) => row.item_err_code !== "0");
  if (bad) return refused(`pack unit ${bad.order_item_id} of order ${orderId}`, bad);
  return { ok: true, value: rows.flatMap((row) => row.package_id || []) };
}

async function handOver(
  client: LazadaClient,
  packages: readonly string[],
  call: Call,
): Promise<Result<null>> {
  if (packages.length === 0) return { ok: true, value: null };
  const request = { packages: packages.map((package_id) => ({ package_id })) };
  const parameters = { readyToShipReq: JSON.stringify(request) };
  const result = await client.write("/order/package/rts", parameters, wire.handedOverSchema, call);
  if (!result.ok) return result;
  const rows = result.value.data?.packages ?? [];
  if (rows.length === 0)
    return failure("invalid", `Lazada took no package over${coded(result.value.error_code)}`);
  const bad = rows.find((row) => row.item_err_code !== "0");
  return bad ? refused(`take package ${bad.package_id ?? "(unnamed)"} over`, bad) : { ok: true, value: null };
}

const coded = (code: string | null | undefined): string =>
  code && /^[\w.-]{1,40}$/.test(code) ? ` (${code})` : "";

const refused = (what: string, row: { item_err_code: string; retry?: boolean | null | undefined }) =>
  failure(row.retry ? "unavailable" : "invalid", `Lazada did not ${what}${coded(row.item_err_code)}`);
