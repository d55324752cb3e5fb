import type { CodeGroup, Entry, LineUp, WordKind } from "./grammar-line-up.ts";
import { chineseNumber, isJoining } from "./grammar-text.ts";

/** A normalised comment as a row of tokens. */

export type Token =
  | { kind: "code"; group: CodeGroup }
  /** `explicit`: a unit, `x`, `*`, `+` or "qty" says that the number counts pieces. */
  | { kind: "number"; value: number; explicit: boolean; plus?: boolean }
  | { kind: "variant"; words: readonly string[] }
  | { kind: "keyword" | "shown" | "cancel" | "filler" | "question" }
  /** `codeLike`: looks like a code of this kind of room, but is none. `glued`: a code with something grown onto it. */
  | { kind: "word"; text: string; codeLike: boolean; glued: boolean };

/** Which meaning of a word wins; a word that is a code here is a code first. */
const ranks: WordKind[] = [
  "code",
  "shown",
  "cancel",
  "variant",
  "keyword",
  "question",
  "quantity",
  "filler",
  "unit",
];

const mostDigits = 6;

export function scan(text: string, lineUp: LineUp): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    if (text[position] === " " || text[position] === "#") {
      position += 1;
      continue;
    }
    const read =
      readQuantity(text, position, lineUp) ??
      readEntry(text, position, lineUp, tokens) ??
      readWord(text, position, lineUp);
    tokens.push(...read.tokens);
    position = read.end;
  }
  return tokens;
}

interface Read {
  tokens: Token[];
  end: number;
}

const number = (value: number, explicit: boolean, end: number, plus = false): Read => ({
  tokens: [{ kind: "number", value, explicit, ...(plus ? { plus } : {}) }],
  end,
});

/** x2, *2, +2, qty 2, 2x, 2件, 两件, 2: numbers, unless the text at this place is a code or a word of the room. */
function readQuantity(text: string, at: number, lineUp: LineUp): Read | null {
  const rest = text.slice(at);
  if (isJoining(text[at - 1]) && isJoining(text[at]) && !/[x\p{N}]/u.test(text[at] ?? "")) return null;
  const marked = /^(?:(x|\*|\+)|(qty|quantity|数量|數量)) ?(\d{1,9})(?![\p{L}\p{N}]*[.\p{N}])/u.exec(rest);
  const before = text[at - 1];
  if (marked && !(marked[1] === "x" && isJoining(before) && !/\p{N}|[a-z]/u.test(before ?? ""))) {
    const end = at + marked[0].length;
    const entry = longestEntry(text, at, lineUp);
    const isWord = entry !== null && entry.text.length >= marked[0].length;
    const isCode = marked[1] === "+" && entryIsCode(text, end - (marked[3]?.length ?? 0), lineUp);
    if (!isWord && !isCode && boundaryAfter(text, end)) {
      return number(Number(marked[3]), true, afterUnit(text, end, lineUp), marked[1] === "+");
    }
  }
  const digits = /^\d+/.exec(rest)?.[0];
  if (digits !== undefined && digits.length <= mostDigits && !isJoining(text[at - 1])) {
    return readDigits(text, at, digits, lineUp);
  }
  const chinese = chineseNumber(rest);
  if (!chinese || longestEntry(text, at, lineUp)?.kinds.has("code")) return null;
  const end = at + chinese.length;
  const after = afterUnit(text, end, lineUp);
  // 一 alone stands in too many words to be a count; with its unit it is one.
  return after > end ? number(chinese.value, true, after) : null;
}

function readDigits(text: string, at: number, digits: string, lineUp: LineUp): Read | null {
  const end = at + digits.length;
  const unit = afterUnit(text, end, lineUp);
  const code = longestEntry(text, at, lineUp);
  const isCode = code?.kinds.has("code") === true;
  if (code && isCode && code.text.length > digits.length) return null;
  if (unit > end) return number(Number(digits), true, unit);
  if (isCode) return null;
  const times = /^ ?(?:x(?![\p{L}\p{N}])|\*(?!\*))(?! ?\d)/u.exec(text.slice(end));
  if (times) return number(Number(digits), true, end + times[0].length);
  return boundaryAfter(text, end) ? number(Number(digits), false, end) : null;
}

const boundaryAfter = (text: string, end: number): boolean =>
  !isJoining(text[end]) || text[end - 1] === undefined;

const entryIsCode = (text: string, at: number, lineUp: LineUp): boolean =>
  longestEntry(text, at, lineUp)?.kinds.has("code") === true;

/** The place behind a unit that follows a number, or the place itself. */
function afterUnit(text: string, at: number, lineUp: LineUp): number {
  const start = text[at] === " " ? at + 1 : at;
  const found = (lineUp.entries.get(text[start] ?? "") ?? []).find(
    (entry) =>
      entry.kinds.has("unit") &&
      !entry.kinds.has("code") &&
      text.startsWith(entry.text, start) &&
      ends(text, start + entry.text.length, entry),
  );
  return found ? start + found.text.length : at;
}

const ends = (text: string, end: number, entry: Entry): boolean =>
  !isJoining(entry.text.at(-1)) || !isJoining(text[end]);

/** The longest word of the room that stands whole at this place. */
function longestEntry(text: string, at: number, lineUp: LineUp): Entry | null {
  const first = String.fromCodePoint(text.codePointAt(at) ?? 0);
  for (const entry of lineUp.entries.get(first) ?? []) {
    if (text.startsWith(entry.text, at) && ends(text, at + entry.text.length, entry)) return entry;
  }
  return null;
}

/** A keyword may stand glued to a code (sold101), a code to its multiplier (a1x2). */
function readEntry(text: string, at: number, lineUp: LineUp, before: readonly Token[]): Read | null {
  const first = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const begins =
    !isJoining(text[at - 1]) ||
    !isJoining(first) ||
    before.at(-1)?.kind === "keyword" ||
    text[at - 1] === "#";
  if (!begins) return null;
  for (const entry of lineUp.entries.get(first) ?? []) {
    if (!text.startsWith(entry.text, at)) continue;
    const end = at + entry.text.length;
    const rest = text.slice(end);
    const whole = ends(text, end, entry);
    const multiplied = entry.kinds.has("code") && /^x\d{1,6}(?![\p{L}\p{N}])/u.test(rest);
    const glued = entry.kinds.has("keyword") && longestEntry(text, end, lineUp)?.kinds.has("code") === true;
    if (whole || multiplied || glued) return { tokens: tokenOf(entry, whole), end };
  }
  return null;
}

function tokenOf(entry: Entry, whole: boolean): Token[] {
  const kind = ranks.find(
    (candidate) => entry.kinds.has(candidate) && (whole || candidate === "code" || candidate === "keyword"),
  );
  switch (kind) {
    case "code":
      return entry.group ? [{ kind: "code", group: entry.group }] : [];
    case "variant":
      return [{ kind: "variant", words: entry.words ?? [entry.text] }];
    case "unit":
    case "quantity":
      return [{ kind: "word", text: entry.text, codeLike: false, glued: false }];
    case undefined:
      return [];
    default:
      return [{ kind }];
  }
}

function readWord(text: string, at: number, lineUp: LineUp): Read {
  const first = String.fromCodePoint(text.codePointAt(at) ?? 0);
  let end = at + first.length;
  if (isJoining(first))
    while (isJoining(text[end]) || (text[end] === "-" && isJoining(text[end + 1]))) end += 1;
  const word = text.slice(at, end);
  const digits = /\d/.test(word);
  const glued = digits && [...lineUp.groups.keys()].some((code) => startsLike(word, code, lineUp));
  return { tokens: [{ kind: "word", text: word, codeLike: digits && word.length <= 12, glued }], end };
}

/** The word is a code with a variant or a number grown onto it: 101xl, a1-2. */
function startsLike(word: string, code: string, lineUp: LineUp): boolean {
  if (!word.startsWith(code) || word.length === code.length) return false;
  const rest = word.slice(code.length).replace(/^-/, "");
  return /^\d{1,3}$/.test(rest)
    ? word[code.length] === "-"
    : longestEntry(`${rest} `, 0, lineUp)?.text === rest;
}
