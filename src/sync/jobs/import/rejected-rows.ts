import type { ImportReport } from "./report.ts";

const addedHeaders = ["rejected line", "rejected reason"];

/**
 * The rejected rows as they came, with the line they came from and why: to be corrected and imported again as it is.
 * UTF-8 with a byte order mark, so that spreadsheets read it as such. A cell that a spreadsheet would take for a
 * formula gets an apostrophe, which the import takes off again (OWASP, "CSV Injection").
 */
export function rejectedRowsCsv(report: Pick<ImportReport, "headers" | "rejected">): string {
  // A corrected file that is rejected again has our two columns already.
  const added = report.headers.findIndex((_, column) =>
    addedHeaders.every((header, offset) => report.headers[column + offset] === header),
  );
  const width = added < 0 ? report.headers.length : added;
  const rest = added < 0 ? width : width + addedHeaders.length;
  const rows = report.rejected.map(({ line, cells, reason }) => [
    ...Array.from({ length: width }, (_, column) => cells[column] ?? ""),
    String(line),
    reason,
    // Cells that have no header are kept, behind everything that has one.
    ...withoutEmptyEnd(cells.slice(rest)),
  ]);
  const header = [...report.headers.slice(0, width), ...addedHeaders];
  const widest = Math.max(header.length, ...rows.map((row) => row.length));
  const lines = [header, ...rows].map((row) =>
    Array.from({ length: widest }, (_, column) => quoted(safeCell(row[column] ?? ""))).join(","),
  );
  return `\ufeff${lines.map((line) => `${line}\r\n`).join("")}`;
}

/** RFC 4180, section 2. */
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

const withoutEmptyEnd = (cells: readonly string[]): readonly string[] =>
  cells.slice(0, cells.findLastIndex((cell) => cell !== "") + 1);

const plainNegative = /^-\d+(\.\d+)?$/;

const safeCell = (cell: string): string =>
  /^[=+\-@\t\r＝＋－＠]/.test(cell) && !plainNegative.test(cell) ? `'${cell}` : cell;
