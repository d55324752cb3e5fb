import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { file as fileConnector } from "../../src/connectors/file/index.ts";
import { createConnection } from "../../src/core/catalogue/connections.ts";
import { createSkus } from "../../src/core/catalogue/skus.ts";
import type { Database } from "../../src/core/db/database.ts";
import type { Engine } from "../../src/core/engine/commands.ts";
import { createEngine } from "../../src/core/engine/engine.ts";
import { SluiceError } from "../../src/core/errors.ts";
import type { FileSource } from "../../src/core/model/file-import.ts";
import {
  type ImportOptions,
  type ImportParts,
  importOrders,
  importSkus,
  importStock,
  rejectedRowsCsv,
} from "../../src/sync/jobs/import-file.ts";
import { memoryDatabase } from "../support/database.ts";
import { testMerchant, testVault } from "../support/merchant.ts";
import { testRuntime } from "../support/runtime.ts";

let db: Database;
let parts: ImportParts;
let engine: Engine;
let merchantId: string;

beforeEach(async () => {
  db = await memoryDatabase();
  ({ parts, engine, merchantId } = await newHub(db));
});

afterEach(async () => {
  await engine.close();
  await db.close();
});

async function newHub(database: Database, seed = 1) {
  const runtime = testRuntime({ seed });
  const vault = testVault(runtime);
  const { files } = fileConnector.open({ settings: {}, secrets: {}, ...runtime });
  if (!files) throw new Error("The file connector must offer files.");
  const merchant = await testMerchant(database, runtime, {
    vault,
    baseCurrency: "GBP",
    timeZone: "Europe/London",
  });
  const made = createEngine({ db: database, vault, runtime });
  return {
    parts: { db: database, engine: made, runtime, vault, files },
    engine: made,
    merchantId: merchant.id,
  };
}

const csv = (...lines: string[]): FileSource => ({
  name: "test.csv",
  bytes: new TextEncoder().encode(`${lines.join("\n")}\n`),
});

async function invoices(): Promise<FileSource> {
  return {
    name: "invoices.csv",
    bytes: await readFile(new URL("../fixtures/online-retail/invoices.csv", import.meta.url)),
  };
}

const retail: ImportOptions = { preset: "online-retail", createMissingSkus: true };

const lastEvent = async (): Promise<number> =>
  (
    await db.query<{ seq: number }>("select last_event_seq as seq from merchants where merchant_id = $1", [
      merchantId,
    ])
  )[0]?.seq ?? -1;

/** SKU -> on hand, reserved, value; rows at zero left out. */
async function stock(
  of = merchantId,
): Promise<Record<string, [onHand: number, reserved: number, valueMinor: number]>> {
  const rows = await db.query<{ code: string; onHand: number; reserved: number; valueMinor: number }>(
    `select s.code, v.on_hand as "onHand", v.reserved, v.value_minor as "valueMinor" from stock_levels v
     join skus s on s.merchant_id = v.merchant_id and s.id = v.sku_id
     where v.merchant_id = $1 and v.on_hand <> 0 order by s.code`,
    [of],
  );
  return Object.fromEntries(
    rows.map(({ code, onHand, reserved, valueMinor }) => [code, [onHand, reserved, valueMinor]]),
  );
}

const orders = (of = merchantId) =>
  db.query<{ externalId: string; status: string; totalMinor: number; refundedMinor: number }>(
    `select external_id as "externalId", status, total_minor as "totalMinor", refunded_minor as "refundedMinor"
     from orders where merchant_id = $1 order by external_id`,
    [of],
  );

const skus = (...codes: string[]) =>
  createSkus(
    db,
    parts.runtime,
    merchantId,
    codes.map((code) => ({ code, name: code, kind: "physical" as const })),
  );

const orderHeader = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

describe("importing orders", () => {
  it("accounts for every invoice row, ships what was sold and takes back what returned", async () => {
    const progress: { done: number; total: number }[] = [];
    const source = await invoices();
    const report = await importOrders(parts, merchantId, source, {
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
    const all = await orders();
    const gross = all
      .filter(({ externalId }) => !externalId.startsWith("C"))
      .reduce((sum, order) => sum + order.totalMinor, 0);
    expect(gross).toBe(163_219 + 61_368 + 195_740);
    expect(all.reduce((sum, order) => sum + order.refundedMinor, 0)).toBe(12_263 + 121_686);
  });

  it("changes nothing when it runs again", async () => {
    const source = await invoices();
    const first = await importOrders(parts, merchantId, source, retail);
    const before = { seq: await lastEvent(), stock: await stock(), orders: await orders() };
    const second = await importOrders(parts, merchantId, source, retail);
    expect({ seq: await lastEvent(), stock: await stock(), orders: await orders() }).toEqual(before);
    expect({ ...second.classes }).toEqual({ ...first.classes });
    expect(second.createdSkus).toBe(0);
    expect(Object.keys(second.outcomes).toSorted()).toEqual(["duplicate", "refused", "stale"]);
    expect(
      second.warnings.map(({ message }) => message).filter((message) => message.includes("newer")),
    ).toEqual([]);
  });

  it("writes nothing on a dry run and reports the same rows", async () => {
    const source = await invoices();
    const before = await lastEvent();
    const dry = await importOrders(parts, merchantId, source, { ...retail, dryRun: true });
    expect(await lastEvent()).toBe(before);
    expect(await db.query("select 1 from skus where merchant_id = $1", [merchantId])).toEqual([]);
    expect(
      await db.query("select 1 from connections where merchant_id = $1 and connector = 'file'", [merchantId]),
    ).toEqual([]);
    expect(dry).toMatchObject({ dryRun: true, rows: 155, imported: 155, createdSkus: 120 });
    await importStock(parts, merchantId, await opening(), { createMissingSkus: true, reason: "opening" });
    const real = await importOrders(parts, merchantId, source, retail);
    expect(Object.fromEntries(real.classes.map((count) => [count.class, count.rows]))).toEqual(
      Object.fromEntries(dry.classes.map((count) => [count.class, count.rows])),
    );
  });

  it("completes an import that was cut short", async () => {
    const source = await invoices();
    const other = await newHub(db, 2);
    for (const [of, hub] of [[merchantId, parts] as const, [other.merchantId, other.parts] as const]) {
      await importStock(hub, of, await opening(), { createMissingSkus: true, reason: "opening" });
    }
    let left = 40;
    const failing: Engine = {
      submit(id, command) {
        left -= 1;
        return left < 0 ? Promise.reject(new Error("the process was killed")) : engine.submit(id, command);
      },
      close: () => engine.close(),
    };
    await expect(importOrders({ ...parts, engine: failing }, merchantId, source, retail)).rejects.toThrow(
      "the process was killed",
    );
    await importOrders(parts, merchantId, source, retail);
    await importOrders(other.parts, other.merchantId, source, retail);
    await other.engine.close();
    expect(await orders()).toEqual(await orders(other.merchantId));
    expect(await stock()).toEqual(await stock(other.merchantId));
  });

  it("waits for an engine whose queue is full", async () => {
    await skus("TEA");
    const slept: number[] = [];
    let refusals = 3;
    const busy: Engine = {
      submit(id, command) {
        refusals -= 1;
        return refusals >= 0
          ? Promise.reject(new SluiceError("overloaded", "The queue is full."))
          : engine.submit(id, command);
      },
      close: () => engine.close(),
    };
    const timers = { ...parts.runtime.timers, sleep: (ms: number) => Promise.resolve(void slept.push(ms)) };
    const report = await importOrders(
      { ...parts, engine: busy, runtime: { ...parts.runtime, timers } },
      merchantId,
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
    const report = await importOrders(parts, merchantId, source, { preset: "online-retail" });
    expect(report.rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [3, "there is no SKU CUP, whose stock this row changes; create it and import again"],
    ]);
    expect(report.warnings.map(({ message }) => message)).toEqual([
      "2 SKUs are not known (TEA, CUP); their order lines wait until they are created",
      "1 order lines wait for their SKU; create it and they go on by themselves",
    ]);
    expect(await orders()).toMatchObject([{ externalId: "1", status: "completed", totalMinor: 500 }]);
    expect(await stock()).toEqual({});
  });

  it("reserves a paid order and says how many units are missing", async () => {
    await skus("TEA");
    await importStock(parts, merchantId, csv("sku,count,unit cost", "TEA,3,1.00"), {});
    const report = await importOrders(
      parts,
      merchantId,
      csv(orderHeader, "1,TEA,Tea,5,2026-11-22 10:00:00,2.50,7,UK"),
    );
    expect(report.warnings).toEqual([
      { line: 0, message: "1 orders are short of 2 units; they wait for stock" },
    ]);
    expect(await stock()).toEqual({ TEA: [3, 3, 300] });
    const connections = await db.query(
      "select connector, name from connections where merchant_id = $1 and connector = 'file'",
      [merchantId],
    );
    expect(connections).toEqual([{ connector: "file", name: "file" }]);
  });

  it("does not put orders under another platform's connection", async () => {
    await createConnection(db, parts, merchantId, {
      connector: "generic",
      name: "shop",
      settings: {},
      secrets: {},
    });
    const before = await lastEvent();
    const source = csv(orderHeader, "1,TEA,Tea,5,2026-11-22 10:00:00,2.50,7,UK");
    await expect(importOrders(parts, merchantId, source, { connection: "shop" })).rejects.toThrow(
      '"shop" is a connection to generic, not one for files; choose another connection name for this import.',
    );
    expect(await lastEvent()).toBe(before);
    expect(await orders()).toEqual([]);
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

describe("importing stock", () => {
  it("posts counts and changes once, however often the file comes", async () => {
    await skus("TEA", "0017");
    const source = csv("sku,count,delta,unit cost", "TEA,10,,2.50", "0017,,4,1.00");
    const first = await importStock(parts, merchantId, source);
    expect(first).toMatchObject({ rows: 2, imported: 2, rejected: [], outcomes: { applied: 1 } });
    expect(await stock()).toEqual({ "0017": [4, 0, 400], TEA: [10, 0, 2500] });
    const seq = await lastEvent();
    const again = await importStock(parts, merchantId, source);
    expect(again.outcomes).toEqual({ duplicate: 1 });
    expect(again.warnings.map(({ message }) => message)).toEqual([
      "1 documents were posted by an earlier import of this file and changed nothing; give a reference to post them again",
    ]);
    expect(await lastEvent()).toBe(seq);
    await importStock(parts, merchantId, source, { reference: "second delivery" });
    expect(await stock()).toEqual({ "0017": [8, 0, 800], TEA: [10, 0, 2500] });
  });

  it("lets one refused row stop no other, at the first run and at the next", async () => {
    await skus("A", "B", "C");
    const source = csv("sku,delta", "A,5", "B,-1", "C,7", "D,1");
    const reasons = [
      [3, "B has 0 on hand at MAIN; -1 would leave less than nothing. Post a count instead."],
      [5, "there is no SKU D; create it and import again"],
    ];
    for (const _ of [1, 2]) {
      const report = await importStock(parts, merchantId, source);
      expect(report.rejected.map(({ line, reason }) => [line, reason])).toEqual(reasons);
      expect(await stock()).toEqual({ A: [5, 0, 0], C: [7, 0, 0] });
    }
  });

  it("counts as zero what the file does not name, at the places it names (F086)", async () => {
    await skus("TEA", "CUP", "POT");
    await importStock(parts, merchantId, csv("sku,count,unit cost", "TEA,10,1", "CUP,4,1", "POT,2,1"));
    const source = csv("sku,count", "TEA,9");
    const dry = await importStock(parts, merchantId, source, { zeroMissing: true, dryRun: true });
    expect(dry.imported).toBe(1);
    expect(await stock()).toEqual({ CUP: [4, 0, 400], POT: [2, 0, 200], TEA: [10, 0, 1000] });
    const report = await importStock(parts, merchantId, source, { zeroMissing: true });
    expect(report.warnings).toEqual([
      { line: 0, message: "2 SKUs that the file does not name were counted as zero, and read back as zero" },
    ]);
    expect(await stock()).toEqual({ TEA: [9, 0, 900] });
    await importStock(parts, merchantId, csv("sku,delta", "CUP,3"));
    await importStock(parts, merchantId, source, { zeroMissing: true });
    expect(await stock()).toEqual({ CUP: [3, 0, 0], TEA: [9, 0, 900] });
  });

  it("does not claim zeros it cannot read back (F086)", async () => {
    await skus("TEA", "CUP");
    await importStock(parts, merchantId, csv("sku,count", "TEA,10", "CUP,4"));
    const lying: Engine = {
      submit: () =>
        Promise.resolve({ kind: "stock", reference: "x", outcome: "applied", lines: [], shortfalls: [] }),
      close: () => engine.close(),
    };
    await expect(
      importStock({ ...parts, engine: lying }, merchantId, csv("sku,count", "TEA,9"), { zeroMissing: true }),
    ).rejects.toThrow(
      "1 SKUs that the file does not name should be at zero but are not (CUP at MAIN: 4). Stock moved meanwhile or was not posted; look at them and import again.",
    );
  });

  it.each([
    [
      "a bad row",
      ["TEA,9", "CUP,x"],
      "1 of its rows cannot be taken, and their SKUs would be counted as zero",
    ],
    [
      "an unknown SKU",
      ["TEA,9", "MUG,1"],
      "1 of its rows cannot be taken, and their SKUs would be counted as zero",
    ],
    ["no rows", [], "it has no rows"],
  ])("zeroes nothing by a file with %s", async (_, lines, why) => {
    await skus("TEA", "CUP");
    await importStock(parts, merchantId, csv("sku,count", "TEA,10", "CUP,4"));
    const seq = await lastEvent();
    await expect(
      importStock(parts, merchantId, csv("sku,count", ...lines), { zeroMissing: true }),
    ).rejects.toThrow(why);
    expect(await lastEvent()).toBe(seq);
    expect(await stock()).toEqual({ CUP: [4, 0, 0], TEA: [10, 0, 0] });
  });
});

describe("importing SKUs", () => {
  it("makes new ones, changes known ones and never their kind", async () => {
    const first = await importSkus(
      parts,
      merchantId,
      csv("sku,name,kind,components", "SET,Tea set,,TEA*2;CUP", "TEA,Tea,,", "CUP,Cup,,", "BAD,Bad,,NONE"),
    );
    expect(first).toMatchObject({
      imported: 3,
      createdSkus: 3,
      classes: [
        { class: "created", rows: 3 },
        { class: "rejected", rows: 1 },
      ],
    });
    expect(first.rejected.map(({ line }) => line)).toEqual([5]);
    const second = await importSkus(
      parts,
      merchantId,
      csv("sku,name,kind,barcode,tax rate", "TEA,Green tea,,0690,13", "CUP,Cup,,,", "SET,Tea set,virtual,,"),
    );
    expect(second.classes.map((count) => [count.class, count.rows])).toEqual([
      ["changed", 1],
      ["unchanged", 1],
      ["rejected", 1],
    ]);
    expect(second.rejected.map(({ reason }) => reason)).toEqual([
      "SKU SET is bundle in the hub and cannot become virtual; use another code",
    ]);
    const rows = await db.query(
      "select code, name, kind, barcode, tax_rate_bp as rate from skus where merchant_id = $1 order by code",
      [merchantId],
    );
    expect(rows).toEqual([
      { code: "CUP", name: "Cup", kind: "physical", barcode: null, rate: null },
      { code: "SET", name: "Tea set", kind: "bundle", barcode: null, rate: null },
      { code: "TEA", name: "Green tea", kind: "physical", barcode: "0690", rate: 1300 },
    ]);
  });

  it("writes nothing on a dry run", async () => {
    const seq = await lastEvent();
    const report = await importSkus(parts, merchantId, csv("sku,name", "TEA,Tea", "TEA,Tea"), {
      dryRun: true,
    });
    expect(report).toMatchObject({ imported: 1, createdSkus: 1 });
    expect(await lastEvent()).toBe(seq);
  });

  it("refuses options it cannot take", async () => {
    await expect(importSkus(parts, merchantId, csv("sku", "A"), { timeZone: "Mars" })).rejects.toThrow(
      /^These import options cannot be taken\..*must be an IANA time zone/s,
    );
  });
});

describe("the file of rejected rows", () => {
  it("is the rows as they came, never a formula, and can be imported once corrected", async () => {
    await skus("=A1", "TEA");
    const source = csv("sku,name,count", '=A1,"+49, call",-5', '"@x\n",plain,1', "TEA,ok,2,7");
    const report = await importStock(parts, merchantId, source);
    expect(rejectedRowsCsv(report)).toBe(
      [
        "\ufeffsku,name,count,rejected line,rejected reason,",
        "'=A1,\"'+49, call\",-5,2,count must not be negative,",
        '"\'@x\n",plain,1,3,there is no SKU @x; create it and import again,',
        'TEA,ok,2,5,"the row has 4 columns, the header has 3; put cells with the delimiter in quotes",7',
        "",
      ].join("\r\n"),
    );
    const corrected = rejectedRowsCsv(report).replace(",-5,", ",5,");
    const again = await importStock(parts, merchantId, {
      name: "rejected.csv",
      bytes: new TextEncoder().encode(corrected),
    });
    expect(again.rejected.map(({ cells, reason }) => [cells[0], reason])).toEqual([
      ["'@x\n", "there is no SKU @x; create it and import again"],
    ]);
    expect(await stock()).toEqual({ "=A1": [5, 0, 0], TEA: [2, 0, 0] });
    expect(rejectedRowsCsv(again).split("\r\n")[0]).toBe(
      "\ufeffsku,name,count,rejected line,rejected reason",
    );
  });
});
