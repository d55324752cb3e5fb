/**
 * End to end against a real Vendure 3: orders placed in its shop are reserved in a real hub, stock goes back to it, parcels and
 * returns go both ways, and the hub is killed three times in the middle. Prints what was seen and ends with 1 at the first
 * thing that is not as expected.
 *
 *   npm run e2e:vendure
 *
 * SLUICE_E2E_VENDURE_DIR     where Vendure is or will be installed (once, 160 MB); default: a folder in the temporary directory
 * SLUICE_E2E_VENDURE_ACCESS  "key" (default) connects with an API key, "login" with name and password
 * SLUICE_E2E_POSTGRES        a PostgreSQL 15+ server on which two databases are made anew: sluice_e2e_vendure and
 *                            sluice_e2e_vendure_hub; default: postgres://postgres@127.0.0.1:5432
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bridgeSecret, pointBridge } from "./bridge.ts";
import { databaseAt, type OpenedShop, runRoundTrip } from "./round-trip.ts";
import { goods } from "./shop-side.ts";
import { note } from "./steps.ts";
import { vendureSide } from "./vendure/shop.ts";
import { createProducts } from "./vendure-server/buying.ts";
import { vendureVersion } from "./vendure-server/install.ts";
import { startVendure } from "./vendure-server.ts";

const directory = process.env.SLUICE_E2E_VENDURE_DIR ?? join(tmpdir(), "sluice-e2e-vendure");
const usesLogin = process.env.SLUICE_E2E_VENDURE_ACCESS === "login";

async function openShop(): Promise<OpenedShop> {
  const server = await startVendure({
    directory,
    databaseUrl: databaseAt("sluice_e2e_vendure"),
    port: 0,
    onProgress: note,
  });
  const products = await createProducts(server, [...goods]);
  let webhookUrl: string | null = null;
  return {
    side: vendureSide(server, products, (isOpen) => pointBridge(directory, isOpen ? webhookUrl : null)),
    variants: new Map(products.map(({ sku, variantId }) => [sku, variantId])),
    connection: {
      connector: "vendure",
      settings: { baseUrl: server.baseUrl, stockLocationId: server.stockLocationId },
      secrets: {
        ...(usesLogin ? server.hubUser : { apiKey: server.hubApiKey }),
        webhookSecret: bridgeSecret,
      },
    },
    account: `${new URL(server.baseUrl).host}, default channel, Default Stock Location`,
    pointBridge: (url) => {
      webhookUrl = url;
    },
    stop: () => server.stop(),
  };
}

await runRoundTrip(`Vendure ${vendureVersion} in ${directory}`, "sluice_e2e_vendure_hub", openShop);
