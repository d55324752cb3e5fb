import { z } from "zod";
import type { Sql } from "../db/database.ts";
import { SluiceError } from "../errors.ts";
import {
  type Account,
  type Accounts,
  accountTypes,
  defaultAccounts,
  isRole,
  type Role,
  roles,
} from "./chart.ts";
import { readBooksSettings } from "./settings.ts";

/**
 * Which code and name stand for each role. Codes and names travel through CSV files and three plain-text formats, so
 * they are held to what all of them can carry: two spaces end an account name (hledger, Ledger), ";" starts a comment,
 * "(" and "[" make a posting virtual, ":" makes a sub-account, Beancount wants a capital or a digit first.
 */
export const accountInputSchema = z.object({
  role: z.string().refine(isRole, { message: `must be one of ${roles.join(", ")}` }),
  code: z
    .string()
    .max(32, "must have at most 32 characters")
    .regex(
      /^[A-Z0-9][A-Za-z0-9]*([.-][A-Za-z0-9]+)*$/,
      "must start with a digit or capital letter and hold only letters, digits, and single dots or hyphens, such as 1122.01",
    ),
  name: z
    .string()
    .min(1, "must not be empty")
    .max(100, "must have at most 100 characters")
    .regex(
      /^[^\p{C}\p{Z};:()[\]{}|"]+( [^\p{C}\p{Z};:()[\]{}|"]+)*$/u,
      'must be one line of words with single spaces, without ; : ( ) [ ] { } | "',
    ),
  type: z.enum(accountTypes).optional().describe("Left out: the type the role has by default"),
});
export type AccountInput = z.input<typeof accountInputSchema>;

/** All accounts of a merchant: the defaults of its chart, replaced where it has set its own. Throws `not_found`. */
export async function loadAccounts(sql: Sql, merchantId: string): Promise<Accounts> {
  const [merchant] = await sql.query<{ settings: unknown }>(
    "select settings from merchants where merchant_id = $1",
    [merchantId],
  );
  if (!merchant) throw new SluiceError("not_found", `There is no merchant ${merchantId}; check the id.`);
  return overDefaults(
    defaultAccounts(readBooksSettings(merchant.settings).chart),
    await readOwn(sql, merchantId),
  );
}

const readOwn = (sql: Sql, merchantId: string): Promise<OwnAccount[]> =>
  sql.query<OwnAccount>("select role, code, name, type from accounts where merchant_id = $1", [merchantId]);

type OwnAccount = Omit<Account, "role"> & { role: string };

function overDefaults(defaults: Accounts, own: readonly OwnAccount[]): Accounts {
  const accounts: Record<Role, Account> = { ...defaults };
  for (const { role, code, name, type } of own) if (isRole(role)) accounts[role] = { role, code, name, type };
  return accounts;
}

/**
 * Sets the code and name of a role for entries made from now on; entries already made keep theirs. Several roles may
 * share one account. Throws `invalid_request` when a code or name cannot be written in every export format.
 */
export async function setAccount(sql: Sql, merchantId: string, input: AccountInput): Promise<Account> {
  const parsed = accountInputSchema.safeParse(input);
  if (!parsed.success) {
    throw new SluiceError("invalid_request", `This account cannot be set. ${z.prettifyError(parsed.error)}`);
  }
  const { role, code, name } = parsed.data;
  const type = parsed.data.type ?? defaultAccounts("cas")[role].type;
  await sql.query(
    `insert into accounts (merchant_id, role, code, name, type) values ($1, $2, $3, $4, $5)
     on conflict (merchant_id, role) do update set code = excluded.code, name = excluded.name, type = excluded.type`,
    [merchantId, role, code, name, type],
  );
  return { role, code, name, type };
}
