import { load, rawRequest } from "./http-load.ts";
import { startHubBench } from "./hub-bench.ts";
import { median, percentile } from "./support.ts";

/** Row 2: API reservations on one hot SKU, 64 callers, through HTTP, against an empty POST on the same server. */
export async function run(
  options: { runs?: number; requests?: number } = {},
): Promise<Record<string, unknown>> {
  const runs = options.runs ?? 3;
  const requests = options.requests ?? 20_000;
  const hub = await startHubBench(["HOT"]);
  try {
    const headers = { authorization: `Bearer ${hub.key}`, "content-type": "application/json" };
    const empty = rawRequest("POST", "/bench/empty", {}, "");
    const reserve = (series: string) => (index: number) =>
      rawRequest(
        "POST",
        "/v1/reservations",
        headers,
        JSON.stringify({ reference: `${series}-${index}`, lines: [{ sku: "HOT", quantity: 1 }] }),
      );
    const call = (request: (index: number) => Buffer, count: number) =>
      load({ port: hub.port, connections: 64, requests: count, request });
    await call(reserve("warm"), 3000);
    const rates: number[] = [];
    const emptyRates: number[] = [];
    const p99s: number[] = [];
    for (let index = 0; index < runs; index += 1) {
      emptyRates.push((await call(() => empty, requests)).perSecond);
      const result = await call(reserve(`run${index}`), requests);
      if (result.statuses.get(201) !== requests)
        throw new Error(`answers: ${JSON.stringify([...result.statuses])}`);
      rates.push(result.perSecond);
      p99s.push(percentile(result.latenciesMs, 0.99));
    }
    return {
      name: "reservations",
      callers: 64,
      requests,
      runs,
      reservationsPerSecond: Math.round(median(rates)),
      emptyPostsPerSecond: Math.round(median(emptyRates)),
      ratioToEmptyPost: median(rates) / median(emptyRates),
      p99Ms: median(p99s),
    };
  } finally {
    await hub.close();
  }
}

if (import.meta.main) console.log(JSON.stringify(await run(), null, 2));
