import { createServer, type Server } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { load, rawRequest } from "./http-load.ts";
import { type HubBench, startHubBench } from "./hub-bench.ts";
import { median, percentile } from "./support.ts";
import { signedOrder } from "./webhooks.ts";

/**
 * Row 4: the whole pipeline. One shop sends signed orders at a steady pace; each reserves a unit of one of 20 SKUs, and the new
 * figures are pushed to two other shops. Sustained means: when the last order was sent, all were reserved within a
 * second. Push delay: from the commit of a stock change to the first figure at that shop that takes it into account.
 */

const skus = Array.from({ length: 20 }, (_, index) => `SKU-${index}`);
const onHand = 50_000_000;

interface Shop {
  server: Server;
  baseUrl: string;
  /** Figures as they arrived, by listing. */
  received: Map<string, { atMs: number; quantity: number }[]>;
}

async function openShop(): Promise<Shop> {
  const received: Shop["received"] = new Map(skus.map((sku) => [sku, []]));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const atMs = performance.timeOrigin + performance.now();
      if (request.url?.startsWith("/stock") && request.method === "POST") {
        const { updates } = JSON.parse(Buffer.concat(chunks).toString()) as {
          updates: { externalId: string; quantity: number }[];
        };
        for (const update of updates)
          received.get(update.externalId)?.push({ atMs, quantity: update.quantity });
        const outcomes = updates.map((update) => ({ ok: true, quantity: update.quantity }));
        answer(response, { outcomes });
        return;
      }
      if (request.url?.startsWith("/stock")) {
        const asked = new URL(request.url, "http://shop").searchParams.getAll("externalId");
        const levels = asked.map((externalId) => ({
          externalId,
          quantity: received.get(externalId)?.at(-1)?.quantity ?? 0,
        }));
        answer(response, { levels });
        return;
      }
      answer(response, {
        orders: [],
        nextCursor: null,
        watermark: new Date().toISOString(),
        externalIds: [],
        listings: [],
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address !== "object") throw new Error("the shop of the bench has no port");
  return { server, baseUrl: `http://127.0.0.1:${address.port}`, received };
}

function answer(
  response: { writeHead(status: number, headers: Record<string, string>): void; end(body: string): void },
  body: unknown,
): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function addListings(hub: HubBench, connectionId: string): Promise<void> {
  const headers = { authorization: `Bearer ${hub.key}`, "content-type": "application/json" };
  const request = (index: number) =>
    rawRequest(
      "POST",
      "/v1/listings",
      headers,
      JSON.stringify({ connection: connectionId, externalId: skus[index], sku: skus[index] }),
    );
  const result = await load({ port: hub.port, connections: 1, requests: skus.length, request });
  if (result.statuses.get(201) !== skus.length)
    throw new Error(`listings: ${JSON.stringify([...result.statuses])}`);
}

async function orderCount(hub: HubBench): Promise<number> {
  const [row] = await hub.db.query<{ n: number }>(
    "select count(*)::int as n from orders where merchant_id = $1",
    [hub.merchantId],
  );
  return row?.n ?? 0;
}

/** For every stock change since `afterSeq`, how long until each shop had a figure at most as high. Stock only falls here. */
async function pushDelays(hub: HubBench, shops: Shop[], afterSeq: number): Promise<number[]> {
  const changes = await hub.db.query<{ sku: string; available: number; at: string }>(
    `select k.code as sku, (e.data->>'onHand')::bigint - (e.data->>'reserved')::bigint as available, e.occurred_at as at
     from events e join skus k on k.merchant_id = e.merchant_id and k.id = e.subject
     where e.merchant_id = $1 and e.type = 'stock.changed' and e.seq > $2 order by e.seq`,
    [hub.merchantId, afterSeq],
  );
  return shops.flatMap((shop) =>
    changes.map((change) => {
      const figures = shop.received.get(change.sku) ?? [];
      const first = figures.find((figure) => figure.quantity <= change.available);
      return first === undefined ? Number.POSITIVE_INFINITY : Math.max(0, first.atMs - Date.parse(change.at));
    }),
  );
}

const lastSeq = async (hub: HubBench): Promise<number> =>
  (
    await hub.db.query<{ n: number }>("select last_event_seq as n from merchants where merchant_id = $1", [
      hub.merchantId,
    ])
  )[0]?.n ?? 0;

export async function run(
  options: { runs?: number; orders?: number; perSecond?: number } = {},
): Promise<Record<string, unknown>> {
  const runs = options.runs ?? 3;
  const orders = options.orders ?? 30_000;
  const pace = options.perSecond ?? 3200;
  const hub = await startHubBench(skus, onHand);
  const shops = [await openShop(), await openShop()];
  try {
    for (const [index, shop] of shops.entries())
      await addListings(hub, await hub.addConnection(`shop ${index}`, shop.baseUrl));
    const rates: number[] = [];
    const p99s: number[] = [];
    for (let index = -1; index < runs; index += 1) {
      const count = index < 0 ? 3000 : orders;
      const signed = Array.from({ length: count }, (_, at) =>
        signedOrder(hub, `run${index}-${at}`, skus[at % skus.length] as string),
      );
      const request = (at: number) => signed[at] as Buffer;
      const seq = await lastSeq(hub);
      const before = await orderCount(hub);
      const started = performance.now();
      const sent = await load({
        port: hub.port,
        connections: 64,
        requests: count,
        request,
        paceperSecond: pace,
      });
      if ([...sent.statuses.keys()].some((status) => status >= 300))
        throw new Error(`answers: ${JSON.stringify([...sent.statuses])}`);
      while ((await orderCount(hub)) < before + count) await sleep(100);
      const tookSeconds = (performance.now() - started) / 1000;
      await sleep(2000); // the last figures may still be on their way; the delay is judged by their time of arrival
      if (index < 0) continue;
      rates.push(count / tookSeconds);
      p99s.push(percentile(await pushDelays(hub, shops, seq), 0.99));
    }
    return {
      name: "pipeline",
      orders,
      runs,
      offeredPerSecond: pace,
      ordersReservedPerSecond: Math.round(median(rates)),
      pushDelayP99Ms: Math.round(median(p99s)),
      shops: shops.length,
    };
  } finally {
    await hub.close();
    for (const shop of shops) shop.server.close();
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));
