import { z } from "zod";
import type { FakeOrder, FakePinduoduo } from "./shop.ts";
import { goodsView, orderView, refundView } from "./view.ts";

/** What the platform's methods do. Parameters are checked as it checks them. */

export interface Refused {
  error_code: number;
  sub_code?: string;
}
/** `key` is the outer name of the answer; none where it has none. */
export type Answer = { key?: string; body: Record<string, unknown> } | { refused: Refused };
export type Method = (parameters: Record<string, string>) => Answer;

export const refused = (error_code: number, sub_code?: string): { refused: Refused } => ({
  refused: { error_code, ...(sub_code ? { sub_code } : {}) },
});

const whole = z.coerce.number<string>().int();
const status = whole.refine((value) => [1, 2, 3, 4, 5].includes(value));
const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");
const page = {
  page: whole.min(1).default(1),
  page_size: whole.min(1).max(100).default(100),
  use_has_next: flag,
};
const statuses = { order_status: status, refund_status: status, ...page };

export function methodsOf(shop: FakePinduoduo): Record<string, Method> {
  const parsed =
    <Schema extends z.ZodType>(schema: Schema, run: (given: z.infer<Schema>) => Answer): Method =>
    (parameters) => {
      const given = schema.safeParse(parameters);
      return given.success ? run(given.data) : refused(10_000, "parameter_error");
    };
  const visible = () => [...shop.orders.values()].filter(({ confirmedMs }) => confirmedMs !== null);
  const order = (order_sn: string) => visible().find((one) => one.order_sn === order_sn);
  return {
    "pdd.mall.info.get": () => ({
      key: "mall_info_get_response",
      body: { mall_id: 100_001, mall_name: "茶叶店" },
    }),
    "pdd.order.number.list.increment.get": parsed(
      z.object({
        start_updated_at: whole,
        end_updated_at: whole,
        is_lucky_flag: z.enum(["0", "1", "2"]),
        ...statuses,
      }),
      (given) => {
        if (given.end_updated_at - given.start_updated_at > 1800) return refused(10_001, "window_too_long");
        if (given.end_updated_at * 1000 > shop.now() - 180_000) return refused(10_001, "window_too_young");
        const found = within(visible(), given.start_updated_at, given.end_updated_at, (one) => one.updatedMs);
        const { shown, counted } = paged(found, given);
        return {
          key: "order_sn_increment_get_response",
          body: { order_sn_list: shown.map(({ order_sn }) => ({ order_sn })), ...counted },
        };
      },
    ),
    "pdd.order.list.get": parsed(
      z.object({ start_confirm_at: whole, end_confirm_at: whole, ...statuses }),
      (given) => {
        if (given.end_confirm_at - given.start_confirm_at > 86_400) return refused(10_001, "window_too_long");
        const found = within(
          visible(),
          given.start_confirm_at,
          given.end_confirm_at,
          (one) => one.confirmedMs ?? 0,
        );
        const { shown, counted } = paged(found, given);
        return {
          key: "order_list_get_response",
          body: { order_list: shown.map(({ order_sn }) => ({ order_sn })), ...counted },
        };
      },
    ),
    "pdd.order.information.get": parsed(z.object({ order_sn: z.string().min(1) }), ({ order_sn }) => {
      const found = shop.withheld.has(order_sn) ? undefined : order(order_sn);
      return found
        ? { key: "order_info_get_response", body: { order_info: orderView(shop, found) } }
        : refused(50_003, "order_not_found");
    }),
    "pdd.refund.information.get": parsed(z.object({ order_sn: z.string().min(1) }), ({ order_sn }) => {
      const found = order(order_sn);
      return found?.refund ? { body: refundView(found) } : refused(50_003, "refund_not_found");
    }),
    "pdd.goods.list.get": parsed(z.object(page), (given) => {
      const found = [...shop.goods.values()];
      const { shown } = paged(found, given);
      return {
        key: "goods_list_get_response",
        body: { goods_list: shown.map(goodsView), total_count: found.length },
      };
    }),
    "pdd.goods.information.get": parsed(z.object({ goods_id: whole }), ({ goods_id }) => {
      const goods = shop.goods.get(goods_id);
      return goods
        ? { key: "goods_info_get_response", body: { goods_info: goodsView(goods) } }
        : refused(50_003, "goods_not_found");
    }),
    "pdd.goods.quantity.update": parsed(
      z.object({
        goods_id: whole,
        sku_id: whole,
        quantity: whole,
        update_type: z.enum(["1", "2"]).default("1"),
      }),
      ({ goods_id, sku_id, quantity, update_type }) => {
        const sku = shop.sku(goods_id, sku_id);
        if (!sku) return refused(50_003, "sku_not_found");
        const target = update_type === "1" ? quantity : sku.quantity + quantity;
        const isStuck = shop.goods.get(goods_id)?.promoted && target < sku.quantity;
        if (target < 0 || isStuck) return refused(50_003, "quantity_refused");
        sku.quantity = target;
        return { key: "goods_quantity_update_response", body: { is_success: true } };
      },
    ),
    "pdd.logistics.online.send": parsed(
      z.object({
        order_sn: z.string().min(1),
        logistics_id: whole.min(1),
        tracking_number: z.string().min(1),
        redelivery_type: z.enum(["1", "2"]).optional(),
      }),
      ({ order_sn, logistics_id, tracking_number }) =>
        shop.ship(order_sn, logistics_id, tracking_number)
          ? { key: "logistics_online_send_response", body: { is_success: true } }
          : refused(50_003, "order_status_wrong"),
    ),
  };
}

/** Newest first; both ends are in. */
const within = (
  orders: readonly FakeOrder[],
  from: number,
  to: number,
  timeOf: (order: FakeOrder) => number,
): FakeOrder[] =>
  orders
    .filter((order) => Math.floor(timeOf(order) / 1000) >= from && Math.floor(timeOf(order) / 1000) <= to)
    .sort((a, b) => timeOf(b) - timeOf(a) || (a.order_sn < b.order_sn ? 1 : -1));

function paged<Row>(
  found: readonly Row[],
  { page: number, page_size, use_has_next }: { page: number; page_size: number; use_has_next: boolean },
) {
  const from = (number - 1) * page_size;
  const counted = use_has_next
    ? { has_next: found.length > from + page_size }
    : { total_count: found.length };
  return { shown: found.slice(from, from + page_size), counted };
}
