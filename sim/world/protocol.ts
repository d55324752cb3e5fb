import { messages, protocol } from "@electric-sql/pglite";
import { parsers } from "../../src/core/db/wire.ts";

/**
 * The messages of PostgreSQL's extended query protocol (manual, chapter 54) that one statement takes. The client's own codec
 * serves every kind of message and answers with an object for each; that took several times as long as the statement itself.
 */

/** A column of an answer: its name, and how its text is read. */
export interface Column {
  name: string;
  parse(text: string): unknown;
}

const code = (letter: string): number => letter.charCodeAt(0);
const bind = code("B");
const execute = code("E");
const sync = code("S");
const dataRow = code("D");
const rowDescription = code("T");
const failure = code("E");

/** A type letter and the length that follows it. */
const headBytes = 5;

/** What names a statement for good: parsed, and its columns told. */
export function parseMessage(name: string, text: string): Uint8Array {
  const { serialize } = protocol;
  return Buffer.concat([
    serialize.parse({ name, text }),
    serialize.describe({ type: "S", name }),
    serialize.sync(),
  ]);
}

/** Writes what runs a statement. One buffer serves all: a message is gone when the next is made. */
export class RunMessage {
  private buffer = Buffer.allocUnsafe(65_536);
  private at = 0;

  /** Every value as text, and every column wanted as text. */
  of(statement: string, values: readonly (string | null)[]): Uint8Array {
    this.at = 0;
    this.begin(bind, 2 + statement.length + 8);
    this.byte(0);
    this.name(statement);
    this.int16(0);
    this.int16(values.length);
    for (const value of values) this.value(value);
    this.int16(0);
    this.end(0);
    const executeAt = this.at;
    this.begin(execute, 5);
    this.byte(0);
    this.int32(0);
    this.end(executeAt);
    const syncAt = this.at;
    this.begin(sync, 0);
    this.end(syncAt);
    return this.buffer.subarray(0, this.at);
  }

  private begin(type: number, mostBytes: number): void {
    this.reserve(headBytes + mostBytes);
    this.byte(type);
    this.at += 4;
  }

  private end(startedAt: number): void {
    this.buffer.writeInt32BE(this.at - startedAt - 1, startedAt + 1);
  }

  private byte(value: number): void {
    this.buffer[this.at] = value;
    this.at += 1;
  }

  private int16(value: number): void {
    this.reserve(2);
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  private int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  private name(value: string): void {
    this.at += this.buffer.write(value, this.at, "latin1");
    this.byte(0);
  }

  private value(value: string | null): void {
    if (value === null) {
      this.reserve(4);
      this.int32(-1);
      return;
    }
    this.reserve(4 + value.length * 3);
    const bytes = this.buffer.write(value, this.at + 4);
    this.int32(bytes);
    this.at += bytes;
  }

  private reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(needed * 2);
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

/** The columns a statement answers with; none when it answers with no rows. Throws what the database refuses. */
export function columnsOf(answer: Buffer): Column[] {
  let columns: Column[] = [];
  eachMessage(answer, (type, at) => {
    if (type === rowDescription) columns = readColumns(answer, at);
  });
  return columns;
}

/** The rows of an answer. Throws what the database refuses. */
export function rowsOf<Row>(answer: Buffer, columns: readonly Column[]): Row[] {
  const rows: Row[] = [];
  eachMessage(answer, (type, at) => {
    if (type === dataRow) rows.push(readRow(answer, at, columns) as Row);
  });
  return rows;
}

function eachMessage(answer: Buffer, see: (type: number, at: number) => void): void {
  for (let at = 0; at < answer.length; ) {
    const type = answer[at] as number;
    if (type === failure) throw refusalOf(answer);
    see(type, at + headBytes);
    at += 1 + answer.readInt32BE(at + 1);
  }
}

function readColumns(answer: Buffer, startAt: number): Column[] {
  const columns: Column[] = [];
  let at = startAt + 2;
  for (let left = answer.readInt16BE(startAt); left > 0; left -= 1) {
    const nameEnd = answer.indexOf(0, at);
    const name = answer.toString("utf8", at, nameEnd);
    // A table and its column come before the type; its size, modifier and format after it.
    const oid = answer.readInt32BE(nameEnd + 7);
    columns.push({ name, parse: parsers[oid] ?? ((text) => text) });
    at = nameEnd + 19;
  }
  return columns;
}

function readRow(answer: Buffer, startAt: number, columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = startAt + 2;
  for (const { name, parse } of columns) {
    const length = answer.readInt32BE(at);
    at += 4;
    if (length < 0) {
      row[name] = null;
      continue;
    }
    row[name] = parse(answer.toString("utf8", at, at + length));
    at += length;
  }
  return row;
}

/** The error in the form in which the client itself throws it. */
function refusalOf(answer: Buffer): Error {
  let refusal: Error = new Error("The database refused a statement and did not say why.");
  new protocol.Parser().parse(Uint8Array.from(answer), (message) => {
    if (message instanceof messages.DatabaseError) refusal = message;
  });
  return refusal;
}
