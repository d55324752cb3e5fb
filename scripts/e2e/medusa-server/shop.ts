/**
 * Sets up the smallest shop that can sell: a Spanish shop in EUR, prices including 21 % VAT, one location, one
 * shipping option by the manual provider, payments by the system provider (authorised at once, captured on request).
 */

import { z } from "zod";
import { created, type MedusaRequest, query, request, secretKeyHeaders } from "./requests.ts";

export interface Shop {
  adminApiKey: string;
  publishableKey: string;
  regionId: string;
  stockLocationId: string;
  salesChannelId: string;
  shippingProfileId: string;
  shippingOptionId: string;
}

export const shopCurrency = "eur";
export const shopCountry = "es";
/** Included in every price of the shop. */
export const shopVatPercent = 21;
/** What shipping costs on every order, VAT included. */
export const shippingPriceMajor = 4.9;
/** Paid at once by whoever completes the cart; the money moves on capture. */
export const paymentProviderId = "pp_system_default";

type Post = <Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  body: unknown,
) => Promise<z.output<Schema>>;

const apiKey = z.object({ api_key: z.object({ id: z.string(), token: z.string() }) });

/** Signs in as the admin user, makes a secret API key, and builds the shop with that key alone. */
export async function setUpShop(baseUrl: string, admin: { email: string; password: string }): Promise<Shop> {
  const send = async <Schema extends z.ZodType>(
    schema: Schema,
    sent: MedusaRequest,
  ): Promise<z.output<Schema>> => request(baseUrl, schema, { method: "POST", ...sent });

  const { token } = await send(z.object({ token: z.string() }), {
    path: "/auth/user/emailpass",
    body: admin,
  });
  const secret = await send(apiKey, {
    path: "/admin/api-keys",
    headers: { authorization: `Bearer ${token}` },
    body: { title: "Sluice", type: "secret" },
  });
  const adminApiKey = secret.api_key.token;
  const post: Post = (schema, path, body) =>
    send(schema, { path, headers: secretKeyHeaders(adminApiKey), body });

  const channel = await post(created("sales_channel"), "/admin/sales-channels", { name: "Web shop" });
  const salesChannelId = channel.sales_channel.id;
  const publishable = await post(apiKey, "/admin/api-keys", { title: "Web shop", type: "publishable" });
  await post(z.unknown(), `/admin/api-keys/${publishable.api_key.id}/sales-channels`, {
    add: [salesChannelId],
  });

  await includeTaxInPrices(baseUrl, adminApiKey);
  const regionId = await createRegion(post);
  const profile = await post(created("shipping_profile"), "/admin/shipping-profiles", {
    name: "Parcels",
    type: "parcel",
  });
  const shippingProfileId = profile.shipping_profile.id;
  const { stockLocationId, serviceZoneId } = await createLocation(post, salesChannelId);
  const shippingOptionId = await createShippingOption(post, serviceZoneId, shippingProfileId);
  return {
    adminApiKey,
    publishableKey: publishable.api_key.token,
    regionId,
    stockLocationId,
    salesChannelId,
    shippingProfileId,
    shippingOptionId,
  };
}

/**
 * Prices here belong to a currency, not to a region, so it is the currency's preference that says whether they
 * include tax; Medusa has made one for its default currency, and the region's own flag does not reach these prices.
 */
async function includeTaxInPrices(baseUrl: string, adminApiKey: string): Promise<void> {
  const filter = query([
    ["attribute", "currency_code"],
    ["value", shopCurrency],
  ]);
  const headers = secretKeyHeaders(adminApiKey);
  const found = z.object({ price_preferences: z.array(z.object({ id: z.string() })).length(1) });
  const { price_preferences } = await request(baseUrl, found, {
    path: `/admin/price-preferences?${filter}`,
    headers,
  });
  for (const { id } of price_preferences) {
    const path = `/admin/price-preferences/${id}`;
    await request(baseUrl, z.unknown(), { method: "POST", path, headers, body: { is_tax_inclusive: true } });
  }
}

async function createRegion(post: Post): Promise<string> {
  const region = await post(created("region"), "/admin/regions", {
    name: "Spain",
    currency_code: shopCurrency,
    countries: [shopCountry],
    payment_providers: [paymentProviderId],
    automatic_taxes: true,
    is_tax_inclusive: true,
  });
  await post(z.unknown(), "/admin/tax-regions", {
    country_code: shopCountry,
    provider_id: "tp_system",
    default_tax_rate: { name: "IVA", code: "IVA", rate: shopVatPercent },
  });
  return region.region.id;
}

async function createLocation(
  post: Post,
  salesChannelId: string,
): Promise<{ stockLocationId: string; serviceZoneId: string }> {
  const location = await post(created("stock_location"), "/admin/stock-locations", {
    name: "Main warehouse",
    address: {
      address_1: "Calle del Almacén 1",
      city: "Madrid",
      country_code: shopCountry,
      postal_code: "28001",
    },
  });
  const stockLocationId = location.stock_location.id;
  const path = `/admin/stock-locations/${stockLocationId}`;
  await post(z.unknown(), `${path}/fulfillment-providers`, { add: ["manual_manual"] });
  await post(z.unknown(), `${path}/sales-channels`, { add: [salesChannelId] });
  await post(z.unknown(), `${path}/fulfillment-sets`, { name: "Shipping", type: "shipping" });
  const sets = await post(
    z.object({
      stock_location: z.object({ fulfillment_sets: z.array(z.object({ id: z.string() })).min(1) }),
    }),
    `${path}?fields=id,*fulfillment_sets`,
    {},
  );
  const zones = await post(
    z.object({ fulfillment_set: z.object({ service_zones: z.array(z.object({ id: z.string() })).min(1) }) }),
    `/admin/fulfillment-sets/${sets.stock_location.fulfillment_sets[0]?.id}/service-zones`,
    { name: "Spain", geo_zones: [{ type: "country", country_code: shopCountry }] },
  );
  return { stockLocationId, serviceZoneId: zones.fulfillment_set.service_zones[0]?.id ?? "" };
}

async function createShippingOption(
  post: Post,
  serviceZoneId: string,
  shippingProfileId: string,
): Promise<string> {
  const option = await post(created("shipping_option"), "/admin/shipping-options", {
    name: "Standard",
    service_zone_id: serviceZoneId,
    shipping_profile_id: shippingProfileId,
    provider_id: "manual_manual",
    price_type: "flat",
    type: { label: "Standard", description: "In a few days", code: "standard" },
    prices: [{ currency_code: shopCurrency, amount: shippingPriceMajor }],
    rules: [
      { attribute: "enabled_in_store", operator: "eq", value: "true" },
      { attribute: "is_return", operator: "eq", value: "false" },
    ],
  });
  return option.shipping_option.id;
}
