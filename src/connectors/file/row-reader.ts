import type { Instant } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { normaliseCode } from "../../core/model/primitives.ts";
import { parseMinor } from "../../core/money/money.ts";
import { type CellMark, cellAddress, type TableRow } from "./table.ts";
import { readTime, type TimeRules } from "./times.ts";

/** Spreadsheets keep 15 significant digits of a number; a longer one has already been changed. */
const exactDigits = 15;

/**
 * Reads the fields of one row. What cannot be read is noted in `problems`, in words that name the column, so that a
 * row is refused once with all its reasons; doubts that do not stop it go to `warnings`.
 */
export class RowReader {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  private readonly row: TableRow;
  private readonly positions: ReadonlyMap<string, number>;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    row: TableRow,
    positions: ReadonlyMap<string, number>,
    headers: Readonly<Record<string, string>>,
  ) {
    this.row = row;
    this.positions = positions;
    this.headers = headers;
  }

  /** The trimmed text, or undefined when the cell is blank or the file has no such column. */
  text(field: string): string | undefined {
    const column = this.positions.get(field);
    if (column === undefined) return undefined;
    const mark = this.row.marks?.get(column);
    if (mark === "formula" || mark === "error") return this.refuseCell(column, mark);
    const text = plainText(this.row.cells[column] ?? "");
    return text === "" ? undefined : text;
  }

  required(field: string): string | undefined {
    const before = this.problems.length;
    const text = this.text(field);
    if (text === undefined && this.problems.length === before)
      this.problems.push(`${this.headers[field] ?? field} is empty`);
    return text;
  }

  /** A code or an id: exact text. A number cell may have lost zeros or digits, which is said (F124). */
  code(field: string): string | undefined {
    const text = this.text(field);
    if (text === undefined) return undefined;
    const code = normaliseCode(text);
    const mark = this.mark(field);
    const header = this.headers[field] ?? field;
    if (mark === "date") {
      this.problems.push(
        `cell ${this.address(field)} was turned into a date; format ${header} as text and enter it again`,
      );
      return undefined;
    }
    if (mark === "number") return this.numberCode(field, code);
    if (/^\d+(\.\d+)?E[+]\d+$/i.test(code)) {
      this.warnings.push(`${header} ${code} looks like a long number that a spreadsheet has shortened`);
    }
    return code;
  }

  whole(field: string): number | undefined {
    const text = this.text(field);
    if (text === undefined) return undefined;
    const plain = text.normalize("NFKC").replace(/(\.0+)$/, "");
    const digits = /^[+-]?\d{1,3}(,\d{3})+$/.test(plain) ? plain.replaceAll(",", "") : plain;
    const value = /^[+-]?\d{1,15}$/.test(digits) ? Number(digits) : undefined;
    if (value === undefined)
      this.problems.push(`${this.headers[field] ?? field} "${text}" is no whole number`);
    return value === 0 ? 0 : value;
  }

  /** Minor units, signed. */
  amount(field: string, currency: string): number | undefined {
    const text = this.text(field);
    if (text === undefined) return undefined;
    try {
      const minor = parseMinor(plainAmount(text), currency);
      return minor === 0 ? 0 : minor;
    } catch (error) {
      this.problems.push(`${this.headers[field] ?? field}: ${messageOf(error)}`);
      return undefined;
    }
  }

  time(field: string, rules: TimeRules): Instant | undefined {
    const text = this.text(field);
    if (text === undefined) return undefined;
    const read = readTime(text.normalize("NFKC"), rules);
    if (read.ok) return read.at;
    this.problems.push(`${this.headers[field] ?? field} ${read.reason}`);
    return undefined;
  }

  refuse(reason: string): void {
    this.problems.push(reason);
  }

  private mark(field: string): CellMark | undefined {
    const column = this.positions.get(field);
    return column === undefined ? undefined : this.row.marks?.get(column);
  }

  private address(field: string): string {
    return cellAddress(this.positions.get(field) ?? 0, this.row.line);
  }

  private refuseCell(column: number, mark: "formula" | "error"): undefined {
    const address = cellAddress(column, this.row.line);
    const reason =
      mark === "formula"
        ? `cell ${address} is a formula; paste its value instead`
        : `cell ${address} shows the error ${this.row.cells[column] ?? ""}; enter its value`;
    if (!this.problems.includes(reason)) this.problems.push(reason);
    return undefined;
  }

  private numberCode(field: string, code: string): string | undefined {
    const header = this.headers[field] ?? field;
    const address = this.address(field);
    if (!/^-?\d+(\.\d+)?$/.test(code) || code.replace(/\D/g, "").length > exactDigits) {
      this.problems.push(
        `cell ${address} is a number of more than ${exactDigits} digits, of which the last are lost; format ${header} as text and enter it again`,
      );
      return undefined;
    }
    this.warnings.push(
      `cell ${address} is a number, so ${header} reads ${code}: zeros before it or behind its point are lost; format the column as text`,
    );
    return code;
  }
}

/**
 * `="0017"` is how exports keep a spreadsheet from changing a code; a leading apostrophe before a formula sign is how
 * our own file of rejected rows does. Both are only wrapping.
 */
function plainText(cell: string): string {
  const text = cell.trim();
  const wrapped = /^="(.*)"$/s.exec(text);
  if (wrapped) return (wrapped[1] ?? "").replaceAll('""', '"').trim();
  return /^'[=+\-@\t\r＝＋－＠]/.test(text) ? text.slice(1).trim() : text;
}

/** Currency signs are dropped; commas only where they can be nothing but grouping, as in 1,234.50. */
function plainAmount(text: string): string {
  const bare = text.normalize("NFKC").replace(/^([+-]?)\s*[¥£$€]\s*|\s*元$/g, "$1");
  return /^[+-]?\d{1,3}(,\d{3})+\.\d+$/.test(bare) ? bare.replaceAll(",", "") : bare;
}
