import { booksCursor } from "../ledger/store.ts";
import { parkedKind } from "../ledger/tasks.ts";
import type { Check } from "./check.ts";

/** Credits less debits on one or more accounts. */
const credited = (...roles: string[]): string =>
  `coalesce(sum(case l.side when 'credit' then l.amount_minor else -l.amount_minor end)
    filter (where l.role in (${roles.map((role) => `'${role}'`).join(", ")})), 0)`;

/**
 * What the ledger holds of each order, by the events that its entries were made of. Left out are orders with events that
 * are not in the books: not posted yet, or parked (a parked event whose task was closed by hand is booked elsewhere).
 */
const bookedOrders = `with account as (
    select v.subject as order_id, ${credited("contract_liab")} as liability, ${credited("vat_out_pending")} as deferred,
      ${credited("revenue", "revenue_digital", "freight_income")} as sales, ${credited("vat_out", "vat_small")} as tax,
      ${credited("ar_platform")} as receivable, ${credited("subsidy_platform")} as subsidy, ${credited("rounding")} as rounding,
      bool_or(split_part(e.rule, '#', 1) in ('refund.before_shipment', 'return.refund')) as repaid,
      coalesce(bool_or(l.role = 'vat_out_pending' and split_part(e.rule, '#', 1) in ('order.paid', 'order.amended')), false) as defers,
      coalesce(bool_or(l.role = 'vat_small'), false) as small
    from journal_lines l
    join journal_entries e on e.merchant_id = l.merchant_id and e.number = l.number
    join events v on v.merchant_id = e.merchant_id and v.seq = e.event_seq
    where l.merchant_id = $1 and v.type like 'order.%'
    group by v.subject),
  unposted as (
    select v.subject as order_id from events v
    where v.merchant_id = $1 and v.type like 'order.%'
      and v.seq > coalesce((select (value->>'seq')::bigint from cursors where merchant_id = $1 and name = '${booksCursor}'), 0)
    union
    select v.subject from tasks t
    join events v on v.merchant_id = t.merchant_id and v.seq = (t.detail->>'seq')::bigint
    left join journal_entries e on e.merchant_id = v.merchant_id and e.event_seq = v.seq
    where t.merchant_id = $1 and t.kind = '${parkedKind}' and (t.status = 'open' or e.number is null)),
  goods as (
    select order_id, bool_or(shipped > 0) as some, bool_and(quantity * units_per <= shipped + cancelled) as every
    from order_lines where merchant_id = $1 group by order_id)
  select o.external_id as "order", o.status, o.currency, a.*,
    coalesce(g.every, true) and (coalesce(g.some, false) or o.status in ('shipped', 'completed')) as sent
  from orders o join account a on a.order_id = o.id
  left join unposted u on u.order_id = o.id
  left join goods g on g.order_id = o.id
  where o.merchant_id = $1 and u.order_id is null`;

/**
 * Promises of docs/books.md about whole orders. Deferred tax is part of what is owed to the buyer: it is checked with the liability, and
 * each on its own unless the merchant's `taxpayer` setting was changed while the order was open, which the entries tell. Refunded in full is an
 * order that says so, or one of whose money, rounding included, refunds have left nothing.
 */
export const booksChecks: readonly Check[] = [
  {
    name: "sent_orders_owe_nothing",
    promise:
      "Of an order that is wholly shipped, cancelled or refunded nothing is left on its contract liability and deferred tax.",
    advice:
      "The row names the order and what is left (credits less debits, minor units); read its entries in the journal and book the difference.",
    text: `select "order", status, currency, liability as "contractLiabilityMinor", deferred as "deferredTaxMinor" from (${bookedOrders}) d
      where (sent or status in ('cancelled', 'refunded'))
        and (liability + deferred <> 0 or (defers and not small and liability <> 0))`,
  },
  {
    name: "refunded_orders_sold_nothing",
    promise: "Of an order that is refunded in full neither sales nor tax are left.",
    advice:
      "The row names the order and what is left (credits less debits, minor units); read its entries in the journal and book the difference.",
    text: `select "order", status, currency, sales as "salesMinor", tax as "taxMinor" from (${bookedOrders}) d
      where (status = 'refunded' or (repaid and receivable = 0 and subsidy = 0 and rounding = 0)) and (sales <> 0 or tax <> 0)`,
  },
];
