import type { Call, Json, PullPage, Result } from "../contract.ts";
import { askTogether, type ReadOne, type Rows, readEach, refused } from "../toolkit/each-order.ts";
import { failure } from "../toolkit/failures.ts";
import { issuesOf } from "../toolkit/http.ts";
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

type Read = Rows & Pick<PullPage, "warnings">;

export async function readOrders(
  client: ShopeeClient,
  sns: readonly string[],
  origin: "listed" | "asked",
  call: Call,
): Promise<Result<Read>> {
  const page: Read = { orders: [], rejected: [] };
  for (const chunk of chunksOf([...new Set(sns)].filter(wire.isOrderSn), mostDetails)) {
    const rows = await askTogether(chunk, (some) => details(client, some, call));
    if (!rows.ok) return rows;
    const paid = await escrows(client, rows.value.rows.filter(isPaid).map(snOf), call);
    if (!paid.ok && paid.kind !== "unsupported") return paid;
    if (!paid.ok)
      page.warnings = [`What buyers paid is not read, so discounts are not told apart. ${paid.message}`];
    const escrowOf = paid.ok ? paid.value : new Map<string, Result<wire.WireEscrow>>();
    const bySn = new Map(rows.value.rows.map((row) => [snOf(row), row]));
    const read = await readEach([...new Set([...chunk, ...bySn.keys()])], {
      origin,
      nameOf: (sn) => ({ externalId: sn || "(no id)", raw: bySn.get(sn) ?? { order_sn: sn } }),
      async read(sn) {
        const row = bySn.get(sn);
        return row === undefined
          ? (rows.value.refusals.get(sn) ?? failure("not_found", `Shopee does not show order ${sn}`))
          : readRow(client, row, escrowOf.get(sn), call);
      },
    });
    if (!read.ok) return read;
    page.orders.push(...read.value.orders);
    page.rejected.push(...read.value.rejected);
  }
  return { ok: true, value: page };
}

/** There is no escrow before the payment. */
const isPaid = (row: Json): boolean => Boolean(wire.paidSchema.safeParse(row).data?.pay_time);

const snOf = (row: Json): string => wire.orderSnSchema.safeParse(row).data?.order_sn ?? "";

async function readRow(
  client: ShopeeClient,
  raw: Json,
  escrow: Result<wire.WireEscrow> | undefined,
  call: Call,
): Promise<Result<ReadOne>> {
  if (escrow && !escrow.ok) return refused(snOf(raw), raw, escrow);
  const returns = escrow ? await returnsOf(client, escrow.value.return_order_sn_list ?? [], call) : null;
  if (returns && !returns.ok) return refused(snOf(raw), raw, returns);
  const read = readOrder(raw, escrow?.value ?? null, returns?.value ?? null);
  return { ok: true, value: { ...read, raw } };
}

async function details(client: ShopeeClient, sns: readonly string[], call: Call): Promise<Result<Json[]>> {
  const query = {
    order_sn_list: sns.join(","),
    request_order_status_pending: "true",
    response_optional_fields: optionalFields,
  };
  const result = await client.get("/order/get_order_detail", query, wire.orderRowsSchema, call);
  return result.ok ? { ok: true, value: result.value.order_list } : result;
}

/** By order; where one was refused or cannot be read, why. Twenty at once are recommended. */
async function escrows(
  client: ShopeeClient,
  sns: readonly string[],
  call: Call,
): Promise<Result<Map<string, Result<wire.WireEscrow>>>> {
  const found = new Map<string, Result<wire.WireEscrow>>();
  const path = "/payment/get_escrow_detail_batch";
  for (const chunk of chunksOf(sns.filter(Boolean), 20)) {
    const answer = await askTogether(chunk, (some) =>
      client.ask(path, { order_sn_list: some }, wire.escrowsSchema, call),
    );
    if (!answer.ok) return answer;
    for (const [sn, refusal] of answer.value.refusals) found.set(sn, refusal);
    for (const { escrow_detail: row } of answer.value.rows) {
      const escrow = wire.escrowSchema.safeParse(row);
      found.set(
        snOf(row),
        escrow.success
          ? { ok: true, value: escrow.data }
          : failure("malformed", `What a buyer paid has an unexpected shape (${issuesOf(escrow.error)})`),
      );
    }
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
