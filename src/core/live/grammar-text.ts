/**
 * Text as viewers type it, brought to one spelling: NFKC (full-width digits and letters), lower case without a locale,
 * no invisible characters, emoji and punctuation as spaces. `- + * # ?` and letters and digits of any script stay.
 */

const invisible = /\p{Cc}|\p{Cf}|\p{Variation_Selector}|\u{20e3}/gu;
const multiply = /[×✕✖⨯∗]/gu;
const plus = /[➕﹢]/gu;
const pictures = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/gu;
const apostrophes = /['’‘`]/gu;
const separators = /[^\p{L}\p{N}\p{M}\-+*#?]+/gu;

const once = (text: string): string =>
  text
    .replace(multiply, "*")
    .replace(plus, "+")
    .replace(/\s/gu, " ")
    .replace(invisible, "")
    .replace(apostrophes, "")
    .replace(pictures, " ")
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKC")
    .replace(separators, " ")
    // A dash joins two characters of a code; anywhere else it is punctuation, but before a digit it may be a minus.
    .replace(/(^|\s)-+(?=\s|$)/gu, " ")
    .replace(/-+(?=\s|$)/gu, " ")
    .replace(/# +(?=[\p{L}\p{N}])/gu, "#")
    .replace(/ {2,}/gu, " ")
    .trim();

/** Folding one character may bring forth another to fold; two rounds settle nearly every text, a few more any other. */
const mostRounds = 6;

/** The same text given again comes back unchanged. Never throws. */
export function normaliseComment(text: string): string {
  let folded = once(text);
  for (let round = 1; round < mostRounds; round += 1) {
    const next = once(folded);
    if (next === folded) return folded;
    folded = next;
  }
  return folded;
}

/** Scripts written without spaces: a word may begin or end anywhere between two such characters. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Hangul}ー]/u;

/** Whether a word goes on through this character, so that a code must not end before it. */
export const isJoining = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}\p{M}]/u.test(character) && !unspaced.test(character);

const chineseDigits: Record<string, number> = {
  一: 1,
  二: 2,
  两: 2,
  兩: 2,
  俩: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
};

/** 1 to 99 in Chinese numerals at the start of `text`, with the number of characters it takes. */
export function chineseNumber(text: string): { value: number; length: number } | null {
  const found = /^(?:([一二三四五六七八九])?十([一二三四五六七八九])?|[一二两兩俩三四五六七八九])/u.exec(
    text,
  );
  if (!found) return null;
  const [whole, tens, units] = found;
  if (!whole.includes("十")) return { value: chineseDigits[whole] ?? 0, length: whole.length };
  const value =
    (tens === undefined ? 1 : (chineseDigits[tens] ?? 0)) * 10 + (chineseDigits[units ?? ""] ?? 0);
  return { value, length: whole.length };
}
