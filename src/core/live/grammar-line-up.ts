import { normaliseComment } from "./grammar-text.ts";
import { mergeWords, quantityWords, type RoomWords, unitWords } from "./grammar-words.ts";

/** What a comment may name: the active items of a session, made ready for looking up. */

export interface GrammarItem {
  /** Whatever the caller tells items apart by. */
  key: string;
  /** What viewers type. Items of one code are variants of one another. */
  code: string;
  codeAliases: readonly string[];
  /** "red L", "红色 L"; null where the code alone names the item. */
  variant: string | null;
  /** Other spellings of the whole variant: "XL" for "x large". */
  variantAliases: readonly string[];
}

export interface GrammarSettings {
  words?: { [Kind in keyof RoomWords]?: RoomWords[Kind] | undefined };
  /** A code without a keyword is a claim. */
  bareCodes: boolean;
  /** Most units one comment may ask for; more goes to a person. */
  maxPerComment: number;
}

/** All items of one code. */
export interface CodeGroup {
  code: string;
  items: { key: string /** Words of each spelling of the variant. */; spellings: string[][] }[];
}

export type WordKind =
  | "code"
  | "variant"
  | "keyword"
  | "shown"
  | "cancel"
  | "filler"
  | "question"
  | "unit"
  | "quantity";

export interface Entry {
  text: string;
  kinds: Set<WordKind>;
  group?: CodeGroup;
  /** What a spelling of several words is made of. */
  words?: readonly string[];
}

export interface LineUp {
  groups: Map<string, CodeGroup>;
  /** By first character, the longest first. */
  entries: Map<string, Entry[]>;
  settings: GrammarSettings;
  /** The item being shown. */
  shownKey: string | null;
}

const spellingsOf = (item: GrammarItem): string[][] =>
  [item.variant ?? "", ...item.variantAliases]
    .map((text) => normaliseComment(text).split(/[ -]/).filter(Boolean))
    .filter((words) => words.length > 0);

export function compileLineUp(
  items: readonly GrammarItem[],
  settings: GrammarSettings,
  shownKey: string | null,
): LineUp {
  const groups = new Map<string, CodeGroup>();
  const byText = new Map<string, Entry>();
  const note: Note = (text, kind, more = {}) => {
    const folded = normaliseComment(text).replace(/^#/, "");
    if (folded === "") return;
    const entry = byText.get(folded) ?? { text: folded, kinds: new Set() };
    entry.kinds.add(kind);
    byText.set(folded, { ...more, ...entry });
  };
  for (const item of items) noteItem(item, groups, note);
  const words = mergeWords(settings.words ?? {});
  for (const text of words.keywords) note(text, "keyword");
  for (const text of words.shown) note(text, "shown");
  for (const text of words.cancel) note(text, "cancel");
  for (const text of words.fillers) note(text, "filler");
  for (const text of words.question) note(text, "question");
  for (const text of unitWords) note(text, "unit");
  for (const text of quantityWords) note(text, "quantity");
  return { groups, entries: byFirstCharacter(byText.values()), settings, shownKey };
}

type Note = (text: string, kind: WordKind, more?: Pick<Entry, "group" | "words">) => void;

function noteItem(item: GrammarItem, groups: Map<string, CodeGroup>, note: Note): void {
  const code = normaliseComment(item.code).replace(/^#/, "");
  const group = groups.get(code) ?? { code, items: [] };
  groups.set(code, group);
  const spellings = spellingsOf(item);
  group.items.push({ key: item.key, spellings });
  for (const text of [item.code, ...item.codeAliases]) note(text, "code", { group });
  for (const words of spellings) {
    // "x-large" and "xlarge" mean what "x large" means.
    if (words.length > 1) for (const joint of [" ", "-", ""]) note(words.join(joint), "variant", { words });
    for (const word of words) note(word, "variant");
  }
}

function byFirstCharacter(all: Iterable<Entry>): Map<string, Entry[]> {
  const entries = new Map<string, Entry[]>();
  for (const entry of all) {
    const [first = ""] = entry.text;
    const list = entries.get(first);
    if (list) list.push(entry);
    else entries.set(first, [entry]);
  }
  for (const list of entries.values()) list.sort((a, b) => b.text.length - a.text.length);
  return entries;
}

/** The group of the item being shown. */
export const shownGroup = (lineUp: LineUp): CodeGroup | null =>
  [...lineUp.groups.values()].find((group) => group.items.some((item) => item.key === lineUp.shownKey)) ??
  null;
