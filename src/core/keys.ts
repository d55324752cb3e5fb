import { createHash } from "node:crypto";
import { type Instant, nowInstant } from "./clock.ts";
import type { Sql } from "./db/database.ts";
import { SluiceError } from "./errors.ts";
import type { Runtime } from "./runtime.ts";

/** API keys. A key belongs to one merchant and has a role; only its SHA-256 is stored, so it can be shown once only. */

export const keyRoles = ["owner", "operator", "warehouse", "finance", "read-only"] as const;
export type KeyRole = (typeof keyRoles)[number];

export interface ApiKey {
  id: string;
  merchantId: string;
  name: string;
  role: KeyRole;
  createdAt: Instant;
  revokedAt: Instant | null;
}

/** The prefix lets secret scanners recognise a key that leaked. */
const tokenPattern = /^slk_[A-Za-z0-9_-]{43}$/;

/** `token` is shown to the caller once and cannot be had again. */
export async function createKey(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  input: { name: string; role: KeyRole },
): Promise<{ id: string; token: string }> {
  const id = runtime.ids.next();
  const token = `slk_${Buffer.from(runtime.random.bytes(32)).toString("base64url")}`;
  await sql.query(
    "insert into api_keys (merchant_id, id, hash, name, role, created_at) values ($1, $2, $3, $4, $5, $6)",
    [merchantId, id, hashOf(token), input.name, input.role, nowInstant(runtime.clock)],
  );
  return { id, token };
}

/**
 * The key a token stands for; undefined when it is unknown or revoked. A plain hash is enough: the token has 256 random
 * bits, so there is nothing to guess, and the look-up by hash tells an attacker nothing by its duration.
 */
export async function findKey(sql: Sql, token: string): Promise<ApiKey | undefined> {
  if (!tokenPattern.test(token)) return undefined;
  const [key] = await sql.query<ApiKey>(
    `select ${columns} from api_keys where hash = $1 and revoked_at is null`,
    [hashOf(token)],
  );
  return key;
}

/** Takes effect with the next request. Revoking again changes nothing. Throws `not_found`. */
export async function revokeKey(
  sql: Sql,
  runtime: Runtime,
  merchantId: string,
  keyId: string,
): Promise<ApiKey> {
  const [key] = await sql.query<ApiKey>(
    `update api_keys set revoked_at = coalesce(revoked_at, $3) where merchant_id = $1 and id = $2 returning ${columns}`,
    [merchantId, keyId, nowInstant(runtime.clock)],
  );
  if (!key) throw new SluiceError("not_found", `There is no key ${keyId}.`);
  return key;
}

/** All keys in the order they were made, revoked ones too. */
export async function listKeys(sql: Sql, merchantId: string): Promise<ApiKey[]> {
  return sql.query<ApiKey>(`select ${columns} from api_keys where merchant_id = $1 order by id`, [
    merchantId,
  ]);
}

const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

const columns = `id, merchant_id as "merchantId", name, role, created_at as "createdAt", revoked_at as "revokedAt"`;
