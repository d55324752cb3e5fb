import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Figures of this process for Prometheus. Labels are route patterns and codes, never ids of merchants or orders. */
export interface Metrics {
  request(method: string, route: string, status: number, durationMs: number): void;
  webhook(result: WebhookResult): void;
  /** For `EngineOptions.onBatch`. */
  batch(batch: { commands: number; milliseconds: number }): void;
  /** A gauge read at every scrape; `read` answers label values and figures. */
  gauge(name: string, help: string, labels: readonly string[], read: () => Promise<GaugeReading[]>): void;
  render(): Promise<{ contentType: string; text: string }>;
}

export type WebhookResult =
  | "stored"
  | "repeated"
  | "forged"
  | "unknown_connection"
  | "paused"
  | "failed"
  | "probe";
export type GaugeReading = { labels: Record<string, string>; value: number };

/** From a cached read to the request timeout; 25 ms and 50 ms are the promised p99 and p95. */
const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: "sluice_http_requests_total",
    help: "Answered requests by method, route pattern and status",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const latency = new Histogram({
    name: "sluice_http_request_duration_seconds",
    help: "Time from the first byte of a request to its answer, by route pattern",
    labelNames: ["method", "route"],
    buckets: latencyBuckets,
    registers,
  });
  const webhooks = new Counter({
    name: "sluice_webhooks_total",
    help: "Webhook deliveries by what became of them; forged ones are stored nowhere but in this count",
    labelNames: ["result"],
    registers,
  });
  const batchCommands = new Histogram({
    name: "sluice_engine_batch_commands",
    help: "Commands decided in one transaction",
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  });
  const batchTime = new Histogram({
    name: "sluice_engine_batch_duration_seconds",
    help: "Time of one batch from its first read to its commit",
    buckets: latencyBuckets,
    registers,
  });
  return {
    request(method, route, status, durationMs) {
      requests.inc({ method, route, status });
      latency.observe({ method, route }, durationMs / 1000);
    },
    webhook(result) {
      webhooks.inc({ result });
    },
    batch({ commands, milliseconds }) {
      batchCommands.observe(commands);
      batchTime.observe(milliseconds / 1000);
    },
    gauge(name, help, labelNames, read) {
      new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers,
        async collect() {
          this.reset();
          for (const { labels, value } of await read()) this.set(labels, value);
        },
      });
    },
    async render() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
