import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import { type AccountInput, loadAccounts, setAccount } from "../../../src/core/ledger/accounts.ts";
import { charts, defaultAccounts, roles } from "../../../src/core/ledger/chart.ts";
import { updateMerchantSettings } from "../../../src/core/merchants.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";

let db: Database;
let merchantId: string;
const runtime = testRuntime();
beforeAll(async () => {
  db = await memoryDatabase();
});
beforeEach(async () => {
  merchantId = (await testMerchant(db, runtime)).id;
});
afterAll(() => db.close());

describe("loadAccounts", () => {
  it("gives the defaults of the merchant's chart", async () => {
    expect(await loadAccounts(db, merchantId)).toEqual(defaultAccounts("cas"));
    await updateMerchantSettings(db, merchantId, { chart: "ifrs" });
    expect((await loadAccounts(db, merchantId)).ar_platform).toEqual({
      role: "ar_platform",
      code: "1100",
      name: "Receivable - platform unsettled",
      type: "asset",
    });
  });

  it("gives the merchant's own account where it has set one, to this merchant only", async () => {
    const other = (await testMerchant(db, runtime)).id;
    await setAccount(db, merchantId, { role: "revenue", code: "6001.88", name: "直播收入" });
    expect((await loadAccounts(db, merchantId)).revenue).toEqual({
      role: "revenue",
      code: "6001.88",
      name: "直播收入",
      type: "income",
    });
    expect((await loadAccounts(db, merchantId)).cogs.code).toBe("6401.01");
    expect((await loadAccounts(db, other)).revenue.code).toBe("6001.01");
  });

  it("says so when there is no such merchant", async () => {
    await expect(loadAccounts(db, "01900000-0000-7000-8000-00000000ffff")).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

describe("setAccount", () => {
  it("replaces what was set before; the type may be set too", async () => {
    await setAccount(db, merchantId, { role: "subsidy_platform", code: "1221-03", name: "Subsidy" });
    expect(
      await setAccount(db, merchantId, {
        role: "subsidy_platform",
        code: "6601.01",
        name: "Rebate",
        type: "expense",
      }),
    ).toEqual({
      role: "subsidy_platform",
      code: "6601.01",
      name: "Rebate",
      type: "expense",
    });
    expect((await loadAccounts(db, merchantId)).subsidy_platform.type).toBe("expense");
  });

  const good = { role: "revenue", code: "6001.01", name: "主营业务收入-商品" };
  it.each<[string, Partial<AccountInput>]>([
    ["an unknown role", { role: "petty_cash" }],
    ["an empty code", { code: "" }],
    ["a code with a space", { code: "6001 01" }],
    ["a code that begins with a small letter", { code: "a6001" }],
    ["a code with two dots", { code: "6001..01" }],
    ["a code that ends with a dot", { code: "6001." }],
    ["a code in parentheses", { code: "(6001)" }],
    ["a code that is a formula", { code: "=6001" }],
    ["a long code", { code: "6".repeat(33) }],
    ["an empty name", { name: "" }],
    ["two spaces in the name", { name: "Sales  goods" }],
    ["two ideographic spaces in the name", { name: "主营　　收入" }],
    ["a space at the end of the name", { name: "Sales " }],
    ["a comment in the name", { name: "Sales ; goods" }],
    ["parentheses in the name", { name: "Sales (goods)" }],
    ["brackets in the name", { name: "[Sales]" }],
    ["a sub-account in the name", { name: "Sales:goods" }],
    ["quotes in the name", { name: 'Sales "A"' }],
    ["a bar in the name", { name: "Sales | goods" }],
    ["a line break in the name", { name: "Sales\ngoods" }],
    ["a tab in the name", { name: "Sales\tgoods" }],
    ["a separator of ours in the name", { name: "Sales\u001fgoods" }],
    ["a long name", { name: "x".repeat(101) }],
  ])("refuses %s and leaves the account as it was", async (_what, wrong) => {
    await expect(setAccount(db, merchantId, { ...good, ...wrong })).rejects.toMatchObject({
      code: "invalid_request",
    });
    expect(await db.query("select 1 from accounts where merchant_id = $1", [merchantId])).toEqual([]);
  });

  it("takes the names people use", async () => {
    for (const name of [
      "应收账款-平台待结算",
      "Receivable - platform unsettled",
      "直播 🎉 收入",
      "Ventes à l'unité",
      "売上高（国内）",
    ]) {
      expect((await setAccount(db, merchantId, { ...good, name })).name).toBe(name);
    }
  });
});

describe("the default charts", () => {
  it.each(charts)("%s can be set through the same rules", async (chart) => {
    const accounts = defaultAccounts(chart);
    expect(Object.keys(accounts)).toEqual([...roles]);
    for (const account of Object.values(accounts)) await setAccount(db, merchantId, account);
    expect(await loadAccounts(db, merchantId)).toEqual(accounts);
  });
});
