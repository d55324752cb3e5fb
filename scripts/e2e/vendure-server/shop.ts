/**
 * Sets up the smallest shop that can sell: a Spanish shop in EUR, prices including 21 % VAT, one stock location, one shipping
 * method, two ways to pay (settled at once; authorised, settled later by the staff), and a role that may do what the hub does.
 */

import { z } from "zod";
import { created, run, type VendureSession } from "./requests.ts";

export interface Shop {
  /** The superadmin's session: what the staff does. */
  admin: VendureSession;
  /** An API key of the hub's role. */
  hubApiKey: string;
  /** An administrator of the same role, for the login with a password. */
  hubUser: { username: string; password: string };
  stockLocationId: string;
  shippingMethodId: string;
  taxCategoryId: string;
}

export const shopCurrency = "EUR";
export const shopCountry = "ES";
/** Included in every price of the shop. */
export const shopVatPercent = 21;
/** What shipping costs on every order, VAT included, in cents. */
export const shippingPriceMinor = 490;
/** Codes of the payment methods. */
export const paidAtOnce = "card";
export const paidLater = "invoice";

/** What the hub's role may do (docs/vendure.md). */
export const hubPermissions = [
  "ReadOrder",
  "UpdateOrder",
  "ReadCatalog",
  "UpdateCatalog",
  "ReadStockLocation",
];

type Admin = { username: string; password: string };

export async function signIn(url: string, { username, password }: Admin): Promise<VendureSession> {
  const session: VendureSession = { url, headers: {} };
  await run(
    session,
    z.object({ login: z.object({ id: z.string() }) }),
    `mutation ($username: String!, $password: String!) {
      login(username: $username, password: $password) { ... on CurrentUser { id } ... on ErrorResult { errorCode message } } }`,
    { username, password },
  );
  return session;
}

const argument = (name: string, value: unknown) => ({ name, value: JSON.stringify(value) });
const text = (name: string, value: string) => ({ name, value });
const inEnglish = (fields: Record<string, string>) => [{ languageCode: "en", ...fields }];

export async function setUpShop(baseUrl: string, superadmin: Admin, hubPassword: string): Promise<Shop> {
  const admin = await signIn(`${baseUrl}/admin-api`, superadmin);
  const make = async (key: string, type: string, input: unknown): Promise<string> => {
    const answer = await run(
      admin,
      created(key),
      `mutation ($input: ${type}!) { ${key}(input: $input) { id } }`,
      { input },
    );
    return answer[key]?.id ?? "";
  };
  const countryId = await make("createCountry", "CreateCountryInput", {
    code: shopCountry,
    enabled: true,
    translations: inEnglish({ name: "Spain" }),
  });
  const zoneId = await make("createZone", "CreateZoneInput", { name: "Spain", memberIds: [countryId] });
  const taxCategoryId = await make("createTaxCategory", "CreateTaxCategoryInput", {
    name: "Standard",
    isDefault: true,
  });
  await make("createTaxRate", "CreateTaxRateInput", {
    name: "IVA",
    enabled: true,
    value: shopVatPercent,
    categoryId: taxCategoryId,
    zoneId,
  });
  await setUpChannel(admin, zoneId);
  const shippingMethodId = await make("createShippingMethod", "CreateShippingMethodInput", {
    code: "standard",
    fulfillmentHandler: "manual-fulfillment",
    checker: { code: "default-shipping-eligibility-checker", arguments: [argument("orderMinimum", 0)] },
    calculator: {
      code: "default-shipping-calculator",
      arguments: [
        argument("rate", shippingPriceMinor),
        text("includesTax", "include"),
        argument("taxRate", shopVatPercent),
      ],
    },
    translations: inEnglish({ name: "Standard", description: "In a few days" }),
  });
  for (const [code, settlesAtOnce] of [
    [paidAtOnce, true],
    [paidLater, false],
  ] as const) {
    await make("createPaymentMethod", "CreatePaymentMethodInput", {
      code,
      enabled: true,
      handler: { code: "dummy-payment-handler", arguments: [argument("automaticSettle", settlesAtOnce)] },
      translations: inEnglish({ name: code, description: code }),
    });
  }
  const stockLocationId = await stockLocation(admin);
  const access = await grantAccess(admin, make, hubPassword);
  return { admin, stockLocationId, shippingMethodId, taxCategoryId, ...access };
}

async function setUpChannel(admin: VendureSession, zoneId: string): Promise<void> {
  const { activeChannel } = await run(admin, created("activeChannel"), "{ activeChannel { id } }");
  const input = {
    id: activeChannel.id,
    pricesIncludeTax: true,
    defaultTaxZoneId: zoneId,
    defaultShippingZoneId: zoneId,
    availableCurrencyCodes: [shopCurrency],
    defaultCurrencyCode: shopCurrency,
  };
  await run(
    admin,
    created("updateChannel"),
    `mutation ($input: UpdateChannelInput!) { updateChannel(input: $input) {
      ... on Channel { id } ... on ErrorResult { errorCode message } } }`,
    { input },
  );
}

async function stockLocation(admin: VendureSession): Promise<string> {
  const { stockLocations } = await run(
    admin,
    z.object({ stockLocations: z.object({ items: z.array(z.object({ id: z.string() })).length(1) }) }),
    "{ stockLocations { items { id } } }",
  );
  return stockLocations.items[0]?.id ?? "";
}

/** A role with the least the hub needs, an API key of it and an administrator who has it. */
async function grantAccess(
  admin: VendureSession,
  make: (key: string, type: string, input: unknown) => Promise<string>,
  password: string,
): Promise<Pick<Shop, "hubApiKey" | "hubUser">> {
  const roleId = await make("createRole", "CreateRoleInput", {
    code: "sluice",
    description: "Sluice",
    permissions: hubPermissions,
  });
  const username = "hub@sluice.test";
  await make("createAdministrator", "CreateAdministratorInput", {
    emailAddress: username,
    firstName: "Sluice",
    lastName: "Hub",
    password,
    roleIds: [roleId],
  });
  const { createApiKey } = await run(
    admin,
    z.object({ createApiKey: z.object({ apiKey: z.string() }) }),
    "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey } }",
    { input: { roleIds: [roleId], translations: inEnglish({ name: "Sluice" }) } },
  );
  return { hubApiKey: createApiKey.apiKey, hubUser: { username, password } };
}
