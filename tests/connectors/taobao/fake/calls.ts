import { z } from "zod";
import type { FakeSku, FakeTaobao, FakeTrade } from "./shop.ts";
import { epochMs, itemView, picked, refundView, tradeView } from "./view.ts";

/** What the platform's methods do. Parameters are checked as it checks them. */

export interface Refused {
  code: number;
  sub_code?: string;
  sub_msg?: string;
}
export const refused = (code: number, sub_code?: string, sub_msg?: string): { refused: Refused } => ({
  refused: { code, ...(sub_code ? { sub_code } : {}), ...(sub_msg ? { sub_msg } : {}) },
});

export type Answer = Record<string, unknown> | { refused: Refused };
export type Method = (parameters: Record<string, string>) => Answer;

const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  .transform(epochMs);
const fields = z
  .string()
  .min(1)
  .transform((text) => text.split(","));
const id = z.string().regex(/^\d{1,20}$/);
const size = z.coerce.number().int().min(1).max(100).default(40);
const page = z.coerce.number().int().min(1).default(1);
const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");

const defaultTypes = "guarantee_trade,auto_delivery,ec,cod,step";

const pageSchema = z.object({
  fields,
  type: z.string().default(defaultTypes),
  page_no: page,
  page_size: size,
  use_has_next: flag,
});
const increments = pageSchema.extend({ start_create: time, end_create: time });
const sold = pageSchema.extend({ start_created: time.optional(), end_created: time.optional() });

const second = (ms: number): number => Math.floor(ms / 1000) * 1000;

export function methodsOf(shop: FakeTaobao): Record<string, Method> {
  const parsed =
    <Schema extends z.ZodType>(schema: Schema, run: (given: z.infer<Schema>) => Answer): Method =>
    (parameters) => {
      const given = schema.safeParse(parameters);
      if (given.success) return run(given.data);
      const missing = given.error.issues.some(({ input }) => input === undefined);
      return refused(missing ? 40 : 41, `isv.invalid-parameter:${given.error.issues[0]?.path.join(".")}`);
    };
  return {
    "taobao.user.seller.get": parsed(z.object({ fields }), () => ({
      user: { nick: "demo_shop", user_id: 2_000_000_001 },
    })),
    "taobao.trades.sold.incrementv.get": parsed(increments, (given) =>
      given.end_create - given.start_create > 86_400_000
        ? refused(15, "isv.invalid-parameter:end_create")
        : rows(shop, given, given.start_create, given.end_create, ({ enteredMs }) => enteredMs),
    ),
    "taobao.trades.sold.get": parsed(sold, (given) =>
      rows(shop, given, given.start_created ?? 0, given.end_created ?? 1e15, ({ createdMs }) => createdMs),
    ),
    "taobao.trade.fullinfo.get": parsed(z.object({ fields, tid: id }), (given) => {
      if (shop.withheld.has(given.tid)) return refused(15, "isv.trade-service-error");
      const trade = shop.trades.get(given.tid);
      return trade ? { trade: picked(tradeView(trade), given.fields) } : refused(15, "isv.trade-not-exist");
    }),
    "taobao.refund.get": parsed(z.object({ fields, refund_id: id }), (given) => {
      for (const trade of shop.trades.values())
        for (const line of trade.lines)
          if (line.refund?.id === given.refund_id)
            return { refund: picked(refundView(trade, line), given.fields) };
      return refused(15, "isv.refund-not-exist");
    }),
    ...itemMethods(shop, parsed),
    ...shippingMethods(shop, parsed),
  };
}

/** Newest first, and either counted or told whether there is more. */
function rows(
  shop: FakeTaobao,
  given: z.infer<typeof pageSchema>,
  fromMs: number,
  toMs: number,
  timeOf: (trade: FakeTrade) => number,
): Answer {
  const now = shop.now();
  const found = [...shop.trades.values()]
    .filter((trade) => given.type.split(",").includes(trade.type) && timeOf(trade) <= now)
    .filter((trade) => second(timeOf(trade)) >= fromMs && second(timeOf(trade)) <= toMs)
    .sort((a, b) => timeOf(b) - timeOf(a) || (a.tid < b.tid ? 1 : -1));
  const from = (given.page_no - 1) * given.page_size;
  const shown = found.slice(from, from + given.page_size);
  return {
    // The list that would be empty is left out.
    ...(shown.length === 0
      ? {}
      : { trades: { trade: shown.map((trade) => picked(tradeView(trade), given.fields)) } }),
    ...(given.use_has_next
      ? { has_next: found.length > from + given.page_size }
      : { total_results: found.length }),
  };
}

type Parsed = <Schema extends z.ZodType>(schema: Schema, run: (given: z.infer<Schema>) => Answer) => Method;

const listSchema = z.object({ fields, page_no: page, page_size: size, order_by: z.string().optional() });
const amount = z.coerce.number<string>().int();

function itemMethods(shop: FakeTaobao, parsed: Parsed): Record<string, Method> {
  const list = (onSale: boolean) =>
    parsed(listSchema, (given) => {
      const found = [...shop.items.values()].filter((item) => item.onSale === onSale);
      const from = (given.page_no - 1) * given.page_size;
      const shown = found.slice(from, from + given.page_size);
      return {
        total_results: found.length,
        ...(shown.length > 0
          ? { items: { item: shown.map((item) => picked(itemView(item), given.fields)) } }
          : {}),
      };
    });
  const written = (num_iid: string, sku: FakeSku) => ({
    item: {
      num_iid: Number(num_iid),
      ...(sku.sku_id
        ? { skus: { sku: [{ sku_id: Number(sku.sku_id), quantity: sku.quantity }] } }
        : { num: sku.quantity }),
    },
  });
  return {
    "taobao.items.onsale.get": list(true),
    "taobao.items.inventory.get": list(false),
    "taobao.items.seller.list.get": parsed(
      z.object({
        fields,
        num_iids: z
          .string()
          .transform((text) => text.split(","))
          .pipe(z.array(id).max(20)),
      }),
      (given) => {
        // The field is called sku, its list skus.
        const names = given.fields.map((name) => (name === "sku" ? "skus" : name));
        const found = given.num_iids.flatMap((num_iid) => shop.items.get(num_iid) ?? []);
        return found.length === 0
          ? {}
          : { items: { item: found.map((item) => picked(itemView(item), names)) } };
      },
    ),
    "taobao.skus.quantity.update": parsed(
      z.object({
        num_iid: id,
        type: z.enum(["1", "2"]).default("1"),
        skuid_quantities: z
          .string()
          .transform((text) => text.split(";").map((pair) => pair.split(":")))
          .pipe(
            z
              .array(z.tuple([id, amount]))
              .min(1)
              .max(20),
          ),
      }),
      ({ num_iid, type, skuid_quantities }) => {
        const found = skuid_quantities.map(([sku_id, quantity]) => ({
          sku: shop.sku(num_iid, sku_id),
          quantity,
        }));
        if (found.some(({ sku, quantity }) => !sku || (type === "1" && quantity < 0)))
          return refused(530, "isv.invalid-parameter:skuid_quantities");
        // A change below zero ends at zero, and counts as done.
        for (const { sku, quantity } of found)
          if (sku) sku.quantity = type === "1" ? quantity : Math.max(0, sku.quantity + quantity);
        const sku = found.map((row) => ({ sku_id: Number(row.sku?.sku_id), quantity: row.sku?.quantity }));
        return { item: { num_iid: Number(num_iid), skus: { sku } } };
      },
    ),
    "taobao.item.quantity.update": parsed(
      z.object({
        num_iid: id,
        sku_id: id.optional(),
        quantity: amount,
        type: z.enum(["1", "2"]).default("1"),
      }),
      ({ num_iid, sku_id, quantity, type }) => {
        const sku = shop.sku(num_iid, sku_id);
        if (!sku) return refused(530, "isv.item-quantity-update-service-error:ITEM_NOT_FOUND");
        const target = type === "1" ? quantity : sku.quantity + quantity;
        if (target < 0) return refused(530, "isv.item-quantity-update-service-error:QUANTITY");
        sku.quantity = target;
        return written(num_iid, sku);
      },
    ),
  };
}

function shippingMethods(shop: FakeTaobao, parsed: Parsed): Record<string, Method> {
  const done = { shipping: { is_success: true } };
  const send = (tid: string, oids: string[] | null, waybill: string, company: string): Answer => {
    if (!shop.trades.has(tid)) return refused(15, "isv.logistics-offline-service-error:B01");
    return shop.ship(tid, oids, waybill, company)
      ? done
      : refused(15, "isv.logistics-offline-service-error:B04");
  };
  return {
    "taobao.logistics.offline.send": parsed(
      z.object({
        tid: id,
        out_sid: z.string().min(1),
        company_code: z.string().regex(/^[A-Z0-9_-]+$/),
        is_split: z.enum(["0", "1"]).default("0"),
        sub_tid: z.string().optional(),
      }),
      ({ tid, out_sid, company_code, is_split, sub_tid }) => {
        if ((is_split === "1") !== (sub_tid !== undefined))
          return refused(41, "isv.invalid-parameter:sub_tid");
        return send(tid, sub_tid?.split(",") ?? null, out_sid, company_code);
      },
    ),
    "taobao.logistics.dummy.send": parsed(z.object({ tid: id }), ({ tid }) => send(tid, null, "", "")),
  };
}
