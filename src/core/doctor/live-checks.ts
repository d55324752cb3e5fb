import type { Check } from "./check.ts";

/** What one of an item is made of: a bundle's parts, else the SKU itself. */
const partsOfItem = `(select (e->>'skuId')::uuid, (e->>'quantity')::bigint from jsonb_array_elements(
    coalesce(i.components, jsonb_build_array(jsonb_build_object('skuId', i.sku_id, 'quantity', 1)))) e)`;

/** What live sessions promise: a share is what is free, claimed and sold of it, and nobody is passed over. */
export const liveChecks: readonly Check[] = [
  {
    name: "session_shares_are_held",
    promise:
      "What a session holds is its share less what is claimed and sold; after its end it holds nothing.",
    advice: "The row names the session and the item; end the session, which gives its units back.",
    text: `select s.title as session, i.code as item, i.share, i.claimed, i.sold, coalesce(r.held, 0)::bigint as held
      from live_items i join live_sessions s on s.merchant_id = i.merchant_id and s.id = i.session_id
      cross join lateral ${partsOfItem} p(sku_id, quantity)
      left join (select holder_id, line_no, sku_id, sum(quantity) as held from reservations
        where merchant_id = $1 and status = 'held' and holder_kind = 'session' group by holder_id, line_no, sku_id) r
        on r.holder_id = i.session_id and r.line_no = i.position and r.sku_id = p.sku_id
      where i.merchant_id = $1 and (coalesce(r.held, 0) <> (i.share - i.claimed - i.sold) * p.quantity or (s.state <> 'on_air' and coalesce(r.held, 0) <> 0))`,
  },
  {
    name: "claims_are_held",
    promise: "A held or offered claim holds its units, every other claim none, and items count them right.",
    advice: "The row names the claim; release it, and claim again.",
    text: `select c.id as claim, c.state, c.quantity, coalesce(r.held, 0)::bigint as held
      from claims c join live_items i on i.merchant_id = c.merchant_id and i.session_id = c.session_id and i.id = c.item_id
      cross join lateral ${partsOfItem} p(sku_id, quantity)
      left join (select holder_id, sku_id, sum(quantity) as held from reservations
        where merchant_id = $1 and status = 'held' and holder_kind = 'claim' group by holder_id, sku_id) r on r.holder_id = c.id and r.sku_id = p.sku_id
      where c.merchant_id = $1 and coalesce(r.held, 0) <> case when c.state in ('held', 'offered') then c.quantity * p.quantity else 0 end
      union all
      select i.id, 'claimed of the item', i.claimed, coalesce(n.claimed, 0)::bigint
      from live_items i left join (select item_id, sum(quantity) as claimed from claims
        where merchant_id = $1 and state in ('held', 'offered') group by item_id) n on n.item_id = i.id
      where i.merchant_id = $1 and i.claimed <> coalesce(n.claimed, 0)`,
  },
  {
    name: "waitlists_without_gap",
    promise: "Places in line are 1, 2, 3 … per item, each given once, and as many wait as the item says.",
    advice: "The row names the item; its claims were changed past the engine.",
    text: `select i.code as item, i.last_place as "lastPlace", i.waiting, coalesce(n.places, 0) as places, coalesce(n.waiting, 0) as waits
      from live_items i left join (select item_id, count(place) as places, count(distinct place) as distinct_places, min(place) as first, max(place) as last,
          count(*) filter (where state = 'waitlisted') as waiting from claims where merchant_id = $1 group by item_id) n on n.item_id = i.id
      where i.merchant_id = $1 and (i.waiting <> coalesce(n.waiting, 0) or i.last_place <> coalesce(n.places, 0)
        or coalesce(n.places, 0) <> coalesce(n.distinct_places, 0) or coalesce(n.last, 0) <> i.last_place)`,
  },
  {
    name: "waitlists_are_served",
    promise: "No unit of a share is free on air while a claim waits that it would suffice for.",
    advice: "Top the item up by one unit and give it back: that serves the line.",
    text: `select s.title as session, i.code as item, i.share - i.claimed - i.sold as free, c.quantity, c.place
      from live_items i join live_sessions s on s.merchant_id = i.merchant_id and s.id = i.session_id
      cross join lateral (select c.quantity, c.place from claims c where c.merchant_id = $1 and c.item_id = i.id
        and c.state = 'waitlisted' and c.quantity <= i.share - i.claimed - i.sold order by c.place limit 1) c
      where i.merchant_id = $1 and s.state = 'on_air' and coalesce(s.settings->>'mode', 'hold_first') = 'hold_first'`,
  },
  {
    name: "one_open_claim_per_viewer",
    promise: "No viewer has two open claims on one item.",
    advice: "The database refuses such rows; if one is here, its indexes were removed.",
    text: `select c.session_id as session, c.item_id as item, count(*) as claims from claims c
      where c.merchant_id = $1 and c.state in ('held', 'offered', 'waitlisted') group by c.session_id, c.item_id, c.viewer_key having count(*) > 1`,
  },
  {
    name: "claims_are_ordered_once",
    promise: "A claim is ordered exactly when it has an order, and that order exists.",
    advice: "The row names the claim and the order.",
    text: `select c.id as claim, c.state, c.order_id as order from claims c
      left join orders o on o.merchant_id = c.merchant_id and o.id = c.order_id
      where c.merchant_id = $1 and ((c.state = 'ordered') <> (c.order_id is not null) or (c.order_id is not null and o.id is null))`,
  },
  {
    name: "comments_are_sealed",
    promise: "What viewers wrote is stored encrypted only.",
    advice: "Delete the plain text from this row and find what wrote it.",
    text: `select session_id as session, no from live_comments where merchant_id = $1 and (length(body) < 29 or get_byte(body, 0) <> 1)`,
  },
];
