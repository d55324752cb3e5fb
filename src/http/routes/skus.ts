import { z } from "zod";
import { releasing } from "../../core/catalogue/releasing.ts";
import { createSku, listSkus, loadSku, skuPatchSchema, updateSku } from "../../core/catalogue/skus.ts";
import { stockModes } from "../../core/escrow/mode.ts";
import { skuInputSchema, skuKinds } from "../../core/model/catalogue.ts";
import { codeSchema } from "../../core/model/primitives.ts";
import { mapWaitingOrders } from "../map-waiting.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { asNotFound } from "../problem.ts";

export const skuSchema = z
  .object({
    id: z.uuid(),
    code: z.string(),
    name: z.string(),
    kind: z.enum(skuKinds),
    components: z
      .array(z.object({ sku: z.string(), quantity: z.number().int() }))
      .describe("Of a bundle; else empty"),
    barcode: z.string().nullable(),
    taxRateBp: z.number().int().nullable(),
    stockMode: z.enum(stockModes).nullable().describe("Null for the merchant's default"),
    createdAt: z.string(),
  })
  .meta({ id: "Sku" });

const tag = "SKU";
const params = z.object({ code: codeSchema });

export function skuRoutes(operate: Operate, parts: AppParts): void {
  const { db, runtime } = parts;
  operate(
    {
      method: "post",
      path: "/v1/skus",
      permission: "catalogue.write",
      tag,
      summary: "Create a SKU or a bundle",
      description: "Orders with lines that waited for this code get it at once.",
      body: skuInputSchema,
      answer: skuSchema,
      statuses: { 201: "Created" },
      refusals: ["already_exists", "unknown_sku"],
    },
    async ({ caller, body }) => {
      const { sku, waitingOrderIds } = await createSku(db, runtime, caller.merchantId, body);
      await mapWaitingOrders(parts, caller.merchantId, waitingOrderIds);
      return { body: sku, headers: { location: `/v1/skus/${encodeURIComponent(sku.code)}` } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/skus",
      permission: "catalogue.read",
      tag,
      summary: "List SKUs by code",
      query: z.object(pageQuery),
      answer: pageOf(skuSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => ({ body: await listSkus(db, caller.merchantId, query) }),
  );
  operate(
    {
      method: "get",
      path: "/v1/skus/{code}",
      permission: "catalogue.read",
      tag,
      summary: "Get one SKU",
      params,
      answer: skuSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => ({
      body: await asNotFound("unknown_sku", tag, params.code, loadSku(db, caller.merchantId, params.code)),
    }),
  );
  operate(
    {
      method: "patch",
      path: "/v1/skus/{code}",
      permission: "catalogue.write",
      tag,
      summary: "Change a SKU",
      description: "Only what is given changes. New components of a bundle count for orders from now on.",
      params,
      body: skuPatchSchema,
      answer: skuSchema,
      statuses: { 200: "Changed" },
      refusals: ["unknown_sku"],
    },
    async ({ caller, params, body }) => {
      await asNotFound("unknown_sku", tag, params.code, loadSku(db, caller.merchantId, params.code));
      const change = () => updateSku(db, runtime, caller.merchantId, params.code, body);
      return { body: await releasing(parts, caller.merchantId, change) };
    },
  );
}
