import { z } from "zod";
import { crashes } from "./crash.ts";
import { everyday, type Scene, settle } from "./everyday.ts";
import { ask, createHub, doctor, type HubUnderTest, made } from "./hub.ts";
import { recreateDatabase } from "./server/database.ts";
import { goods, type ShopSide } from "./shop-side.ts";
import { expectEqual, step } from "./steps.ts";

/**
 * A round trip between a hub in a process of its own and a real shop: what the shop sells is reserved here, stock, parcels, cancelled
 * orders and refunds go both ways, and the hub is killed three times in the middle. Prints what was seen.
 */
export interface OpenedShop {
  side: ShopSide;
  /** Ids of the variants, by SKU. */
  variants: ReadonlyMap<string, string>;
  /** How the hub is to be connected, and what its test must answer. */
  connection: { connector: string; settings: Record<string, unknown>; secrets: Record<string, unknown> };
  account: string;
  /** Where the bridge will find the hub, once that is known. */
  pointBridge(webhookUrl: string): void;
  stop(): Promise<void>;
}

const postgresUrl = process.env.SLUICE_E2E_POSTGRES ?? "postgres://postgres@127.0.0.1:5432";

export const databaseAt = (name: string): string => {
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
};

/** SKUs, 300 units of each, the connection, a listing per product. */
async function connect(hub: HubUnderTest, shop: OpenedShop): Promise<string> {
  for (const { sku, title } of goods)
    await ask(hub, z.unknown(), "/v1/skus", { code: sku, name: title, taxRateBp: 2100 });
  const lines = goods.map(({ sku, priceMinor }) => ({
    sku,
    delta: 300,
    unitCostMinor: Math.round(priceMinor * 0.4),
    reason: "opening",
  }));
  await ask(hub, z.unknown(), "/v1/stock/adjustments", { reference: "OPENING", lines });
  const connection = await ask(hub, made.extend({ webhookUrl: z.string() }), "/v1/connections", {
    name: "Web shop",
    ...shop.connection,
  });
  shop.pointBridge(connection.webhookUrl);
  const tested = await ask(hub, z.unknown(), `/v1/connections/${connection.id}/test`, {});
  expectEqual("the connection's test", tested, { ok: true, account: shop.account });
  for (const [sku, externalId] of shop.variants)
    await ask(hub, made, "/v1/listings", { connection: connection.id, externalId, sku });
  return connection.id;
}

async function roundTrip(title: string, hubDatabase: string, open: () => Promise<OpenedShop>): Promise<void> {
  const shop = await step(title, open);
  let hub: HubUnderTest | undefined;
  try {
    hub = await step("A hub on a fresh database", async () => {
      await recreateDatabase(databaseAt(hubDatabase));
      return createHub(databaseAt(hubDatabase));
    });
    const running = hub;
    const connection = await step("The shop is connected", () => connect(running, shop));
    const scene: Scene = { shop: shop.side, hub, connection };
    await step(`${shop.side.name} gets the hub's stock`, () => settle(scene));
    await everyday(scene);
    await crashes(scene);
    await step("The hub's own promises", async () => {
      const report = await doctor(running);
      expectEqual(`broken promises of ${report.checks}`, report.failed, []);
      expectEqual("exit code of doctor", report.code, 0);
    });
    await step("The hub ends in good order", async () =>
      expectEqual("exit code", await running.process.stop(), 0),
    );
    console.log("\nAll as expected.");
  } catch (error) {
    if (hub) console.error(`\nThe hub said at the end:\n${hub.process.output().slice(-4000)}`);
    throw error;
  } finally {
    await hub?.process.kill();
    await hub?.sql.end({ timeout: 5 });
    await shop.stop();
  }
}

/** Runs it; ends the process with 1 at the first thing that is not as expected. */
export async function runRoundTrip(...parts: Parameters<typeof roundTrip>): Promise<void> {
  try {
    await roundTrip(...parts);
  } catch (error) {
    console.error(`\nNot as expected: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
