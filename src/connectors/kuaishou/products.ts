import type { Call, Failure, ListingRef, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { type KuaishouClient, longOf } from "./client.ts";
import * as wire from "./wire.ts";

/** One item with its SKUs; `not_found` when there is none. The same call that lists items shows one of them. */
export async function productOf(
  client: KuaishouClient,
  kwaiItemId: string,
  call: Call,
): Promise<Result<wire.WireProduct>> {
  const gone = failure("not_found", `Kuaishou has no item ${kwaiItemId}`);
  if (!wire.isNumber(kwaiItemId)) return gone;
  const params = { kwaiItemId: longOf(kwaiItemId), pageNumber: 1, pageSize: 10 };
  const answer = await client.run(
    { method: "open.item.list.get", params, answer: wire.productsSchema, verb: "GET" },
    call,
  );
  if (!answer.ok) return answer;
  const found = answer.value.items.find((item) => item.kwaiItemId === kwaiItemId);
  return found ? { ok: true, value: found } : gone;
}

export interface Figure {
  itemId: string;
  skuId: string;
  quantity: number;
}

/** The figure of one listing. An item with one SKU may be named without it. */
export function figureOf(
  product: wire.WireProduct,
  { externalId, externalVariantId }: ListingRef,
): Result<Figure> {
  const sku =
    externalVariantId === undefined && product.skuList.length === 1
      ? product.skuList[0]
      : product.skuList.find(({ kwaiSkuId }) => kwaiSkuId === externalVariantId);
  if (!sku) return missing(product, externalId, externalVariantId);
  if (product.multipleStock)
    return failure(
      "unsupported",
      `Item ${externalId} has its stock by warehouse in Kuaishou's supply chain, which keeps it`,
    );
  return { ok: true, value: { itemId: externalId, skuId: sku.kwaiSkuId, quantity: sku.skuStock ?? 0 } };
}

const missing = (product: wire.WireProduct, externalId: string, variant: string | undefined): Failure =>
  variant === undefined && product.skuList.length > 1
    ? failure("invalid", `Item ${externalId} has several SKUs; name one of them in the listing`)
    : failure("not_found", `Kuaishou has no SKU ${variant ?? "at all"} of item ${externalId}`);
