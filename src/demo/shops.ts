import { createSandbox, type Sandbox } from "../connectors/sandbox/index.ts";
import type { Runtime } from "../core/runtime.ts";
import { type RunningServer, serveNode } from "../http/node.ts";
import { type ConnectedShop, connectShop } from "./connect-shop.ts";
import { demoGoods, demoProducts } from "./goods.ts";
import type { HubClient } from "./hub-client.ts";

export interface DemoShop extends ConnectedShop {
  name: { en: string; zh: string };
  sandbox: Sandbox;
  server: RunningServer;
}

/** `actsPerMinute`: what its shoppers do, of which a good half is buying. */
const shops = [
  { en: "Harbour flagship", zh: "海港旗舰店", actsPerMinute: 110 },
  { en: "Lantern live room", zh: "灯笼直播间", actsPerMinute: 160 },
  { en: "Corner shop", zh: "街角小店", actsPerMinute: 70 },
] as const;

const host = "127.0.0.1";

/** Three simulated shops, each on a port of its own, connected to the hub. Nobody buys before `sendShoppers`. */
export async function openShops(runtime: Runtime, hub: HubClient, seed: number): Promise<DemoShop[]> {
  const opened: DemoShop[] = [];
  for (const [index, { en, zh }] of shops.entries()) {
    const webhookSecret = `whsec_${Buffer.from(runtime.random.bytes(32)).toString("base64")}`;
    const apiToken = Buffer.from(runtime.random.bytes(24)).toString("base64url");
    const name = `${zh} · ${en}`;
    const sandbox = createSandbox({
      runtime,
      seed: seed * shops.length + index,
      name,
      products: demoProducts,
      apiToken,
      journalLimit: 1_000,
    });
    const server = await serveNode(sandbox.app, { host, port: 0 });
    const access = { name, baseUrl: `http://${host}:${server.port}`, webhookSecret, apiToken };
    const connection = await connectShop(hub, access, demoGoods);
    sandbox.connectWebhook({ url: connection.webhookUrl, secret: webhookSecret });
    opened.push({ ...connection, name: { en, zh }, sandbox, server });
  }
  return opened;
}

export function sendShoppers(opened: readonly DemoShop[]): void {
  for (const [index, { sandbox }] of opened.entries()) {
    sandbox.shoppers.start(shops[index]?.actsPerMinute ?? 60);
  }
}

export async function closeShops(opened: readonly DemoShop[]): Promise<void> {
  for (const { sandbox } of opened) sandbox.stop();
  await Promise.all(opened.map(({ server }) => server.close(0)));
}
