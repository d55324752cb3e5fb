import { type Cell, writeXlsx } from "hucre/xlsx";
import { describe, expect, it } from "vitest";
import type { OrdersFile } from "../../../src/core/model/file-import.ts";
import { csv, openFiles, options } from "./support.ts";

const files = openFiles();
const header = "order id,sku,quantity,unit price,order date";
const read = (lines: string[], given: Parameters<typeof options>[0] = {}) =>
  files.orders(csv(...lines), options(given));
const reasons = (file: OrdersFile) => file.rejected.map(({ line, reason }) => [line, reason]);

describe("orders from a file", () => {
  it("puts rows of one order together wherever they stand, in date order", async () => {
    const file = await read([
      header,
      "B-2,TEA,1,19.9,2026-11-22 09:00:00",
      "A-1,TEA,2,19.90,2026-11-22 08:00:00",
      "B-2,0017,3,5,2026-11-22 09:00:00",
      "B-2,TEA,1,18.00,2026-11-22 09:00:00",
    ]);
    expect(
      file.steps.map(({ document, at, rows }) => [
        document,
        at,
        rows.map(({ line, amountMinor }) => [line, amountMinor]),
      ]),
    ).toEqual([
      ["A-1", "2026-11-22T00:00:00.000Z", [[3, 3980]]],
      [
        "B-2",
        "2026-11-22T01:00:00.000Z",
        [
          [2, 1990],
          [4, 1500],
          [5, 1800],
        ],
      ],
    ]);
    expect(file.steps[1]?.snapshot).toEqual({
      externalId: "B-2",
      placedAt: "2026-11-22T01:00:00.000Z",
      paidAt: "2026-11-22T01:00:00.000Z",
      updatedAt: "2026-11-23T08:00:00.000Z",
      status: "paid",
      currency: "CNY",
      lines: [
        { externalLineId: "0017", sku: "0017", quantity: 3, unitPriceMinor: 500 },
        { externalLineId: "TEA", sku: "TEA", quantity: 2, unitPriceMinor: 1990, discountMinor: 190 },
      ],
      totalMinor: 5290,
    });
    expect(file.rows).toBe(4);
    expect(file.skus).toEqual([
      { code: "TEA", name: "TEA", kind: "physical" },
      { code: "0017", name: "0017", kind: "physical" },
    ]);
  });

  it("reads a Chinese export with all that belongs to an order", async () => {
    const file = await read([
      "订单编号,商家编码,标题,购买数量,商品单价,运费,商家优惠,实付款,订单状态,下单时间,付款时间,发货时间,物流公司,物流单号,收货人,收货地址,买家昵称",
      '="3310001",A-1,绿茶,2,￥10.00,8.00,1.50,26.50,卖家已发货,2026-11-22 08:00:00,2026-11-22 08:01:00,2026-11-23 09:00:00,顺丰,SF1,张三,杭州,buyer-1',
    ]);
    expect(file.rejected).toEqual([]);
    expect(file.steps[0]?.snapshot).toEqual({
      externalId: "3310001",
      placedAt: "2026-11-22T00:00:00.000Z",
      paidAt: "2026-11-22T00:01:00.000Z",
      updatedAt: "2026-11-23T08:00:00.000Z",
      status: "shipped",
      currency: "CNY",
      lines: [{ externalLineId: "A-1", sku: "A-1", quantity: 2, unitPriceMinor: 1000, title: "绿茶" }],
      shippingMinor: 800,
      discountMinor: 150,
      totalMinor: 2650,
      buyer: { externalId: "buyer-1", name: "张三", address: "杭州" },
      shipments: [
        {
          externalId: "3310001/1",
          shippedAt: "2026-11-23T01:00:00.000Z",
          carrier: "顺丰",
          trackingNumber: "SF1",
        },
      ],
    });
  });

  it("takes what belongs to the order from its first row when the others leave it out", async () => {
    const file = await read([
      "order id,sku,quantity,unit price,order date,shipping,total",
      "1,A,1,10,2026-11-22,5,35",
      "1,B,2,10,,,",
    ]);
    expect(file.rejected).toEqual([]);
    expect(file.steps[0]?.snapshot).toMatchObject({ shippingMinor: 500, totalMinor: 3500 });
  });

  it("tells partly shipped, refunded and unpaid orders", async () => {
    const file = await read([
      `${header},status,quantity shipped,refunded amount`,
      "1,A,3,10,2026-11-22,partially fulfilled,2,",
      "2,A,1,10,2026-11-22,已退款,,",
      "3,A,1,10,2026-11-22,completed,,4.00",
      "4,A,1,10,2026-11-22,待付款,,",
    ]);
    const at = "2026-11-21T16:00:00.000Z";
    const asOf = "2026-11-23T08:00:00.000Z";
    expect(
      file.steps.map(({ snapshot }) => [
        snapshot?.status,
        snapshot?.paidAt,
        snapshot?.shipments,
        snapshot?.refunds,
      ]),
    ).toEqual([
      [
        "partially_shipped",
        at,
        [{ externalId: "1/1", shippedAt: at, lines: [{ externalLineId: "A", quantity: 2 }] }],
        undefined,
      ],
      ["refunded", at, undefined, [{ externalId: "2/refund", refundedAt: asOf, amountMinor: 1000 }]],
      [
        "completed",
        at,
        [{ externalId: "3/1", shippedAt: at }],
        [{ externalId: "3/refund", refundedAt: asOf, amountMinor: 400 }],
      ],
      ["pending_payment", undefined, undefined, undefined],
    ]);
  });

  it("rejects an order whole, with the reason of each row", async () => {
    const file = await read([
      header,
      "1,A,1,10,2026-11-22",
      "1,B,one,10,2026-11-22",
      "2,A,1,10.001,2026-11-22",
      "3,,1,10,03/04/2026",
      "4,A,1,10",
      "5,A,-1,10,2026-11-22",
      "6,A,1,10,",
      "7,A,1,10,2026-11-22",
    ]);
    expect(reasons(file)).toEqual([
      [2, "order 1 is taken whole or not at all, and its line 3 was rejected"],
      [3, 'quantity "one" is no whole number'],
      [4, "unit price: 10.001 has more decimals than CNY allows (2); round it at the source."],
      [
        5,
        'the SKU is empty; order date "03/04/2026" may mean two dates; say with the date order whether day (dmy) or month (mdy) comes first',
      ],
      [6, "the row has 4 columns, the header has 5; put cells with the delimiter in quotes"],
      [7, "line 7 has the quantity -1, but it is neither a return nor a note about stock"],
      [8, "the order has no time at which it was placed"],
    ]);
    expect(file.steps.map(({ document }) => document)).toEqual(["7"]);
    expect(file.rejected[3]?.cells).toEqual(["3", "", "1", "10", "03/04/2026"]);
  });

  it.each([
    ["total", "10,20", "its rows do not agree on the total"],
    ["total", "19,19", "its rows add up to 20.00 CNY, but its total says 19.00 CNY"],
    ["currency", "CNY,USD", "its rows do not agree on the currency"],
    ["customer id", "a,b", "its rows do not agree on the buyer"],
    ["order discount", "21,21", "its discounts are larger than its lines"],
    ["line id", "x,x", "the line id x comes twice"],
  ])("rejects an order that contradicts itself in its %s (%s)", async (column, values, reason) => {
    const [first, second] = values.split(",");
    const file = await read([
      `${header},${column}`,
      `1,A,1,10,2026-11-22,${first}`,
      `1,B,1,10,2026-11-22,${second}`,
    ]);
    expect(reasons(file)).toEqual([
      [2, reason],
      [3, reason],
    ]);
    expect(file.steps).toEqual([]);
  });

  it("takes a total with the tax on top of the prices", async () => {
    const file = await read([`${header},line tax,total`, "1,A,1,10,2026-11-22,1.30,11.30"]);
    expect(file.steps[0]?.snapshot).toMatchObject({ totalMinor: 1130, lines: [{ taxMinor: 130 }] });
  });

  it("reads amounts in the currency of the row", async () => {
    const file = await read([
      `${header},currency`,
      "1,A,2,1500,2026-11-22,JPY",
      "2,A,1,1.234,2026-11-22,KWD",
      '3,A,1,"1,234.50",2026-11-22,usd',
    ]);
    expect(file.steps.map(({ snapshot }) => [snapshot?.currency, snapshot?.totalMinor])).toEqual([
      ["JPY", 3000],
      ["KWD", 1234],
      ["USD", 123450],
    ]);
  });

  it("refuses a file without the columns it needs in one sentence", async () => {
    await expect(read(["Bestellung,sku,quantity,unit price", "1,A,1,10"])).rejects.toThrow(
      "test.csv: orders need a column for orderId, placedAt. The columns are: Bestellung, sku, quantity, unit price. Name it with a mapping, such as orderId=<header>.",
    );
  });

  it("follows a mapping before the usual names", async () => {
    const lines = ["Bestellung,order id,sku,quantity,unit price,order date", "1,x,A,1,10,2026-11-22"];
    const file = await read(lines, { mapping: { orderId: "Bestellung" } });
    expect(file.steps[0]?.document).toBe("1");
    expect(file.columns).toMatchObject({ orderId: "Bestellung", sku: "sku" });
    await expect(read(lines, { mapping: { orderId: "Nummer" } })).rejects.toThrow(
      'test.csv: the mapping puts orderId in "Nummer", but there is no such column. The columns are: Bestellung, order id, sku,',
    );
    await expect(read(lines, { mapping: { order: "Bestellung" } })).rejects.toThrow(
      'test.csv: orders have no field "order". The fields are: orderId,',
    );
  });

  it("warns of what a spreadsheet may have changed, and refuses what it has (F124)", async () => {
    const formula: Cell = { value: 2, type: "formula", formula: "1+1", formulaResult: 2 };
    const day = new Date(Date.UTC(2026, 10, 22));
    const bytes = await writeXlsx({
      sheets: [
        {
          name: "S",
          rows: [
            ["order id", "sku", "quantity", "unit price", "order date"],
            ["1", "0017", 1, 10, day],
            ["2", 17, 1, 10, day],
            ["3", 100000, 1, 10, day],
            ["4", 6901234567892, 1, 10, day],
            ["5", 90.75, 1, 10, day],
            ["6", 1234567890123456, 1, 10, day],
            ["7", "1E5", null, 10, day],
            ["8", day, 1, 10, day],
            ["9", "90.750", 1, 10, day],
          ],
          cells: new Map([["7,2", formula]]),
        },
      ],
    });
    const file = await files.orders({ name: "f.xlsx", bytes }, options());
    expect(file.steps.map(({ snapshot }) => snapshot?.lines[0]?.sku)).toEqual([
      "0017",
      "17",
      "100000",
      "6901234567892",
      "90.75",
      "90.750",
    ]);
    const lost = "zeros before it or behind its point are lost; format the column as text";
    expect(file.warnings).toEqual([
      { line: 3, message: `cell B3 is a number, so sku reads 17: ${lost}` },
      { line: 4, message: `cell B4 is a number, so sku reads 100000: ${lost}` },
      { line: 5, message: `cell B5 is a number, so sku reads 6901234567892: ${lost}` },
      { line: 6, message: `cell B6 is a number, so sku reads 90.75: ${lost}` },
    ]);
    expect(reasons(file)).toEqual([
      [
        7,
        "cell B7 is a number of more than 15 digits, of which the last are lost; format sku as text and enter it again",
      ],
      [8, "cell C8 is a formula; paste its value instead"],
      [9, "cell B9 was turned into a date; format sku as text and enter it again"],
    ]);
  });

  it("trims codes and joins their Unicode spellings (F126)", async () => {
    const file = await read([header, "1, CAF\u00c9 ,1,10,2026-11-22", "2,CAFE\u0301,1,10,2026-11-22"]);
    expect(file.steps.map(({ snapshot }) => snapshot?.lines[0]?.sku)).toEqual(["CAF\u00c9", "CAF\u00c9"]);
    expect(file.skus).toHaveLength(1);
  });

  it("says when a file is not UTF-8", async () => {
    // 订单号,sku,quantity,unit price,order date in GB18030
    const bytes = Uint8Array.of(
      0xb6,
      0xa9,
      0xb5,
      0xa5,
      0xba,
      0xc5,
      ...new TextEncoder().encode(",sku,quantity,unit price,order date\n1,A,1,10,2026-11-22\n"),
    );
    const file = await files.orders({ name: "f.csv", bytes }, options());
    expect(file.steps).toHaveLength(1);
    expect(file.format).toBe("GB18030 CSV");
    expect(file.warnings).toEqual([
      { line: 1, message: "the file is not UTF-8 and was read as GB18030; look at names before you import" },
    ]);
  });
});
