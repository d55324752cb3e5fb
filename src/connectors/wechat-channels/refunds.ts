import { addMs, type Instant, msOf } from "../../core/clock.ts";
import type { OrderSnapshot, PlatformRefund } from "../../core/model/order.ts";
import type { Call, Failure, Result } from "../contract.ts";
import { earlierOf, laterOf } from "../toolkit/cursor.ts";
import { isRetryable } from "../toolkit/failures.ts";
import { asOfNewest } from "../toolkit/freshness.ts";
import { collectPages } from "../toolkit/paging.ts";
import { nextKey, type WechatClient } from "./client.ts";
import { refundedStates, returnedState } from "./codes.ts";
import { timeOf } from "./map.ts";
import type { WechatSettings } from "./settings.ts";
import * as wire from "./wire.ts";

/** After-sales. An order names its own; the list tells which have changed since. */

/** The order with its refunds. Whether an after-sale moves its time is not told, so the latest of them makes it newer. */
export async function withAftersales(
  client: WechatClient,
  settings: WechatSettings,
  order: OrderSnapshot,
  named: wire.WireOrder,
  call: Call,
): Promise<Result<OrderSnapshot>> {
  const refunds: PlatformRefund[] = [];
  const times: Instant[] = [];
  for (const { aftersale_order_id: id } of named.aftersale_detail?.aftersale_order_list ?? []) {
    const aftersale = await aftersaleOf(client, id, call);
    if (!aftersale.ok) return aftersale;
    const refund = refundOf(aftersale.value, order, settings);
    if (refund) refunds.push(refund);
    times.push(timeOf(aftersale.value.update_time));
  }
  const told = refunds.length === 0 ? order : { ...order, refunds };
  return { ok: true, value: asOfNewest(told, times) };
}

async function aftersaleOf(
  client: WechatClient,
  id: string,
  call: Call,
): Promise<Result<wire.WireAftersale>> {
  const path = "/channels/ec/aftersale/getaftersaleorder";
  const result = await client.post(path, { after_sale_order_id: id }, wire.aftersaleAnswerSchema, call);
  return result.ok ? { ok: true, value: result.value.after_sale_order } : result;
}

/** An after-sale is about units of one SKU; only one that is done has moved money. Pure. */
export function refundOf(
  aftersale: wire.WireAftersale,
  order: OrderSnapshot,
  { restockReturns }: Pick<WechatSettings, "restockReturns">,
): PlatformRefund | null {
  const amountMinor = aftersale.refund_info?.amount ?? 0;
  if (!refundedStates.has(aftersale.status) || amountMinor === 0) return null;
  const refund: PlatformRefund = {
    externalId: aftersale.after_sale_order_id,
    refundedAt: timeOf(aftersale.update_time),
    amountMinor,
  };
  const { product_id, sku_id, count } = aftersale.product_info;
  const line = order.lines.find(
    (one) => one.externalItemId === product_id && one.externalVariantId === sku_id,
  );
  if (!line) return refund;
  const isReturned = aftersale.status === returnedState;
  const isSent = order.shipments?.some((parcel) =>
    (parcel.lines ?? order.lines).some((row) => row.externalLineId === line.externalLineId),
  );
  const price = line.unitPriceMinor * line.quantity;
  refund.lines = [
    {
      externalLineId: line.externalLineId,
      amountMinor: Math.min(amountMinor, price),
      // Money alone takes no units back once they are out.
      ...(count > 0 && (isReturned || !isSent) ? { quantity: Math.min(count, line.quantity) } : {}),
      ...(isReturned && restockReturns ? { restock: true } : {}),
    },
  ];
  const freight = Math.min(amountMinor - Math.min(amountMinor, price), order.shippingMinor ?? 0);
  if (freight > 0) refund.shippingMinor = freight;
  return refund;
}

const dayMs = 86_400_000;
/** Before that, an order's own change brings its after-sales. */
const lookBackMs = 30 * dayMs;
const maxPages = 100;

/** Ids of after-sales that changed in [from, to); WeChat takes a day at once. */
export async function aftersalesChanged(
  client: WechatClient,
  window: { from: Instant; to: Instant },
  call: Call,
): Promise<Result<string[]>> {
  const ids: string[] = [];
  let from = laterOf(window.from, addMs(window.to, -lookBackMs));
  while (from < window.to) {
    const to = earlierOf(window.to, addMs(from, dayMs - 2_000));
    const found = await idsWithin(client, from, to, call);
    if (!found.ok) return found;
    ids.push(...found.value);
    from = to;
  }
  return { ok: true, value: [...new Set(ids)] };
}

const idsWithin = (client: WechatClient, from: Instant, to: Instant, call: Call): Promise<Result<string[]>> =>
  collectPages<string, string>("The list of after-sales", maxPages, async (cursor) => {
    const body = {
      begin_update_time: Math.floor(msOf(from) / 1000),
      end_update_time: Math.ceil(msOf(to) / 1000),
      next_key: cursor ?? "",
    };
    const path = "/channels/ec/aftersale/getaftersalelist";
    const page = await client.post(path, body, wire.aftersaleIdsSchema, call);
    if (!page.ok) return page;
    const next = nextKey(page.value, body.next_key);
    if (!next.ok) return next;
    return { ok: true, value: { items: page.value.after_sale_order_id_list, next: next.value } };
  });

/** Orders of these after-sales, each once. One that is not shown is told of; its order brings it with its next change. */
export async function ordersOfAftersales(
  client: WechatClient,
  ids: readonly string[],
  call: Call,
): Promise<Result<{ orderIds: string[]; warnings: string[] }>> {
  const orders = new Set<string>();
  const warnings: string[] = [];
  for (const id of ids) {
    const aftersale = await aftersaleOf(client, id, call);
    if (aftersale.ok) orders.add(aftersale.value.order_id);
    else if (aftersale.kind === "unsupported" || stopsPage(aftersale)) return aftersale;
    else warnings.push(`After-sale ${id} is not read. ${aftersale.message}`);
  }
  return { ok: true, value: { orderIds: [...orders], warnings } };
}

/** Whether the page must come again: what is left out now would not come by itself. */
export const stopsPage = (problem: Failure): boolean => problem.kind === "auth" || isRetryable(problem);
