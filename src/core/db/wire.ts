import { type Instant, toInstant } from "../clock.ts";
import { exactSum, type Sum } from "../money/money.ts";
import type { SqlValue } from "./database.ts";

/**
 * How values look on the wire, the same for both databases. The drivers' own array and date codecs are not used: both
 * read a NULL inside an array as text in some cases, and postgres.js reads a bigint as text.
 */

type Scalar = string | number | boolean | null | Uint8Array;

/** Arrays become array literals; every other value is left to the driver. */
export const encodeParams = (params: readonly SqlValue[]): Scalar[] =>
  params.map((value) => (isArray(value) ? encodeArray(value) : value));

/** `Array.isArray` does not narrow readonly arrays. */
const isArray = (value: SqlValue): value is readonly Scalar[] => Array.isArray(value);

/** PostgreSQL's array literal (manual, section 8.15.6). Texts are always quoted, so the word NULL stays a word. */
function encodeArray(values: readonly Scalar[]): string {
  let literal = "{";
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) literal += ",";
    literal += encodeElement(values[index] ?? null);
  }
  return `${literal}}`;
}

function encodeElement(value: Scalar): string {
  if (value === null) return "NULL";
  if (typeof value === "string")
    return `"${needsEscape.test(value) ? value.replace(escaped, "\\$&") : value}"`;
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value === "number") return String(value);
  return `"\\\\x${hexOf(value)}"`;
}

const needsEscape = /["\\]/;
const escaped = /["\\]/g;

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** A bytea value in its hex spelling. */
export const encodeBytes = (bytes: Uint8Array): string => `\\x${hexOf(bytes)}`;

function parseBytes(text: string): Uint8Array {
  const buffer = Buffer.from(text.slice(2), "hex");
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** A bigint column as a number. Beyond 2^53 a number would be a wrong figure: it throws instead. */
export function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`The database gave ${text}, which is too large to be exact here.`);
  }
  return value;
}

/** A numeric, which is what PostgreSQL makes of a sum of bigints: whole ones as a `Sum`, so that no report fails on its size. */
export const parseNumeric = (text: string): Sum => (/^-?\d+$/.test(text) ? exactSum(BigInt(text)) : text);

/** "2026-11-22 08:00:00.12+00", as a session in UTC writes it, to "2026-11-22T08:00:00.120Z". */
export function parseInstant(text: string): Instant {
  if (!text.endsWith("+00") || text.charCodeAt(10) !== 32) return toInstant(text);
  const fraction = text.slice(20, -3);
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
}

type Parser = (text: string) => unknown;

const asText: Parser = (text) => text;

/** Type number of PostgreSQL's catalogue -> [number of its array type, how a value is read]. */
const scalarParsers: Record<number, [arrayOid: number, parse: Parser]> = {
  16: [1000, (text) => text === "t"], // boolean
  17: [1001, parseBytes], // bytea
  20: [1016, parseBigint], // bigint
  21: [1005, Number], // smallint
  23: [1007, Number], // integer
  25: [1009, asText], // text
  114: [199, JSON.parse], // json
  1043: [1015, asText], // varchar
  1082: [1182, asText], // date
  1114: [1115, asText], // timestamp
  1184: [1185, parseInstant], // timestamptz
  1700: [1231, parseNumeric], // numeric
  2950: [2951, asText], // uuid
  3802: [3807, JSON.parse], // jsonb
};

/** Readers by type number, arrays included. */
export const parsers: Record<number, Parser> = Object.fromEntries(
  Object.entries(scalarParsers).flatMap(([oid, [arrayOid, parse]]): [number, Parser][] => [
    [Number(oid), parse],
    [arrayOid, (text) => parseArray(text, parse)],
  ]),
);

/** Reads a one-dimensional array literal as PostgreSQL writes it. */
function parseArray(text: string, parse: Parser): unknown[] {
  const items: unknown[] = [];
  let at = 1;
  while (at < text.length - 1) {
    if (text[at] === '"') {
      let item = "";
      for (at += 1; text[at] !== '"'; at += 1) {
        if (text[at] === "\\") at += 1;
        item += text[at];
      }
      items.push(parse(item));
      at += 2;
    } else {
      const comma = text.indexOf(",", at);
      const end = comma === -1 ? text.length - 1 : comma;
      const item = text.slice(at, end);
      items.push(item === "NULL" ? null : parse(item));
      at = end + 1;
    }
  }
  return items;
}
