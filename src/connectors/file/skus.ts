import { type SkuInput, type SkuKind, skuInputSchema, skuKinds } from "../../core/model/catalogue.ts";
import type { FileOptions, FileSource, SkuItem, SkusFile } from "../../core/model/file-import.ts";
import { plainHeader } from "./columns.ts";
import { skuColumns } from "./fields.ts";
import { closeFacts, openFile, rejectRow } from "./open-file.ts";
import { conventionsOf } from "./presets.ts";
import type { RowReader } from "./row-reader.ts";
import { stated } from "./stated.ts";

/** Reads a file of SKUs. Of two rows with the same code, equal after trimming, the second is rejected (F126). */
export async function readSkus(source: FileSource, options: FileOptions): Promise<SkusFile> {
  const file = await openFile(source, options, conventionsOf(options.preset), skuColumns);
  const items = new Map<string, SkuItem>();
  for await (const { row, reader } of file.rows) {
    const input = reader.problems.length === 0 ? readSku(reader) : undefined;
    const first = input && items.get(input.code);
    if (first) reader.refuse(`SKU ${input.code} is already in line ${first.line}`);
    const isKindGiven = reader.text("kind") !== undefined || input?.components !== undefined;
    if (input && reader.problems.length === 0)
      items.set(input.code, { line: row.line, cells: row.cells, input, isKindGiven });
    else rejectRow(file, row, reader.problems.join("; "));
  }
  return { ...closeFacts(file), items: [...items.values()] };
}

function readSku(reader: RowReader): SkuInput | undefined {
  reader.required("sku");
  const code = reader.code("sku");
  const sku = stated({
    code,
    name: reader.text("name") ?? code,
    kind: readKind(reader),
    components: readComponents(reader),
    barcode: reader.code("barcode"),
    taxRateBp: readTaxRate(reader),
  });
  if (reader.problems.length > 0) return undefined;
  const parsed = skuInputSchema.safeParse(sku);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    reader.refuse([issue.path.join("."), issue.message].filter(Boolean).join(" "));
  return undefined;
}

const chineseKinds: Record<string, SkuKind> = {
  实物: "physical",
  虚拟: "virtual",
  组合: "bundle",
  套装: "bundle",
};

function readKind(reader: RowReader): SkuKind | undefined {
  const text = reader.text("kind");
  if (text === undefined) return reader.text("components") === undefined ? undefined : "bundle";
  const kind = skuKinds.find((known) => known === plainHeader(text)) ?? chineseKinds[text];
  if (!kind) reader.refuse(`the kind "${text}" is not known; write one of ${skuKinds.join(", ")}`);
  return kind;
}

/** "A x 2; B" or "A*2，B": codes with how many of each, one when left out. */
function readComponents(reader: RowReader): SkuInput["components"] {
  const text = reader.text("components");
  if (text === undefined) return undefined;
  return text
    .split(/[;；，,]/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [, sku = part, quantity = "1"] = /^(.*?)\s*(?:\*|×|\s[xX]\s)\s*(\d{1,9})$/.exec(part) ?? [];
      return { sku, quantity: Number(quantity) };
    });
}

/** "13%" or "13" in basis points. Below one nobody can tell 0.13 from 13 %. */
function readTaxRate(reader: RowReader): number | undefined {
  const text = reader.text("taxRate");
  if (text === undefined) return undefined;
  const [, whole, fraction = ""] = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(text.normalize("NFKC")) ?? [];
  const rateBp = whole === undefined ? undefined : Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
  if (rateBp === undefined || (rateBp > 0 && rateBp < 100 && !/%/.test(text.normalize("NFKC")))) {
    reader.refuse(`the tax rate "${text}" is not clear; write it in percent, such as 13 or 13%`);
    return undefined;
  }
  return rateBp;
}
