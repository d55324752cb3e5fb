/**
 * The hub as a process of its own for the benches: the same composition as `npm start`, plus `POST /bench/empty`, a route
 * that does nothing, as the yardstick on the same server. Reads DATABASE_URL and BENCH_KEY; prints its port.
 */
import { Hono } from "hono";
import { serveNode } from "../src/http/node.ts";
import { systemRuntime } from "../src/http/system.ts";
import { openHub } from "../src/hub.ts";

const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: (fields: object, message: string) => console.error(message, fields),
};

const hub = await openHub({
  runtime: systemRuntime(),
  databaseUrl: process.env.DATABASE_URL,
  dataDir: "memory",
  masterKey: Buffer.from(process.env.BENCH_KEY ?? "", "base64"),
  maxConnections: 10,
  publicUrl: "http://127.0.0.1",
  version: "bench",
  holder: "bench",
  log: quiet,
});
const outer = new Hono();
outer.post("/bench/empty", (context) => context.body(null, 204));
outer.all("*", (context) => hub.app.fetch(context.req.raw, context.env));
const server = await serveNode(outer, { host: "127.0.0.1", port: 0 });
hub.start();
console.log(JSON.stringify({ port: server.port }));
process.once("SIGTERM", () => {
  void server
    .close()
    .then(() => hub.close())
    .then(() => process.exit(0));
});
