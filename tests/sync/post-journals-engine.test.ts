import { beforeEach, describe, expect, it } from "vitest";
import type { OrderAnswer } from "../../src/core/engine/commands.ts";
import { checkBooks } from "../../src/core/ledger/checks.ts";
import { trialBalance } from "../../src/core/ledger/journals.ts";
import { updateMerchantSettings } from "../../src/core/merchants.ts";
import { useBooks } from "../core/ledger/fixture.ts";

const at = useBooks();

describe("postJournals over the engine's own events", () => {
  beforeEach(() => updateMerchantSettings(at.db, at.merchantId, { defaultTaxRateBp: 1300 }));

  it("keeps the inventory account at the value of the stock, whatever happens to it", async () => {
    await at.hub.sku("A", 10, { unitCostMinor: 6000 });
    await at.hub.sku("B", 3, { unitCostMinor: 3333 });
    const first = await at.hub.order({ externalId: "DY-1", shippingMinor: 600 });
    const ship = (orderId: string, id: string) =>
      at.hub.submit({ kind: "order.ship", orderId, shipmentId: id, input: {} });
    await ship(first.orderId, at.runtime.ids.next());
    const second = await at.hub.order({
      externalId: "DY-2",
      lines: [{ externalLineId: "1", sku: "B", quantity: 2, unitPriceMinor: 9999 }],
    });
    const parcel = at.runtime.ids.next();
    await ship(second.orderId, parcel);
    await at.hub.submit({ kind: "shipment.cancel", orderId: second.orderId, shipmentId: parcel });
    await at.hub.submit({ kind: "order.cancel", orderId: second.orderId });
    await at.hub.submit({
      kind: "order.refund",
      orderId: first.orderId,
      input: {
        reference: "R-1",
        amountMinor: 10600,
        lines: [{ line: 1, amountMinor: 10000, quantity: 1, restock: true }],
      },
    });
    const adjust = (
      reference: string,
      line: {
        delta?: number;
        count?: number;
        reason: "count" | "damage" | "receipt";
        unitCostMinor?: number;
      },
    ) => at.hub.submit({ kind: "stock.adjust", input: { reference, lines: [{ sku: "B", ...line }] } });
    await adjust("GR-1", { delta: 7, reason: "receipt", unitCostMinor: 3100 });
    await adjust("ST-1", { count: 9, reason: "count" });
    await adjust("D-1", { delta: -2, reason: "damage" });
    await at.postAll();

    expect(await checkBooks(at.db, at.merchantId)).toEqual([]);
    const value = (await at.hub.stock("A")).valueMinor + (await at.hub.stock("B")).valueMinor;
    const balance = await at.balances();
    expect(balance["1405.01"]).toBe(value);
    // Both orders are given back in full: sales, tax, liabilities, cost and the platform's account are back at zero.
    for (const code of ["1122.01", "2205.01", "2221.06", "2221.01.07", "6001.01", "6051.01", "6401.01"])
      expect([code, balance[code] ?? 0]).toEqual([code, 0]);
    expect((await at.rules()).map(([, rule]) => rule)).toEqual([
      "stock.opening",
      "stock.opening",
      "order.paid",
      "order.shipped.revenue",
      "order.shipped.cogs",
      "order.paid",
      "order.shipped.revenue",
      "order.shipped.cogs",
      "shipment.cancelled.revenue",
      "shipment.cancelled.cogs",
      "refund.before_shipment",
      "return.refund",
      "return.restocked",
      "purchase.received",
      "stocktake.loss",
      "damage.writeoff",
    ]);
    const reversal = (await at.journals()).find((entry) => entry.rule === "shipment.cancelled.cogs");
    expect(reversal?.reversalOf).toBe(8);
  });

  it("a coupon, a shipping refund and an amount-only refund: the platform's account equals the money that moved (F120)", async () => {
    await at.hub.sku("A", 10, { unitCostMinor: 6000 });
    const order = await at.hub.order({
      externalId: "DY-1",
      shippingMinor: 600,
      discountMinor: 500,
      platformDiscountMinor: 1000,
    });
    await at.hub.submit({
      kind: "order.ship",
      orderId: order.orderId,
      shipmentId: at.runtime.ids.next(),
      input: {},
    });
    const refund = (reference: string, amountMinor: number, shippingMinor = 0) =>
      at.hub.submit({
        kind: "order.refund",
        orderId: order.orderId,
        input: { reference, amountMinor, shippingMinor },
      });
    await refund("R-1", 600, 600);
    await refund("R-2", 333);
    await at.postAll();
    const moved = async () =>
      (await at.journals()).flatMap((entry) =>
        entry.lines
          .filter((line) => line.role === "ar_platform")
          .map((line) => [line.side, line.amountMinor]),
      );
    // 100.00 + 6.00 freight - 5.00 coupon - 10.00 that the platform pays.
    expect(await moved()).toEqual([
      ["debit", 9100],
      ["credit", 600],
      ["credit", 333],
    ]);
    expect((await at.balances())["1221.03"]).toBe(1000);
    await refund("R-3", 9100 - 600 - 333);
    await at.postAll();
    const balance = await at.balances();
    for (const code of ["1122.01", "1221.03", "2205.01", "2221.06", "2221.01.07", "6001.01", "6051.01"])
      expect([code, balance[code] ?? 0]).toEqual([code, 0]);
    expect(await checkBooks(at.db, at.merchantId)).toEqual([]);
  });

  it("books money in the order's currency and cost in the merchant's", async () => {
    await updateMerchantSettings(at.db, at.merchantId, { exchangeRates: { USD: "7.1" } });
    await at.hub.sku("A", 10, { unitCostMinor: 6000 });
    const order = (await at.hub.order({ externalId: "US-1", currency: "USD" })) as OrderAnswer;
    await at.postAll();
    await updateMerchantSettings(at.db, at.merchantId, { exchangeRates: { USD: "8" } });
    await at.hub.submit({
      kind: "order.ship",
      orderId: order.orderId,
      shipmentId: at.runtime.ids.next(),
      input: {},
    });
    await at.postAll();
    const [, , revenue, cogs] = await at.journals();
    expect(revenue).toMatchObject({ currency: "USD", dimensions: { rate: "7.1" } });
    expect(cogs).toMatchObject({
      currency: "CNY",
      lines: [{ amountMinor: 6000, baseAmountMinor: 6000 }, {}],
    });
    // The liability clears in both currencies, though the rate was changed in between.
    const liability = (await trialBalance(at.db, at.merchantId)).find((row) => row.accountCode === "2205.01");
    expect(liability).toMatchObject({
      debitMinor: 8850,
      creditMinor: 8850,
      baseDebitMinor: 62835,
      baseCreditMinor: 62835,
    });
    expect(await checkBooks(at.db, at.merchantId)).toEqual([]);
  });
});
