import { describe, expect, it } from "vitest";
import { createConnection } from "../../src/core/catalogue/connections.ts";
import { createListing } from "../../src/core/catalogue/listings.ts";
import {
  type ImportParts,
  importOrders,
  importSkus,
  importStock,
  rejectedRowsCsv,
} from "../../src/sync/jobs/import-file.ts";
import { snapshotOf } from "../support/hub.ts";
import { platformTraits } from "../support/platform-traits.ts";
import { csv, expectClean, lastEvent, skus, stock, useImportHub } from "./support/import-hub.ts";

const hub = useImportHub();

describe("importing SKUs", () => {
  it("makes new ones, changes known ones and never their kind", async () => {
    const first = await importSkus(
      hub.parts,
      hub.merchantId,
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
      hub.parts,
      hub.merchantId,
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
    const rows = await hub.db.query(
      "select code, name, kind, barcode, tax_rate_bp as rate from skus where merchant_id = $1 order by code",
      [hub.merchantId],
    );
    expect(rows).toEqual([
      { code: "CUP", name: "Cup", kind: "physical", barcode: null, rate: null },
      { code: "SET", name: "Tea set", kind: "bundle", barcode: null, rate: null },
      { code: "TEA", name: "Green tea", kind: "physical", barcode: "0690", rate: 1300 },
    ]);
  });

  it.each<[string, (parts: ImportParts) => Promise<unknown>]>([
    ["SKUs", (parts) => importSkus(parts, hub.merchantId, csv("sku,name", "TEA,Tea"))],
    [
      "orders, with the SKUs they name",
      (parts) =>
        importOrders(
          parts,
          hub.merchantId,
          csv("order number,sku,quantity,date,unit price,status", "F-1,TEA,1,2026-11-22 07:00:00,2.50,paid"),
          { createMissingSkus: true },
        ),
    ],
  ])("of %s gives unpaid orders of a shop that deducts with the payment no units", async (_, run) => {
    const shop = (name: string) =>
      createConnection(hub.db, hub.parts, hub.merchantId, {
        connector: "generic",
        name,
        settings: {},
        secrets: {},
      });
    const [placing, paying] = [await shop("placing"), await shop("paying")];
    const told = [
      { externalId: "unpaid", connectionId: paying.id, status: "pending_payment" as const },
      { externalId: "placed", connectionId: placing.id, status: "pending_payment" as const },
      { externalId: "paid", connectionId: paying.id, status: "paid" as const },
    ];
    for (const { connectionId, ...more } of told)
      await hub.engine.submit(hub.merchantId, {
        kind: "order.apply",
        connectionId,
        snapshot: snapshotOf({
          ...more,
          currency: "GBP",
          lines: [{ externalLineId: "1", sku: "TEA", quantity: 2, unitPriceMinor: 100 }],
        }),
        mayRefuse: false,
        reserveFrom: connectionId === paying.id ? "paid" : "placed",
      });
    await run({
      ...hub.parts,
      reserveFrom: async (connectionId) => (connectionId === paying.id ? "paid" : "placed"),
    });
    await importStock(hub.parts, hub.merchantId, csv("sku,count", "TEA,9"));
    const rows = await hub.db.query(
      `select o.external_id as id, l.shortfall, (select coalesce(sum(r.quantity), 0)::int from reservations r
         where r.merchant_id = $1 and r.holder_id = o.id and r.status = 'held') as held
       from orders o join order_lines l on l.merchant_id = o.merchant_id and l.order_id = o.id
       where o.merchant_id = $1 and o.external_id not like 'F-%' order by o.external_id`,
      [hub.merchantId],
    );
    expect(rows).toEqual([
      { id: "paid", shortfall: 0, held: 2 },
      { id: "placed", shortfall: 0, held: 2 },
      { id: "unpaid", shortfall: 0, held: 0 },
    ]);
  });

  it("of a bundle made of something else gives the units of its former parts to orders that wait", async () => {
    const { db, engine, merchantId, runtime } = hub;
    const skuFile = (part: string) => csv("sku,name,components", `SET,Set,${part}*1`, "TEA,Tea,", "CUP,Cup,");
    await importSkus(hub.parts, merchantId, skuFile("TEA"));
    await importStock(hub.parts, merchantId, csv("sku,count", "TEA,10", "CUP,10"));
    const { id: connection } = await createConnection(db, hub.parts, merchantId, {
      ...{ connector: "generic", name: "shop", settings: {}, secrets: {} },
    });
    const { listing } = await createListing(db, runtime, merchantId, {
      ...{ connection, externalId: "item-1", sku: "SET", unitsPer: 1, buffer: 0, cap: null },
    });
    await db.query("update connections set order_watermark = '2026-11-22T08:30:00Z' where id = $1", [
      connection,
    ]);
    const at = "2026-11-22T08:00:00.000Z";
    await engine.submit(merchantId, {
      kind: "exposure.observe",
      ...{ listingId: listing.id, connectionId: connection, figure: 7, startedAt: at, readAt: at },
      ...{ platform: platformTraits, writes: 0, ingested: 0, restored: 0 },
    });
    await db.query("update sku_allocations set state = 'split' where merchant_id = $1", [merchantId]);
    await engine.submit(merchantId, {
      kind: "order.apply",
      connectionId: connection,
      snapshot: snapshotOf({
        ...{ externalId: "waits", currency: "GBP" },
        lines: [{ externalLineId: "1", sku: "TEA", quantity: 8, unitPriceMinor: 100 }],
      }),
      mayRefuse: false,
      reserveFrom: "placed",
    });
    expect((await stock(hub)).TEA?.slice(0, 2)).toEqual([10, 3]);
    await importSkus(hub.parts, merchantId, skuFile("CUP"));
    expect((await stock(hub)).TEA?.slice(0, 2)).toEqual([10, 8]);
    await expectClean(hub);
  });

  it("writes nothing on a dry run", async () => {
    const seq = await lastEvent(hub);
    const report = await importSkus(hub.parts, hub.merchantId, csv("sku,name", "TEA,Tea", "TEA,Tea"), {
      dryRun: true,
    });
    expect(report).toMatchObject({ imported: 1, createdSkus: 1 });
    expect(await lastEvent(hub)).toBe(seq);
  });

  it("refuses options it cannot take", async () => {
    await expect(
      importSkus(hub.parts, hub.merchantId, csv("sku", "A"), { timeZone: "Mars" }),
    ).rejects.toThrow(/^These import options cannot be taken\..*must be an IANA time zone/s);
  });
});

describe("the file of rejected rows", () => {
  it("is the rows as they came, never a formula, and can be imported once corrected", async () => {
    await skus(hub, "=A1", "TEA");
    const source = csv("sku,name,count", '=A1,"+49, call",-5', '"@x\n",plain,1', "TEA,ok,2,7");
    const report = await importStock(hub.parts, hub.merchantId, source);
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
    const again = await importStock(hub.parts, hub.merchantId, {
      name: "rejected.csv",
      bytes: new TextEncoder().encode(corrected),
    });
    expect(again.rejected.map(({ cells, reason }) => [cells[0], reason])).toEqual([
      ["'@x\n", "there is no SKU @x; create it and import again"],
    ]);
    expect(await stock(hub)).toEqual({ "=A1": [5, 0, 0], TEA: [2, 0, 0] });
    expect(rejectedRowsCsv(again).split("\r\n")[0]).toBe(
      "\ufeffsku,name,count,rejected line,rejected reason",
    );
  });
});
