import { entryId } from "../entry.ts";
import { oneLine } from "../one-line.ts";
import { decimalText, exponentOf } from "./text.ts";
import { accountParts, eachLine, remembered, type Writer, type WriterOptions } from "./writer.ts";

const columns = [
  "entry_id",
  "line_no",
  "date",
  "event",
  "narration",
  "account_code",
  "account_name",
  "debit",
  "credit",
  "currency",
  "base_currency",
  "base_amount",
  "rate",
  "order_id",
  "connection",
  "shipment",
  "refund",
  "document",
  "live_session",
  "original_date",
  "reversal_of",
];

/** A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV Injection"); full-width forms count in CJK locales. */
const formula = /^[=+\-@\t\r＝＋－＠]/;
const needsQuotes = /[",\r\n]|^\s|\s$/;
/** Excel keeps 15 digits of a number and drops zeros at its ends: such a text is written as a formula that gives the text. */
const losesDigits = /^(\d{16,}|0\d+|\d+\.\d*0)$/;

const quoted = (text: string): string => (needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A text cell: one line, never a formula. */
function cell(text: string | undefined): string {
  if (text === undefined || text === "") return "";
  const line = oneLine(text);
  return quoted(formula.test(line) ? `'${line}` : line);
}

/** A code or number-like id in the flavour for Excel. */
const excelCell = (text: string | undefined): string =>
  text !== undefined && losesDigits.test(text) ? `"=""${text}"""` : cell(text);

/**
 * CSV: one row per line of an entry, RFC 4180 with CRLF, a header always, never a total. With `bom` it is the flavour for
 * Excel: a byte order mark, without which it garbles Chinese, and codes and long ids kept as text.
 */
export function csvWriter({ baseCurrency, bom }: WriterOptions): Writer {
  const idCell = bom ? excelCell : cell;
  const accountOf = remembered((key) => {
    const { code, name } = accountParts(key);
    return `${idCell(code)},${cell(name)}`;
  });
  const eventOf = remembered(cell);
  const baseExponent = exponentOf(baseCurrency);
  return {
    head: `${bom ? "\ufeff" : ""}${columns.join(",")}\r\n`,
    write(entry, out) {
      const exponent = exponentOf(entry.currency);
      const zero = decimalText("0", exponent);
      const { order, connection, shipment, refund, document, liveSession, originalDate, rate } =
        entry.dimensions;
      const before = entryId(entry.number);
      const between = `${entry.date},${eventOf(entry.rule)},${cell(entry.narration)}`;
      const after =
        `${rate ?? ""},${idCell(order)},${cell(connection)},${cell(shipment)},${cell(refund)},${idCell(document)},` +
        `${idCell(liveSession)},${originalDate ?? ""},${entry.reversalOf === null ? "" : entryId(entry.reversalOf)}\r\n`;
      let lineNo = 0;
      eachLine(entry.lines, (isDebit, amount, baseAmount, account) => {
        lineNo += 1;
        const text = decimalText(amount, exponent);
        out.push(
          `${before},${lineNo},${between},${accountOf(account)},${isDebit ? text : zero},${isDebit ? zero : text},${entry.currency},` +
            `${baseCurrency},${baseAmount === "" ? "" : decimalText(baseAmount, baseExponent)},${after}`,
        );
      });
    },
  };
}
