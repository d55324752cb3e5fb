import type { Check } from "./check.ts";

const named = `join skus k on k.merchant_id = $1 and k.id = d.sku_id join locations p on p.merchant_id = $1 and p.id = d.location_id`;

/** Promise 1: reservations never exceed stock, and every figure is the sum of its records. */
export const stockChecks: readonly Check[] = [
  {
    name: "reserved_is_sum",
    promise: "Reserved is the sum of the open reservations, per SKU and location.",
    advice:
      "The row names the SKU and the figure it should have; set it with the correction, which the reverse undoes.",
    text: `select k.code as sku, p.code as location, d.reserved, d.held as "openReservations",
        'reserved of this row was changed without a reservation, or the reverse' as cause,
        format('update stock_levels set reserved = reserved + (%s) where merchant_id = %L and sku_id = %L and location_id = %L', d.held - d.reserved, $1::text, d.sku_id, d.location_id) as correction
      from (select coalesce(s.sku_id, r.sku_id) as sku_id, coalesce(s.location_id, r.location_id) as location_id,
          coalesce(s.reserved, 0) as reserved, coalesce(r.held, 0) as held
        from (select * from stock_levels where merchant_id = $1) s
        full join (select sku_id, location_id, sum(quantity) as held from reservations
          where merchant_id = $1 and status = 'held' group by sku_id, location_id) r
        on r.sku_id = s.sku_id and r.location_id = s.location_id) d ${named}
      where d.reserved <> d.held`,
  },
  {
    name: "on_hand_is_sum",
    promise: "On hand and its value are the sums of the movements, per SKU and location.",
    advice:
      "The row names the SKU and both figures; find the missing movement, then post an adjustment with its reason.",
    text: `select k.code as sku, p.code as location, d.on_hand as "onHand", d.moved, d.value_minor::numeric as "valueMinor", d.moved_value as "movedValueMinor",
        'on hand of this row was changed without a movement, or the reverse' as cause,
        format('update stock_levels set on_hand = on_hand + (%s), value_minor = value_minor + (%s) where merchant_id = %L and sku_id = %L and location_id = %L', d.moved - d.on_hand, d.moved_value - d.value_minor, $1::text, d.sku_id, d.location_id) as correction
      from (select s.sku_id, s.location_id, s.on_hand, s.value_minor, coalesce(m.moved, 0) as moved, coalesce(m.value, 0) as moved_value
        from stock_levels s left join (select sku_id, location_id, sum(quantity) as moved, sum(value_minor) as value
          from movements where merchant_id = $1 group by sku_id, location_id) m on m.sku_id = s.sku_id and m.location_id = s.location_id
        where s.merchant_id = $1) d ${named}
      where d.on_hand <> d.moved or d.value_minor <> d.moved_value`,
  },
  {
    name: "stock_figures_are_exact",
    promise: "No stock figure is beyond 2^53, where it could not be shown exactly.",
    advice:
      "The row names the SKU; count it as 0, which takes its value off, and bring it in again at its real cost.",
    text: `select k.code as sku, p.code as location, d.on_hand::numeric as "onHand", d.value_minor::numeric as "valueMinor"
      from stock_levels d ${named}
      where d.merchant_id = $1 and greatest(abs(d.on_hand), abs(d.value_minor)) > ${Number.MAX_SAFE_INTEGER}`,
  },
  {
    name: "covered",
    promise: "At our own locations reserved and held back never exceed on hand.",
    advice: "The database refuses such rows; if one is here, its checks were removed.",
    text: `select k.code as sku, p.code as location, d.on_hand as "onHand", d.reserved, d.held_back as "heldBack"
      from stock_levels d ${named}
      where d.merchant_id = $1 and (d.reserved < 0 or d.held_back < 0 or (d.own and d.reserved + d.held_back > d.on_hand))`,
  },
  {
    name: "never_below_zero",
    promise: "Replaying the movements in the order of their events, on hand is never below zero.",
    advice: "The row names the event after which it was; look at that document.",
    text: `select k.code as sku, p.code as location, d.event_seq as "eventSeq", d.balance
      from (select sku_id, location_id, event_seq, sum(sum(quantity)) over (partition by sku_id, location_id order by event_seq) as balance
        from movements where merchant_id = $1 group by sku_id, location_id, event_seq) d ${named}
      where d.balance < 0`,
  },
  {
    name: "stock_versions",
    promise: "Every change of a stock row has one event, and its versions have no gap.",
    advice: "A consumer may have missed a change; compare the events of this SKU with its row.",
    text: `select k.code as sku, p.code as location, d.version, d.events, d.last
      from (select s.sku_id, s.location_id, s.version, coalesce(e.events, 0)::bigint as events, coalesce(e.last, 0)::bigint as last
        from stock_levels s left join (select (data->>'skuId')::uuid as sku_id, (data->>'locationId')::uuid as location_id,
            count(distinct (data->>'version')::bigint) as events, max((data->>'version')::bigint) as last
          from events where merchant_id = $1 and type = 'stock.changed' group by 1, 2) e
          on e.sku_id = s.sku_id and e.location_id = s.location_id
        where s.merchant_id = $1) d ${named}
      where d.version <> d.events or d.version <> d.last`,
  },
  {
    name: "stock_events_tell_the_figures",
    promise: "The last event of a stock row tells the figures the row has.",
    advice: "A row was changed past the engine; compare it with the event.",
    text: `select k.code as sku, p.code as location, d.on_hand as "onHand", d.reserved, d.held_back as "heldBack", d.value_minor::numeric as "valueMinor", d.data as event
      from (select s.*, e.data from stock_levels s join events e on e.merchant_id = s.merchant_id and e.type = 'stock.changed'
          and e.subject = s.sku_id and (e.data->>'locationId')::uuid = s.location_id and (e.data->>'version')::bigint = s.version
        where s.merchant_id = $1) d ${named}
      where (d.data->>'onHand')::bigint <> d.on_hand or (d.data->>'reserved')::bigint <> d.reserved
        or (d.data->>'heldBack')::bigint <> d.held_back or coalesce((d.data->>'inDoubt')::bigint, 0) <> d.in_doubt or (d.data->>'valueMinor')::bigint <> d.value_minor`,
  },
  {
    name: "events_without_gap",
    promise: "Events are numbered 1, 2, 3 … without a gap, and the merchant knows the last number.",
    advice: "Consumers follow these numbers; restore the database from a backup taken before the gap.",
    text: `select m.last_event_seq as "lastEventSeq", e.events, e.first, e.last
      from merchants m cross join (select count(*) as events, coalesce(min(seq), 1) as first, coalesce(max(seq), 0) as last from events where merchant_id = $1) e
      where m.merchant_id = $1 and (e.events <> m.last_event_seq or e.last <> m.last_event_seq or e.first <> 1)`,
  },
];
