import { z } from "zod";
import type { Product } from "../connectors/sandbox/index.ts";
import { SluiceError } from "../core/errors.ts";
import type { Runtime } from "../core/runtime.ts";
import type { ShopAccess } from "./run-sandbox.ts";

export interface SandboxConnection {
  hubUrl: string;
  key: string | undefined;
  shop: ShopAccess;
  products: readonly Product[];
}

const connectionSchema = z.object({ id: z.string(), webhookUrl: z.string() });
const stockSchema = z.object({ items: z.array(z.object({ sku: z.string() })) });
const listSchema = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) });
const problemSchema = z.object({ code: z.string(), detail: z.string() }).partial();

/**
 * Connects the shop through the hub's ordinary API, as an integrator would: SKUs with opening stock where they are
 * missing, the connection (a shop of the same name from an earlier run is ended first), and one listing per product.
 */
export async function connectSandbox(
  runtime: Runtime,
  { hubUrl, key, shop, products }: SandboxConnection,
): Promise<{ webhookUrl: string }> {
  if (!key) {
    throw new SluiceError(
      "invalid_request",
      "Connecting to a hub needs an owner's API key: give --key, or set SLUICE_API_KEY. Make one with: sluice keys create --role owner",
    );
  }
  const hub = hubClient(runtime, hubUrl, key);
  await makeGoods(hub, products);
  const { items: known } = listSchema.parse(await hub.call("GET", "/v1/connections"));
  for (const { id } of known.filter(({ name }) => name === shop.name))
    await hub.call("DELETE", `/v1/connections/${id}`);
  const connection = connectionSchema.parse(
    await hub.call("POST", "/v1/connections", {
      connector: "generic",
      name: shop.name,
      settings: { baseUrl: shop.baseUrl },
      secrets: { webhookSecret: shop.webhookSecret, apiToken: shop.apiToken },
    }),
  );
  for (const { externalId, externalVariantId, sku } of products) {
    await hub.call("POST", "/v1/listings", {
      connection: connection.id,
      externalId,
      ...(externalVariantId === undefined ? {} : { externalVariantId }),
      sku,
    });
  }
  return { webhookUrl: connection.webhookUrl };
}

type HubClient = ReturnType<typeof hubClient>;

async function makeGoods(hub: HubClient, products: readonly Product[]): Promise<void> {
  for (const { sku = "", title, priceMinor } of products) {
    const { items } = stockSchema.parse(await hub.call("GET", `/v1/stock?sku=${encodeURIComponent(sku)}`));
    if (items.length > 0) continue;
    await hub.call("POST", "/v1/skus", { code: sku, name: title });
    const line = {
      sku,
      delta: openingUnits,
      unitCostMinor: Math.round(priceMinor * costShare),
      reason: "opening",
    };
    await hub.call("POST", "/v1/stock/adjustments", { reference: `sandbox opening ${sku}`, lines: [line] });
  }
}

/** Invented: enough for an hour of shoppers, bought at half the price. */
const openingUnits = 500;
const costShare = 0.5;

function hubClient({ fetch }: Runtime, hubUrl: string, key: string) {
  return {
    async call(method: string, path: string, body?: unknown): Promise<unknown> {
      const response = await fetch(`${hubUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch((cause: unknown) => {
        throw new SluiceError(
          "unavailable",
          `No hub answers at ${hubUrl}. Start one with: npm start. Or correct --hub.`,
          { cause },
        );
      });
      const text = await response.text();
      const answered: unknown = text === "" ? null : JSON.parse(text);
      if (response.ok) return answered;
      const problem = problemSchema.safeParse(answered).data;
      throw new SluiceError(
        response.status === 401 ? "unauthorized" : "invalid_request",
        `${hubUrl} refused ${method} ${path}: ${problem?.detail ?? `HTTP ${response.status}`}`,
      );
    },
  };
}
