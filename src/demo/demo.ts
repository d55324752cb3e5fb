import { z } from "zod";
import { createKey } from "../core/keys.ts";
import { defaultAccounts } from "../core/ledger/chart.ts";
import { createMerchant, listMerchants } from "../core/merchants.ts";
import type { Hub } from "../hub.ts";
import { makeGoods } from "./connect-shop.ts";
import { demoGoods } from "./goods.ts";
import { type HubClient, hubClient } from "./hub-client.ts";
import { startMishaps } from "./mishaps.ts";
import { closeShops, openShops, sendShoppers } from "./shops.ts";
import { createDemoState, type DemoState } from "./state.ts";
import { startWarehouse } from "./warehouse.ts";

/** Two keys of the demo's merchant: one for people who try the API, one that the page uses by itself. */
export interface DemoKeys {
  owner: string;
  readOnly: string;
}

export interface RunningDemo {
  state(): Promise<DemoState>;
  /** Sends everybody home and closes the shops; the hub goes on. */
  stop(): Promise<void>;
}

/** The merchant of the demo, made when it is not there, and fresh keys. */
export async function demoKeys(hub: Hub): Promise<DemoKeys> {
  const [known] = await listMerchants(hub.db);
  const merchant = known ?? (await createMerchant(hub.db, hub, { code: "demo", name: "演示商户 · Demo" }));
  const key = async (role: "owner" | "read-only") =>
    (await createKey(hub.db, hub.runtime, merchant.id, { name: "demo", role })).token;
  return { owner: await key("owner"), readOnly: await key("read-only") };
}

/** The Chinese chart of accounts, with both names of each: the page shows the one its reader can read. */
async function nameAccounts(client: HubClient): Promise<void> {
  const english = defaultAccounts("ifrs");
  for (const { role, code, name } of Object.values(defaultAccounts("cas"))) {
    const body = { code, name: `${name} · ${english[role].name}` };
    await client.call("PUT", `/v1/accounts/${role}`, z.unknown(), body);
  }
}

/**
 * Fills a hub that is being served with life: 20 SKUs, three shops with shoppers that speak to it over HTTP, a warehouse,
 * and something that goes wrong every half minute.
 */
export async function startDemo(
  hub: Hub,
  { url, ownerKey, seed }: { url: string; ownerKey: string; seed: number },
): Promise<RunningDemo> {
  const { runtime, db } = hub;
  const client = hubClient(runtime.fetch, url, ownerKey);
  await nameAccounts(client);
  await makeGoods(client, demoGoods);
  const shops = await openShops(runtime, client, seed);
  const stopping = new AbortController();
  const warehouse = startWarehouse(runtime, client, shops, seed, stopping.signal);
  const mishaps = startMishaps(runtime, shops, seed, stopping.signal);
  sendShoppers(shops);
  return {
    state: createDemoState({ shops, db, mishap: mishaps.current, work: warehouse.work }),
    async stop() {
      stopping.abort();
      await Promise.all([warehouse.done, mishaps.done]);
      await closeShops(shops);
    },
  };
}
