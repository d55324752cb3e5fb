import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { StoredEvent } from "../../../src/core/events/types.ts";
import { setAccount } from "../../../src/core/ledger/accounts.ts";
import type { ExportFormat } from "../../../src/core/ledger/export/export-journals.ts";
import { post } from "../../../src/core/ledger/post.ts";
import { insertEntries } from "../../../src/core/ledger/store.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";
import {
  books,
  connectionId,
  exported,
  noon,
  nothingBooked,
  orderEvent,
  part,
  shipmentId,
  shipped,
} from "./builders.ts";

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

async function book(events: StoredEvent[], settings: object = {}): Promise<void> {
  const { entries, parked } = post(events, books({ settings }), nothingBooked);
  expect(parked).toEqual([]);
  await db.transaction((tx) => insertEntries(tx, merchantId, entries, noon));
}

const paid = (
  seq: number,
  options: { externalId?: string; currency?: string; paidAt?: string; gross?: number; tax?: number } = {},
) => {
  const { externalId = "DY-1", currency = "CNY", paidAt = noon, gross = 11300, tax = 1300 } = options;
  return orderEvent(seq, {
    externalId,
    currency,
    paid: { paidAt, totalMinor: gross, platformDiscountMinor: 0, parts: [part(gross, tax)] },
  });
};

describe("what each format looks like", () => {
  const parcel = { revenue: [part(10000, 1150)], costs: [] };
  beforeEach(() =>
    book(
      [
        paid(1),
        paid(2, { externalId: "US-7", currency: "USD", gross: 10000, tax: 0 }),
        orderEvent(3, { shipped: [shipped(parcel)] }),
        orderEvent(4, { shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }] }),
      ],
      { exchangeRates: { USD: "7.1" } },
    ),
  );

  it("jsonl: an entry a line, keys in order, amounts as decimal texts", async () => {
    const lines = (await exported(db, merchantId, { format: "jsonl" })).split("\n");
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe(
      `{"id":"JE-1","number":1,"date":"2026-11-22","event":"order.paid","eventSeq":1,"narration":"订单付款 DY-1","currency":"CNY","baseCurrency":"CNY",` +
        `"orderId":"01900000-0000-7000-8000-0000000000a1","reversalOf":null,"dimensions":{"order":"DY-1","connection":"${connectionId}"},"lines":[` +
        `{"account":"1122.01","name":"应收账款-平台待结算","role":"ar_platform","debit":"113.00","credit":"0.00","baseAmount":"113.00"},` +
        `{"account":"2205.01","name":"合同负债-订单货款","role":"contract_liab","debit":"0.00","credit":"100.00","baseAmount":"100.00"},` +
        `{"account":"2221.06","name":"待转销项税额","role":"vat_out_pending","debit":"0.00","credit":"13.00","baseAmount":"13.00"}]}`,
    );
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({
      currency: "USD",
      dimensions: { rate: "7.1" },
      lines: [{ debit: "100.00", baseAmount: "710.00" }, {}],
    });
    expect(JSON.parse(lines[3] ?? "")).toMatchObject({ id: "JE-4", reversalOf: "JE-3" });
    expect(lines[4]).toBe("");
  });

  it("csv: a row a line, header first, CRLF, no total", async () => {
    const text = await exported(db, merchantId, { format: "csv" });
    const rows = parse(text, { columns: true, record_delimiter: "\r\n" }) as Record<string, string>[];
    expect(text.split("\r\n")[0]).toBe(
      "entry_id,line_no,date,event,narration,account_code,account_name,debit,credit,currency,base_currency,base_amount,rate," +
        "order_id,connection,shipment,refund,document,live_session,original_date,reversal_of",
    );
    expect(text.split("\r\n")[1]).toBe(
      `JE-1,1,2026-11-22,order.paid,订单付款 DY-1,1122.01,应收账款-平台待结算,113.00,0.00,CNY,CNY,113.00,,DY-1,${connectionId},,,,,,`,
    );
    expect(rows).toHaveLength(3 + 2 + 4 + 4);
    expect(rows[3]).toMatchObject({
      entry_id: "JE-2",
      debit: "100.00",
      credit: "0.00",
      currency: "USD",
      base_amount: "710.00",
      rate: "7.1",
    });
    expect(rows.at(-1)).toMatchObject({
      entry_id: "JE-4",
      line_no: "4",
      shipment: shipmentId,
      reversal_of: "JE-3",
    });
    expect(text.endsWith("\r\n")).toBe(true);
  });

  it("hledger", async () => {
    const text = await exported(db, merchantId, { format: "hledger" });
    expect(text.slice(0, text.indexOf("\n\n"))).toBe(
      [
        "decimal-mark .",
        "commodity CNY 1000.00",
        "commodity USD 1000.00",
        "account 1122.01 应收账款-平台待结算    ; type:A",
        "account 2205.01 合同负债-订单货款    ; type:L",
        "account 2221.01.07 应交增值税-销项税额    ; type:L",
        "account 2221.06 待转销项税额    ; type:L",
        "account 6001.01 主营业务收入-商品    ; type:R",
      ].join("\n"),
    );
    expect(text).toContain(
      `\n2026-11-22 * (JE-2) 订单付款 US-7  ; event:order.paid, order:US-7, connection:${connectionId}\n` +
        "    1122.01 应收账款-平台待结算    USD 100.00 @@ CNY 710.00\n    2205.01 合同负债-订单货款    USD -100.00 @@ CNY 710.00\n\n",
    );
    expect(text).toContain(`shipment:${shipmentId}, reverses:JE-3\n`);
  });

  it("ledger", async () => {
    const text = await exported(db, merchantId, { format: "ledger" });
    expect(text).toMatch(
      /^commodity CNY\n {4}format 1000\.00 CNY\ncommodity USD\n {4}format 1000\.00 USD\naccount 1122\.01 应收账款-平台待结算\n/,
    );
    expect(text).toContain("\ntag event\ntag order\n");
    expect(text).toContain(
      `\n2026-11-22 * (JE-1) 订单付款 DY-1\n    ; event: order.paid\n    ; order: DY-1\n    ; connection: ${connectionId}\n` +
        "    1122.01 应收账款-平台待结算    113.00 CNY\n    2205.01 合同负债-订单货款    -100.00 CNY\n    2221.06 待转销项税额    -13.00 CNY\n\n",
    );
  });

  it("beancount", async () => {
    const text = await exported(db, merchantId, { format: "beancount" });
    expect(text).toMatch(
      /^option "operating_currency" "CNY"\n1900-01-01 open Assets:1122-01-应收账款-平台待结算\n/,
    );
    expect(text).toContain(
      `\n2026-11-22 * "订单付款 DY-1" #order-paid ^JE-1\n  event: "order.paid"\n  order: "DY-1"\n  connection: "${connectionId}"\n` +
        "  Assets:1122-01-应收账款-平台待结算  113.00 CNY\n  Liabilities:2205-01-合同负债-订单货款  -100.00 CNY\n  Liabilities:2221-06-待转销项税额  -13.00 CNY\n\n",
    );
    expect(text).toContain("  Assets:1122-01-应收账款-平台待结算  100.00 USD @@ 710.00 CNY\n");
  });
});

describe("text that could do harm", () => {
  const nasty = '=HYPERLINK("http://x")  ; (a) [2026-01-01] | b, c\n\t"q" \\ \u202e\u0001 双十一🎉';

  it("becomes one harmless line in every format", async () => {
    await book([paid(1, { externalId: nasty })]);
    const lineWith = async (format: ExportFormat, start: string) =>
      (await exported(db, merchantId, { format }))
        .split(/\r?\n/)
        .find((line) => line.trimStart().startsWith(start));
    expect(await lineWith("hledger", "2026")).toBe(
      '2026-11-22 * (JE-1) 订单付款 =HYPERLINK("http://x") ； (a) [2026-01-01] ｜ b, c "q" \\ 双十一🎉  ; event:order.paid, ' +
        `order:=HYPERLINK("http://x") ； (a) ［2026-01-01］ ｜ b， c "q" \\ 双十一🎉, connection:${connectionId}`,
    );
    expect(await lineWith("ledger", "; order")).toBe(
      '    ; order: =HYPERLINK("http://x") ； (a) ［2026-01-01］ ｜ b， c "q" \\ 双十一🎉',
    );
    expect(await lineWith("beancount", "order:")).toBe(
      '  order: "=HYPERLINK(\\"http://x\\") ; (a) [2026-01-01] | b, c \\"q\\" \\\\ 双十一🎉"',
    );
    const json = JSON.parse((await lineWith("jsonl", "{")) ?? "") as {
      narration: string;
      dimensions: { order: string };
    };
    expect(json.narration).toBe('订单付款 =HYPERLINK("http://x") ; (a) [2026-01-01] | b, c "q" \\ 双十一🎉');
    expect(json.dimensions.order).toBe(nasty);
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "\t=1+1", "\r=1+1"])(
    "csv: %j is no formula",
    async (externalId) => {
      await book([paid(1, { externalId })]);
      for (const bom of [false, true]) {
        const [row] = parse(await exported(db, merchantId, { format: "csv", bom }), {
          columns: true,
          bom: true,
        }) as Record<string, string>[];
        expect(row?.order_id).toBe(`'${externalId.trim()}`);
        expect(row?.debit).toBe("113.00");
      }
    },
  );

  it("csv for Excel starts with a byte order mark and keeps codes and long ids as texts", async () => {
    await setAccount(db, merchantId, { role: "ar_platform", code: "1122.10", name: "Receivable" });
    await book([
      paid(1, { externalId: "6901234567892345678" }),
      paid(2, { externalId: "0017" }),
      paid(3, { externalId: "12345" }),
    ]);
    const text = await exported(db, merchantId, { format: "csv", bom: true });
    expect(text.startsWith("\ufeffentry_id,")).toBe(true);
    const rows = parse(text, { columns: true, bom: true }) as Record<string, string>[];
    expect([0, 3, 6].map((index) => rows[index]?.order_id)).toEqual([
      '="6901234567892345678"',
      '="0017"',
      "12345",
    ]);
    expect((await exported(db, merchantId, { format: "csv" })).startsWith("entry_id,")).toBe(true);
  });

  it("accounts that got in by another way cannot break a file", async () => {
    await book([paid(1)]);
    await db.query(
      `update journal_lines set account_name = 'A  B;(c):[d] "e"', account_code = 'x1' where merchant_id = $1 and line_no = 1`,
      [merchantId],
    );
    expect(await exported(db, merchantId, { format: "hledger" })).toContain(
      "\naccount x1 A B--c---d- -e-    ; type:A\n",
    );
    expect(await exported(db, merchantId, { format: "beancount" })).toContain(
      "\n1900-01-01 open Assets:Xx1-A-B-c-d-e\n",
    );
  });

  it("beancount: accounts whose names come out alike stay apart", async () => {
    await book([paid(1), paid(2)]);
    const rename = (number: number, code: string) =>
      db.query(
        `update journal_lines set account_code = $3 where merchant_id = $1 and number = $2 and line_no = 1`,
        [merchantId, number, code],
      );
    await rename(1, "1122.01");
    await rename(2, "1122-01");
    const opened = (await exported(db, merchantId, { format: "beancount" })).match(/open Assets:.*/g);
    expect(opened).toEqual([
      "open Assets:1122-01-应收账款-平台待结算",
      "open Assets:1122-01-应收账款-平台待结算-2",
    ]);
  });
});
