import type { Database } from "../../src/core/db/database.ts";
import { createMerchant, type Merchant, type MerchantInput } from "../../src/core/merchants.ts";
import type { Runtime } from "../../src/core/runtime.ts";
import { createVault, type Vault } from "../../src/core/vault.ts";

/** The vault of tests: master key 00 01 02 … 1f. */
export const testVault = (runtime: Runtime): Vault =>
  createVault(
    Uint8Array.from({ length: 32 }, (_, index) => index),
    runtime.random,
  );

let made = 0;

/** A merchant with a code of its own, so that tests can share a database. */
export function testMerchant(
  db: Database,
  runtime: Runtime,
  options: Partial<MerchantInput> & { vault?: Vault } = {},
): Promise<Merchant> {
  const { vault = testVault(runtime), ...input } = options;
  made += 1;
  return createMerchant(
    db,
    { vault, runtime },
    { code: `merchant-${made}`, name: "Test merchant", ...input },
  );
}
