import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createConnection } from "../../src/core/catalogue/connections.ts";
import type { Engine } from "../../src/core/engine/commands.ts";
import { SluiceError } from "../../src/core/errors.ts";
import type { FileSource } from "../../src/core/model/file-import.ts";
import { type ImportOptions, importOrders, importStock } from "../../src/sync/jobs/import-file.ts";
import { csv, lastEvent, openImportHub, orders, skus, stock, useImportHub } from "./support/import-hub.ts";

const hub = useImportHub();

async function invoices(): Promise<FileSource> {
  return {
    name: "invoices.csv",
    bytes: await readFile(new URL("../fixtures/online-retail/invoices.csv", import.meta.url)),
  };
}

const retail: ImportOptions = { preset: "online-retail", createMissingSkus: true };

const orderHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

describe("importing orders", () => {
  it("accounts for every invoice row, ships what was sold and takes back what returned", async () => {
    const progress: { done: number; total: number }[] = [];
    const source = await invoices();
    const report = await importOrders(hub.parts, hub.merchantId, source, {
      ...retail,
      onProgress: (step) => progress.push(step),
    });
    expect(report).toMatchObject({ kind: "orders", dryRun: false, rows: 155, createdSkus: 120 });
    expect(report.imported + report.rejected.length).toBe(155);
    expect(report.rejected.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 7 }, () =>
        expect.stringMatching(
          / has 0 on hand at MAIN; -\d+ would leave less than nothing\. Post a count instead\.$/,
        ),
      ),
    );
    expect(report.classes).toEqual([
      { class: "order line", rows: 87, amountsMinor: { GBP: 163_219 } },
      { class: "freight", rows: 6, amountsMinor: { GBP: 61_368 } },
      { class: "service line", rows: 10, amountsMinor: { GBP: 195_740 } },
      { class: "refund", rows: 6, amountsMinor: { GBP: -12_263 } },
      { class: "return without sale", rows: 32, amountsMinor: { GBP: -121_686 } },
      { class: "stock gain", rows: 7, amountsMinor: { GBP: 0 } },
      { class: "rejected", rows: 7, amountsMinor: {} },
    ]);
    expect(progress.at(-1)).toEqual({ done: 155, total: 155 });
    const all = await orders(hub);
    const gross = all
      .filter(({ externalId }) => !externalId.startsWith("C"))
      .reduce((sum, order) => sum + order.totalMinor, 0);
    expect(gross).toBe(163_219 + 61_368 + 195_740);
    expect(all.reduce((sum, order) => sum + order.refundedMinor, 0)).toBe(12_263 + 121_686);
  });

  it("changes nothing when it runs again", async () => {
    const source = await invoices();
    const first = await importOrders(hub.parts, hub.merchantId, source, retail);
    const before = { seq: await lastEvent(hub), stock: await stock(hub), orders: await orders(hub) };
    await hub.runtime.advance(86_400_000);
    const second = await importOrders(hub.parts, hub.merchantId, source, retail);
    expect({ seq: await lastEvent(hub), stock: await stock(hub), orders: await orders(hub) }).toEqual(before);
    expect({ ...second.classes }).toEqual({ ...first.classes });
    expect(second.createdSkus).toBe(0);
    expect(Object.keys(second.outcomes).toSorted()).toEqual(["duplicate", "refused", "stale"]);
    expect(
      second.warnings.map(({ message }) => message).filter((message) => message.includes("newer")),
    ).toEqual([]);
  });

  it("writes nothing on a dry run and reports the same rows", async () => {
    const source = await invoices();
    const before = await lastEvent(hub);
    const dry = await importOrders(hub.parts, hub.merchantId, source, { ...retail, dryRun: true });
    expect(await lastEvent(hub)).toBe(before);
    expect(await hub.db.query("select 1 from skus where merchant_id = $1", [hub.merchantId])).toEqual([]);
    expect(
      await hub.db.query("select 1 from connections where merchant_id = $1 and connector = 'file'", [
        hub.merchantId,
      ]),
    ).toEqual([]);
    expect(dry).toMatchObject({ dryRun: true, rows: 155, imported: 155, createdSkus: 120 });
    await importStock(hub.parts, hub.merchantId, await opening(), {
      createMissingSkus: true,
      reason: "opening",
    });
    const real = await importOrders(hub.parts, hub.merchantId, source, retail);
    expect(Object.fromEntries(real.classes.map((count) => [count.class, count.rows]))).toEqual(
      Object.fromEntries(dry.classes.map((count) => [count.class, count.rows])),
    );
  });

  it("completes an import that was cut short", async () => {
    const source = await invoices();
    const other = await openImportHub(hub.db, 2);
    for (const { parts, merchantId } of [hub, other]) {
      await importStock(parts, merchantId, await opening(), { createMissingSkus: true, reason: "opening" });
    }
    let left = 40;
    const failing: Engine = {
      submit(id, command) {
        left -= 1;
        return left < 0
          ? Promise.reject(new Error("the process was killed"))
          : hub.engine.submit(id, command);
      },
      close: () => hub.engine.close(),
    };
    await expect(
      importOrders({ ...hub.parts, engine: failing }, hub.merchantId, source, retail),
    ).rejects.toThrow("the process was killed");
    await importOrders(hub.parts, hub.merchantId, source, retail);
    await importOrders(other.parts, other.merchantId, source, retail);
    await other.engine.close();
    expect(await orders(hub)).toEqual(await orders(other));
    expect(await stock(hub)).toEqual(await stock(other));
  });

  it("waits for an engine whose queue is full", async () => {
    await skus(hub, "TEA");
    const slept: number[] = [];
    let refusals = 3;
    const busy: Engine = {
      submit(id, command) {
        refusals -= 1;
        return refusals >= 0
          ? Promise.reject(new SluiceError("overloaded", "The queue is full."))
          : hub.engine.submit(id, command);
      },
      close: () => hub.engine.close(),
    };
    const timers = { ...hub.runtime.timers, sleep: (ms: number) => Promise.resolve(void slept.push(ms)) };
    const report = await importOrders(
      { ...hub.parts, engine: busy, runtime: { ...hub.runtime, timers } },
      hub.merchantId,
      csv(orderHeader, "1,TEA,Tea,1,2011-01-01 10:00:00,2.50,7,UK"),
    );
    expect(report.outcomes).toEqual({ created: 1 });
    expect(slept).toEqual([5, 10, 20]);
  });

  it("keeps orders whose SKU is unknown and says so, but changes no stock for them", async () => {
    const source = csv(
      orderHeader,
      "1,TEA,Tea,2,2011-01-01 10:00:00,2.50,7,UK",
      "2,CUP,damages,-1,2011-01-02 10:00:00,0.0,,UK",
    );
    const report = await importOrders(hub.parts, hub.merchantId, source, { preset: "online-retail" });
    expect(report.rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [3, "there is no SKU CUP, whose stock this row changes; create it and import again"],
    ]);
    expect(report.warnings.map(({ message }) => message)).toEqual([
      "2 SKUs are not known (TEA, CUP); their order lines wait until they are created",
      "1 order lines wait for their SKU; create it and they go on by themselves",
    ]);
    expect(await orders(hub)).toMatchObject([{ externalId: "1", status: "completed", totalMinor: 500 }]);
    expect(await stock(hub)).toEqual({});
  });

  it("reserves a paid order and says how many units are missing", async () => {
    await skus(hub, "TEA");
    await importStock(hub.parts, hub.merchantId, csv("sku,count,unit cost", "TEA,3,1.00"), {});
    const report = await importOrders(
      hub.parts,
      hub.merchantId,
      csv(orderHeader, "1,TEA,Tea,5,2026-11-22 10:00:00,2.50,7,UK"),
    );
    expect(report.warnings).toEqual([
      { line: 0, message: "1 orders are short of 2 units; they wait for stock" },
    ]);
    expect(await stock(hub)).toEqual({ TEA: [3, 3, 300] });
    const connections = await hub.db.query(
      "select connector, name from connections where merchant_id = $1 and connector = 'file'",
      [hub.merchantId],
    );
    expect(connections).toEqual([{ connector: "file", name: "file" }]);
  });

  it("does not put orders under another platform's connection", async () => {
    await createConnection(hub.db, hub.parts, hub.merchantId, {
      connector: "generic",
      name: "shop",
      settings: {},
      secrets: {},
    });
    const before = await lastEvent(hub);
    const source = csv(orderHeader, "1,TEA,Tea,5,2026-11-22 10:00:00,2.50,7,UK");
    await expect(importOrders(hub.parts, hub.merchantId, source, { connection: "shop" })).rejects.toThrow(
      '"shop" is a connection to generic, not one for files; choose another connection name for this import.',
    );
    expect(await lastEvent(hub)).toBe(before);
    expect(await orders(hub)).toEqual([]);
  });
});

/** Enough of every SKU of the invoices, and of what is written off. */
async function opening(): Promise<FileSource> {
  const source = await invoices();
  const text = new TextDecoder().decode(source.bytes);
  const codes = new Set(
    text
      .split("\n")
      .slice(1)
      .flatMap((line) => /^[^,]+,(\d{5}[A-Za-z]*|DCGS\w+),/.exec(line)?.[1] ?? []),
  );
  return csv("sku,count,unit cost", ...[...codes].map((code) => `${code},5000,0.50`));
}
