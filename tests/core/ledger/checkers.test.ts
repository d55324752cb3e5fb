import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/core/db/database.ts";
import type { StoredEvent } from "../../../src/core/events/types.ts";
import { setAccount } from "../../../src/core/ledger/accounts.ts";
import { charts } from "../../../src/core/ledger/chart.ts";
import { post } from "../../../src/core/ledger/post.ts";
import { insertEntries } from "../../../src/core/ledger/store.ts";
import { adjustmentReasons } from "../../../src/core/model/stock.ts";
import { memoryDatabase } from "../../support/database.ts";
import { testMerchant } from "../../support/merchant.ts";
import { testRuntime } from "../../support/runtime.ts";
import {
  books,
  cost,
  exported,
  freight,
  noon,
  nothingBooked,
  orderEvent,
  part,
  refunded,
  shipmentId,
  shipped,
  stockEvent,
} from "./builders.ts";

/** The programs people check their books with. Debian: apt-get install hledger ledger beancount. */
const checkers = {
  hledger: { program: "hledger", args: (file: string) => ["-f", file, "check", "-s", "ordereddates"] },
  ledger: { program: "ledger", args: (file: string) => ["-f", file, "--pedantic", "bal"] },
  beancount: { program: "bean-check", args: (file: string) => [file] },
} as const;
type Checked = keyof typeof checkers;

const installed = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

function check(format: Checked, file: string): { status: number | null; output: string } {
  const { program, args } = checkers[format];
  const env = { ...process.env, BEANCOUNT_DISABLE_LOAD_CACHE: "1", LC_ALL: "C.UTF-8" };
  const { status, stdout, stderr } = spawnSync(program, args(file), { env, encoding: "utf8" });
  return { status, output: status === 0 ? stderr : stdout + stderr };
}

/** Every template once, late and foreign events, and texts that have broken such files before. */
function events(): StoredEvent[] {
  const parcel = {
    revenue: [part(11300, 1300), freight(600, 69), part(10600, 600, { lineNo: 2, virtual: true })],
    costs: [cost(6000)],
  };
  const paid = (currency: string, grossMinor: number, externalId: string, paidAt = noon) => ({
    currency,
    externalId,
    paid: {
      paidAt,
      totalMinor: grossMinor,
      platformDiscountMinor: 0,
      parts: [part(grossMinor, Math.floor(grossMinor / 10))],
    },
  });
  const facts = [
    paid("CNY", 11300, "DY-1"),
    paid("CNY", 9999, "late", "2026-09-30T00:00:00.000Z"),
    paid("USD", 10001, "dollars"),
    paid("JPY", 1, "one yen is no fen"),
    paid("JPY", 500, "yen"),
    paid("KWD", 1234, "three decimals"),
    paid("EUR", 777, "no rate is known"),
    ...[
      "; x",
      "a;b",
      '"quoted" \\',
      "(x) y",
      "[2026-01-01]",
      "a | b",
      "k:v, w",
      ":tag:",
      "=1+1",
      "@x",
      "* !",
      "双十一🎉；大促",
      "a  b",
      "line\nbreak",
      "x\u0001y\u202e",
      "%,#^{}",
      "12345678901234567890",
    ].map((text) => paid("CNY", 100, text)),
    { shipped: [shipped(parcel)] },
    {
      refunded: [
        refunded({ amountMinor: 2000, shipped: [part(2000, 230)], restocked: [cost(3000)] }),
        refunded({ amountMinor: 500, unshipped: [part(500, 58)] }),
      ],
    },
    { amended: { totalMinor: -49, platformDiscountMinor: 100, parts: [part(100, 3)] } },
    { shipmentsCancelled: [{ shipmentId, cancelledAt: noon, lines: [], ...parcel }] },
  ];
  const stock = adjustmentReasons.map((reason) => [
    { reason, valueMinor: 12345 },
    { reason, valueMinor: reason === "opening" ? 1 : -98765 },
  ]);
  return [
    ...facts.map((fact, index) =>
      orderEvent(index + 1, {
        ...fact,
        ...(index > 2 && index < 7 ? { orderId: `01900000-0000-7000-8000-00000000000${index}` } : {}),
      }),
    ),
    ...stock.map((lines, index) => stockEvent(facts.length + index + 1, lines)),
  ];
}

let db: Database;
let directory: string;
const runtime = testRuntime();
beforeAll(async () => {
  db = await memoryDatabase();
  directory = mkdtempSync(join(tmpdir(), "sluice-books-"));
});
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await db.close();
});

async function booked(settings: object): Promise<string> {
  const merchantId = (await testMerchant(db, runtime)).id;
  const withRates = { ...settings, exchangeRates: { USD: "7.1034", JPY: "0.0047", KWD: "23.5" } };
  const posting = post(events(), books({ settings: withRates }), nothingBooked);
  expect(posting.parked).toEqual([]);
  await db.transaction((tx) => insertEntries(tx, merchantId, posting.entries, noon));
  return merchantId;
}

describe.each(Object.keys(checkers) as Checked[])("%s", (format) => {
  const { program } = checkers[format];
  const missing = !installed(program);
  if (missing && process.env.CI !== "true") {
    it.skip(`is not installed: the exports were not checked by ${program} here`, () => {});
    return;
  }

  it("is installed", () => {
    expect(
      missing,
      `${program} must be installed where CI=true: apt-get install hledger ledger beancount`,
    ).toBe(false);
  });

  const cases = charts.flatMap((chart) =>
    (["general", "small_scale"] as const).map((taxpayer) => ({ chart, taxpayer })),
  );
  it.each(cases)("accepts every template: chart $chart, $taxpayer", async (settings) => {
    const merchantId = await booked(settings);
    const file = join(directory, `${settings.chart}-${settings.taxpayer}.${format}`);
    writeFileSync(file, await exported(db, merchantId, { format }));
    expect(check(format, file)).toEqual({ status: 0, output: "" });
  });

  it("accepts parts of the books, empty books, and accounts that were renamed", async () => {
    const merchantId = await booked({});
    await setAccount(db, merchantId, {
      role: "revenue",
      code: "6001-88",
      name: "直播 🎉 收入",
      type: "income",
    });
    await db.query(
      "update journal_lines set account_code = '6001-88', account_name = '直播 🎉 收入' where merchant_id = $1 and role = 'revenue' and number % 2 = 0",
      [merchantId],
    );
    const file = join(directory, `part.${format}`);
    for (const scope of [
      {},
      { from: "2026-10-01" },
      { to: "2026-10-01" },
      { after: 10 },
      { from: "2030-01-01" },
    ]) {
      writeFileSync(file, await exported(db, merchantId, { format, ...scope }));
      expect(check(format, file)).toEqual({ status: 0, output: "" });
    }
  });

  it("would have said so: an undeclared account is refused", async () => {
    const text = await exported(db, await booked({}), { format });
    const file = join(directory, `broken.${format}`);
    writeFileSync(file, text.replace(/^(1900-01-01 open|account) .*1405.*\n/m, ""));
    expect(check(format, file).status).not.toBe(0);
  });
});
