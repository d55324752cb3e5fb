import type { Sql } from "../db/database.ts";
import { mulDivRound } from "../money/money.ts";
import { type LiveItem, readSession } from "./read-sessions.ts";

/** What a session came to. Amounts in minor units of the order's currency; shares in basis points. */

export interface SessionMoney {
  currency: string;
  orders: number;
  paidOrders: number;
  /** Totals of the orders that were paid. */
  grossMinor: number;
  refundedMinor: number;
  netMinor: number;
}

export interface SessionReport {
  sessionId: string;
  funnel: {
    comments: number;
    viewers: number;
    unclear: number;
    claims: number;
    claimants: number;
    ordered: number;
    paid: number;
    claimsByState: Record<string, number>;
    commentsByOutcome: Record<string, number>;
  };
  items: (Pick<
    LiveItem,
    "id" | "sku" | "code" | "variant" | "sold" | "givenBack" | "waiting" | "claimed" | "free"
  > & {
    /** Units the session had of it in all. */
    taken: number;
    sellThroughBp: number | null;
  })[];
  money: (SessionMoney & { hostCommissionMinor: number; agencyCommissionMinor: number })[];
}

const paid = "(o.booked is not null or o.told_status not in ('pending_payment', 'cancelled'))";

/**
 * What of an amount of order `o` belongs to the session: all of it, or by the price of the lines that do. Sessions of one order
 * are counted one after the other, so that their parts add up to the whole.
 */
const partOf = (amount: string) =>
  `case when l.lines is null then ${amount} when coalesce(p.whole, 0) = 0 then 0
     else round(${amount}::numeric * (p.before + p.mine) / p.whole) - round(${amount}::numeric * p.before / p.whole) end`;

/** Orders of a session and their money, by currency. Of an order that is over nothing is left. */
export const readMoney = (sql: Sql, merchantId: string, sessionId: string): Promise<SessionMoney[]> =>
  sql.query<SessionMoney>(
    `select currency, orders, "paidOrders", gross as "grossMinor", refunded as "refundedMinor", gross - refunded as "netMinor" from (
       select currency, count(*) as orders, count(*) filter (where is_paid) as "paidOrders",
         coalesce(sum(gross) filter (where is_paid), 0)::bigint as gross, coalesce(sum(refunded) filter (where is_paid), 0)::bigint as refunded
       from (select o.currency, ${paid} as is_paid, ${partOf("o.total_minor")} as gross,
           ${partOf("(case when o.status in ('cancelled', 'refunded') then o.total_minor else least(o.refunded_minor, o.total_minor) end)")} as refunded
         from live_orders l join orders o on o.merchant_id = l.merchant_id and o.id = l.order_id
         left join lateral (
           select sum(n.price) as whole, coalesce(sum(n.price) filter (where l.lines ? n.id), 0) as mine,
             coalesce(sum(n.price) filter (where exists (select 1 from live_orders b where b.merchant_id = $1 and b.order_id = l.order_id
               and b.session_id < l.session_id and b.lines ? n.id)), 0) as before
           from (select external_line_id as id, greatest(0, quantity * unit_price_minor - discount_minor) as price
             from order_lines where merchant_id = $1 and order_id = l.order_id) n) p on l.lines is not null
         where l.merchant_id = $1 and l.session_id = $2) d group by currency) e order by currency`,
    [merchantId, sessionId],
  );

interface Count {
  name: string;
  count: number;
}

export async function readReport(
  sql: Sql,
  merchantId: string,
  sessionId: string,
): Promise<SessionReport | undefined> {
  const session = await readSession(sql, merchantId, sessionId);
  if (!session) return undefined;
  const [outcomes, states, [people], money] = await Promise.all([
    sql.query<Count>(
      `select name, sum(count)::bigint as count from (
         select outcome as name, count(*) as count from live_comments where merchant_id = $1 and session_id = $2 group by outcome
         union all select p.key, p.value::bigint from live_sessions s cross join lateral jsonb_each_text(s.past_comments->'outcomes') p
           where s.merchant_id = $1 and s.id = $2) c group by name order by name`,
      [merchantId, sessionId],
    ),
    sql.query<Count>(
      "select state as name, count(*) as count from claims where merchant_id = $1 and session_id = $2 group by state order by state",
      [merchantId, sessionId],
    ),
    sql.query<{ viewers: number; claimants: number; paid: number }>(
      `select (select coalesce((s.past_comments->>'viewers')::bigint, (select count(distinct viewer_key) from live_comments where merchant_id = $1 and session_id = $2))
           from live_sessions s where s.merchant_id = $1 and s.id = $2) as viewers,
         (select count(distinct viewer_key) from claims where merchant_id = $1 and session_id = $2 and state <> 'rejected') as claimants,
         (select count(*) from claims c join orders o on o.merchant_id = c.merchant_id and o.id = c.order_id
          where c.merchant_id = $1 and c.session_id = $2 and ${paid}) as paid`,
      [merchantId, sessionId],
    ),
    readMoney(sql, merchantId, sessionId),
  ]);
  const sum = (rows: readonly Count[], without: string[] = []) =>
    rows.reduce((total, row) => (without.includes(row.name) ? total : total + row.count), 0);
  const of = (rows: readonly Count[]) => Object.fromEntries(rows.map((row) => [row.name, row.count]));
  const commission = (net: number, bp: number) => mulDivRound(Math.max(0, net), bp, 10_000);
  const { hostCommissionBp, agencyCommissionBp } = session.settings;
  return {
    sessionId,
    funnel: {
      comments: sum(outcomes),
      viewers: people?.viewers ?? 0,
      unclear: sum(outcomes.filter((row) => row.name === "unclear")),
      claims: sum(states, ["rejected"]),
      claimants: people?.claimants ?? 0,
      ordered: sum(states.filter((row) => row.name === "ordered")),
      paid: people?.paid ?? 0,
      claimsByState: of(states),
      commentsByOutcome: of(outcomes),
    },
    items: session.items.map(({ id, sku, code, variant, share, sold, givenBack, waiting, claimed, free }) => {
      const taken = share + givenBack;
      const sellThroughBp = taken === 0 ? null : mulDivRound(sold, 10_000, taken);
      return { id, sku, code, variant, taken, sold, givenBack, waiting, claimed, free, sellThroughBp };
    }),
    money: money.map((row) => ({
      ...row,
      hostCommissionMinor: commission(row.netMinor, hostCommissionBp),
      agencyCommissionMinor: commission(row.netMinor, agencyCommissionBp),
    })),
  };
}
