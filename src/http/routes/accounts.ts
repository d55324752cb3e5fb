import { z } from "zod";
import { audit } from "../../core/audit.ts";
import { inTransaction } from "../../core/db/transaction.ts";
import { accountInputSchema, loadAccounts, setAccount } from "../../core/ledger/accounts.ts";
import { periodPattern } from "../../core/ledger/calendar.ts";
import { accountTypes } from "../../core/ledger/chart.ts";
import { closePeriod, listPeriods, reopenPeriod } from "../../core/ledger/journals.ts";
import type { Operate } from "../operation.ts";
import type { AppParts } from "../parts.ts";

const accountSchema = z
  .object({
    role: z.string().describe("What the account stands for in the posting rules"),
    code: z.string(),
    name: z.string(),
    type: z.enum(accountTypes),
  })
  .meta({ id: "Account" });

const periodSchema = z
  .object({ period: z.string().describe("YYYY-MM"), closedAt: z.string() })
  .meta({ id: "ClosedPeriod" });
const periodParams = z.object({ period: z.string().regex(periodPattern) });

const tag = "account";

/** How the books are kept: the merchant's own account codes, and which months are closed. */
export function accountRoutes(operate: Operate, parts: AppParts): void {
  const { db, runtime } = parts;
  operate(
    {
      method: "get",
      path: "/v1/accounts",
      permission: "journals.read",
      tag,
      summary: "Which account stands for each role",
      answer: z.object({ items: z.array(accountSchema), nextCursor: z.null() }),
      statuses: { 200: "All of them" },
    },
    async ({ caller }) => {
      const accounts = await loadAccounts(db, caller.merchantId);
      return { body: { items: Object.values(accounts), nextCursor: null } };
    },
  );
  operate(
    {
      method: "put",
      path: "/v1/accounts/{role}",
      permission: "books.write",
      tag,
      summary: "Set code and name of a role",
      description: "For entries made from now on; entries already made keep theirs.",
      params: z.object({ role: accountInputSchema.shape.role }),
      body: accountInputSchema.omit({ role: true }),
      answer: accountSchema,
      statuses: { 200: "Set" },
    },
    async ({ caller, params, body }) => {
      const account = await inTransaction(db, async (tx) => {
        const set = await setAccount(tx, caller.merchantId, { ...body, role: params.role });
        await audit(tx, runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "account.set",
          subject: set.role,
          detail: { ...set },
        });
        return set;
      });
      return { body: account };
    },
  );
  periodRoutes(operate, parts);
}

function periodRoutes(operate: Operate, { db, runtime }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/periods",
      permission: "journals.read",
      tag,
      summary: "Closed months, the latest first",
      answer: z.object({ items: z.array(periodSchema), nextCursor: z.null() }),
      statuses: { 200: "All of them" },
    },
    async ({ caller }) => ({ body: { items: await listPeriods(db, caller.merchantId), nextCursor: null } }),
  );
  operate(
    {
      method: "post",
      path: "/v1/periods/{period}/close",
      permission: "books.write",
      tag,
      summary: "Close a month and all before it",
      description: "Events that fall into it later are booked on the first day after it.",
      params: periodParams,
      answer: periodSchema,
      statuses: { 200: "Closed" },
      refusals: ["conflict"],
    },
    async ({ caller, params }) => {
      const closed = await inTransaction(db, async (tx) => {
        const period = await closePeriod(tx, caller.merchantId, params.period, runtime.clock);
        await audit(tx, runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "period.close",
          subject: params.period,
        });
        return period;
      });
      return { body: closed };
    },
  );
  operate(
    {
      method: "post",
      path: "/v1/periods/{period}/reopen",
      permission: "books.write",
      tag,
      summary: "Open a month again",
      params: periodParams,
      statuses: { 204: "Open" },
      refusals: ["conflict"],
    },
    async ({ caller, params }) => {
      await inTransaction(db, async (tx) => {
        await reopenPeriod(tx, caller.merchantId, params.period, runtime.clock);
        await audit(tx, runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "period.reopen",
          subject: params.period,
        });
      });
      return {};
    },
  );
}
