import { createSandbox, demoProducts, type Product, type Sandbox } from "../connectors/sandbox/index.ts";
import { SluiceError } from "../core/errors.ts";
import { type ConnectedShop, connectShop, makeGoods, type ShopAccess } from "../demo/connect-shop.ts";
import { hubClient } from "../demo/hub-client.ts";
import { serveNode } from "../http/node.ts";
import type { CliContext } from "./context.ts";
import { untilAborted } from "./run-hub.ts";
import type { SandboxArguments } from "./sandbox.ts";
import { urlOf } from "./services.ts";

const host = "127.0.0.1";

/** Serves one simulated shop until the process is asked to end. */
export async function runSandbox(context: CliContext, options: SandboxArguments): Promise<void> {
  const { runtime } = context;
  const { name, seed, pace } = options;
  const webhookSecret = `whsec_${Buffer.from(runtime.random.bytes(32)).toString("base64")}`;
  const apiToken = Buffer.from(runtime.random.bytes(24)).toString("base64url");
  const products = demoProducts(options.products, seed);
  const sandbox = createSandbox({ runtime, seed, name, products, apiToken });
  const server = await serveNode(sandbox.app, { host, port: options.port });
  const shop: ShopAccess = { name, baseUrl: urlOf(host, server.port), webhookSecret, apiToken };
  try {
    const hubUrl = options.hub?.replace(/\/+$/, "");
    const key = options.key ?? context.env.SLUICE_API_KEY;
    if (hubUrl !== undefined) {
      const { webhookUrl } = await connectTo(context, hubUrl, key, shop, products);
      sandbox.connectWebhook({ url: webhookUrl, secret: webhookSecret });
    }
    announce(context, shop, hubUrl);
    if (pace > 0) sandbox.shoppers.start(pace);
    await untilAborted(context.stopSignal());
  } finally {
    sandbox.stop();
    await server.close(0);
  }
  tellEnd(context, sandbox);
}

/** Invented: enough for an hour of shoppers, bought at half the price. */
const openingUnits = 500;
const costShare = 0.5;

function connectTo(
  { runtime }: CliContext,
  hubUrl: string,
  key: string | undefined,
  shop: ShopAccess,
  products: readonly Product[],
): Promise<ConnectedShop> {
  if (!key) {
    throw new SluiceError(
      "invalid_request",
      "Connecting to a hub needs an owner's API key: give --key, or set SLUICE_API_KEY. Make one with: sluice keys create --role owner",
    );
  }
  const goods = products.map(({ externalId, externalVariantId, sku = externalId, title, priceMinor }) => ({
    externalId,
    ...(externalVariantId === undefined ? {} : { externalVariantId }),
    sku,
    name: title,
    unitCostMinor: Math.round(priceMinor * costShare),
    openingUnits,
  }));
  const hub = hubClient(runtime.fetch, hubUrl, key);
  return makeGoods(hub, goods).then(() => connectShop(hub, shop, goods));
}

function announce(context: CliContext, shop: ShopAccess, hubUrl: string | undefined): void {
  const { io, isJson } = context;
  if (isJson) {
    io.print(JSON.stringify({ event: "listening", ...shop, hub: hubUrl ?? null }));
    return;
  }
  const { name, baseUrl, webhookSecret, apiToken } = shop;
  io.print(`"${name}" sells on ${baseUrl}`);
  io.print(`  state    curl ${baseUrl}/_control/state`);
  io.print(`  faults   curl -X PATCH ${baseUrl}/_control/faults -d '{"dropWebhooks": 0.5}'`);
  if (hubUrl === undefined) {
    io.print("connect it by hand:");
    io.print(
      `  npm run -s sluice -- connections add --connector generic --name "${name}" --set baseUrl=${baseUrl} ` +
        `--secret webhookSecret=${webhookSecret} --secret apiToken=${apiToken}`,
    );
    io.print("and tell the shop the webhook address that this prints:");
    io.print(`  curl -X PUT ${baseUrl}/_control/webhook -d '{"url": "…", "secret": "${webhookSecret}"}'`);
  } else io.print(`connected to ${hubUrl}; its stock and orders show there at once`);
}

function tellEnd({ io, isJson }: CliContext, sandbox: Sandbox): void {
  const { orders, counts } = sandbox.state();
  if (isJson) io.print(JSON.stringify({ event: "stopped", orders, counts }));
  else io.print(`closed after ${orders} orders`);
}
