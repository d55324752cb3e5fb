import { z } from "zod";
import { audit } from "../../core/audit.ts";
import { inTransaction } from "../../core/db/transaction.ts";
import {
  loadMerchant,
  type Merchant,
  merchantSettingsPatchSchema,
  merchantSettingsSchema,
  updateMerchantSettings,
} from "../../core/merchants.ts";
import type { Operate } from "../operation.ts";
import type { AppParts } from "../parts.ts";

const merchantSchema = z
  .object({
    id: z.uuid(),
    code: z.string(),
    name: z.string(),
    baseCurrency: z.string(),
    timeZone: z.string(),
    settings: merchantSettingsSchema,
    createdAt: z.string(),
  })
  .meta({ id: "Merchant" });

const shown = ({ wrappedKey: _, ...merchant }: Merchant) => merchant;
const tag = "merchant";

export function merchantRoutes(operate: Operate, { db, runtime }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/merchant",
      permission: "settings.read",
      tag,
      summary: "The merchant this key belongs to",
      answer: merchantSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller }) => ({ body: shown(await loadMerchant(db, caller.merchantId)) }),
  );
  operate(
    {
      method: "patch",
      path: "/v1/merchant/settings",
      permission: "settings.write",
      tag,
      summary: "Change settings",
      description: "Only what is given changes, from now on: what is booked stays as it is.",
      body: merchantSettingsPatchSchema,
      answer: merchantSchema,
      statuses: { 200: "Changed" },
    },
    async ({ caller, body }) => {
      const merchant = await inTransaction(db, async (tx) => {
        const changed = await updateMerchantSettings(tx, caller.merchantId, body);
        const detail = { keys: Object.keys(body) };
        await audit(tx, runtime, caller.merchantId, {
          actor: caller.keyId,
          action: "settings.update",
          subject: changed.code,
          detail,
        });
        return changed;
      });
      return { body: shown(merchant) };
    },
  );
}
