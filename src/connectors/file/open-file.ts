import type { FileFacts, FileOptions, FileRow, FileSource } from "../../core/model/file-import.ts";
import { type ColumnRules, mapColumns } from "./columns.ts";
import type { Conventions } from "./presets.ts";
import { readTable } from "./read-table.ts";
import { RowReader } from "./row-reader.ts";
import type { Table } from "./table.ts";

/** A file with its columns found, ready to be read row by row, and the account kept of every row. */
export interface OpenedFile {
  facts: FileFacts;
  /** Counts rows and collects warnings as they are read. A row that cannot be right has a problem from the start. */
  rows: AsyncIterable<{ row: FileRow; reader: RowReader }>;
}

/** A column of numbers would repeat one warning for each row. */
const maxWarnings = 1_000;

export async function openFile(
  source: FileSource,
  options: FileOptions,
  conventions: Conventions,
  rules: ColumnRules,
): Promise<OpenedFile> {
  const table = await readTable(source, options.sheet);
  const { positions, used } = mapColumns(
    source.name,
    table,
    { ...conventions.mapping, ...options.mapping },
    rules,
  );
  const facts: FileFacts = {
    headers: table.headers,
    columns: used,
    format: table.format,
    rows: 0,
    rejected: [],
    warnings: [],
  };
  if (table.format.startsWith("GB18030")) {
    facts.warnings.push({
      line: table.headerLine,
      message: "the file is not UTF-8 and was read as GB18030; look at names before you import",
    });
  }
  return { facts, rows: readRows(table, facts, positions, used) };
}

async function* readRows(
  table: Table,
  facts: FileFacts,
  positions: ReadonlyMap<string, number>,
  used: Readonly<Record<string, string>>,
): AsyncGenerator<{ row: FileRow; reader: RowReader }, void, undefined> {
  const isWorkbook = table.format.startsWith("XLSX");
  for await (const tableRow of table.rows) {
    facts.rows += 1;
    const row: FileRow = { line: tableRow.line, cells: tableRow.cells };
    const reader = new RowReader(tableRow, positions, used);
    // A sheet drops empty cells at the end of a row; a line of text with another count has lost or won a delimiter.
    if (!isWorkbook && row.cells.length !== table.headers.length) {
      reader.refuse(
        `the row has ${row.cells.length} columns, the header has ${table.headers.length}; put cells with the delimiter in quotes`,
      );
    }
    yield { row, reader };
    for (const message of reader.warnings) {
      if (facts.warnings.length < maxWarnings) facts.warnings.push({ line: row.line, message });
    }
  }
}

/** Rejected rows in the order of the file, whenever they were rejected. */
export const closeFacts = (file: OpenedFile): FileFacts => ({
  ...file.facts,
  rejected: file.facts.rejected.toSorted((a, b) => a.line - b.line),
});

export function rejectRow(file: OpenedFile, row: FileRow, reason: string): void {
  file.facts.rejected.push({ line: row.line, cells: row.cells, reason });
}
