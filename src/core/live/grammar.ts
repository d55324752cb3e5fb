import { type CodeGroup, type LineUp, shownGroup } from "./grammar-line-up.ts";
import { scan, type Token } from "./grammar-scan.ts";
import { normaliseComment } from "./grammar-text.ts";

export type UnclearReason =
  | "question" // asks, and yet names an item as if to claim it
  | "unknown_code"
  | "no_code"
  | "which_variant"
  | "unknown_variant"
  | "glued" // a code with a variant or number grown onto it
  | "quantity" // two numbers, none at all, or too many pieces
  | "other_words"
  | "no_viewer"; // the platform does not say who wrote it

export type Reading =
  | { kind: "claim"; entries: { key: string; quantity: number }[] }
  /** `keys` are the items given up; null is the newest open claim. */
  | { kind: "cancel"; keys: string[] | null }
  | { kind: "unclear"; reason: UnclearReason; keys: string[] }
  | { kind: "nothing" };

const nothing: Reading = { kind: "nothing" };

/**
 * What a comment means to a session. Codes are looked up among the active ones, never guessed from their form; a quantity
 * above 1 is only ever one that is written. Never throws.
 *
 * @example
 * parseComment("要2件A1", compileLineUp(items, settings, null)); // {kind: "claim", entries: [{key, quantity: 2}]}
 */
export function parseComment(text: string, lineUp: LineUp): Reading {
  const tokens = scan(normaliseComment(text), lineUp);
  if (tokens.length === 0) return nothing;
  const facts = factsOf(tokens);
  if (facts.cancels) return readCancel(tokens, facts);
  if (facts.codes.length === 0) return readWithoutCode(tokens, facts, lineUp);
  const keys = keysOf(facts.codes);
  if (facts.asks) return facts.wants ? unclear("question", keys) : nothing;
  if (facts.words.some((word) => word.glued)) return unclear("glued", keys);
  const parts = entriesOf(tokens);
  const resolved = parts === "quantity" ? unclear("quantity", keys) : resolve(parts, facts, lineUp);
  if (facts.words.length > 0) return readWithWords(facts, keys);
  if (resolved.kind === "claim" && !facts.wants && !lineUp.settings.bareCodes) return nothing;
  return resolved;
}

interface Facts {
  codes: CodeGroup[];
  words: Extract<Token, { kind: "word" }>[];
  /** A keyword, or a number that counts pieces. */
  wants: boolean;
  keyword: boolean;
  explicit: boolean;
  shown: boolean;
  asks: boolean;
  cancels: boolean;
}

function factsOf(tokens: readonly Token[]): Facts {
  const has = (kind: Token["kind"]) => tokens.some((token) => token.kind === kind);
  const explicit = tokens.some((token) => token.kind === "number" && token.explicit);
  return {
    codes: tokens.flatMap((token) => (token.kind === "code" ? [token.group] : [])),
    words: tokens.filter((token) => token.kind === "word"),
    keyword: has("keyword"),
    explicit,
    wants: has("keyword") || has("shown") || explicit,
    shown: has("shown"),
    asks: has("question"),
    cancels: has("cancel"),
  };
}

const unclear = (reason: UnclearReason, keys: string[] = []): Reading => ({ kind: "unclear", reason, keys });
const keysOf = (groups: readonly CodeGroup[]): string[] => [
  ...new Set(groups.flatMap((group) => group.items.map((item) => item.key))),
];

function readCancel(tokens: readonly Token[], facts: Facts): Reading {
  const groups = [...new Set(facts.codes)];
  const isPlain = facts.words.length === 0 && !facts.asks && !tokens.some((token) => token.kind === "number");
  if (!isPlain) return groups.length > 0 ? unclear("other_words", keysOf(groups)) : nothing;
  return { kind: "cancel", keys: groups.length === 0 ? null : keysOf(groups) };
}

/** A text beside the grammar that still may be meant as a claim goes to a person; chatter claims nothing. */
function readWithWords(facts: Facts, keys: string[]): Reading {
  const dashes = facts.words.every((word) => /^-+$/.test(word.text));
  if (dashes) return unclear("quantity", keys);
  if (facts.wants)
    return unclear(facts.words.some((word) => word.codeLike) ? "unknown_code" : "other_words", keys);
  const [group] = facts.codes;
  const hasVariants = group?.items.some((item) => item.spellings.length > 0) === true;
  return hasVariants && facts.words.length === 1 ? unclear("unknown_variant", keys) : nothing;
}

/** +1 for the item being shown; a wish for a code that is not there is shown to the host. */
function readWithoutCode(tokens: readonly Token[], facts: Facts, lineUp: LineUp): Reading {
  if (facts.asks) return nothing;
  if (facts.words.some((word) => word.glued)) return unclear("glued");
  const numbers = tokens.filter((token) => token.kind === "number");
  if (facts.shown || (!facts.keyword && numbers.some((token) => token.plus === true)))
    return readShown(tokens, facts, lineUp);
  const codeLike = facts.words.some((word) => word.codeLike) || numbers.some((token) => !token.explicit);
  if (codeLike && facts.wants) return unclear("unknown_code");
  const group = shownGroup(lineUp);
  const isWish = facts.keyword && facts.explicit && facts.words.length === 0;
  return isWish ? unclear("no_code", group ? keysOf([group]) : []) : nothing;
}

/** Exactly one +N or word for it, a variant at most, and nothing else. */
function readShown(tokens: readonly Token[], facts: Facts, lineUp: LineUp): Reading {
  const group = shownGroup(lineUp);
  const counts = tokens.filter((token) => token.kind === "shown" || token.kind === "number");
  const [only] = counts;
  if (!group || only === undefined || counts.length !== 1 || facts.words.length > 0) return nothing;
  const variant = tokens.flatMap((token) => (token.kind === "variant" ? token.words : []));
  return resolve([{ group, quantity: only.kind === "number" ? only.value : null, variant }], facts, lineUp);
}

interface Part {
  group: CodeGroup;
  quantity: number | null;
  variant: string[];
}

/**
 * Which number and which variant belong to which code. Numbers stand behind their code (A1 x2) or, when the first comes
 * before any code and counts pieces (要2件A1), in front of theirs.
 */
function entriesOf(tokens: readonly Token[]): Part[] | "quantity" {
  const parts: Part[] = [];
  const early: string[] = [];
  for (const token of tokens) {
    const last = parts.at(-1);
    if (token.kind === "code") parts.push({ group: token.group, quantity: null, variant: [] });
    else if (token.kind === "variant") (last?.variant ?? early).push(...token.words);
  }
  parts[0]?.variant.push(...early);
  const order = tokens.flatMap((token): (number | "code")[] => {
    if (token.kind === "number") return [token.value];
    if (token.kind === "shown") return [1];
    return token.kind === "code" ? ["code"] : [];
  });
  const first = tokens.find((token) => token.kind === "number" || token.kind === "code");
  const leads = first?.kind === "number";
  const fits = leads ? first.explicit && countInFront(parts, order) : countBehind(parts, order);
  return fits ? parts : "quantity";
}

/** A2 x1 B3 x2; every code has at most one number behind it. */
function countBehind(parts: readonly Part[], order: readonly (number | "code")[]): boolean {
  let index = -1;
  for (const step of order) {
    if (step === "code") index += 1;
    else {
      const part = parts[Math.max(0, index)];
      if (!part || part.quantity !== null) return false;
      part.quantity = step;
    }
  }
  return true;
}

/** 2件A1 3件B2: one number in front of every code, or it is not clear whose it is. */
function countInFront(parts: readonly Part[], order: readonly (number | "code")[]): boolean {
  if (order.length !== parts.length * 2) return false;
  return order.every((step, index) => {
    if (index % 2 === 1) return step === "code";
    const part = parts[index >> 1];
    if (!part || step === "code") return false;
    part.quantity = step;
    return true;
  });
}

function resolve(parts: readonly Part[], facts: Facts, lineUp: LineUp): Reading {
  const entries: { key: string; quantity: number }[] = [];
  for (const part of parts) {
    const keys = part.group.items.map((item) => item.key);
    const key = variantOf(part);
    if (key === "which_variant" || key === "unknown_variant") {
      // A word of the room that is a variant of other items is chatter here, unless something says that it is a wish.
      return facts.wants || lineUp.settings.bareCodes ? unclear(key, keys) : nothing;
    }
    const quantity = part.quantity ?? 1;
    if (quantity < 1 || quantity > lineUp.settings.maxPerComment) return unclear("quantity", keys);
    const same = entries.find((entry) => entry.key === key);
    if (!same) entries.push({ key, quantity });
    else if (part.quantity !== null && same.quantity !== quantity) return unclear("quantity", keys);
  }
  return { kind: "claim", entries };
}

/** The item of a code that the words beside it name: all words of one spelling, in any order, and no word left over. */
function variantOf({ group, variant }: Part): string | "which_variant" | "unknown_variant" {
  const [only] = group.items;
  const words = [...new Set(variant)];
  if (words.length === 0) {
    return group.items.length === 1 && only ? only.key : "which_variant";
  }
  const named = group.items.filter((item) => covers(item.spellings, words));
  if (named.length === 1 && named[0]) return named[0].key;
  const partly = group.items.some((item) => words.every((word) => item.spellings.flat().includes(word)));
  return partly ? "which_variant" : "unknown_variant";
}

/** One spelling says exactly these words, or several spellings together use all of them and one is whole (红色 L, XL). */
const covers = (spellings: readonly string[][], words: readonly string[]): boolean =>
  spellings.some((spelling) => spelling.every((word) => words.includes(word))) &&
  words.every((word) => spellings.flat().includes(word));
