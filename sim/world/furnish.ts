import { demoProducts, type Product } from "../../src/connectors/sandbox/index.ts";
import type { Chance } from "../../src/connectors/sandbox/random.ts";
import { createConnection, loadManualConnection } from "../../src/core/catalogue/connections.ts";
import { createListings } from "../../src/core/catalogue/listings.ts";
import { createLocation } from "../../src/core/catalogue/locations.ts";
import { createSku } from "../../src/core/catalogue/skus.ts";
import type { Database } from "../../src/core/db/database.ts";
import { createEngine } from "../../src/core/engine/engine.ts";
import { createMerchant } from "../../src/core/merchants.ts";
import type { ListingInput } from "../../src/core/model/catalogue.ts";
import type { Runtime } from "../../src/core/runtime.ts";
import { createVault } from "../../src/core/vault.ts";
import type { Plan } from "../plan.ts";
import { masterKey } from "./hub-process.ts";
import { type SimShop, settingsOf, webhookSecret } from "./shops.ts";
import type { Truth } from "./truth.ts";

/** The merchant's side before the first order: goods, places, connections, listings. */
export interface Furniture {
  merchantId: string;
  otherMerchantId: string;
  manualConnectionId: string;
  skuCodes: string[];
  bundleCode: string | null;
  locations: string[];
  /** Items of shops that are not mapped yet. */
  unmapped: ListingInput[];
}

export const emptyFurniture: Furniture = {
  merchantId: "",
  otherMerchantId: "",
  manualConnectionId: "",
  skuCodes: [],
  bundleCode: null,
  locations: [],
  unmapped: [],
};

export const codesOf = (plan: Plan): string[] =>
  Array.from({ length: plan.skuCount }, (_, index) => `SKU-${index + 1}`);

/** Every shop lists every SKU, and the bundle where there is one; `title` names the SKU. */
export function productsOf(plan: Plan, chance: Chance): Product[] {
  const codes = [...codesOf(plan), ...(plan.features.has("bundles") ? ["BUNDLE"] : [])];
  return demoProducts(codes.length, chance.between(1, 1_000)).map((product, index) => {
    const { externalVariantId, ...rest } = product;
    const variant = chance.happens(0.5) && externalVariantId !== undefined ? { externalVariantId } : {};
    return { ...rest, ...variant, sku: codes[index] ?? "", quantity: 0 };
  });
}

/** How a SKU's units are to be spread; null: as the merchant's default says. Half of them where both ways are in the run. */
export function modeOf({ features }: Plan, code: string): "split" | "shared" | null {
  const isSplit = features.has("split units");
  const isShared = features.has("shared units");
  if (isSplit && isShared) return Number(code.slice("SKU-".length)) % 2 === 1 ? "split" : "shared";
  if (isSplit) return "split";
  return isShared ? "shared" : null;
}

interface Parts {
  db: Database;
  runtime: Runtime;
  plan: Plan;
  chance: Chance;
  truth: Truth;
  shops: readonly SimShop[];
}

export async function furnish(parts: Parts): Promise<Furniture> {
  const { db, runtime, plan, truth } = parts;
  const vault = createVault(masterKey, runtime.random);
  const merchant = await createMerchant(db, { vault, runtime }, { code: "sim", name: "Simulated merchant" });
  const other = await createMerchant(db, { vault, runtime }, { code: "other", name: "Other merchant" });
  const engine = createEngine({ db, vault, runtime });
  const skuCodes = codesOf(plan);
  await createSku(db, runtime, other.id, { code: "SKU-1", name: "Same code", kind: "physical" });
  await engine.submit(other.id, opening("opening", ["SKU-1"], 7));
  await engine.submit(other.id, {
    kind: "hold.create",
    input: { reference: "theirs", lines: [{ sku: "SKU-1", quantity: 2 }] },
    expiresAt: null,
  });
  for (const code of skuCodes) {
    const stockMode = modeOf(plan, code);
    const mode = stockMode === null ? {} : { stockMode };
    await createSku(db, runtime, merchant.id, { code, name: code, kind: "physical", ...mode });
  }
  const bundleCode = plan.features.has("bundles") ? "BUNDLE" : null;
  if (bundleCode !== null) {
    const components = skuCodes.slice(0, 2).map((sku, index) => ({ sku, quantity: index + 1 }));
    await createSku(db, runtime, merchant.id, {
      code: bundleCode,
      name: bundleCode,
      kind: "bundle",
      components,
    });
  }
  const locations = ["MAIN"];
  if (plan.features.has("second location")) {
    await createLocation(db, runtime, merchant.id, { code: "EAST", name: "East", kind: "own" });
    locations.push("EAST");
  }
  const first = opening("opening", skuCodes, plan.openingStock);
  await engine.submit(merchant.id, first);
  truth.adjustments.set("opening", first.input.lines);
  const unmapped = await connect(parts, merchant.id);
  await engine.close();
  return {
    merchantId: merchant.id,
    otherMerchantId: other.id,
    manualConnectionId: (await loadManualConnection(db, merchant.id)).id,
    skuCodes,
    bundleCode,
    locations,
    unmapped,
  };
}

const opening = (reference: string, codes: readonly string[], quantity: number) => ({
  kind: "stock.adjust" as const,
  input: {
    reference,
    lines: codes.map((sku, index) => ({
      sku,
      delta: quantity,
      unitCostMinor: 700 + index * 33,
      reason: "opening" as const,
    })),
  },
});

async function connect(
  { db, runtime, plan, chance, shops }: Parts,
  merchantId: string,
): Promise<ListingInput[]> {
  const vault = createVault(masterKey, runtime.random);
  const inputs: ListingInput[] = [];
  const unmapped: ListingInput[] = [];
  for (const shop of shops) {
    const { id } = await createConnection(db, { vault, runtime }, merchantId, {
      connector: "generic",
      name: shop.plan.name,
      settings: settingsOf(shop.plan),
      secrets: { webhookSecret },
    });
    shop.connectionId = id;
    for (const product of shop.sandbox.shop.products) {
      const isLater = plan.features.has("mapping later") && chance.happens(0.3);
      (isLater ? unmapped : inputs).push(listingOf(plan, chance, id, product));
    }
  }
  await createListings(db, runtime, merchantId, inputs);
  return unmapped;
}

function listingOf(plan: Plan, chance: Chance, connection: string, product: Product): ListingInput {
  const isLimited = plan.features.has("caps and buffers");
  return {
    connection,
    externalId: product.externalId,
    ...(product.externalVariantId === undefined ? {} : { externalVariantId: product.externalVariantId }),
    sku: product.sku ?? "",
    unitsPer: plan.features.has("packs") ? chance.oneOf([1, 1, 2, 3]) : 1,
    buffer: isLimited ? chance.between(0, 2) : 0,
    cap: isLimited && chance.happens(0.5) ? chance.between(1, 10) : null,
  };
}
