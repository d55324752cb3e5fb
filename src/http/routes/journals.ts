import { z } from "zod";
import { accountTypes } from "../../core/ledger/chart.ts";
import { listJournals, trialBalance } from "../../core/ledger/journals.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";

const count = z.number().int();
const numberSchema = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const dateSchema = z.iso.date({ message: "must be a date such as 2026-11-22" });

const entrySchema = z
  .object({
    number: count.describe("1, 2, 3 … per merchant, without gaps"),
    date: z.string().describe("Accounting date in the merchant's time zone"),
    rule: z.string(),
    eventSeq: count.describe("Number of the event it was made from"),
    currency: z.string(),
    narration: z.string(),
    orderId: z.string().nullable(),
    reversalOf: count.nullable().describe("Number of the entry this one takes back"),
    dimensions: z.record(z.string(), z.unknown()),
    postedAt: z.string(),
    lines: z.array(
      z.object({
        role: z.string().describe("What the account stands for in the posting rules"),
        accountCode: z.string(),
        accountName: z.string(),
        side: z.enum(["debit", "credit"]),
        amountMinor: count,
        baseAmountMinor: count
          .nullable()
          .describe("In the base currency; null while no exchange rate is known"),
      }),
    ),
  })
  .meta({ id: "JournalEntry" });

const sum = z
  .union([count, z.string().regex(/^-?\d+$/)])
  .describe("Minor units; digits as text where a number would not be exact (beyond 2^53)");

const balanceSchema = z
  .object({
    accountCode: z.string(),
    accountName: z.string(),
    type: z.enum(accountTypes),
    currency: z.string(),
    debitMinor: sum,
    creditMinor: sum,
    baseDebitMinor: sum.nullable(),
    baseCreditMinor: sum.nullable(),
  })
  .meta({ id: "TrialBalanceRow" });

const tag = "journal";

export function journalRoutes(operate: Operate, { db }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/journals",
      permission: "journals.read",
      tag,
      summary: "Journal entries in the order of posting",
      description: "Finance systems pull with `after` = the last number they have.",
      query: z.object({
        ...pageQuery,
        cursor: numberSchema.optional().describe("`nextCursor` of the page before; the same as `after`"),
        after: numberSchema.optional().describe("Only entries with a higher number"),
      }),
      answer: pageOf(entrySchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => {
      const after = query.cursor ?? query.after ?? 0;
      const items = await listJournals(db, caller.merchantId, { after, limit: query.limit });
      const last = items.length === query.limit ? items.at(-1) : undefined;
      return { body: { items, nextCursor: last ? String(last.number) : null } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/journals/trial-balance",
      permission: "journals.read",
      tag,
      summary: "Turnover per account and currency",
      description: "Per currency the debits add up to the credits.",
      query: z.object({ from: dateSchema.optional(), to: dateSchema.optional().describe("Both days count") }),
      answer: z.object({ items: z.array(balanceSchema), nextCursor: z.null() }),
      statuses: { 200: "By account code" },
    },
    async ({ caller, query }) => ({
      body: { items: await trialBalance(db, caller.merchantId, query), nextCursor: null },
    }),
  );
}
