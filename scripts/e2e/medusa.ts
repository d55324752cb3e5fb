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
import { bridgeSecret, installBridge, pointBridge } from "./bridge.ts";
import { medusaSide } from "./medusa/shop.ts";
import { createProducts, medusaVersion, startMedusa } from "./medusa-server.ts";
import { databaseAt, type OpenedShop, runRoundTrip } from "./round-trip.ts";
import { goods } from "./shop-side.ts";
import { note } from "./steps.ts";

const directory = process.env.SLUICE_E2E_MEDUSA_DIR ?? join(tmpdir(), "sluice-e2e-medusa");

async function openShop(): Promise<OpenedShop> {
  await installBridge(directory, "medusa.md", "src/subscribers/sluice-bridge.js");
  const server = await startMedusa({
    directory,
    databaseUrl: databaseAt("sluice_e2e_medusa"),
    port: 0,
    onProgress: note,
  });
  const products = await createProducts(
    server,
    goods.map(({ priceMinor, ...product }) => ({ ...product, priceMajor: priceMinor / 100 })),
  );
  let webhookUrl: string | null = null;
  return {
    side: medusaSide({ server, products }, (isOpen) => pointBridge(directory, isOpen ? webhookUrl : null)),
    variants: new Map(products.map(({ sku, variantId }) => [sku, variantId])),
    connection: {
      connector: "medusa",
      settings: {
        baseUrl: server.baseUrl,
        stockLocationId: server.stockLocationId,
        salesChannelId: server.salesChannelId,
      },
      secrets: { apiKey: server.adminApiKey, webhookSecret: bridgeSecret },
    },
    account: "Medusa Store, Main warehouse",
    pointBridge: (url) => {
      webhookUrl = url;
    },
    stop: () => server.stop(),
  };
}

await runRoundTrip(`Medusa ${medusaVersion} in ${directory}`, "sluice_e2e_medusa_hub", openShop);
