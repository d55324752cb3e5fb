import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseComment, type Reading } from "../../../src/core/live/grammar.ts";
import { compileLineUp, type GrammarItem } from "../../../src/core/live/grammar-line-up.ts";
import { chineseNumber, normaliseComment } from "../../../src/core/live/grammar-text.ts";

const item = (key: string, code: string, more: Partial<GrammarItem> = {}): GrammarItem => ({
  key,
  code,
  codeAliases: [],
  variant: null,
  variantAliases: [],
  ...more,
});

const items: GrammarItem[] = [
  item("101/S", "101", { variant: "S", variantAliases: ["small"] }),
  item("101/M", "101", { variant: "M", variantAliases: ["medium"] }),
  item("101/XL", "101", { variant: "X Large", variantAliases: ["XL", "x-large"] }),
  item("101/RED", "101", { variant: "Red" }),
  item("102", "102"),
  item("d12", "d12"),
  item("12", "12"),
  item("A1/red-L", "A1", { variant: "红色 L", variantAliases: ["red l"] }),
  item("A1/red-M", "A1", { variant: "红色 M" }),
  item("A1/blue-L", "A1", { variant: "蓝色 L" }),
  item("B2", "B2", { codeAliases: ["连衣裙", "summer dress"] }),
  item("C-3", "C-3"),
];
const settings = { bareCodes: true, maxPerComment: 20, words: { keywords: ["冲冲冲"] } };
const room = compileLineUp(items, settings, "B2");
const strict = compileLineUp(items, { ...settings, bareCodes: false }, null);

/** "B2x2", "nothing", "cancel B2", "cancel newest", "?reason". */
function short(reading: Reading): string {
  switch (reading.kind) {
    case "claim":
      return reading.entries.map(({ key, quantity }) => `${key} x${quantity}`).join(", ");
    case "cancel":
      return `cancel ${reading.keys?.join(",") ?? "newest"}`;
    case "unclear":
      return `?${reading.reason}`;
    case "nothing":
      return "nothing";
  }
}

const cases: [text: string, expected: string][] = [
  // Keyword, code, variant, quantity.
  ["Sold 101 M", "101/M x1"],
  ["sold #101 x-large x2", "101/XL x2"],
  ["SOLD101 small", "101/S x1"],
  ["sold 101 x large", "101/XL x1"],
  ["sold 101 xlarge", "101/XL x1"],
  ["sold 101 XL x2", "101/XL x2"],
  ["101 red 2", "101/RED x2"],
  ["sold 12 3", "12 x3"],
  ["sold 12 102", "12 x1, 102 x1"],
  ["mine!! 🔥 #102", "102 x1"],
  ["# 102", "102 x1"],
  ["102", "102 x1"],
  ["102!", "102 x1"],
  ["  102  ", "102 x1"],
  ["102🔥🔥", "102 x1"],
  ["🔥102🔥x2🔥", "102 x2"],
  ["sold 102, please", "102 x1"],
  ["I want 102", "102 x1"],
  ["i'll take 102 please 🙏", "102 x1"],
  ["102 thank you", "102 x1"],
  ["DIBS B2", "B2 x1"],
  ["claim b2", "B2 x1"],
  ["buy 102 and b2", "102 x1, B2 x1"],
  // How quantities are written.
  ["B2 x2", "B2 x2"],
  ["b2*2", "B2 x2"],
  ["b2 * 2", "B2 x2"],
  ["b2×2", "B2 x2"],
  ["b2 ✖️ 2", "B2 x2"],
  ["B2X2", "B2 x2"],
  ["b2x10", "B2 x10"],
  ["b2 2x", "B2 x2"],
  ["2x b2", "B2 x2"],
  ["2*b2", "B2 x2"],
  ["b2 qty 2", "B2 x2"],
  ["b2 qty: 2", "B2 x2"],
  ["b2 数量2", "B2 x2"],
  ["b2 2pcs", "B2 x2"],
  ["b2 2 pcs", "B2 x2"],
  ["2 pieces b2", "B2 x2"],
  ["b2 2", "B2 x2"],
  ["b2+2", "B2 x2"],
  ["b2 +1", "B2 x1"],
  ["sold b2 x 3", "B2 x3"],
  ["b2 x1", "B2 x1"],
  ["b2 x20", "B2 x20"],
  ["b2 x21", "?quantity"],
  ["b2 x0", "?quantity"],
  ["b2 0", "?quantity"],
  ["b2 x2 x3", "?quantity"],
  ["b2 1.5", "?quantity"],
  ["b2 -2", "?quantity"],
  ["b2 1,000", "?quantity"],
  ["b2 x999999999", "?quantity"],
  // Chinese.
  ["要2件B2", "B2 x2"],
  ["B2要2件", "B2 x2"],
  ["要两件B2", "B2 x2"],
  ["要 d12 x3", "d12 x3"],
  ["扣 B2 x2", "B2 x2"],
  ["扣B2", "B2 x1"],
  ["拍B2", "B2 x1"],
  ["我要B2", "B2 x1"],
  ["我想要一件B2", "B2 x1"],
  ["B2一件", "B2 x1"],
  ["B2 三双", "B2 x3"],
  ["B2十二件", "B2 x12"],
  ["B2二十件", "B2 x20"],
  ["B2二十一件", "?quantity"],
  ["B2两个谢谢", "B2 x2"],
  ["Ｂ２", "B2 x1"],
  ["Ｂ２　ｘ２", "B2 x2"],
  ["Ｂ２＊２", "B2 x2"],
  ["１０２", "102 x1"],
  ["要２件Ｂ２", "B2 x2"],
  ["12号 2件", "12 x2"],
  ["要12号两件", "12 x2"],
  ["连衣裙两件", "B2 x2"],
  ["要连衣裙", "B2 x1"],
  ["summer dress x2", "B2 x2"],
  ["冲冲冲B2", "B2 x1"],
  ["主播 B2 谢谢", "B2 x1"],
  ["B2 2件 102 1件", "B2 x2, 102 x1"],
  ["2件B2 3件102", "B2 x2, 102 x3"],
  ["B2和102", "B2 x1, 102 x1"],
  ["B2 B2", "B2 x1"],
  ["B2 x2 B2 x3", "?quantity"],
  // Variants.
  ["A1 红色 L 两件", "A1/red-L x2"],
  ["A1红色L两件", "A1/red-L x2"],
  ["A1 L 红色", "A1/red-L x1"],
  ["红色L A1", "A1/red-L x1"],
  ["要A1红色M", "A1/red-M x1"],
  ["A1 red L", "A1/red-L x1"],
  ["A1 蓝色 L x2", "A1/blue-L x2"],
  ["A1", "?which_variant"],
  ["要2件A1", "?which_variant"],
  ["A1 红色", "?which_variant"],
  ["A1 蓝色 M", "?unknown_variant"],
  ["A1 绿", "?unknown_variant"],
  ["A1 xl", "?unknown_variant"],
  ["101", "?which_variant"],
  ["sold 101", "?which_variant"],
  ["sold 101 xxl", "?other_words"],
  // Glued and other doubtful writing goes to a person.
  ["１０１ＸＬ", "?glued"],
  ["101xl", "?glued"],
  ["101m x2", "?glued"],
  ["b2-2", "?quantity"],
  ["C-3", "C-3 x1"],
  ["c-3 x2", "C-3 x2"],
  // The item being shown.
  ["+1", "B2 x1"],
  ["＋１", "B2 x1"],
  ["➕1", "B2 x1"],
  ["+1🔥", "B2 x1"],
  ["+1 please", "B2 x1"],
  ["+2", "B2 x2"],
  ["扣1", "B2 x1"],
  ["加1", "B2 x1"],
  ["+1 +1", "nothing"],
  ["+1 102", "102 x1"],
  ["+1 so true", "nothing"],
  ["+1?", "nothing"],
  ["1", "nothing"],
  ["666", "nothing"],
  ["6666666", "nothing"],
  ["要2件", "?no_code"],
  ["mine", "nothing"],
  // Questions and chatter.
  ["is 101 still available?", "nothing"],
  ["is b2 available", "nothing"],
  ["I love 102 so much", "nothing"],
  ["sold 101?", "?question"],
  ["b2 x2?", "?question"],
  ["B2有货吗", "nothing"],
  ["B2多少钱", "nothing"],
  ["B2还有吗？", "nothing"],
  ["要B2吗", "?question"],
  ["B2好看", "nothing"],
  ["我喜欢B2", "nothing"],
  ["how much is b2", "nothing"],
  ["hello", "nothing"],
  ["主播好", "nothing"],
  ["lol", "nothing"],
  ["b22", "nothing"],
  ["ab2", "nothing"],
  ["http://b2.example/102", "nothing"],
  ["13800000000", "nothing"],
  ["", "nothing"],
  ["🔥🔥🔥", "nothing"],
  ["   ", "nothing"],
  ["???", "nothing"],
  ["sold 999", "?unknown_code"],
  ["sold b7 x2", "?unknown_code"],
  ["b7 x2", "?unknown_code"],
  ["999", "nothing"],
  ["i want to know about 102", "?other_words"],
  ["sold b2 to my sister", "?other_words"],
  ["第2件B2半价", "?other_words"],
  // Giving up.
  ["cancel 102", "cancel 102"],
  ["Cancel my 102 please", "cancel 102"],
  ["pass", "cancel newest"],
  ["nvm", "cancel newest"],
  ["取消B2", "cancel B2"],
  ["不要B2了", "cancel B2"],
  ["B2不要了", "cancel B2"],
  ["不要了", "cancel newest"],
  ["cancel b2 102", "cancel B2,102"],
  ["cancel 101", "cancel 101/S,101/M,101/XL,101/RED"],
  ["cancel b2 too small", "?other_words"],
  ["can i cancel?", "nothing"],
  ["不要脸", "nothing"],
  ["キャンセル b2", "cancel B2"],
  // Other languages.
  ["b2ください", "B2 x1"],
  ["b2 2個", "B2 x2"],
  ["b2 주세요", "B2 x1"],
  ["mua b2", "B2 x1"],
  ["quiero b2", "B2 x1"],
];

describe("comments of a room", () => {
  it.each(cases)("%j is %s", (text, expected) => {
    expect(short(parseComment(text, room))).toBe(expected);
  });

  it.each<[string, string]>([
    ["102", "nothing"],
    ["102 please", "nothing"],
    ["sold 102", "102 x1"],
    ["102 x2", "102 x2"],
    ["102 +1", "102 x1"],
    ["+1", "nothing"],
  ])("where bare codes do not count and nothing is shown, %j is %s", (text, expected) => {
    expect(short(parseComment(text, strict))).toBe(expected);
  });

  it("asks which variant of the shown item is meant, and takes it when it is named", () => {
    const showing = compileLineUp(items, settings, "A1/red-L");
    expect(short(parseComment("+1", showing))).toBe("?which_variant");
    expect(short(parseComment("+1 蓝色L", showing))).toBe("A1/blue-L x1");
  });
});

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc
    .array(
      fc.constantFrom(
        ..."A1 B2 101 102 12 红色 L M XL x 2 x2 * + +1 3件 两 十二件 sold 要 cancel 不要 ? 吗 ！ 🔥 １ Ｂ２ - . , # qty 一".split(
          " ",
        ),
        " ",
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);

/** Every number a reader could find in the text. */
function numbersIn(text: string): Set<number> {
  const folded = normaliseComment(text);
  const found = new Set<number>();
  for (let at = 0; at < folded.length; at += 1) {
    for (let end = at + 1; end <= Math.min(folded.length, at + 6); end += 1) {
      const part = folded.slice(at, end);
      if (/^\d+$/.test(part)) found.add(Number(part));
    }
    const chinese = chineseNumber(folded.slice(at));
    if (chinese) found.add(chinese.value);
  }
  return found;
}

describe("for every text", () => {
  it("never throws, and never claims a quantity that is not written", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const reading = parseComment(text, room);
        if (reading.kind !== "claim") return;
        expect(reading.entries.length).toBeGreaterThan(0);
        const written = numbersIn(text);
        for (const { key, quantity } of reading.entries) {
          expect(items.map((one) => one.key)).toContain(key);
          if (quantity > 1) expect(written).toContain(quantity);
          expect(quantity).toBeGreaterThan(0);
          expect(quantity).toBeLessThanOrEqual(settings.maxPerComment);
        }
      }),
      { numRuns: 4000 },
    );
  });

  it("normalises to a text that stays as it is, and that means the same", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = normaliseComment(text);
        expect(normaliseComment(once)).toBe(once);
        expect(parseComment(once, room)).toEqual(parseComment(text, room));
      }),
      { numRuns: 4000 },
    );
  });

  it("claims nothing where the line-up is empty", () => {
    const empty = compileLineUp([], settings, null);
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseComment(text, empty).kind).not.toBe("claim");
      }),
    );
  });
});
