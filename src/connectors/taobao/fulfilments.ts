import type { Call, FulfilmentPush, Fulfilments, Result } from "../contract.ts";
import { carrierCode } from "../toolkit/carriers.ts";
import { failure } from "../toolkit/failures.ts";
import { issuesOf } from "../toolkit/http.ts";
import type { TaobaoClient } from "./client.ts";
import { carriers, otherCarrier } from "./codes.ts";
import { readTrade } from "./orders.ts";
import { parcelId } from "./parcels.ts";
import * as wire from "./wire.ts";

/**
 * A parcel with a waybill is sent by the seller's own carrier, one without needs no carrier. The platform takes no id of ours, so the
 * trade is read first: lines that carry the waybill already are not sent again. Lines go whole: there is no way to send some
 * of a line's units.
 */
export const createFulfilments = (client: TaobaoClient): Fulfilments => ({
  async push(parcel, call) {
    const trade = await tradeOf(client, parcel, call);
    if (!trade.ok) return trade;
    const done = {
      ok: true,
      value: { externalId: parcelId(parcel.orderExternalId, waybillOf(parcel)) },
    } as const;
    const lines = linesOf(trade.value, parcel);
    if (!lines.ok) return lines;
    if (lines.value.every((line) => isSentWith(line, parcel))) return done;
    const obstacle = obstacleOf(trade.value, lines.value, parcel);
    if (obstacle !== null) return failure("invalid", obstacle);
    const sent = await send(client, trade.value, lines.value, parcel, call);
    if (sent.ok) return done;
    if (sent.kind !== "invalid") return sent;
    // Somebody else may have sent it between our reading and our writing.
    const again = await tradeOf(client, parcel, call);
    const after = again.ok ? linesOf(again.value, parcel) : again;
    return after.ok && after.value.every((line) => isSentWith(line, parcel)) ? done : sent;
  },
});

const waybillOf = ({ trackingNumber = "" }: FulfilmentPush): string => trackingNumber.trim();

async function tradeOf(
  client: TaobaoClient,
  { orderExternalId }: FulfilmentPush,
  call: Call,
): Promise<Result<wire.WireTrade>> {
  const unknown = failure("not_found", `The shop has no order ${orderExternalId}`);
  if (!/^\d{1,20}$/.test(orderExternalId)) return unknown;
  const row = await readTrade(client, orderExternalId, call);
  if (!row.ok) return row.kind === "not_found" ? unknown : row;
  const trade = wire.tradeSchema.safeParse(row.value);
  return trade.success
    ? { ok: true, value: trade.data }
    : failure("malformed", `Order ${orderExternalId} could not be read (${issuesOf(trade.error)})`);
}

function linesOf(trade: wire.WireTrade, parcel: FulfilmentPush): Result<wire.WireLine[]> {
  const lines: wire.WireLine[] = [];
  for (const { externalLineId, quantity } of parcel.lines) {
    const line = trade.orders.find(({ oid }) => oid === externalLineId);
    if (line === undefined)
      return failure("invalid", `Order ${trade.tid} has no line ${externalLineId} on the platform`);
    if (quantity < line.num)
      return failure(
        "unsupported",
        `Taobao ships whole lines only, and line ${externalLineId} has ${line.num} units; ship the rest with this parcel, or enter the parcels in the seller's back office`,
      );
    lines.push(line);
  }
  return { ok: true, value: lines };
}

const isSent = (line: wire.WireLine): boolean => line.consign_time !== undefined || line.invoice_no !== "";

const isSentWith = (line: wire.WireLine, parcel: FulfilmentPush): boolean =>
  isSent(line) && line.invoice_no === waybillOf(parcel);

/** A line can be closed inside a trade that goes on. */
function obstacleOf(
  trade: wire.WireTrade,
  lines: readonly wire.WireLine[],
  parcel: FulfilmentPush,
): string | null {
  const sent = lines.find(isSent);
  if (sent)
    return `Line ${sent.oid} of order ${trade.tid} was shipped under another number; change it in the seller's back office`;
  const closed = lines.find((line) => line.status.startsWith("TRADE_CLOSED"));
  if (closed) return `Line ${closed.oid} of order ${trade.tid} is closed on the platform and takes no parcel`;
  if (trade.status !== "WAIT_SELLER_SEND_GOODS" && trade.status !== "SELLER_CONSIGNED_PART")
    return `Order ${trade.tid} is not waiting for shipment on the platform`;
  const isAll = openLines(trade).length === lines.length;
  if (waybillOf(parcel) === "" && !isAll)
    return `Part of order ${trade.tid} can only be sent with a tracking number; add it, or ship all at once`;
  return null;
}

const openLines = (trade: wire.WireTrade): wire.WireLine[] =>
  trade.orders.filter((line) => !isSent(line) && !line.status.startsWith("TRADE_CLOSED"));

function send(
  client: TaobaoClient,
  trade: wire.WireTrade,
  lines: readonly wire.WireLine[],
  parcel: FulfilmentPush,
  call: Call,
): Promise<Result<unknown>> {
  const waybill = waybillOf(parcel);
  const common = { answer: wire.shippedSchema, effect: "write" } as const;
  if (waybill === "")
    return client.run(
      { method: "taobao.logistics.dummy.send", parameters: { tid: trade.tid }, ...common },
      call,
    );
  const isPart = lines.length < trade.orders.length;
  const parameters = {
    tid: trade.tid,
    out_sid: waybill,
    company_code: companyOf(parcel.carrier),
    ...(isPart ? { is_split: 1, sub_tid: lines.map(({ oid }) => oid).join(",") } : {}),
  };
  return client.run({ method: "taobao.logistics.offline.send", parameters, ...common }, call);
}

/** A code of the platform may be written out: digits, capitals and hyphens. */
function companyOf(carrier: string | undefined): string {
  if (carrier === undefined) return otherCarrier;
  return carrierCode(carriers, carrier) ?? (/^[A-Z0-9_-]{2,40}$/.test(carrier) ? carrier : otherCarrier);
}
