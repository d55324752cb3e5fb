/** What a new connector begins with. `{{id}}` is its folder, `{{name}}` its name in code. */
const templates: Record<string, string> = {
  "src/connectors/{{id}}/index.ts": `import type { Account, Connector, Manifest } from "../contract.ts";
import { createClient } from "./client.ts";
import { createFulfilments } from "./fulfilments.ts";
import { createListings } from "./listings.ts";
import { createOrders } from "./orders.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";
import { createStock } from "./stock.ts";
import { createWebhooks } from "./webhook.ts";

const manifest: Manifest = {
  id: "{{id}}",
  name: "{{id}}",
  docsUrl: "https://{{id}}.example/docs",
  docsReadAt: "2000-01-01",
  // Take out what the platform cannot do: whatever is advertised must pass.
  capabilities: {
    orders: true,
    webhooks: true,
    stockWrites: ["set"],
    stockRead: true,
    fulfilments: true,
    listings: true,
    files: false,
    rooms: false,
  },
  behaviour: {
    deducts: "placed",
    restoresOnUnpaidCancel: true,
    restoresOnPaidRefund: false,
    clockSkewMs: 2_000,
    orderWatermark: true,
  },
  limits: { ordersPerPage: 50, stockWritesPerCall: 20, callsPerSecond: 2, burst: 4 },
  pullOverlapMs: 120_000,
  timeZone: "UTC",
  settings: settingsSchema,
  secrets: secretsSchema,
  accountSettings: ["shopId"],
};

export const {{name}}: Connector = {
  manifest,
  open(context): Account {
    const settings = settingsSchema.parse(context.settings);
    const secrets = secretsSchema.parse(context.secrets);
    const client = createClient(context, settings, secrets);
    return {
      check: (call) => client.account(call),
      orders: createOrders(client, context),
      webhooks: createWebhooks(secrets),
      stock: createStock(client),
      fulfilments: createFulfilments(client),
      listings: createListings(client),
    };
  },
};
`,
  "src/connectors/{{id}}/settings.ts": `import { z } from "zod";

export const settingsSchema = z.object({
  shopId: z.string().min(1).max(100).describe("Id of the shop on the platform"),
});
export type Settings = z.infer<typeof settingsSchema>;

export const secretsSchema = z.object({
  appKey: z.string().min(1).max(200).describe("Key of your application"),
  appSecret: z.string().min(8).max(200).describe("Secret of your application"),
});
export type Secrets = z.infer<typeof secretsSchema>;
`,
  "src/connectors/{{id}}/codes.ts": `import type { CarrierTable } from "../toolkit/carriers.ts";
import type { CodeTable } from "../toolkit/codes.ts";

/** The platform's error codes in the contract's kinds. */
export const errorKinds: CodeTable = {};

/** The platform's codes of carriers. */
export const carriers: CarrierTable = {};
`,
  "src/connectors/{{id}}/client.ts": `import type { Call, Failure, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { createHttpClient } from "../toolkit/http.ts";
import { errorKinds } from "./codes.ts";
import type { Secrets, Settings } from "./settings.ts";

/** The calls that are used, one method each. The only file of this folder that reaches the network. */
export type Client = ReturnType<typeof createClient>;

export function createClient(context: OpenContext, _settings: Settings, secrets: Secrets) {
  const http = createHttpClient({
    ...context,
    baseUrl: "https://{{id}}.example",
    secrets: Object.values(secrets),
    refusal: (body) => refusalOf(body),
  });
  return {
    http,
    account: async (_call: Call): Promise<Result<{ account: string }>> => notWritten("check"),
  };
}

function refusalOf(body: unknown) {
  if (typeof body !== "object" || body === null || !("code" in body)) return undefined;
  const code = String(body.code);
  return { kind: kindOfCode(errorKinds, code), what: code };
}

export const notWritten = (what: string): Failure => ({
  ok: false,
  kind: "unsupported",
  message: \`{{id}}: \${what} is not written yet.\`,
});
`,
  "src/connectors/{{id}}/map.ts": `import type { OrderSnapshot } from "../../core/model/order.ts";
import type { WireOrder } from "./wire.ts";

/** From the platform's order to the hub's. Pure. */
export function orderOf(_order: WireOrder): OrderSnapshot {
  throw new Error("{{id}} maps no orders yet");
}
`,
  "src/connectors/{{id}}/wire.ts": `import { z } from "zod";

/** The platform's shapes: unknown fields are let through, missing ones that we need are refused. */
export const wireOrderSchema = z.looseObject({ id: z.string() });
export type WireOrder = z.infer<typeof wireOrderSchema>;
`,
  "src/connectors/{{id}}/orders.ts": `import type { OpenContext, Orders } from "../contract.ts";
import type { WindowPolicy } from "../toolkit/windows.ts";
import { type Client, notWritten } from "./client.ts";

/** The platform's longest window and what it keeps back; \`toolkit/windows.ts\` does the rest. */
export const windowPolicy: WindowPolicy = { longestMs: 86_400_000, overlapMs: 120_000, clockSkewMs: 2_000 };

export const createOrders = (_client: Client, _context: OpenContext): Orders => ({
  pull: async () => notWritten("orders.pull"),
  fetch: async () => notWritten("orders.fetch"),
  list: async () => notWritten("orders.list"),
});
`,
  "src/connectors/{{id}}/stock.ts": `import type { Stock } from "../contract.ts";
import { type Client, notWritten } from "./client.ts";

export const createStock = (_client: Client): Stock => ({
  push: async (writes) => writes.map(() => notWritten("stock.push")),
  read: async (listings) => listings.map(() => notWritten("stock.read")),
});
`,
  "src/connectors/{{id}}/fulfilments.ts": `import type { Fulfilments } from "../contract.ts";
import { type Client, notWritten } from "./client.ts";

export const createFulfilments = (_client: Client): Fulfilments => ({
  push: async () => notWritten("fulfilments.push"),
});
`,
  "src/connectors/{{id}}/listings.ts": `import type { Listings } from "../contract.ts";
import { type Client, notWritten } from "./client.ts";

export const createListings = (_client: Client): Listings => ({
  pull: async () => notWritten("listings.pull"),
});
`,
  "src/connectors/{{id}}/webhook.ts": `import type { Webhooks } from "../contract.ts";
import type { Secrets } from "./settings.ts";

export const createWebhooks = (_secrets: Secrets): Webhooks => ({
  verify: () => ({ verified: false, reason: "no_secret" }),
  interpret: () => ({ kind: "unusable", reason: "{{id}} reads no deliveries yet" }),
});
`,
  "src/connectors/{{id}}/README.md": `# {{id}}

Documentation read: never.

## Verified

Nothing yet.

## Not verified

Everything.

## What the platform cannot do

Unknown.
`,
  "tests/connectors/{{id}}/subject.ts": `import { {{name}} } from "../../../src/connectors/{{id}}/index.ts";
import type { Subject } from "../subject.ts";
import { startPlatform } from "./fake/server.ts";

/** The {{id}} connector on its fake. */
export const subject: Subject = {
  connector: {{name}},
  settings: { shopId: "1" },
  secrets: { appKey: "key-of-a-test", appSecret: "secret-of-a-test" },
  wrongSecrets: { appKey: "key-of-a-test", appSecret: "secret-of-somebody-else" },
  checkSays: { secret: /^auth: .*appSecret/ },
  start: startPlatform,
};
`,
  "tests/connectors/{{id}}/fake/server.ts": `import type { TestRuntime } from "../../../support/runtime.ts";
import type { Platform } from "../../subject.ts";

/**
 * The platform as the connector meets it: checks signature, required fields, pages and windows as the real one does, keeps its own
 * orders and stock, deducts and restores, signs what it sends. Shares no code with the connector.
 */
export function startPlatform(_runtime: TestRuntime): Platform {
  return {
    fetch: async () =>
      Response.json({ code: "not_written", message: "this fake does nothing yet" }, { status: 501 }),
    listings: [
      { externalId: "1", quantity: 10 },
      { externalId: "2", quantity: 10 },
      { externalId: "3", quantity: 10 },
    ],
  };
}
`,
  "tests/fixtures/{{id}}/README.md": `# Payloads of {{id}}

Recorded or hand-made, each with a note on where it comes from. No real buyers.
`,
};

/** Path from the root of the project -> content. */
export const filesOf = (id: string, name: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(templates).map(([path, text]) => [fill(path, id, name), fill(text, id, name)]),
  );

const fill = (text: string, id: string, name: string): string =>
  text.replaceAll("{{id}}", id).replaceAll("{{name}}", name);
