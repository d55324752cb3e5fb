import http from "node:http";
const [, , token, conn] = process.argv;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const call = (path: string, body: string, headers: Record<string, string>) => new Promise<number>((resolve, reject) => {
  const t = performance.now();
  const r = http.request({ port: 8123, host: "127.0.0.1", agent, path, method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) } }, (res) => { res.resume(); res.on("end", () => resolve(res.statusCode! >= 300 ? -res.statusCode! : performance.now() - t)); });
  r.on("error", reject); r.end(body);
});
let n = 0;
async function run(name: string, path: string, body: () => string, headers: Record<string, string>) {
  for (const phase of [2000, 20000]) {
    const lat: number[] = []; let left = phase; const t0 = performance.now();
    await Promise.all(Array.from({ length: 64 }, async () => { while (left-- > 0) lat.push(await call(path, body(), headers)); }));
    const s = (performance.now() - t0) / 1000; lat.sort((a, b) => a - b);
    if (phase > 2000) console.log(name, Math.round(lat.length / s) + "/s", "p50", lat[lat.length >> 1]!.toFixed(1), "p99", lat[Math.floor(lat.length * 0.99)]!.toFixed(1), "bad", lat.filter((x) => x < 0).length);
  }
}
const J = { "content-type": "application/json" };
for (let i = 0; i < 2; i++) {
if (!process.argv[4] || process.argv[4] === "web") await run("empty    ", "/empty", () => "", {});
if (!process.argv[4] || process.argv[4] === "web") await run("webhook  ", `/webhooks/${conn}`, () => '{"type":"order.upserted","data":{"externalId":"1234567890","lines":[]}}', { ...J, "webhook-id": "1", "webhook-signature": "v1,xxx", "webhook-timestamp": "1" });
if (process.argv[4] !== "web") await run("reserve  ", "/v1/reservations", () => JSON.stringify({ reference: "r" + process.pid + "-" + n++, lines: [{ sku: "A", quantity: 1 }] }), { ...J, authorization: `Bearer ${token}` });
}
process.exit(0);
