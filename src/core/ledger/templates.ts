import type { Role } from "./chart.ts";
import type { Taxpayer } from "./settings.ts";

/**
 * What is booked when, as data: one template per kind of business event, with a column per kind of taxpayer. A line
 * names its side, its role, and which of the event's amounts it takes. A negative amount changes the side, a zero
 * amount drops the line. `docs/books.md` shows each of them with figures.
 */

export type Side = "debit" | "credit";

/** Amounts of an event, minor units. */
export interface Amounts {
  /** Owed by or to the platform in cash. */
  cash: number;
  /** Part of the price that the platform pays for. */
  subsidy: number;
  /** cash + subsidy less the parts they stand for: the platform rounded its total. */
  rounding: number;
  /** Not yet earned, tax-inclusive, and split into net and tax. */
  heldGross: number;
  heldNet: number;
  heldTax: number;
  /** Earned, net of tax, by kind; and the tax on all of it. */
  goods: number;
  digital: number;
  freight: number;
  tax: number;
  /** Cost of goods, in the base currency. */
  cost: number;
}

export interface TemplateLine {
  side: Side;
  role: Role;
  amount: keyof Amounts;
}

export interface Template {
  chinese: string;
  english: string;
  lines: Record<Taxpayer, readonly TemplateLine[]>;
}

const dr = (role: Role, amount: keyof Amounts): TemplateLine => ({ side: "debit", role, amount });
const cr = (role: Role, amount: keyof Amounts): TemplateLine => ({ side: "credit", role, amount });
const swap = (lines: readonly TemplateLine[]): TemplateLine[] =>
  lines.map(({ side, ...rest }) => ({ ...rest, side: side === "debit" ? "credit" : "debit" }));
const both = (...lines: TemplateLine[]): Template["lines"] => ({ general: lines, small_scale: lines });

const due = [dr("ar_platform", "cash"), dr("subsidy_platform", "subsidy"), cr("rounding", "rounding")];
const earned = [cr("revenue", "goods"), cr("revenue_digital", "digital"), cr("freight_income", "freight")];
const held: Template["lines"] = {
  general: [cr("contract_liab", "heldNet"), cr("vat_out_pending", "heldTax")],
  small_scale: [cr("contract_liab", "heldGross")],
};
const recognised: Template["lines"] = {
  general: [...earned, cr("vat_out", "tax")],
  small_scale: [...earned, cr("vat_small", "tax")],
};
const columns = (make: (taxpayer: Taxpayer) => TemplateLine[]): Template["lines"] => ({
  general: make("general"),
  small_scale: make("small_scale"),
});

const sale = columns((taxpayer) => [...due, ...held[taxpayer]]);
const refund = columns((taxpayer) => swap([...due, ...held[taxpayer], ...recognised[taxpayer]]));
const intoStock = (role: Role) => both(dr("inventory", "cost"), cr(role, "cost"));
const outOfStock = (role: Role) => both(dr(role, "cost"), cr("inventory", "cost"));

export const templates = {
  "order.paid": { chinese: "订单付款", english: "Order paid", lines: sale },
  "order.amended": { chinese: "订单改价", english: "Order amended", lines: sale },
  "order.shipped.revenue": {
    chinese: "发货确认收入",
    english: "Shipped, revenue",
    lines: columns((taxpayer) => [...swap(held[taxpayer]), ...recognised[taxpayer]]),
  },
  "order.shipped.cogs": { chinese: "发货结转成本", english: "Shipped, cost", lines: outOfStock("cogs") },
  "refund.before_shipment": { chinese: "发货前退款", english: "Refund before shipment", lines: refund },
  "return.refund": { chinese: "发货后退款", english: "Refund after shipment", lines: refund },
  "return.restocked": { chinese: "退货入库", english: "Return restocked", lines: intoStock("cogs") },
  "stock.opening": { chinese: "期初库存", english: "Opening stock", lines: intoStock("capital") },
  "purchase.received": { chinese: "采购入库", english: "Goods received", lines: intoStock("grni") },
  "purchase.returned.uninvoiced": {
    chinese: "采购退货",
    english: "Goods returned to supplier",
    lines: outOfStock("grni"),
  },
  "stocktake.gain": { chinese: "盘盈", english: "Stock-take gain", lines: intoStock("suspense") },
  "stocktake.loss": { chinese: "盘亏", english: "Stock-take loss", lines: outOfStock("suspense") },
  "damage.writeoff": { chinese: "库存报损", english: "Damage written off", lines: outOfStock("suspense") },
  "sample.sent": { chinese: "样品领用", english: "Sample sent", lines: outOfStock("samples") },
  "stock.corrected": { chinese: "库存调整", english: "Stock corrected", lines: intoStock("suspense") },
} satisfies Record<string, Template>;

export type TemplateKey = keyof typeof templates;

/** Narrations of entries that reverse an earlier one line by line. */
export const reversals = {
  "shipment.cancelled.revenue": {
    chinese: "撤销发货，冲回收入",
    english: "Shipment cancelled, revenue reversed",
    of: "order.shipped.revenue",
  },
  "shipment.cancelled.cogs": {
    chinese: "撤销发货，冲回成本",
    english: "Shipment cancelled, cost reversed",
    of: "order.shipped.cogs",
  },
} as const satisfies Record<string, { chinese: string; english: string; of: TemplateKey }>;

export type ReversalKey = keyof typeof reversals;
