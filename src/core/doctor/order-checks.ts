import { claimsBySku } from "../escrow/read-claims.ts";
import type { Check } from "./check.ts";

/** What each line still wants, beside what it holds of each SKU one of its units is made of. */
const lineNeeds = `select o.external_id as order, o.status, l.line_no as line, k.code as sku, c.sku_id, c.quantity as per, l.components is not null as bundle,
    greatest(l.quantity * l.units_per - l.shipped - l.cancelled, 0)::bigint as open, l.shortfall, coalesce(r.held, 0)::bigint as held
  from order_lines l join orders o on o.merchant_id = l.merchant_id and o.id = l.order_id
  cross join lateral (
    select l.sku_id, 1::bigint as quantity where l.components is null
    union all
    select (part->>'skuId')::uuid, (part->>'quantity')::bigint from jsonb_array_elements(l.components) as part where l.components is not null) c
  join skus k on k.merchant_id = l.merchant_id and k.id = c.sku_id
  left join (select holder_id, line_no, sku_id, sum(quantity) as held from reservations
    where merchant_id = $1 and status = 'held' and holder_kind = 'order' group by holder_id, line_no, sku_id) r
    on r.holder_id = l.order_id and r.line_no = l.line_no and r.sku_id = c.sku_id
  where l.merchant_id = $1`;

/** An unpaid order may hold nothing yet, where its platform takes units off at payment. */
const unserved = (isWrong: string) =>
  `((status in ('paid', 'partially_shipped', 'refunding') and (${isWrong}))
  or (status = 'pending_payment' and (${isWrong}) and (held <> 0 or shortfall <> 0)))`;

/** Promise 2: every order has what it is owed, once. */
export const orderChecks: readonly Check[] = [
  {
    name: "lines_are_served",
    promise: "Every line of a paid order holds its open units or says how many are missing.",
    advice: "The row names the order; send its snapshot again (a sync does), which fits the line anew.",
    text: `select "order", status, line, sku, open, shortfall, held from (${lineNeeds}) d where not bundle and ${unserved("held <> open - shortfall")}`,
  },
  {
    name: "bundles_are_served",
    promise:
      "Every line of a bundle holds all components of the units it is not short of, and of the others at most what it waits for.",
    advice: "The row names the order and the component.",
    text: `select "order", status, line, sku as component, per, open, shortfall, held from (${lineNeeds}) d where bundle and ${unserved("held < (open - shortfall) * per or held > open * per")}`,
  },
  {
    name: "closed_orders_hold_nothing",
    promise: "An order that is shipped, completed, cancelled or refunded holds no units and waits for none.",
    advice: "The row names the order; its units are lost to sale until it is settled again.",
    text: `select "order", status, line, sku, open, shortfall, held from (${lineNeeds}) d
      where status in ('shipped', 'completed', 'cancelled', 'refunded') and (held <> 0 or shortfall <> 0)`,
  },
  {
    name: "reservations_have_holders",
    promise:
      "Every open reservation belongs to an order line that needs that SKU, an open hold, a session on air or an open claim.",
    advice: "The row names the reservation; its units are lost to sale.",
    text: `select r.id as reservation, r.holder_kind as "holderKind", r.holder_id as holder, r.line_no as line, r.quantity
      from reservations r
      left join order_lines l on l.merchant_id = r.merchant_id and l.order_id = r.holder_id and l.line_no = r.line_no
        and (l.sku_id = r.sku_id or l.components @> jsonb_build_array(jsonb_build_object('skuId', r.sku_id)))
      left join holds h on h.merchant_id = r.merchant_id and h.id = r.holder_id and h.status = 'held'
      left join live_sessions s on s.merchant_id = r.merchant_id and s.id = r.holder_id and s.state = 'on_air'
      left join claims c on c.merchant_id = r.merchant_id and c.id = r.holder_id and c.state in ('held', 'offered')
      where r.merchant_id = $1 and r.status = 'held' and ((r.holder_kind = 'session' and s.id is null) or (r.holder_kind = 'claim' and c.id is null) or (r.holder_kind = 'order' and l.order_id is null) or (r.holder_kind = 'hold' and h.id is null))`,
  },
  {
    name: "free_units_serve_waiting_lines",
    promise: "No unit is free while a line of an order waits for it.",
    advice: "Post a zero change (delta 0) for the SKU: that serves the queue.",
    text: `select w.order, w.line, w.shortfall, w.units as "couldGet" from (
        select n.order, n.line, n.shortfall, min((n.held - (n.open - n.shortfall) * n.per + greatest(coalesce(a.available, 0), 0)) / n.per) as units from (${lineNeeds}) n
        left join (select s.sku_id, (greatest(sum(s.on_hand - s.reserved - s.held_back - s.in_doubt), 0)
            - coalesce(max(c.claimed) filter (where c.state = 'split'), 0))::bigint as available
          from stock_levels s left join (${claimsBySku}) c on c.sku_id = s.sku_id
          where s.merchant_id = $1 and s.own group by s.sku_id) a on a.sku_id = n.sku_id
        where n.shortfall > 0 group by n.order, n.line, n.shortfall) w
      where w.units > 0`,
  },
  {
    name: "shipped_is_sum",
    promise: "Shipped units of a line are the sum of its parcels.",
    advice: "The row names the order; compare its shipments.",
    text: `select o.external_id as order, l.line_no as line, l.shipped, coalesce(p.shipped, 0) as parcels
      from order_lines l join orders o on o.merchant_id = l.merchant_id and o.id = l.order_id
      left join (select s.order_id, j."lineNo" as line_no, sum(j.quantity) as shipped
        from shipments s cross join lateral jsonb_to_recordset(s.lines->'lines') as j("lineNo" int, quantity bigint)
        where s.merchant_id = $1 and s.status = 'shipped' group by s.order_id, j."lineNo") p on p.order_id = l.order_id and p.line_no = l.line_no
      where l.merchant_id = $1 and l.shipped <> coalesce(p.shipped, 0)`,
  },
  {
    name: "refunded_is_sum",
    promise: "What an order gave back is the sum of its booked refunds.",
    advice: "The row names the order; compare its refunds.",
    text: `select o.external_id as order, o.refunded_minor as "refundedMinor", coalesce(f.refunded, 0) as refunds
      from orders o left join (select order_id, sum(amount_minor) as refunded from refunds
        where merchant_id = $1 and not lines ? 'unbooked' group by order_id) f on f.order_id = o.id
      where o.merchant_id = $1 and o.refunded_minor <> coalesce(f.refunded, 0)`,
  },
  {
    name: "taken_back_is_sum",
    promise:
      "Units of a line that came back, or are no longer owed, are the sum of what its refunds took back.",
    advice: "The row names the order; compare its refunds.",
    text: `select o.external_id as order, l.line_no as line, l.returned, l.cancelled,
        coalesce(f.returned, 0)::bigint as "returnedByRefunds", coalesce(f.cancelled, 0)::bigint as "cancelledByRefunds"
      from order_lines l join orders o on o.merchant_id = l.merchant_id and o.id = l.order_id
      left join (select r.order_id, j."lineNo" as line_no, sum(j.returned) as returned, sum(j.cancelled) as cancelled
        from refunds r cross join lateral jsonb_to_recordset(r.lines->'units') as j("lineNo" int, returned bigint, cancelled bigint)
        where r.merchant_id = $1 group by r.order_id, j."lineNo") f on f.order_id = l.order_id and f.line_no = l.line_no
      left join (select distinct order_id from refunds where merchant_id = $1 and not lines ? 'units') old on old.order_id = l.order_id
      where l.merchant_id = $1 and old.order_id is null
        and (l.returned <> coalesce(f.returned, 0) or l.cancelled <> coalesce(f.cancelled, 0))`,
  },
  {
    name: "orders_cancelled_here_sent_nothing",
    promise: "Nothing has left of an order that was cancelled here and that its platform goes on with.",
    advice:
      "The row names the order: its goods left without a sale; send its snapshot again, which opens it.",
    text: `select o.external_id as order, l.line_no as line, l.shipped from orders o
      join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id
      where o.merchant_id = $1 and o.status = 'cancelled' and o.told_status not in ('cancelled', 'refunded') and l.shipped > 0`,
  },
  {
    name: "paid_orders_are_booked",
    promise: "Every paid order that is not held for a person has been announced to the books.",
    advice: "The row names the order; send its snapshot again.",
    text: `select external_id as order, status from orders
      where merchant_id = $1 and booked is null and held_reason is null and told_status not in ('pending_payment', 'cancelled')`,
  },
  {
    name: "buyers_are_sealed",
    promise: "Buyers' data is stored encrypted only.",
    advice: "Delete the plain text from this row and find what wrote it.",
    text: `select external_id as order from orders where merchant_id = $1 and buyer is not null and (length(buyer) < 29 or get_byte(buyer, 0) <> 1)`,
  },
];
