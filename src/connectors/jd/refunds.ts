import { addMs, type Instant, instantOf, msOf } from "../../core/clock.ts";
import type { OrderSnapshot, PlatformRefund } from "../../core/model/order.ts";
import type { Call, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { collectPages } from "../toolkit/paging.ts";
import { localText } from "../toolkit/time.ts";
import type { JdClient } from "./client.ts";
import { refundedApplies, refundedService } from "./codes.ts";
import { minor } from "./map.ts";
import * as methods from "./methods.ts";
import { timeZone } from "./sign.ts";
import { timeOf } from "./status.ts";
import type { WireApply, WireOrder, WireService } from "./wire.ts";

/** JD keeps two books: cancel requests before shipping, service orders after it. Asked for per order, where there may be any. */

const rowsPerPage = 50;
const maxPages = 20;
const maxPagesOfTenDays = 200;

export async function refundsOf(
  client: JdClient,
  order: OrderSnapshot,
  wire: WireOrder,
  call: Call,
): Promise<Result<PlatformRefund[]>> {
  if (/^(TRADE_CANCELED|LOCKED)$/.test(wire.orderState)) {
    const applies = await appliesOf(client, order.externalId, call);
    if (!applies.ok) return applies;
    return { ok: true, value: applies.value.flatMap((row) => ofApply(row, order)) };
  }
  if (order.status !== "shipped" && order.status !== "completed" && order.status !== "refunding")
    return { ok: true, value: [] };
  const services = await servicesWhere(client, { orderId: order.externalId }, call);
  if (!services.ok) return services;
  const refunds: PlatformRefund[] = [];
  for (const service of services.value.filter((row) => completedAt(row) !== null)) {
    const id = Number(service.sameOrderServiceBill.serviceId);
    const paid = await client.run(methods.serviceRefund, { afsServiceId: id }, call);
    if (!paid.ok) return paid;
    const amount = paid.value.data.afsActualRefundDetail?.actualRefundAmount;
    const refund = amount === undefined ? null : ofService(service, amount, order);
    if (refund) refunds.push(refund);
  }
  return { ok: true, value: refunds };
}

const appliesOf = (client: JdClient, orderId: string, call: Call): Promise<Result<WireApply[]>> =>
  collectPages<WireApply, number>("The list of cancel requests", maxPages, async (cursor) => {
    const pageIndex = cursor ?? 1;
    const page = await client.run(methods.refundApplies, { orderId, pageIndex, pageSize: rowsPerPage }, call);
    if (!page.ok) return page;
    const { result: items, totalCount } = page.value;
    // A filter that JD did not take would give other buyers' refunds to this order.
    if (items.some((row) => row.orderId !== orderId))
      return failure("malformed", "The list of cancel requests names other orders than the one asked for");
    return { ok: true, value: { items, next: pageIndex * rowsPerPage < totalCount ? pageIndex + 1 : null } };
  });

const maxServicePages = (where: object): number => ("orderId" in where ? maxPages : maxPagesOfTenDays);

/** Service orders of one order, or approved within at most ten days. */
export const servicesWhere = (
  client: JdClient,
  where: { orderId: string } | { approveTimeBegin: string; approveTimeEnd: string },
  call: Call,
): Promise<Result<WireService[]>> =>
  collectPages<WireService, number>("The list of service orders", maxServicePages(where), async (cursor) => {
    const pageNumber = cursor ?? 1;
    const page = await client.run(methods.services, { ...where, pageNumber, pageSize: rowsPerPage }, call);
    if (!page.ok) return page;
    const { data: items, totalCount } = page.value;
    if ("orderId" in where && items.some((row) => row.sameOrderServiceBill.orderId !== where.orderId))
      return failure("malformed", "The list of service orders names other orders than the one asked for");
    return {
      ok: true,
      value: { items, next: pageNumber * rowsPerPage < totalCount ? pageNumber + 1 : null },
    };
  });

const dayMs = 86_400_000;
/** By the time they were approved, of which JD takes ten days at once. */
const approvedWithinMs = 10 * dayMs - 60_000;
/** From approval to the money's return. */
const longestServiceMs = 9 * dayMs;
const mostApprovals = 9;

/** Service orders that may have been completed since `from`; after an outage some questions of ten days each, of which JD keeps three months. */
export async function servicesSince(
  client: JdClient,
  from: Instant,
  now: Instant,
  call: Call,
): Promise<Result<WireService[]>> {
  const services: WireService[] = [];
  const earliestMs = msOf(from) - longestServiceMs;
  let end = now;
  for (let asked = 0; asked < mostApprovals && msOf(end) > earliestMs; asked += 1) {
    const begin = addMs(end, -approvedWithinMs);
    const where = { approveTimeBegin: localText(begin, timeZone), approveTimeEnd: localText(end, timeZone) };
    const found = await servicesWhere(client, where, call);
    if (!found.ok) return found;
    services.push(...found.value);
    end = begin;
  }
  return { ok: true, value: services };
}

/** When the money of a service order was back with the buyer; null when it is not. */
export function completedAt({ status, completeTime }: WireService): Instant | null {
  if (status !== refundedService || completeTime === null || completeTime === undefined) return null;
  return typeof completeTime === "number" ? instantOf(completeTime) : timeOf(completeTime);
}

/** A cancel is about the whole order. Asked for and not yet granted is no refund. */
function ofApply(row: WireApply, order: OrderSnapshot): PlatformRefund[] {
  if (!refundedApplies.has(row.status)) return [];
  const refund: PlatformRefund = {
    externalId: `cancel-${row.id}`,
    refundedAt: timeOf(row.checkTime) ?? timeOf(row.applyTime) ?? order.updatedAt,
    // Never more than was paid: the sum is the one asked for.
    amountMinor: Math.min(Math.round(row.applyRefundSum), order.totalMinor),
  };
  return [refund];
}

/** A service order is about units of one SKU; how many, and whether they are back, it does not say. */
function ofService(service: WireService, amount: string, order: OrderSnapshot): PlatformRefund | null {
  const { serviceId, wareId } = service.sameOrderServiceBill;
  const amountMinor = minor(amount);
  const refund: PlatformRefund = {
    externalId: `service-${serviceId}`,
    refundedAt: completedAt(service) ?? order.updatedAt,
    amountMinor,
  };
  const [line, ...others] = order.lines.filter((one) => one.externalVariantId === wareId);
  if (line && others.length === 0 && amountMinor <= line.unitPriceMinor * line.quantity)
    refund.lines = [{ externalLineId: line.externalLineId, amountMinor }];
  return refund;
}
