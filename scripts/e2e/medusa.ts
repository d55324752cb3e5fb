/**
 * End to end against a real Medusa 2: orders placed in its store are reserved in a real hub, stock goes back to it, parcels and
 * returns go both ways, and the hub is killed three times in the middle. Prints what was seen and ends with 1 at the first
 * thing that is not as expected.
 *
 *   npm run e2e:medusa
 *
 * SLUICE_E2E_MEDUSA_DIR  where Medusa is or will be installed (once, 700 MB); default: a folder in the temporary directory
 * SLUICE_E2E_POSTGRES    a PostgreSQL 15+ server on which two databases are made anew: sluice_e2e_medusa and
 *                        sluice_e2e_medusa_hub; default: postgres://postgres@127.0.0.1:5432
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { bridgeSecret, installBridge, pointBridge } from "./medusa/bridge.ts";
import { crashes } from "./medusa/crash.ts";
import { everyday, type Scene, settle } from "./medusa/everyday.ts";
import { ask, createHub, doctor, type HubUnderTest, made } from "./medusa/hub.ts";
import type { Shop } from "./medusa/shop.ts";
import { expectEqual, note, step } from "./medusa/steps.ts";
import { recreateDatabase } from "./medusa-server/database.ts";
import { createProducts, medusaVersion, startMedusa } from "./medusa-server.ts";

const directory = process.env.SLUICE_E2E_MEDUSA_DIR ?? join(tmpdir(), "sluice-e2e-medusa");
const postgresUrl = process.env.SLUICE_E2E_POSTGRES ?? "postgres://postgres@127.0.0.1:5432";

const databaseAt = (name: string): string => {
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
};

const products = [
  { sku: "MUG-BLU-350", title: "Stoneware mug", priceMajor: 25, stock: 7 },
  { sku: "TEA-GRN-100", title: "Green tea", priceMajor: 19.99, stock: 0 },
  { sku: "BAG-1", title: "Bag", priceMajor: 5, stock: 500 },
];

async function openShop(): Promise<Shop> {
  await installBridge(directory);
  const server = await startMedusa({
    directory,
    databaseUrl: databaseAt("sluice_e2e_medusa"),
    port: 0,
    onProgress: note,
  });
  return { server, products: await createProducts(server, products) };
}

/** SKUs, 300 units of each, the connection, a listing per product. */
async function connect(hub: HubUnderTest, shop: Shop): Promise<{ id: string; webhookUrl: string }> {
  for (const { sku, title } of products)
    await ask(hub, z.unknown(), "/v1/skus", { code: sku, name: title, taxRateBp: 2100 });
  const lines = products.map(({ sku, priceMajor }) => ({
    sku,
    delta: 300,
    unitCostMinor: Math.round(priceMajor * 40),
    reason: "opening",
  }));
  await ask(hub, z.unknown(), "/v1/stock/adjustments", { reference: "OPENING", lines });
  const connection = await ask(hub, made.extend({ webhookUrl: z.string() }), "/v1/connections", {
    connector: "medusa",
    name: "Web shop",
    settings: {
      baseUrl: shop.server.baseUrl,
      stockLocationId: shop.server.stockLocationId,
      salesChannelId: shop.server.salesChannelId,
    },
    secrets: { apiKey: shop.server.adminApiKey, webhookSecret: bridgeSecret },
  });
  const tested = await ask(hub, z.unknown(), `/v1/connections/${connection.id}/test`, {});
  expectEqual("the connection's test", tested, { ok: true, account: "Medusa Store, Main warehouse" });
  for (const { sku, variantId } of shop.products) {
    await ask(hub, made, "/v1/listings", { connection: connection.id, externalId: variantId, sku });
  }
  return connection;
}

async function main(): Promise<void> {
  const shop = await step(`Medusa ${medusaVersion} in ${directory}`, openShop);
  let hub: HubUnderTest | undefined;
  try {
    hub = await step("A hub on a fresh database", async () => {
      await recreateDatabase(databaseAt("sluice_e2e_medusa_hub"));
      return createHub(databaseAt("sluice_e2e_medusa_hub"));
    });
    const running = hub;
    const connection = await step("The shop is connected", () => connect(running, shop));
    const bridge = (isOpen: boolean) => pointBridge(directory, isOpen ? connection.webhookUrl : null);
    const scene: Scene = { shop, hub, connection: connection.id, bridge };
    await step("Medusa gets the hub's stock", () => settle(scene));
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
    await shop.server.stop();
  }
}

try {
  await main();
} catch (error) {
  console.error(`\nNot as expected: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
