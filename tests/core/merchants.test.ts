import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  listConnections,
  loadConnection,
  loadManualConnection,
  openSecrets,
} from "../../src/core/catalogue/connections.ts";
import { listLocations } from "../../src/core/catalogue/locations.ts";
import type { Database } from "../../src/core/db/database.ts";
import {
  createMerchant,
  findMerchantByCode,
  listMerchants,
  loadMerchant,
  updateMerchantSettings,
} from "../../src/core/merchants.ts";
import { memoryDatabase } from "../support/database.ts";
import { testVault } from "../support/merchant.ts";
import { testRuntime } from "../support/runtime.ts";

describe("merchants", () => {
  const runtime = testRuntime();
  const vault = testVault(runtime);
  const parts = { vault, runtime };
  let db: Database;
  beforeAll(async () => {
    db = await memoryDatabase();
  });
  afterAll(() => db.close());

  it("starts with a key of its own, the location MAIN and the connection for orders by hand", async () => {
    const merchant = await createMerchant(db, parts, { code: " shop-1 ", name: "第一店" });
    expect(merchant).toStrictEqual({
      id: merchant.id,
      code: "shop-1",
      name: "第一店",
      baseCurrency: "CNY",
      timeZone: "Asia/Shanghai",
      settings: {
        chart: "cas",
        taxpayer: "general",
        exchangeRates: {},
        defaultTaxRateBp: 0,
        recognition: "on_shipment",
        stockMode: "auto",
        stockPoolBp: 0,
      },
      wrappedKey: merchant.wrappedKey,
      createdAt: "2026-11-22T08:00:00.000Z",
    });
    expect(await loadMerchant(db, merchant.id)).toStrictEqual(merchant);
    expect(await findMerchantByCode(db, "shop-1")).toStrictEqual(merchant);
    const { items } = await listLocations(db, merchant.id, { limit: 10 });
    expect(items).toMatchObject([{ code: "MAIN", kind: "own" }]);
    const [manual] = await listConnections(db, merchant.id);
    expect(manual).toMatchObject({ connector: "manual", name: "manual", status: "paused", settings: {} });
    expect(await loadManualConnection(db, merchant.id)).toStrictEqual(manual);
    const sealed = await loadConnection(db, merchant.id, manual?.id ?? "");
    expect(openSecrets(vault.keyFor(merchant.wrappedKey), sealed, "2026-11-22T08:00:00.000Z")).toStrictEqual({
      current: {},
      previous: null,
    });
  });

  it("refuses a code that is taken, and makes nothing then", async () => {
    await createMerchant(db, parts, { code: "twice", name: "First" });
    const before = await listMerchants(db);
    await expect(createMerchant(db, parts, { code: "twice", name: "Second" })).rejects.toMatchObject({
      code: "already_exists",
      message: 'There is a merchant "twice" already; choose another code.',
    });
    expect(await listMerchants(db)).toStrictEqual(before);
  });

  it.each([
    [{ code: " ", name: "n" }, "empty"],
    [{ code: "c", name: "n", baseCurrency: "RMB" }, "ISO 4217"],
    [{ code: "c", name: "n", timeZone: "Beijing" }, "IANA"],
  ])("refuses %j", async (input, reason) => {
    await expect(createMerchant(db, parts, input)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining(reason),
    });
  });

  it("sets what is given and keeps the rest", async () => {
    const { id } = await createMerchant(db, parts, { code: "settings", name: "S" });
    await updateMerchantSettings(db, id, { defaultTaxRateBp: 1300, taxpayer: "small_scale" });
    const merchant = await updateMerchantSettings(db, id, { exchangeRates: { USD: "7.1034" } });
    expect(merchant.settings).toStrictEqual({
      chart: "cas",
      taxpayer: "small_scale",
      exchangeRates: { USD: "7.1034" },
      defaultTaxRateBp: 1300,
      recognition: "on_shipment",
      stockMode: "auto",
      stockPoolBp: 0,
    });
    expect(await loadMerchant(db, id)).toStrictEqual(merchant);
    expect(await db.query("select settings from merchants where merchant_id = $1", [id])).toStrictEqual([
      { settings: { defaultTaxRateBp: 1300, taxpayer: "small_scale", exchangeRates: { USD: "7.1034" } } },
    ]);
  });

  it.each([
    [{ defaultTaxRateBp: 10_001 }],
    [{ exchangeRates: { USD: "seven" } }],
    [{ exchangeRates: { DOLLAR: "7" } }],
    [{ colour: "red" }],
    [{ recognition: "whenever" }],
  ])("refuses the settings %j and changes nothing", async (patch) => {
    const { id } = await createMerchant(db, parts, { code: `refused ${JSON.stringify(patch)}`, name: "S" });
    await expect(updateMerchantSettings(db, id, patch as never)).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(await db.query("select settings from merchants where merchant_id = $1", [id])).toStrictEqual([
      { settings: {} },
    ]);
  });

  it("does not know a merchant that is not there", async () => {
    const nobody = runtime.ids.next();
    await expect(loadMerchant(db, nobody)).rejects.toMatchObject({ code: "not_found" });
    await expect(updateMerchantSettings(db, nobody, {})).rejects.toMatchObject({ code: "not_found" });
    expect(await findMerchantByCode(db, "nobody")).toBeUndefined();
  });
});
