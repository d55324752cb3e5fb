import { type CellValue, readXlsx, type Sheet } from "hucre/xlsx";
import { isSluiceError, messageOf } from "../../core/errors.ts";
import { fileLimits, unreadable } from "./bytes.ts";
import { type CellMark, isBlankRow, type Table, type TableRow } from "./table.ts";
import { unpackedSize } from "./zip-size.ts";

/**
 * One sheet of an .xlsx workbook. Text cells are kept exactly; numbers, dates, formulas and errors are marked, because
 * a number cell no longer says how it was written (0017 is 17 there, F124).
 */
export async function readWorkbook(name: string, bytes: Uint8Array, sheetName?: string): Promise<Table> {
  const sheet = await openSheet(name, bytes, sheetName);
  if (sheet.rows.length > fileLimits.rows + 1) {
    throw unreadable(
      name,
      `sheet ${sheet.name} has more than ${fileLimits.rows} rows; split it and import the parts.`,
    );
  }
  const rows = sheetRows(sheet);
  const header = rows.next();
  if (header.done)
    throw unreadable(name, `sheet "${sheet.name}" is empty; name another sheet or fill this one.`);
  return {
    format: `XLSX sheet ${sheet.name}`,
    headerLine: header.value.line,
    headers: header.value.cells,
    rows: eachLater(rows),
  };
}

async function openSheet(name: string, bytes: Uint8Array, sheetName: string | undefined): Promise<Sheet> {
  const size = unpackedSize(bytes);
  if (size === undefined) throw unreadable(name, "its ZIP directory is damaged; save the workbook again.");
  if (size > fileLimits.unpackedBytes) {
    throw unreadable(
      name,
      `it unpacks to ${size} bytes, more than the ${fileLimits.unpackedBytes} allowed; split it and import the parts.`,
    );
  }
  const seen: { name: string; shown: boolean }[] = [];
  try {
    const workbook = await readXlsx(bytes, {
      sheets: (info) => {
        const shown = !info.hidden && !info.veryHidden;
        seen.push({ name: info.name, shown });
        if (sheetName !== undefined) return info.name === sheetName;
        return shown && seen.filter((sheet) => sheet.shown).length === 1;
      },
    });
    const sheet = workbook.sheets[0];
    if (sheet) return sheet;
    const names = seen.map((sheet) => sheet.name).join(", ") || "none";
    throw unreadable(
      name,
      `there is no ${sheetName === undefined ? "visible sheet" : `sheet "${sheetName}"`}; the sheets are: ${names}.`,
    );
  } catch (error) {
    if (isSluiceError(error)) throw error;
    throw unreadable(
      name,
      `it cannot be read as an .xlsx workbook (${messageOf(error)}); save it again as .xlsx or as CSV UTF-8.`,
      error,
    );
  }
}

function* sheetRows(sheet: Sheet): Generator<TableRow, void, undefined> {
  for (const [index, values] of sheet.rows.entries()) {
    const marks = new Map<number, CellMark>();
    const cells = values.slice(0, fileLimits.columns).map((value, column) => {
      const mark = markOf(value, sheet.cells?.get(`${index},${column}`));
      if (mark) marks.set(column, mark);
      return cellText(value);
    });
    if (isBlankRow(cells) && ![...marks.values()].includes("formula")) continue;
    const row: TableRow = { line: index + 1, cells };
    yield marks.size === 0 ? row : { ...row, marks };
  }
}

async function* eachLater(rows: Iterable<TableRow>): AsyncGenerator<TableRow, void, undefined> {
  yield* rows;
}

function markOf(
  value: CellValue,
  cell: { type: string; formula?: string } | undefined,
): CellMark | undefined {
  // The formula's last result may be old or empty, so the cell counts as a formula whatever it shows.
  if (cell?.formula !== undefined) return "formula";
  if (cell?.type === "error") return "error";
  if (typeof value === "number") return "number";
  return value instanceof Date ? "date" : undefined;
}

function cellText(value: CellValue): string {
  if (value === null) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : wallTime(value);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  return String(value);
}

/** A sheet's date has no zone. It is a day count, so the seconds come out a fraction off and are rounded. */
const wallTime = (date: Date): string =>
  new Date(Math.round(date.getTime() / 1000) * 1000).toISOString().slice(0, 19).replace("T", " ");
