import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postJournals } from "../../src/sync/jobs/post-journals.ts";
import { type TestApp, testApp } from "../support/http.ts";

let test: TestApp;
beforeAll(async () => {
  test = await testApp();
  await test.hub.sku("A", 10, { unitCostMinor: 300 });
  const lines = [{ externalLineId: "1", sku: "A", quantity: 2, unitPriceMinor: 1000 }];
  const order = await test.hub.order({ externalId: "o-1", lines });
  await test.call("POST", `/v1/orders/${order.orderId}/shipments`);
  await postJournals(test, test.hub.merchant.id);
});
afterAll(() => test.close());

describe("entries", () => {
  it("come in the order of posting, balanced, after any number", async () => {
    const { body } = await test.call("GET", "/v1/journals");
    const numbers = body.items.map((entry: { number: number }) => entry.number);
    expect(numbers.length).toBeGreaterThanOrEqual(4);
    expect(numbers).toEqual(numbers.map((_: number, index: number) => index + 1));
    for (const entry of body.items) {
      const sum = (side: string) =>
        entry.lines
          .filter((line: { side: string }) => line.side === side)
          .reduce((total: number, line: { amountMinor: number }) => total + line.amountMinor, 0);
      expect(sum("debit")).toBe(sum("credit"));
    }
    const after = await test.call("GET", "/v1/journals?after=2&limit=1");
    expect(after.body.items).toEqual([body.items[2]]);
    expect(after.body.nextCursor).toBe("3");
    const next = await test.call("GET", "/v1/journals?cursor=3&limit=500");
    expect(next.body.items).toEqual(body.items.slice(3));
  });

  it("add up in the trial balance", async () => {
    const { body } = await test.call("GET", "/v1/journals/trial-balance");
    const sum = (key: string) =>
      body.items.reduce((total: number, row: Record<string, number>) => total + (row[key] ?? 0), 0);
    expect(sum("debitMinor")).toBe(sum("creditMinor"));
    expect(body.items.find((row: { accountCode: string }) => row.accountCode === "1405.01")).toMatchObject({
      debitMinor: 3000,
      creditMinor: 600,
    });
    const past = await test.call("GET", "/v1/journals/trial-balance?to=2020-01-01");
    expect(past.body.items).toEqual([]);
  });
});

describe("exports", () => {
  it.each([
    ["jsonl", "application/x-ndjson; charset=utf-8", "journal.jsonl", /"number":1,/],
    ["csv", "text/csv; charset=utf-8", "journal.csv", /JE-1,/],
    ["hledger", "text/plain; charset=utf-8", "journal.journal", /^decimal-mark \./],
    ["ledger", "text/plain; charset=utf-8", "journal.ledger", /^commodity CNY/],
    ["beancount", "text/plain; charset=utf-8", "journal.beancount", /open Assets:/],
  ])("%s is streamed with its own type and name", async (format, contentType, file, content) => {
    const reply = await test.call("GET", `/v1/journals/export?format=${format}`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe(contentType);
    expect(reply.headers.get("content-disposition")).toBe(`attachment; filename="${file}"`);
    expect(reply.text).toMatch(content);
  });

  it("hold only what was asked for", async () => {
    const all = await test.call("GET", "/v1/journals/export?format=jsonl");
    const some = await test.call("GET", "/v1/journals/export?format=jsonl&after=2");
    const lines = all.text.trimEnd().split("\n");
    expect(some.text.trimEnd().split("\n")).toEqual(lines.slice(2));
    expect((await test.call("GET", "/v1/journals/export?format=jsonl&to=2020-01-01")).text).toBe("");
    const headers = { authorization: `Bearer ${await test.key("finance")}` };
    const excel = await test.app.request("/v1/journals/export?format=csv&bom=true", { headers });
    expect([...new Uint8Array(await excel.arrayBuffer()).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect((await test.call("GET", "/v1/journals/export?format=jsonl&bom=true")).status).toBe(400);
  });
});

describe("the books", () => {
  it("take the merchant's own account codes", async () => {
    const set = await test.call("PUT", "/v1/accounts/bank", { code: "1002.88", name: "Bank of tests" });
    expect([set.status, set.body]).toEqual([
      200,
      { role: "bank", code: "1002.88", name: "Bank of tests", type: "asset" },
    ]);
    const { body } = await test.call("GET", "/v1/accounts");
    expect(body.items).toContainEqual(set.body);
    const wrong = await test.call("PUT", "/v1/accounts/bank", { code: "10 02; rm", name: "x" });
    expect([wrong.status, wrong.body.issues[0].path]).toEqual([400, "code"]);
    expect((await test.call("PUT", "/v1/accounts/nothing", { code: "1", name: "x" })).status).toBe(404);
  });

  it("close and open months", async () => {
    const closed = await test.call("POST", "/v1/periods/2026-10/close");
    expect([closed.status, closed.body.period]).toEqual([200, "2026-10"]);
    expect((await test.call("GET", "/v1/periods")).body.items).toEqual([closed.body]);
    expect((await test.call("POST", "/v1/periods/2026-12/close")).body.code).toBe("conflict");
    expect((await test.call("POST", "/v1/periods/2026-10/reopen")).status).toBe(204);
    expect((await test.call("GET", "/v1/periods")).body.items).toEqual([]);
    expect((await test.call("POST", "/v1/periods/2026-1/close")).status).toBe(404);
  });

  it("follow the merchant's settings, which refuse what they do not know", async () => {
    const changed = await test.call("PATCH", "/v1/merchant/settings", { defaultTaxRateBp: 600 });
    expect([changed.status, changed.body.settings.defaultTaxRateBp]).toEqual([200, 600]);
    expect(changed.body).not.toHaveProperty("wrappedKey");
    expect((await test.call("GET", "/v1/merchant")).body).toEqual(changed.body);
    const wrong = await test.call("PATCH", "/v1/merchant/settings", { defaultTaxRate: 600 });
    expect([wrong.status, wrong.body.code]).toEqual([400, "invalid_request"]);
  });
});
