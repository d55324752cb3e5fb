import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { z } from "zod";
import { freePort } from "../crash/cluster.ts";
import { type HubProcess, runCli, startHub } from "../crash/hub-process.ts";

/** A real hub: its own process on its own database, configured and asked through its HTTP API alone. */

const orderSchema = z.object({
  id: z.string(),
  connection: z.string(),
  externalId: z.string(),
  status: z.string(),
  totalMinor: z.number(),
  refundedMinor: z.number(),
  shortfall: z.number(),
  unmapped: z.number(),
  heldReason: z.string().nullable(),
});
export type HubOrder = z.infer<typeof orderSchema>;

const lineSchema = z.object({
  line: z.number(),
  sku: z.string().nullable(),
  quantity: z.number(),
  reserved: z.number(),
  shipped: z.number(),
  returned: z.number(),
});

const detailSchema = orderSchema.extend({
  lines: z.array(lineSchema),
  shipments: z.array(
    z.object({
      id: z.string(),
      externalId: z.string().nullable(),
      origin: z.string(),
      status: z.string(),
      trackingNumber: z.string().nullish(),
    }),
  ),
  refunds: z.array(z.object({ externalId: z.string(), amountMinor: z.number() })),
});
export type HubOrderDetail = z.infer<typeof detailSchema>;

const stockSchema = z.object({
  sku: z.string(),
  onHand: z.number(),
  reserved: z.number(),
  available: z.number(),
});
export type HubStock = z.infer<typeof stockSchema>;

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export interface HubUnderTest {
  env: Record<string, string>;
  process: HubProcess;
  key: string;
  sql: postgres.Sql;
  port: number;
}

/** A fresh database is expected at `databaseUrl`; a merchant with books in EUR and an owner's key are made in it. */
export async function createHub(databaseUrl: string): Promise<HubUnderTest> {
  const env = { DATABASE_URL: databaseUrl, SLUICE_KEY: randomBytes(32).toString("base64") };
  const merchant = [
    "--code",
    "teapots",
    "--name",
    "Teapots",
    "--currency",
    "EUR",
    "--time-zone",
    "Europe/Madrid",
  ];
  await commanded(env, ["merchants", "create", ...merchant]);
  const key = (await commanded(env, ["keys", "create", "--role", "owner"])).trim();
  const port = await freePort();
  return { env, key, port, process: await startHub({ port, env }), sql: postgres(databaseUrl, { max: 2 }) };
}

export const restart = async (hub: HubUnderTest): Promise<void> => {
  hub.process = await startHub({ port: hub.port, env: hub.env });
};

async function commanded(env: Record<string, string>, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, env);
  if (code === 0) return stdout;
  throw new Error(`sluice ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}

/** What `sluice doctor` says: its exit code and how many promises it checked. */
export async function doctor(hub: HubUnderTest): Promise<{ code: number; checks: number; failed: string[] }> {
  const { code, stdout, stderr } = await runCli(["doctor", "--json"], hub.env);
  const report = z.object({
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string() })),
  });
  const parsed = report.safeParse(code > 1 ? null : JSON.parse(stdout));
  if (!parsed.success) throw new Error(`sluice doctor ended with ${code}:\n${stdout}${stderr}`);
  const { checks } = parsed.data;
  return {
    code,
    checks: checks.length,
    failed: checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.message}`),
  };
}

export async function ask<Schema extends z.ZodType>(
  hub: HubUnderTest,
  schema: Schema,
  path: string,
  body?: unknown,
): Promise<z.output<Schema>> {
  const response = await fetch(`${hub.process.baseUrl}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${hub.key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(120_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The hub answered ${response.status} to ${path}: ${text.slice(0, 500)}`);
  return schema.parse(JSON.parse(text));
}

export async function all<Schema extends z.ZodType>(
  hub: HubUnderTest,
  schema: Schema,
  path: string,
): Promise<z.output<Schema>[]> {
  const items: z.output<Schema>[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: { items: z.output<Schema>[]; nextCursor: string | null } = await ask(
      hub,
      pageOf(schema),
      `${path}${path.includes("?") ? "&" : "?"}limit=500${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

export const made = z.object({ id: z.string() });

export const ordersOf = (hub: HubUnderTest, connection: string) =>
  all(hub, orderSchema, `/v1/orders?connection=${connection}`);

export async function orderOf(
  hub: HubUnderTest,
  connection: string,
  externalId: string,
): Promise<HubOrderDetail> {
  const [found] = await all(hub, orderSchema, `/v1/orders?connection=${connection}&externalId=${externalId}`);
  if (!found) throw new Error(`The hub has no order ${externalId}`);
  return ask(hub, detailSchema, `/v1/orders/${found.id}`);
}

export const detailOf = (hub: HubUnderTest, id: string) => ask(hub, detailSchema, `/v1/orders/${id}`);

/** By SKU. */
export async function stockOf(hub: HubUnderTest): Promise<Record<string, HubStock>> {
  const rows = await all(hub, stockSchema, "/v1/stock");
  return Object.fromEntries(rows.map((row) => [row.sku, row]));
}

export const syncNow = (hub: HubUnderTest, connection: string) =>
  ask(
    hub,
    z.object({ orders: z.number(), created: z.number(), pushed: z.number(), failed: z.number() }),
    `/v1/connections/${connection}/sync`,
    {},
  );

const stateSchema = z.object({
  status: z.string(),
  circuit: z.string(),
  pending: z.number(),
  unknown: z.number(),
  parked: z.number(),
  quarantined: z.number(),
});

export const stateOf = (hub: HubUnderTest, connection: string) =>
  ask(hub, stateSchema, `/v1/connections/${connection}/state`);

/** Nothing waits, nothing is in doubt, nothing was given up. */
export const atRest = {
  status: "active",
  circuit: "closed",
  pending: 0,
  unknown: 0,
  parked: 0,
  quarantined: 0,
};
