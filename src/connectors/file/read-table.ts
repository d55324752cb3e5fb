import type { FileSource } from "../../core/model/file-import.ts";
import { decode, isZip, unpack } from "./bytes.ts";
import { readDelimited } from "./delimited.ts";
import type { Table } from "./table.ts";
import { readWorkbook } from "./workbook.ts";

/** Opens a CSV or XLSX file, packed with gzip or not; the bytes decide what it is, not its name. */
export async function readTable(source: FileSource, sheet?: string): Promise<Table> {
  const bytes = unpack(source.name, source.bytes);
  if (isZip(bytes)) return readWorkbook(source.name, bytes, sheet);
  return readDelimited(source.name, decode(source.name, bytes));
}
