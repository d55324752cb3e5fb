import { createSkus, maxSkusAtOnce } from "../../../core/catalogue/skus.ts";
import { SluiceError } from "../../../core/errors.ts";
import type { NamedSku } from "../../../core/model/file-import.ts";
import { mapOrders } from "./map-orders.ts";
import { referenceOf } from "./references.ts";
import type { ImportParts } from "./report.ts";
import { submit } from "./window.ts";

/**
 * Makes the SKUs a file names and the hub does not know. A service never runs out, but every sale takes units from stock: so
 * a virtual SKU begins with a million units that cost nothing.
 */
export async function makeMissingSkus(
  parts: ImportParts,
  merchantId: string,
  missing: readonly NamedSku[],
): Promise<void> {
  const { db, runtime } = parts;
  for (let start = 0; start < missing.length; start += maxSkusAtOnce) {
    const inputs = missing
      .slice(start, start + maxSkusAtOnce)
      .map(({ code, name, kind }) => ({ code, name, kind }));
    const { waitingOrderIds } = await createSkus(db, runtime, merchantId, inputs);
    await mapOrders(parts, merchantId, waitingOrderIds);
  }
}

const serviceUnits = 1_000_000;

/** Repeated at every import, since an import may have been cut short between the SKU and its units: a repeat changes nothing. */
export async function stockServices(
  parts: ImportParts,
  merchantId: string,
  services: readonly NamedSku[],
): Promise<void> {
  for (const { code } of services) {
    const answer = await submit(parts.engine, parts.runtime.timers, merchantId, {
      kind: "stock.adjust",
      input: {
        reference: referenceOf("service", code),
        lines: [{ sku: code, delta: serviceUnits, unitCostMinor: 0, reason: "opening" }],
      },
    });
    if (answer.kind === "refused")
      throw new SluiceError(answer.code, answer.message, { details: answer.details });
  }
}
