import { Readable } from "node:stream";
import { type CsvError, type Options, parse } from "csv-parse";
import { messageOf } from "../../core/errors.ts";
import { type Decoded, fileLimits, unreadable } from "./bytes.ts";
import { isBlankRow, type Table, type TableRow } from "./table.ts";

/** Comma, semicolon, tab or bar separated text. */

const delimiters = [",", ";", "\t", "|"] as const;
const delimiterNames: Record<string, string> = {
  ",": "",
  ";": " (semicolons)",
  "\t": " (tabs)",
  "|": " (bars)",
};

/** Text is handed to the parser in pieces, so that a large file does not keep others waiting. */
const pieceLength = 64 * 1024;

export async function readDelimited(name: string, decoded: Decoded): Promise<Table> {
  // A mark at the start of GB18030 text stays in when it is decoded; Excel's own hint names the delimiter.
  const hinted = /^\uFEFF?(?:sep=(.)\r?\n)?/.exec(decoded.text);
  const skipped = hinted?.[0] ?? "";
  const text = decoded.text.slice(skipped.length);
  const delimiter = hinted?.[1] ?? sniffDelimiter(text);
  const rows = records(name, text, delimiter, skipped.includes("\n") ? 1 : 0);
  const header = await rows.next();
  if (header.done) throw unreadable(name, "it has no header row; the first row must name the columns.");
  return {
    format: `${decoded.encoding} CSV${delimiterNames[delimiter] ?? ""}`,
    headerLine: header.value.line,
    headers: header.value.cells,
    rows,
  };
}

/** The delimiter that cuts the header into the most cells; quoted ones do not count. */
function sniffDelimiter(text: string): string {
  const header = firstRecord(text).replace(/"(?:[^"]|"")*"/g, "");
  const counts = delimiters.map((delimiter) => header.split(delimiter).length);
  const most = Math.max(...counts);
  return delimiters[counts.indexOf(most)] ?? ",";
}

/** Up to the first line break outside quotes. */
function firstRecord(text: string): string {
  const match = /^\s*(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text.slice(0, fileLimits.cellLength));
  return match?.[0] ?? "";
}

async function* records(
  name: string,
  text: string,
  delimiter: string,
  linesBefore: number,
): AsyncGenerator<TableRow, void, undefined> {
  let parsedLine = 0;
  const options: Options = {
    delimiter,
    info: true,
    // A row of another length is one bad row, not a bad file: the mapping says so by line.
    relax_column_count: true,
    // 5" nails
    relax_quotes: true,
    skip_empty_lines: true,
    // An unclosed quote would swallow the rest of the file.
    max_record_size: fileLimits.cellLength * 16,
    // Rows parsed but not yet read here are lost when the parser fails, so it is asked itself how far it came.
    on_record: (record, { lines }) => {
      parsedLine = lines;
      return record;
    },
  };
  const parser = Readable.from(pieces(text)).pipe(parse(options));
  let count = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (isBlankRow(record)) continue;
      count += 1;
      if (count > fileLimits.rows + 1) throw tooManyRows(name);
      if (record.length > fileLimits.columns) {
        throw unreadable(
          name,
          `line ${info.lines} has ${record.length} columns, more than ${fileLimits.columns}.`,
        );
      }
      yield { line: linesBefore + info.lines - lineBreaksIn(record), cells: record };
    }
  } catch (error) {
    if (isCsvError(error)) {
      const where = `the row behind line ${linesBefore + parsedLine} cannot be read`;
      throw unreadable(name, `${where} (${messageOf(error)}); look for a quote that is never closed.`, error);
    }
    throw error;
  }
}

export const tooManyRows = (name: string) =>
  unreadable(name, `it has more than ${fileLimits.rows} rows; split it and import the parts.`);

function* pieces(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += pieceLength) yield text.slice(start, start + pieceLength);
}

/** The parser counts lines at the end of a record; people look for its start. */
const lineBreaksIn = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);

const isCsvError = (error: unknown): error is CsvError =>
  error instanceof Error && "code" in error && String(error.code).startsWith("CSV_");
