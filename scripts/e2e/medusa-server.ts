/**
 * A real Medusa 2 server for the end-to-end test: installed from npm into a directory outside the project (once,
 * about two minutes), with a database made anew on the given PostgreSQL server, a small shop set up through
 * Medusa's admin API, and shoppers who buy through its store API. Listens on loopback only.
 *
 *   const medusa = await startMedusa({ directory, databaseUrl, port: 0, onProgress: console.error });
 *   const [mug] = await createProducts(medusa, [{ sku: "MUG", title: "Mug", priceMajor: 25, stock: 10 }]);
 *   const { orderId } = await placeOrder(medusa, [{ variantId: mug.variantId, quantity: 2 }], { capture: true });
 *   await medusa.stop();
 *
 * The clock is the machine's and so are the ports: this is test support, nothing of it runs in the hub.
 */

import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { installMedusa } from "./medusa-server/install.ts";
import { created, query, request, secretKeyHeaders } from "./medusa-server/requests.ts";
import { paymentProviderId, type Shop, setUpShop, shopCountry, shopCurrency } from "./medusa-server/shop.ts";
import { recreateDatabase } from "./server/database.ts";
import { findPort, host, untilHealthy } from "./server/listening.ts";
import { hostEnvironment, run, start, stop } from "./server/processes.ts";

export { medusaVersion } from "./medusa-server/install.ts";
export { MedusaRefusal } from "./medusa-server/requests.ts";
export { shippingPriceMajor, shopCurrency, shopVatPercent } from "./medusa-server/shop.ts";

export interface MedusaServer extends Shop {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  baseUrl: string;
  /** Path of the log file that installation, migrations and the server write to. */
  log: string;
  /** Ends the server process; the installation and the database stay for inspection. Safe to call twice. */
  stop(): Promise<void>;
}

export interface MedusaOptions {
  /** Where Medusa is or will be installed; outside the project, kept between runs. */
  directory: string;
  /** The database to make anew, e.g. `postgres://postgres@127.0.0.1:5432/sluice_e2e_medusa`. */
  databaseUrl: string;
  /** 0 takes any free port. */
  port: number;
  onProgress(message: string): void;
}

/** Installs, migrates, starts and sets up Medusa. Whatever fails, no process is left behind. */
export async function startMedusa({
  directory,
  databaseUrl,
  port,
  onProgress,
}: MedusaOptions): Promise<MedusaServer> {
  const freePort = await findPort(port);
  const log = join(directory, "medusa.log");
  await mkdir(directory, { recursive: true });
  await writeFile(log, "");
  // The database first: a wrong URL should not be found out after minutes of installing.
  onProgress("creating Medusa's database");
  await recreateDatabase(databaseUrl);
  await installMedusa({ directory, log, onProgress });

  const environment: NodeJS.ProcessEnv = {
    ...hostEnvironment(),
    NODE_ENV: "production",
    NO_COLOR: "1",
    DATABASE_URL: databaseUrl,
    JWT_SECRET: randomBytes(24).toString("hex"),
    COOKIE_SECRET: randomBytes(24).toString("hex"),
    MEDUSA_DISABLE_TELEMETRY: "true",
    // Medusa's CLI keeps a settings file; it belongs with the rest of it.
    XDG_CONFIG_HOME: join(directory, ".config"),
  };
  const cli = (what: string, args: string[]) => ({
    what,
    command: process.execPath,
    args: [join(directory, "node_modules", "@medusajs", "cli", "cli.js"), ...args],
    directory,
    environment,
    log,
  });
  const admin = { email: "admin@sluice.test", password: randomBytes(12).toString("hex") };
  const short = { timeoutMs: 300_000, onProgress };
  onProgress("running Medusa's migrations");
  await run({
    ...cli("Medusa's migrations", ["db:migrate", "--execute-all-links", "--execute-all-search"]),
    ...short,
  });
  await run({
    ...cli("creating the admin user", ["user", "-e", admin.email, "-p", admin.password]),
    ...short,
  });

  onProgress(`starting Medusa on port ${freePort}`);
  const server = start(cli("the Medusa server", ["start", "-H", host, "-p", String(freePort)]));
  const baseUrl = `http://${host}:${freePort}`;
  const stopServer = (): Promise<void> => stop(server.child, 15_000);
  try {
    await untilHealthy("Medusa", baseUrl, server.exited, log);
    onProgress("setting up the shop");
    const shop = await setUpShop(baseUrl, admin);
    onProgress(`Medusa is ready at ${baseUrl}`);
    return { baseUrl, log, stop: stopServer, ...shop };
  } catch (error) {
    await stopServer();
    throw error;
  }
}

/** One admin call with the secret key, for whatever a test wants to see or do; the answer is parsed with `schema`. */
export function callAdmin<Schema extends z.ZodType>(
  server: Pick<MedusaServer, "baseUrl" | "adminApiKey">,
  schema: Schema,
  call: { method?: "GET" | "POST" | "DELETE"; path: string; body?: unknown },
): Promise<z.output<Schema>> {
  return request(server.baseUrl, schema, { ...call, headers: secretKeyHeaders(server.adminApiKey) });
}

export interface NewProduct {
  sku: string;
  title: string;
  /** In EUR with VAT, decimal major units: 25 is 25.00 EUR. */
  priceMajor: number;
  /** Units stocked at the shop's one location. */
  stock: number;
}

export interface CreatedProduct {
  sku: string;
  variantId: string;
  inventoryItemId: string;
}

const productAnswer = z.object({
  product: z.object({ variants: z.array(z.object({ id: z.string(), sku: z.string() })).length(1) }),
});
const inventoryItemAnswer = z.object({ inventory_items: z.array(z.object({ id: z.string() })).length(1) });

/** One published product with one variant per SKU, its stock managed by Medusa. Answers in the order asked. */
export async function createProducts(
  server: MedusaServer,
  products: NewProduct[],
): Promise<CreatedProduct[]> {
  const answers: CreatedProduct[] = [];
  for (const { sku, title, priceMajor } of products) {
    const { product } = await callAdmin(server, productAnswer, {
      method: "POST",
      path: "/admin/products",
      body: {
        title,
        status: "published",
        shipping_profile_id: server.shippingProfileId,
        sales_channels: [{ id: server.salesChannelId }],
        options: [{ title: "Kind", values: ["Only"] }],
        variants: [
          {
            title,
            sku,
            manage_inventory: true,
            options: { Kind: "Only" },
            prices: [{ currency_code: shopCurrency, amount: priceMajor }],
          },
        ],
      },
    });
    const { inventory_items: items } = await callAdmin(server, inventoryItemAnswer, {
      path: `/admin/inventory-items?${query([["sku", sku]])}`,
    });
    const [variant, item] = [product.variants[0], items[0]];
    if (variant === undefined || item === undefined)
      throw new Error(`Medusa made no variant or no stock for ${sku}`);
    answers.push({ sku, variantId: variant.id, inventoryItemId: item.id });
  }
  await callAdmin(server, z.unknown(), {
    method: "POST",
    path: "/admin/inventory-items/location-levels/batch",
    body: {
      create: answers.map(({ inventoryItemId }, index) => ({
        inventory_item_id: inventoryItemId,
        location_id: server.stockLocationId,
        stocked_quantity: products[index]?.stock,
      })),
    },
  });
  return answers;
}

const cartAnswer = z.object({ cart: z.object({ id: z.string() }) });
const completion = z.discriminatedUnion("type", [
  z.object({ type: z.literal("order"), order: z.object({ id: z.string() }) }),
  z.object({ type: z.literal("cart"), error: z.object({ message: z.string() }) }),
]);

/**
 * Buys as a shopper does, through the public store API: cart, address, shipping, payment session, completion. The
 * order's payment is authorised; with `capture` it is captured by the admin afterwards. Throws a `MedusaRefusal`
 * when Medusa will not sell, such as more than is in stock.
 */
export async function placeOrder(
  server: MedusaServer,
  lines: { variantId: string; quantity: number }[],
  { capture = false, email = "ana@example.com" }: { capture?: boolean; email?: string } = {},
): Promise<{ orderId: string }> {
  const post = <Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    body: unknown,
  ): Promise<z.output<Schema>> =>
    request(server.baseUrl, schema, {
      method: "POST",
      path,
      body,
      headers: { "x-publishable-api-key": server.publishableKey },
    });
  const address = {
    first_name: "Ana",
    last_name: "Ruiz",
    address_1: "Calle Mayor 1",
    city: "Madrid",
    country_code: shopCountry,
    postal_code: "28013",
    phone: "+34600000000",
  };
  const { cart } = await post(cartAnswer, "/store/carts", {
    region_id: server.regionId,
    sales_channel_id: server.salesChannelId,
    email,
    shipping_address: address,
    billing_address: address,
    items: lines.map(({ variantId, quantity }) => ({ variant_id: variantId, quantity })),
  });
  await post(z.unknown(), `/store/carts/${cart.id}/shipping-methods`, { option_id: server.shippingOptionId });
  const payments = await post(created("payment_collection"), "/store/payment-collections", {
    cart_id: cart.id,
  });
  await post(z.unknown(), `/store/payment-collections/${payments.payment_collection.id}/payment-sessions`, {
    provider_id: paymentProviderId,
  });
  const completed = await post(completion, `/store/carts/${cart.id}/complete`, {});
  if (completed.type === "cart")
    throw new Error(`Medusa did not complete cart ${cart.id}: ${completed.error.message}`);
  const orderId = completed.order.id;
  if (capture) await capturePayments(server, orderId);
  return { orderId };
}

const paymentsOfOrder = z.object({
  order: z.object({
    payment_collections: z.array(
      z.object({ payments: z.array(z.object({ id: z.string(), captured_at: z.string().nullable() })) }),
    ),
  }),
});

/** Captures every payment of the order that is not captured yet; answers their ids. */
export async function capturePayments(server: MedusaServer, orderId: string): Promise<string[]> {
  const { order } = await callAdmin(server, paymentsOfOrder, {
    path: `/admin/orders/${orderId}?${query([["fields", "id,*payment_collections.payments"]])}`,
  });
  const waiting = order.payment_collections
    .flatMap(({ payments }) => payments)
    .filter((one) => !one.captured_at);
  for (const { id } of waiting) {
    await callAdmin(server, z.unknown(), { method: "POST", path: `/admin/payments/${id}/capture`, body: {} });
  }
  return waiting.map(({ id }) => id);
}
