import type { Metrics } from "./metrics.ts";
import type { AppParts } from "./parts.ts";

/** Figures that are read when Prometheus asks, not counted as they happen. */
export function registerGauges(metrics: Metrics, parts: AppParts): void {
  const { db, engine, sync } = parts;
  metrics.gauge(
    "sluice_event_lag",
    "Events that a consumer has still to see, of the merchant that is furthest behind",
    ["consumer"],
    async () => {
      // A scrape must not fail because the database is away: that is what /readyz is for.
      const rows = await db.query<{ consumer: string; lag: number }>(eventLag).catch(() => []);
      return rows.map(({ consumer, lag }) => ({ labels: { consumer }, value: lag }));
    },
  );
  if (engine.queueLength) {
    const queueLength = engine.queueLength.bind(engine);
    metrics.gauge("sluice_engine_queue_length", "Commands that wait for their batch", [], async () => [
      { labels: {}, value: queueLength() },
    ]);
  }
  const { counters } = sync;
  if (counters) {
    metrics.gauge(
      "sluice_sync_total",
      "What the sync layer did since this process started",
      ["group", "what"],
      async () =>
        Object.entries(counters).flatMap(([group, figures]) =>
          typeof figures === "number"
            ? [{ labels: { group, what: group }, value: figures }]
            : Object.entries(figures).map(([what, value]) => ({ labels: { group, what }, value })),
        ),
    );
  }
}

const eventLag = `select substr(c.name, 10) as consumer, max(m.last_event_seq - (c.value ->> 'seq')::bigint)::bigint as lag
  from cursors c join merchants m on m.merchant_id = c.merchant_id
  where c.name like 'consumer:%' and c.value ? 'seq' group by c.name`;
