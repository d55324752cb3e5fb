import { isSluiceError, SluiceError } from "../core/errors.ts";
import { createMerchant, findMerchantByCode, listMerchants, type Merchant } from "../core/merchants.ts";
import type { Core } from "../hub.ts";

export const firstMerchantCode = "main";

/** The merchant a command works for: the one named, or the only one. A hub that has none gets its first, `main`. */
export async function chooseMerchant(core: Core, code: string | undefined): Promise<Merchant> {
  if (code !== undefined) {
    const merchant = await findMerchantByCode(core.db, code);
    if (merchant) return merchant;
    throw new SluiceError(
      "not_found",
      `There is no merchant "${code}". List them with: sluice merchants list. Make one with: sluice merchants create --code ${code} --name …`,
    );
  }
  const merchants = await listMerchants(core.db);
  const [first] = merchants;
  if (first === undefined) return (await firstMerchant(core)).merchant;
  if (merchants.length === 1) return first;
  const codes = merchants.map((merchant) => merchant.code).join(", ");
  throw new SluiceError(
    "invalid_request",
    `There are several merchants; name one with --merchant: ${codes}.`,
  );
}

/** Makes `main` unless there is a merchant. `isNew` is true in the one process that made it. */
export async function firstMerchant(core: Core): Promise<{ merchant: Merchant; isNew: boolean }> {
  const [known] = await listMerchants(core.db);
  if (known) return { merchant: known, isNew: false };
  try {
    const merchant = await createMerchant(core.db, core, { code: firstMerchantCode, name: "Main" });
    return { merchant, isNew: true };
  } catch (error) {
    if (!isSluiceError(error) || error.code !== "already_exists") throw error;
    const [made] = await listMerchants(core.db);
    if (!made) throw error;
    return { merchant: made, isNew: false };
  }
}
