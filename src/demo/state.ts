import type { Instant } from "../core/clock.ts";
import { msOf } from "../core/clock.ts";
import type { Database } from "../core/db/database.ts";
import { demoGoods } from "./goods.ts";
import type { Mishap } from "./mishaps.ts";
import type { DemoShop } from "./shops.ts";
import type { Work } from "./warehouse.ts";

/** What only the demo can know: it runs the shops too. The page at / shows it beside the hub's own figures. */
export interface DemoState {
  skus: Record<string, { en: string; zh: string }>;
  shops: {
    connection: string;
    name: { en: string; zh: string };
    orders: number;
    /** Orders its shoppers wanted to place and could not, for lack of stock. */
    refused: number;
    /** The shop's own stock figure by SKU. */
    figures: Record<string, number>;
  }[];
  mishap: Mishap | null;
  work: Work;
  /** From the commit of a change of stock to the shop's confirmation of the new figure, over the last pushes. */
  lag: { pushes: number; medianMs: number; worstMs: number } | null;
}

export interface StateParts {
  shops: readonly DemoShop[];
  mishap: () => Mishap | null;
  work: Readonly<Work>;
  db: Database;
}

/** Pushes the lag is taken from. */
const recentPushes = 200;

/** Answers the state whenever it is asked; the lag is measured at each question. */
export function createDemoState({ shops, mishap, work, db }: StateParts): () => Promise<DemoState> {
  const skus = Object.fromEntries(demoGoods.map(({ sku, en, zh }) => [sku, { en, zh }]));
  const lags: number[] = [];
  let seenUntil: Instant = "1970-01-01T00:00:00.000Z";
  const measure = async () => {
    const rows = await db.query<{ at: Instant; since: Instant }>(pushesAfter, [seenUntil]);
    for (const { at, since } of rows) {
      lags.push(Math.max(0, msOf(at) - msOf(since)));
      if (at > seenUntil) seenUntil = at;
    }
    lags.splice(0, Math.max(0, lags.length - recentPushes));
  };
  return async () => {
    await measure();
    const sorted = lags.toSorted((a, b) => a - b);
    const medianMs = sorted[sorted.length >> 1];
    return {
      skus,
      shops: shops.map(shownShop),
      mishap: mishap(),
      work: { ...work },
      lag: medianMs === undefined ? null : { pushes: sorted.length, medianMs, worstMs: sorted.at(-1) ?? 0 },
    };
  };
}

/** A row of the outbox names the oldest event whose effect it carried. */
const pushesAfter = `select o.updated_at as at, e.occurred_at as since
  from outbox o join events e on e.merchant_id = o.merchant_id and e.seq = o.event_seq
  where o.kind = 'stock' and o.status = 'done' and e.type = 'stock.changed' and o.updated_at > $1::timestamptz
  order by o.updated_at`;

function shownShop({ id, name, sandbox }: DemoShop): DemoState["shops"][number] {
  const { orders, counts, listings } = sandbox.state();
  const skuOf = new Map(demoGoods.map(({ externalId, sku }) => [externalId, sku]));
  return {
    connection: id,
    name,
    orders,
    refused: counts.order_refused ?? 0,
    figures: Object.fromEntries(
      listings.map(({ externalId, figure }) => [skuOf.get(externalId) ?? externalId, figure]),
    ),
  };
}
