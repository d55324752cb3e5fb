/** A table as read from a file, before anything is made of it. */

/** Something about a cell that its text does not show. */
export type CellMark = "number" | "date" | "formula" | "error";

export interface TableRow {
  /** Line of the text file or row of the sheet, as an editor counts them. */
  line: number;
  cells: readonly string[];
  /** By column, for cells of a workbook that are no plain text. */
  marks?: ReadonlyMap<number, CellMark>;
}

export interface Table {
  /** For people, such as "UTF-8 CSV" or "XLSX sheet Orders". */
  format: string;
  headerLine: number;
  headers: readonly string[];
  /** Rows below the header that have any content. */
  rows: AsyncIterable<TableRow>;
}

export const isBlankRow = (cells: readonly string[]): boolean => cells.every((cell) => cell.trim() === "");

/** 0 -> A, 25 -> Z, 26 -> AA. */
export function columnLetters(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : columnLetters(Math.floor(column / 26) - 1) + letter;
}

export const cellAddress = (column: number, line: number): string => `${columnLetters(column)}${line}`;
