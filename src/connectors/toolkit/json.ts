import { messageOf, SluiceError } from "../../core/errors.ts";

/**
 * JSON for bodies that move money or stock. `JSON.parse` silently keeps the last of two equal keys and silently rounds
 * numbers; here both are refused, because two readers of one body must not see two different orders.
 */

export interface StrictJsonOptions {
  /** Deepest nesting of objects and arrays. Orders need about 8. */
  maxDepth?: number;
  /** Also refuse half surrogate pairs and NUL, which text columns cannot hold. Off: platforms do cut names in mid-emoji. */
  wellFormedText?: boolean;
  /** Give whole numbers beyond 2^53 - 1 as the text they are written with, for platforms whose ids are such numbers. Off: refuse. */
  largeIntegersAsText?: boolean;
  /** Give all numbers that would not be kept exactly as the text they are written with, where most are nobody's business. Off: refuse. */
  inexactNumbersAsText?: boolean;
}

const defaultMaxDepth = 64;

/** A decimal of up to this many characters without exponent always survives the way through a double. */
const alwaysExactLength = 15;

/**
 * Reads UTF-8 bytes or text. Throws `malformed_json` (no JSON, no UTF-8, too deep), `duplicate_key` (a key twice in one
 * object) or `number_out_of_range` (a number that would change its value: integers beyond 2^53 - 1, or more digits than
 * a double keeps). 19.9 is fine: its shortest text is 19.9 again. Messages quote keys and numbers, never other content.
 */
export function parseStrictJson(input: Uint8Array | string, options: StrictJsonOptions = {}): unknown {
  const text = typeof input === "string" ? input : decodeUtf8(input);
  let value: unknown;
  try {
    value = JSON.parse(text, reviverFor(options));
  } catch (error) {
    const position = /position (\d+)/.exec(messageOf(error))?.[1];
    throw malformed(
      position === undefined ? "The body is not JSON" : `The body is not JSON from character ${position} on`,
    );
  }
  // JSON.parse has proven the syntax, so the second look can be simple and fast.
  scan({
    text,
    open: [],
    maxDepth: options.maxDepth ?? defaultMaxDepth,
    wellFormedText: options.wellFormedText ?? false,
    takesLargeIntegers: options.largeIntegersAsText ?? false,
    takesInexactNumbers: options.inexactNumbersAsText ?? false,
  });
  return value;
}

const isInteger = /^-?\d+$/;

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

function reviverFor(options: StrictJsonOptions): Reviver | undefined {
  if (options.inexactNumbersAsText) return inexactNumberAsText;
  return options.largeIntegersAsText ? largeIntegerAsText : undefined;
}

const inexactNumberAsText: Reviver = (_key, value, context) =>
  typeof value === "number" && context?.source !== undefined && !isKeptExactly(context.source)
    ? context.source
    : value;

/** The engine tells what a number was written as. */
const largeIntegerAsText: Reviver = (_key, value, context) =>
  typeof value === "number" && !Number.isSafeInteger(value) && isInteger.test(context?.source ?? "")
    ? context?.source
    : value;

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed("The body is not UTF-8 text");
  }
}

const malformed = (what: string) =>
  new SluiceError("malformed_json", `${what}; send one valid JSON document.`);

const quote = 0x22;
const backslash = 0x5c;

interface Scan {
  text: string;
  /** Open objects with their keys; null for arrays. */
  open: (Set<string> | null)[];
  maxDepth: number;
  wellFormedText: boolean;
  takesLargeIntegers: boolean;
  takesInexactNumbers: boolean;
}

/** `text` is valid JSON. */
function scan(state: Scan): void {
  for (let index = 0; index < state.text.length; ) index = step(state, index);
}

/** Looks at one token and answers the index after it. */
function step(state: Scan, index: number): number {
  const code = state.text.charCodeAt(index);
  switch (code) {
    case quote:
      return checkString(state, index);
    case 0x7b: // {
    case 0x5b: // [
      state.open.push(code === 0x7b ? new Set() : null);
      if (state.open.length > state.maxDepth)
        throw malformed(`The body nests deeper than ${state.maxDepth} levels`);
      return index + 1;
    case 0x7d: // }
    case 0x5d: // ]
      state.open.pop();
      return index + 1;
    default:
      return code === 0x2d || (code >= 0x30 && code <= 0x39) ? checkNumber(state, index) : index + 1;
  }
}

function checkString({ text, open, wellFormedText }: Scan, start: number): number {
  const end = endOfString(text, start + 1);
  if (wellFormedText) checkText(text, start, end);
  const keys = open.at(-1);
  if (keys && isKey(text, end)) addKey(keys, text, start, end);
  return end;
}

/** Index after the closing quote. `from` is the index after the opening one. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from);
  for (;;) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
    at = text.indexOf('"', at + 1);
  }
}

function isKey(text: string, from: number): boolean {
  let index = from;
  let code = text.charCodeAt(index);
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
    index += 1;
    code = text.charCodeAt(index);
  }
  return code === 0x3a;
}

function addKey(keys: Set<string>, text: string, start: number, end: number): void {
  const written = text.slice(start + 1, end - 1);
  // "\u0061" and "a" are one key.
  const key = written.includes("\\") ? String(JSON.parse(text.slice(start, end))) : written;
  if (keys.has(key)) {
    throw new SluiceError(
      "duplicate_key",
      `The key ${JSON.stringify(key.slice(0, 64))} stands twice in one object; send each key once.`,
    );
  }
  keys.add(key);
}

function checkText(text: string, start: number, end: number): void {
  const written = text.slice(start, end);
  const value = written.includes("\\") ? String(JSON.parse(written)) : written;
  if (!value.isWellFormed() || value.includes("\0")) {
    throw malformed(`The text at character ${start} holds half a surrogate pair or NUL`);
  }
}

/** Index after the number. */
function checkNumber({ text, takesLargeIntegers, takesInexactNumbers }: Scan, start: number): number {
  let end = start + 1;
  let isPlain = true;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code >= 0x30 && code <= 0x39) continue;
    if (code === 0x65 || code === 0x45) isPlain = false;
    else if (code !== 0x2e && code !== 0x2b && code !== 0x2d) break;
  }
  if (takesInexactNumbers || (isPlain && end - start <= alwaysExactLength)) return end;
  const written = text.slice(start, end);
  if (takesLargeIntegers && isInteger.test(written)) return end;
  if (!isKeptExactly(written)) {
    throw new SluiceError(
      "number_out_of_range",
      `The number ${written.slice(0, 40)} would not be kept exactly; send whole numbers up to 9007199254740991, or text.`,
    );
  }
  return end;
}

function isKeptExactly(written: string): boolean {
  const value = Number(written);
  const fits = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return fits && canonicalDecimal(written) === canonicalDecimal(String(value));
}

/** Sign, significant digits and power of ten, so that 1.50e2 and 150 come out alike. */
function canonicalDecimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const [, sign = "", whole = "", fraction = "", power = "0"] = match ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
}
