import { inspect } from "node:util";
import { onTestFinished } from "vitest";
import type { Connector } from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import {
  createSandbox,
  type Product,
  type Sandbox,
  type SandboxOptions,
} from "../../../src/connectors/sandbox/index.ts";
import { createConnection } from "../../../src/core/catalogue/connections.ts";
import { createListing } from "../../../src/core/catalogue/listings.ts";
import { createSku } from "../../../src/core/catalogue/skus.ts";
import type { Database } from "../../../src/core/db/database.ts";
import type { Answer, Command, Engine } from "../../../src/core/engine/commands.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import type { Merchant } from "../../../src/core/merchants.ts";
import type { ListingInput, SkuInput } from "../../../src/core/model/catalogue.ts";
import type { AdjustmentInput } from "../../../src/core/model/stock.ts";
import type { Fetch, Sockets } from "../../../src/core/runtime.ts";
import type { Vault } from "../../../src/core/vault.ts";
import type { SyncOptions } from "../../../src/sync/parts.ts";
import type { TakeComments } from "../../../src/sync/rooms/take.ts";
import { createSync, type RunningSync } from "../../../src/sync/sync.ts";
import { testMerchant, testVault } from "../../support/merchant.ts";
import { type TestRuntime, testRuntime } from "../../support/runtime.ts";
import { receiveRequest } from "./receive.ts";

/** A hub with sandbox shops on the other side of a network that is all in memory. */
export interface Channels {
  db: Database;
  runtime: TestRuntime;
  vault: Vault;
  engine: Engine;
  merchant: Merchant;
  sync: RunningSync;
  /** What was written to the log. */
  logged: { level: string; message: string }[];
  /** The same lines with their fields, as text. */
  logText: string[];
  /** Another process over the same database. */
  process(holder: string, options?: Partial<SyncOptions>): RunningSync;
  /** From now on `fetch` answers for this host. */
  host(name: string, fetch: Fetch): void;
  shop(name: string, options?: ShopSettings): Promise<TestShop>;
  /** A connection of another connector than the sandbox's; answers its id. */
  connect(
    connector: string,
    name: string,
    given?: { settings?: Record<string, unknown>; secrets?: Record<string, unknown> },
  ): Promise<string>;
  submit(command: Command): Promise<Answer>;
  sku(code: string, onHand?: number, more?: Partial<SkuInput>): Promise<string>;
  adjust(code: string, line: Partial<AdjustmentInput["lines"][number]>): Promise<void>;
  stock(code: string): Promise<{ onHand: number; reserved: number }>;
  query<Row>(text: string, params?: Parameters<Database["query"]>[1]): Promise<Row[]>;
  /** Runs work while the clock moves, for work that waits for it. */
  whileTimePasses<Result>(work: Promise<Result>): Promise<Result>;
  /** Ends its processes and its shops; happens by itself at the end of the test. */
  close(): Promise<void>;
}

export interface ShopSettings extends Partial<Omit<SandboxOptions, "runtime" | "products">> {
  products?: readonly Product[];
  /** Settings of the connection. */
  settings?: Record<string, unknown>;
  /** Whether its webhooks reach the hub. Default true. */
  webhooks?: boolean;
}

export interface TestShop {
  connectionId: string;
  sandbox: Sandbox;
  /** Requests the shop got, as "POST /stock". */
  calls: string[];
  /** When set, answers in the shop's place. */
  intercept: Fetch | null;
  map(sku: string, product?: Product, more?: Partial<ListingInput>): Promise<string>;
  /** Places and pays an order; answers its id. */
  sell(quantity?: number, product?: Product): string;
  figure(product?: Product): number;
}

export const mug: Product = {
  externalId: "P1",
  externalVariantId: "V1",
  sku: "MUG",
  title: "Mug",
  priceMinor: 5_000,
  quantity: 0,
};
export const bag: Product = {
  externalId: "P2",
  externalVariantId: "V2",
  sku: "BAG",
  title: "Bag",
  priceMinor: 9_900,
  quantity: 0,
};

export const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const hubHost = "hub.test";

/** Seeds ids that do not collide when tests share a database. */
let made = 100;

export async function channels(
  db: Database,
  options: {
    seed?: number;
    sync?: Partial<SyncOptions>;
    connectors?: readonly Connector[];
    takeComments?: TakeComments;
    sockets?: Sockets;
  } = {},
): Promise<Channels> {
  made += 1;
  const hosts = new Map<string, Fetch>();
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const { host } = new URL(request.url);
    const answer = hosts.get(host);
    if (!answer) throw new Error(`A test must not reach the network: ${request.url}`);
    return answer(request);
  };
  const runtime: TestRuntime = {
    ...testRuntime({ fetch, seed: options.seed ?? made }),
    ...(options.sockets ? { sockets: options.sockets } : {}),
  };
  const vault = testVault(runtime);
  const merchant = await testMerchant(db, runtime, { vault });
  const engine = createEngine({ db, vault, runtime });
  const logged: Channels["logged"] = [];
  const logText: string[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    logged.push({ level, message });
    logText.push(inspect({ ...fields, level, message }, { depth: 10 }));
  };
  const log = { info: write("info"), warn: write("warn"), error: write("error") };
  const connectors = new Map([generic, ...(options.connectors ?? [])].map((one) => [one.manifest.id, one]));
  const started: RunningSync[] = [];
  const process: Channels["process"] = (holder, own = {}) => {
    const made = createSync({
      db,
      engine,
      vault,
      runtime,
      connectors,
      publicUrl: `https://${hubHost}`,
      log,
      holder,
      ...(options.takeComments ? { takeComments: options.takeComments } : {}),
      // Half an hour of history: no gap report unless a test asks for one.
      options: { patienceMs: 0, firstPullDays: 1 / 48, ...options.sync, ...own },
    });
    started.push(made);
    return made;
  };
  const sync = process("one");
  hosts.set(hubHost, (input) => receiveRequest(sync, input));
  const submit = (command: Command) => engine.submit(merchant.id, command);
  let documents = 0;
  const adjust: Channels["adjust"] = async (code, line) => {
    documents += 1;
    const answer = await submit({
      kind: "stock.adjust",
      input: { reference: `document ${documents}`, lines: [{ sku: code, reason: "receipt", ...line }] },
    });
    if (answer.kind !== "stock") throw new Error(JSON.stringify(answer));
  };

  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= (async () => {
      for (const one of started) await one.stop();
      await engine.close();
      // Tests share a database: the next one must not find this one's shops.
      await db.query("update connections set status = 'paused' where merchant_id = $1", [merchant.id]);
    })();
    return closing;
  };
  onTestFinished(close);

  return {
    db,
    runtime,
    vault,
    engine,
    merchant,
    sync,
    logged,
    logText,
    process,
    submit,
    adjust,
    query: (text, params) => db.query(text, params),
    host: (name, answer) => void hosts.set(name, answer),
    async sku(code, onHand = 0, more = {}) {
      const { sku } = await createSku(db, runtime, merchant.id, {
        code,
        name: code,
        kind: "physical",
        ...more,
      });
      if (onHand > 0) await adjust(code, { delta: onHand, reason: "opening" });
      return sku.id;
    },
    async stock(code) {
      const [row] = await db.query<{ onHand: number; reserved: number }>(
        `select sum(s.on_hand)::bigint as "onHand", sum(s.reserved)::bigint as reserved from stock_levels s
         join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id where s.merchant_id = $1 and k.code = $2`,
        [merchant.id, code],
      );
      return { onHand: row?.onHand ?? 0, reserved: row?.reserved ?? 0 };
    },
    async connect(connector, name, { settings = {}, secrets = {} } = {}) {
      const made = await createConnection(db, { vault, runtime }, merchant.id, {
        connector,
        name,
        settings,
        secrets,
      });
      return made.id;
    },
    async shop(name, given = {}) {
      const { products = [mug, bag], settings = {}, webhooks = true, ...more } = given;
      const host = `${name}.test`;
      const sandbox = createSandbox({ runtime, seed: 1, products, name, ...more });
      const connection = await createConnection(db, { vault, runtime }, merchant.id, {
        connector: "generic",
        name,
        settings: { baseUrl: `https://${host}`, callsPerSecond: 1000, burst: 1000, ...settings },
        secrets: { webhookSecret },
      });
      if (webhooks) {
        sandbox.connectWebhook({
          url: `https://${hubHost}/webhooks/${connection.id}`,
          secret: webhookSecret,
        });
      }
      const shop: TestShop = {
        connectionId: connection.id,
        sandbox,
        calls: [],
        intercept: null,
        async map(sku, product = mug, listing = {}) {
          const made = await createListing(db, runtime, merchant.id, {
            connection: connection.id,
            externalId: product.externalId,
            ...(product.externalVariantId === undefined
              ? {}
              : { externalVariantId: product.externalVariantId }),
            sku,
            unitsPer: 1,
            buffer: 0,
            cap: null,
            ...listing,
          });
          for (const orderId of made.waitingOrderIds) await submit({ kind: "order.map", orderId });
          return made.listing.id;
        },
        sell(quantity = 1, product = mug) {
          const placed = sandbox.shop.place({ lines: [{ ...product, quantity }] });
          if (!placed.ok) throw new Error(`not sold: ${placed.code}`);
          const paid = sandbox.shop.pay(placed.order.externalId);
          if (!paid.ok) throw new Error(`not paid: ${paid.code}`);
          return placed.order.externalId;
        },
        figure: (product = mug) => sandbox.shop.shelf.figure(product),
      };
      hosts.set(host, (input, init) => {
        const request = new Request(input, init);
        shop.calls.push(`${request.method} ${new URL(request.url).pathname}`);
        return (shop.intercept ?? sandbox.fetch)(request);
      });
      return shop;
    },
    async whileTimePasses(work) {
      let done = false;
      const ended = work.finally(() => {
        done = true;
      });
      // Small steps, each with a turn of the event loop for whoever was woken.
      while (!done) await runtime.advance(20);
      return ended;
    },
    close,
  };
}
