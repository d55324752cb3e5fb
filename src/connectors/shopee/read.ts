import type { Call, Json, PullPage, Result } from "../contract.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { ShopeeClient } from "./client.ts";
import { readOrder } from "./map.ts";
import * as wire from "./wire.ts";

/** Whole orders by id: details, what was paid, returns. Lists give ids only. */

/** Ids one question takes. */
export const mostDetails = 50;

/** Without these, items, amounts and addresses are missing. */
const optionalFields =
  "item_list,recipient_address,total_amount,pay_time,package_list,buyer_user_id,fulfillment_flag,cancel_by,cancel_reason,pickup_done_time,shipping_carrier";

type Read = Pick<PullPage, "orders" | "rejected" | "warnings">;

export async function readOrders(
  client: ShopeeClient,
  sns: readonly string[],
  call: Call,
): Promise<Result<Read>> {
  const page: Read = { orders: [], rejected: [] };
  for (const chunk of chunksOf([...new Set(sns)].filter(wire.isOrderSn), mostDetails)) {
    const rows = await details(client, chunk, call);
    if (!rows.ok) return rows;
    const paid = await escrows(client, rows.value.filter(isPaid).map(snOf), call);
    if (!paid.ok && paid.kind !== "unsupported") return paid;
    if (!paid.ok)
      page.warnings = [`What buyers paid is not read, so discounts are not told apart. ${paid.message}`];
    for (const raw of rows.value) {
      const escrow = paid.ok ? (paid.value.find((one) => one.order_sn === snOf(raw)) ?? null) : null;
      const added = await addRow(client, page, raw, escrow, call);
      if (!added.ok) return added;
    }
  }
  return { ok: true, value: page };
}

/** There is no escrow before the payment. */
const isPaid = (row: Json): boolean => Boolean(wire.paidSchema.safeParse(row).data?.pay_time);

const snOf = (row: Json): string => wire.orderSnSchema.safeParse(row).data?.order_sn ?? "";

async function addRow(
  client: ShopeeClient,
  page: Read,
  raw: Json,
  escrow: wire.WireEscrow | null,
  call: Call,
): Promise<Result<null>> {
  const returns = escrow === null ? null : await returnsOf(client, escrow.return_order_sn_list ?? [], call);
  if (returns && !returns.ok) return returns;
  const read = readOrder(raw, escrow, returns?.value ?? null);
  if (read.kind === "order") page.orders.push(read.order);
  else page.rejected.push({ externalId: read.externalId, reason: read.reason, raw });
  return { ok: true, value: null };
}

/** One id nobody knows may spoil the whole question: then each is asked for by itself, and those unknown are left out. */
async function details(client: ShopeeClient, sns: readonly string[], call: Call): Promise<Result<Json[]>> {
  const query = {
    order_sn_list: sns.join(","),
    request_order_status_pending: "true",
    response_optional_fields: optionalFields,
  };
  const result = await client.get("/order/get_order_detail", query, wire.orderRowsSchema, call);
  if (result.ok) return { ok: true, value: result.value.order_list };
  if (result.kind !== "not_found") return result;
  if (sns.length === 1) return { ok: true, value: [] };
  const rows: Json[] = [];
  for (const sn of sns) {
    const one = await details(client, [sn], call);
    if (!one.ok) return one;
    rows.push(...one.value);
  }
  return { ok: true, value: rows };
}

/** Twenty at once are recommended. */
async function escrows(
  client: ShopeeClient,
  sns: readonly string[],
  call: Call,
): Promise<Result<wire.WireEscrow[]>> {
  const found: wire.WireEscrow[] = [];
  for (const chunk of chunksOf(sns.filter(Boolean), 20)) {
    const path = "/payment/get_escrow_detail_batch";
    const result = await client.ask(path, { order_sn_list: chunk }, wire.escrowsSchema, call);
    if (!result.ok) return result;
    found.push(...result.value.map((one) => one.escrow_detail));
  }
  return { ok: true, value: found };
}

/** More returns of one order than this are nobody's. */
const mostReturns = 20;

async function returnsOf(
  client: ShopeeClient,
  sns: readonly string[],
  call: Call,
): Promise<Result<wire.WireReturn[]>> {
  const returns: wire.WireReturn[] = [];
  for (const return_sn of sns.slice(0, mostReturns)) {
    const result = await client.get(
      "/returns/get_return_detail",
      { return_sn },
      wire.returnDetailSchema,
      call,
    );
    if (!result.ok) return result;
    returns.push(result.value);
  }
  return { ok: true, value: returns };
}
