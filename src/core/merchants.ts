import { z } from "zod";
import { type Instant, nowInstant } from "./clock.ts";
import type { Database, Sql } from "./db/database.ts";
import { inTransaction } from "./db/transaction.ts";
import { SluiceError } from "./errors.ts";
import { stockModes } from "./escrow/mode.ts";
import { booksSettingsSchema } from "./ledger/settings.ts";
import { codeSchema, currencySchema, taxRateSchema } from "./model/primitives.ts";
import type { Runtime } from "./runtime.ts";
import type { Vault } from "./vault.ts";

/** What a merchant may set. Stored as given; whatever is left out takes the default of the release that reads it. */
export const merchantSettingsSchema = z.looseObject({
  ...booksSettingsSchema.shape,
  defaultTaxRateBp: taxRateSchema
    .default(0)
    .describe("Tax rate of SKUs that have none of their own, in basis points"),
  stockMode: z
    .enum(stockModes)
    .default("auto")
    .describe("How units are spread over listings, for SKUs that say nothing else"),
  stockPoolBp: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe("Part of split units kept for reservations and manual orders, in basis points"),
  recognition: z.enum(["on_shipment"]).default("on_shipment").describe("When revenue is earned"),
});
export type MerchantSettings = z.infer<typeof merchantSettingsSchema>;

export const merchantSettingsPatchSchema = z.strictObject(merchantSettingsSchema.shape).partial();
export type MerchantSettingsPatch = z.input<typeof merchantSettingsPatchSchema>;

export interface Merchant {
  id: string;
  code: string;
  name: string;
  baseCurrency: string;
  timeZone: string;
  settings: MerchantSettings;
  /** For `Vault.keyFor`. */
  wrappedKey: string;
  createdAt: Instant;
}

const timeZoneSchema = z.string().refine(isTimeZone, "must be an IANA time zone, such as Asia/Shanghai");

export const merchantInputSchema = z.object({
  code: codeSchema,
  name: z.string().min(1).max(200),
  baseCurrency: currencySchema.default("CNY"),
  timeZone: timeZoneSchema.default("Asia/Shanghai"),
});
export type MerchantInput = z.input<typeof merchantInputSchema>;

/** Every merchant starts with this location; stock without a location named is here. */
export const mainLocation = "MAIN";

/** The connection that orders made through the API belong to. It is paused, so nothing ever polls it. */
export const manualConnector = "manual";

/**
 * A merchant with a data key of its own, the location MAIN and the connection "manual". The books' accounts are made by
 * the ledger when it first needs them. Throws `already_exists` when the code is taken.
 */
export async function createMerchant(
  db: Sql | Database,
  parts: { vault: Vault; runtime: Runtime },
  input: MerchantInput,
): Promise<Merchant> {
  const { clock, ids } = parts.runtime;
  const { code, name, baseCurrency, timeZone } = parseMerchant(input);
  const wrappedKey = parts.vault.newDataKey();
  return inTransaction(db, async (tx) => {
    // The code is unique over all merchants, which a key that starts with merchant_id cannot promise.
    await tx.query("select pg_advisory_xact_lock($1::bigint)", [merchantsLock]);
    const taken = await tx.query("select 1 from merchants where code = $1", [code]);
    if (taken.length > 0)
      throw new SluiceError("already_exists", `There is a merchant "${code}" already; choose another code.`);
    const at = nowInstant(clock);
    const id = ids.next();
    await tx.query(
      `insert into merchants (merchant_id, code, name, base_currency, time_zone, settings, wrapped_key, last_event_seq, created_at)
       values ($1, $2, $3, $4, $5, '{}', $6, 0, $7)`,
      [id, code, name, baseCurrency, timeZone, wrappedKey, at],
    );
    await tx.query(
      "insert into locations (merchant_id, id, code, name, kind, created_at) values ($1, $2, $3, $4, 'own', $5)",
      [id, ids.next(), mainLocation, "Main", at],
    );
    await createManualConnection(tx, parts, { id, wrappedKey, at });
    return { id, code, name, baseCurrency, timeZone, settings: readSettings({}), wrappedKey, createdAt: at };
  });
}

const merchantsLock = 7_310_548_212;

async function createManualConnection(
  tx: Sql,
  { vault, runtime }: { vault: Vault; runtime: Runtime },
  merchant: { id: string; wrappedKey: string; at: Instant },
): Promise<void> {
  const id = runtime.ids.next();
  const secrets = vault.keyFor(merchant.wrappedKey).seal("{}", secretsContext(id));
  await tx.query(
    `insert into connections (merchant_id, id, connector, name, status, settings, secrets, created_at, updated_at)
     values ($1, $2, $3, $3, 'paused', '{}', $4, $5, $5)`,
    [merchant.id, id, manualConnector, secrets, merchant.at],
  );
}

/** What a connection's secrets are sealed with: moved to another connection they do not open. */
export const secretsContext = (connectionId: string): string => `connection ${connectionId} secrets`;

/** Throws `not_found`. */
export async function loadMerchant(sql: Sql, merchantId: string): Promise<Merchant> {
  const [row] = await sql.query<MerchantRow>(`${selectMerchant} where merchant_id = $1`, [merchantId]);
  if (!row) throw new SluiceError("not_found", `There is no merchant ${merchantId}.`);
  return fromRow(row);
}

/** Undefined when no merchant has the code. */
export async function findMerchantByCode(sql: Sql, code: string): Promise<Merchant | undefined> {
  const [row] = await sql.query<MerchantRow>(`${selectMerchant} where code = $1`, [code]);
  return row && fromRow(row);
}

/** All merchants of this hub, by code. */
export async function listMerchants(sql: Sql): Promise<Merchant[]> {
  const rows = await sql.query<MerchantRow>(`${selectMerchant} order by code`);
  return rows.map(fromRow);
}

/** Sets the given keys and leaves the others. Takes effect from now on: what is booked never changes. */
export async function updateMerchantSettings(
  db: Sql | Database,
  merchantId: string,
  patch: MerchantSettingsPatch,
): Promise<Merchant> {
  const parsed = merchantSettingsPatchSchema.safeParse(patch);
  if (!parsed.success) {
    throw new SluiceError(
      "invalid_request",
      `These settings cannot be taken. ${z.prettifyError(parsed.error)}`,
    );
  }
  // The parsed patch is filled up with defaults; only the keys that were given count.
  const given = Object.fromEntries(Object.entries(parsed.data).filter(([key]) => key in patch));
  const [row] = await db.query<MerchantRow>(
    `update merchants set settings = settings || $2::jsonb where merchant_id = $1 returning ${merchantColumns}`,
    [merchantId, JSON.stringify(given)],
  );
  if (!row) throw new SluiceError("not_found", `There is no merchant ${merchantId}.`);
  return fromRow(row);
}

type MerchantRow = Omit<Merchant, "settings"> & { settings: unknown };

const merchantColumns = `merchant_id as id, code, name, base_currency as "baseCurrency", time_zone as "timeZone", settings,
  wrapped_key as "wrappedKey", created_at as "createdAt"`;

const selectMerchant = `select ${merchantColumns} from merchants`;

const fromRow = (row: MerchantRow): Merchant => ({ ...row, settings: readSettings(row.settings) });

function readSettings(stored: unknown): MerchantSettings {
  const parsed = merchantSettingsSchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new SluiceError(
    "configuration",
    `A merchant's stored settings cannot be read. ${z.prettifyError(parsed.error)}`,
  );
}

function parseMerchant(input: MerchantInput): z.output<typeof merchantInputSchema> {
  const parsed = merchantInputSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new SluiceError("invalid_request", `This merchant cannot be made. ${z.prettifyError(parsed.error)}`);
}

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}
