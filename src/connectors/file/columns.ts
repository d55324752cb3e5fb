import type { ImportKind } from "../../core/model/file-import.ts";
import { unreadable } from "./bytes.ts";
import type { Table } from "./table.ts";

/** Which column of a file holds which field. */

export interface FieldNames {
  /** Usual headers, best first, in any spelling that `plainHeader` makes equal. */
  [field: string]: readonly string[];
}

export interface ColumnRules {
  kind: ImportKind;
  fields: FieldNames;
  /** Of each group at least one field must be there. */
  required: readonly (readonly string[])[];
}

export interface Columns {
  /** Field -> position in the row. */
  positions: ReadonlyMap<string, number>;
  /** Field -> header, for the report. */
  used: Record<string, string>;
}

/**
 * Finds the column of every field: the given mapping first, then the usual names. Refuses a mapping that names no
 * column, and a file without a column it cannot do without, in one sentence that lists the headers it has.
 */
export function mapColumns(
  name: string,
  table: Table,
  mapping: Readonly<Record<string, string>>,
  rules: ColumnRules,
): Columns {
  const headers = table.headers.map((header) => header.trim());
  const found = `The columns are: ${headers.filter(Boolean).join(", ") || "none"}.`;
  const positions = new Map<string, number>();
  for (const [field, header] of Object.entries(mapping)) {
    if (!(field in rules.fields)) {
      throw unreadable(
        name,
        `${rules.kind} have no field "${field}". The fields are: ${Object.keys(rules.fields).join(", ")}.`,
      );
    }
    const matching = headers.flatMap((text, column) => (text === header.trim() ? [column] : []));
    const [position] = matching;
    if (position === undefined)
      throw unreadable(
        name,
        `the mapping puts ${field} in "${header}", but there is no such column. ${found}`,
      );
    if (matching.length > 1)
      throw unreadable(
        name,
        `"${header}" is the header of ${matching.length} columns; give each its own. ${found}`,
      );
    positions.set(field, position);
  }
  const plain = headers.map(plainHeader);
  for (const [field, names] of Object.entries(rules.fields)) {
    if (positions.has(field)) continue;
    const position = names.map((usual) => plain.indexOf(plainHeader(usual))).find((column) => column >= 0);
    if (position !== undefined && ![...positions.values()].includes(position)) positions.set(field, position);
  }
  const missing = rules.required.filter((group) => !group.some((field) => positions.has(field)));
  if (missing.length > 0) {
    const wanted = missing.map((group) => group.join(" or ")).join(", ");
    const example = missing[0]?.[0] ?? "";
    throw unreadable(
      name,
      `${rules.kind} need a column for ${wanted}. ${found} Name it with a mapping, such as ${example}=<header>.`,
    );
  }
  const used = Object.fromEntries([...positions].map(([field, column]) => [field, headers[column] ?? ""]));
  return { positions, used };
}

/** "Unit Price (GBP)", "unit_price" and "UnitPrice" are one name; so are full-width and plain letters. */
export const plainHeader = (header: string): string =>
  header
    .normalize("NFKC")
    .replace(/\([^)]*\)/g, "")
    .replace(/[\s_\-.:*#/]+/g, "")
    .toLowerCase();
