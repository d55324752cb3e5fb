import { Webhook } from "standardwebhooks";
import { load, rawRequest } from "./http-load.ts";
import { type HubBench, startHubBench } from "./hub-bench.ts";
import { median, percentile } from "./support.ts";

/** A signed delivery of one new order, as the generic protocol sends it. */
export function signedOrder(hub: HubBench, externalId: string, sku: string): Buffer {
  const now = new Date();
  const at = now.toISOString();
  const order = {
    externalId,
    updatedAt: at,
    placedAt: at,
    paidAt: at,
    status: "paid",
    currency: "CNY",
    totalMinor: 9900,
    lines: [{ externalLineId: "1", sku, quantity: 1, unitPriceMinor: 9900 }],
    buyer: { name: "王小明", phone: "13800000000", address: "浙江省杭州市余杭区 1 号" },
  };
  const body = JSON.stringify({ type: "order.upserted", timestamp: at, data: order });
  const id = `msg_${externalId}`;
  return rawRequest(
    "POST",
    `/webhooks/${hub.connectionId}`,
    {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(hub.webhookSecret).sign(id, now, body),
    },
    body,
  );
}

/** Row 3: signed webhook to durable inbox, 64 connections, against an empty POST on the same server. */
export async function run(
  options: { runs?: number; requests?: number } = {},
): Promise<Record<string, unknown>> {
  const runs = options.runs ?? 3;
  const requests = options.requests ?? 20_000;
  const hub = await startHubBench(["HOT"]);
  try {
    const empty = rawRequest("POST", "/bench/empty", {}, "");
    const call = (request: (index: number) => Buffer, count: number) =>
      load({ port: hub.port, connections: 64, requests: count, request });
    const series = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => signedOrder(hub, `${name}-${index}`, "HOT"));
    const deliver = async (name: string, count: number) => {
      const prepared = series(name, count);
      const result = await call((index) => prepared[index] as Buffer, count);
      const accepted = [...result.statuses].every(([status]) => status >= 200 && status < 300);
      if (!accepted) throw new Error(`answers: ${JSON.stringify([...result.statuses])}`);
      return result;
    };
    await deliver("warm", 3000);
    await drained(hub);
    const rates: number[] = [];
    const emptyRates: number[] = [];
    const p99s: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      emptyRates.push((await call(() => empty, requests)).perSecond);
      const result = await deliver(`run${index}`, requests);
      rates.push(result.perSecond);
      p99s.push(percentile(result.latenciesMs, 0.99));
      await drained(hub);
    }
    return {
      name: "webhooks",
      connections: 64,
      requests,
      runs,
      webhooksPerSecond: Math.round(median(rates)),
      emptyPostsPerSecond: Math.round(median(emptyRates)),
      ratioToEmptyPost: median(rates) / median(emptyRates),
      p99Ms: median(p99s),
    };
  } finally {
    await hub.close();
  }
}

/** Waits until the inbox is worked off, so that the next series starts from rest. */
export async function drained(hub: HubBench): Promise<void> {
  for (;;) {
    const [row] = await hub.db.query<{ n: number }>(
      "select count(*)::int as n from inbox where merchant_id = $1 and status = 'received'",
      [hub.merchantId],
    );
    if (row?.n === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));
