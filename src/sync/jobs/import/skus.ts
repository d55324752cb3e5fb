import { releasing } from "../../../core/catalogue/releasing.ts";
import {
  createSkus,
  loadSku,
  maxSkusAtOnce,
  type SkuPatch,
  updateSku,
} from "../../../core/catalogue/skus.ts";
import { isSluiceError } from "../../../core/errors.ts";
import type { SkuInput } from "../../../core/model/catalogue.ts";
import type { FileSource, SkuItem } from "../../../core/model/file-import.ts";
import { type KnownSku, knownSkus } from "./known.ts";
import { mapOrders } from "./map-orders.ts";
import { type ImportOptions, type ImportParts, type ImportReport, prepare, RowAccount } from "./report.ts";

/**
 * Imports a file of SKUs: makes those the hub does not know, changes name, barcode, tax rate and components of those it
 * does where the file says otherwise. What the file leaves out stays. The kind of a SKU never changes.
 */
export async function importSkus(
  parts: ImportParts,
  merchantId: string,
  source: FileSource,
  given: ImportOptions = {},
): Promise<ImportReport> {
  const { options, fileOptions } = await prepare(parts, merchantId, given);
  const file = await parts.files.skus(source, fileOptions);
  const account = new RowAccount(file, given.onProgress);
  const known = await knownSkus(
    parts.db,
    merchantId,
    file.items.map(({ input }) => input.code),
  );
  const fresh = file.items.filter(({ input }) => !known.has(input.code));
  // Bundles last: their components may be in the same file.
  const plain = fresh.filter(({ input }) => input.kind !== "bundle");
  const bundles = fresh.filter(({ input }) => input.kind === "bundle");
  for (const item of file.items) {
    const before = known.get(item.input.code);
    if (before) await change(parts, merchantId, { item, before, dryRun: options.dryRun, account });
  }
  for (const set of [plain, bundles]) {
    for (let start = 0; start < set.length; start += maxSkusAtOnce) {
      await create(parts, merchantId, set.slice(start, start + maxSkusAtOnce), options.dryRun, account);
    }
  }
  return account.report("skus", source.name, options.dryRun);
}

async function change(
  parts: ImportParts,
  merchantId: string,
  {
    item,
    before,
    dryRun,
    account,
  }: { item: SkuItem; before: KnownSku; dryRun: boolean; account: RowAccount },
): Promise<void> {
  const { input } = item;
  if (item.isKindGiven && input.kind !== before.kind) {
    account.reject(
      [item],
      `SKU ${input.code} is ${before.kind} in the hub and cannot become ${input.kind}; use another code`,
    );
    return;
  }
  try {
    const patch = await patchOf(parts, merchantId, input, before);
    const isSame = Object.keys(patch).length === 0;
    const update = () => updateSku(parts.db, parts.runtime, merchantId, input.code, patch);
    // Only what a bundle is made of sets units free.
    if (!isSame && !dryRun) await (patch.components ? releasing(parts, merchantId, update) : update());
    account.imported([{ ...item, class: isSame ? "unchanged" : "changed" }]);
  } catch (error) {
    if (!isSluiceError(error) || error.retryable) throw error;
    account.reject([item], error.message);
  }
}

async function patchOf(
  parts: ImportParts,
  merchantId: string,
  input: SkuInput,
  before: KnownSku,
): Promise<SkuPatch> {
  // A row without a name carries its code as one, which is no new name.
  const name = input.name !== input.code && input.name !== before.name ? { name: input.name } : {};
  const barcode =
    input.barcode !== undefined && input.barcode !== before.barcode ? { barcode: input.barcode } : {};
  const taxRate =
    input.taxRateBp !== undefined && input.taxRateBp !== before.taxRateBp
      ? { taxRateBp: input.taxRateBp }
      : {};
  const { components } = input;
  if (!components) return { ...name, ...barcode, ...taxRate };
  const current = (await loadSku(parts.db, merchantId, input.code)).components;
  return { ...name, ...barcode, ...taxRate, ...(sameComponents(components, current) ? {} : { components }) };
}

type Components = readonly { sku: string; quantity: number }[];

function sameComponents(a: Components, b: Components): boolean {
  const text = (components: Components) =>
    components
      .map(({ sku, quantity }) => `${sku}\n${quantity}`)
      .toSorted()
      .join("\n");
  return text(a) === text(b);
}

/** All at once; when one of them is at fault, one by one, so that only that one is rejected. */
async function create(
  parts: ImportParts,
  merchantId: string,
  items: readonly SkuItem[],
  dryRun: boolean,
  account: RowAccount,
): Promise<void> {
  if (items.length === 0) return;
  try {
    if (!dryRun) await make(parts, merchantId, items);
    account.createdSkus += items.length;
    account.imported(items.map((item) => ({ ...item, class: "created" })));
  } catch (error) {
    if (!isSluiceError(error) || error.retryable) throw error;
    const [first] = items;
    if (items.length === 1 && first) return account.reject([first], error.message);
    for (const item of items) await create(parts, merchantId, [item], dryRun, account);
  }
}

async function make(parts: ImportParts, merchantId: string, items: readonly SkuItem[]): Promise<void> {
  const inputs = items.map(({ input }) => input);
  const { waitingOrderIds } = await createSkus(parts.db, parts.runtime, merchantId, inputs);
  await mapOrders(parts, merchantId, waitingOrderIds);
}
