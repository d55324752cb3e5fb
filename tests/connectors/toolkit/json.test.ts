import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStrictJson, type StrictJsonOptions } from "../../../src/connectors/toolkit/json.ts";
import { isSluiceError } from "../../../src/core/errors.ts";

const codeOf = (input: Uint8Array | string, options?: StrictJsonOptions): string => {
  try {
    parseStrictJson(input, options);
    return "read";
  } catch (error) {
    return isSluiceError(error) ? error.code : `threw ${String(error)}`;
  }
};

const bytes = (text: string) => new TextEncoder().encode(text);

describe("parseStrictJson", () => {
  it("gives what JSON.parse gives, for any document without a key twice", () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "medium" }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const isExact = !/\d{16}|e[+-]?\d/i.test(text);
        if (isExact) expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ["two equal keys", '{"quantity":1,"quantity":2}'],
    ["deep inside", '[{"a":[{"b":1,"c":{},"b":3}]}]'],
    ["apart by another object", '{"a":{"b":1},"c":2,"a":{"b":2}}'],
    ["with white space before the colon", '{"a" \n\t\r: 1, "a" : 2}'],
    ["written with an escape", '{"a":1,"\\u0061":2}'],
    ["an escaped quote in the key", '{"a\\"b":1,"a\\"b":2}'],
    ["__proto__", '{"__proto__":1,"__proto__":2}'],
    ["the empty key", '{"":1,"":2}'],
  ])("refuses a key twice: %s", (_, text) => {
    expect(codeOf(bytes(text))).toBe("duplicate_key");
  });

  it.each([
    ["in two objects", '[{"a":1},{"a":2}]'],
    ["in an object within", '{"a":{"a":{"a":1}}}'],
    ["as key and value", '{"a":"a","b":"a"}'],
    ["in a text that looks like an object", '{"a":"{\\"a\\":1,\\"a\\":2}"}'],
    ["behind backslashes", '{"a\\\\":1,"a":2,"b":"\\\\"}'],
    ["differing in case", '{"sku":1,"SKU":2}'],
  ])("takes the same word %s", (_, text) => {
    expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
  });

  it("names the key, and nothing of the values", () => {
    expect(() => parseStrictJson('{"phone":"13812345678","phone":"13912345678"}')).toThrow(
      'The key "phone" stands twice in one object; send each key once.',
    );
  });

  it.each([
    ["2^53", "9007199254740992"],
    ["below -2^53", "-9007199254740993"],
    ["an id too long for a number", '{"id":123456789012345678}'],
    ["a whole number with an exponent", "1e20"],
    ["more than a double holds", "1e400"],
    ["more digits than a double keeps", "0.1234567890123456789"],
    ["an amount with hidden digits", "19.900000000000000001"],
    ["too small to be anything", "1e-400"],
  ])("refuses a number that would change: %s", (_, text) => {
    expect(codeOf(text)).toBe("number_out_of_range");
  });

  it.each([
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["-9007199254740991", Number.MIN_SAFE_INTEGER],
    ["19.9", 19.9],
    ["0.1", 0.1],
    ["1.50e2", 150],
    ["12345678901234.56", 12_345_678_901_234.56],
    ["0.10000000000000000000", 0.1],
    ["-0", -0],
    ["0.000000000000000000", 0],
  ])("takes %s", (text, value) => {
    expect(parseStrictJson(text)).toBe(value);
  });

  it.each([
    ["nothing", ""],
    ["half an object", '{"a":'],
    ["two documents", "{} {}"],
    ["a comma too many", "[1,]"],
    ["NaN", "NaN"],
    ["single quotes", "{'a':1}"],
  ])("refuses what is no JSON: %s", (_, text) => {
    expect(codeOf(bytes(text))).toBe("malformed_json");
  });

  it("refuses what is no UTF-8, and takes a byte order mark", () => {
    expect(codeOf(new Uint8Array([0x22, 0xff, 0x22]))).toBe("malformed_json");
    expect(parseStrictJson(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes('{"a":"蓝"}')]))).toEqual({ a: "蓝" });
  });

  it("refuses deep nesting at a bound that can be set", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(codeOf(nested(64))).toBe("read");
    expect(codeOf(nested(65))).toBe("malformed_json");
    expect(codeOf(nested(100_000))).toBe("malformed_json");
    expect(codeOf(nested(3), { maxDepth: 2 })).toBe("malformed_json");
  });

  it("does not quote the body when it is no JSON", () => {
    expect(() => parseStrictJson('{"phone":"13812345678",}')).toThrow(
      /^The body is not JSON from character \d+ on; send one valid JSON document\.$/,
    );
  });

  it.each([
    ["beyond 2^53", '{"tid":2260011223344556677}', { tid: "2260011223344556677" }],
    ["negative", "[-9007199254740993]", ["-9007199254740993"]],
    [
      "exact ones stay numbers",
      '{"num":9007199254740991,"ids":[1,19.9]}',
      { num: 9007199254740991, ids: [1, 19.9] },
    ],
  ])("gives large integers as their text where asked: %s", (_, text, value) => {
    expect(parseStrictJson(text, { largeIntegersAsText: true })).toEqual(value);
  });

  it("refuses other numbers that would change even then", () => {
    for (const text of ['{"fee":0.12345678901234567890}', "[1e999]", '{"a":9007199254740993,"a":1}'])
      expect(codeOf(text, { largeIntegersAsText: true })).not.toBe("read");
    expect(codeOf("[2260011223344556677]")).toBe("number_out_of_range");
  });

  it.each([
    ["17 digits of 19.9", '{"price":19.899999999999999}', { price: "19.899999999999999" }],
    [
      "beyond 2^53",
      '{"meta":[{"value":-1234567890123456789}]}',
      { meta: [{ value: "-1234567890123456789" }] },
    ],
    ["beyond a double", "[1e999]", ["1e999"]],
    ["exact ones stay numbers", "[0.30000000000000004,1.50e2,19.9,-0]", [0.30000000000000004, 150, 19.9, -0]],
  ])("gives every number it would change as its text where asked: %s", (_, text, value) => {
    expect(parseStrictJson(text, { inexactNumbersAsText: true })).toEqual(value);
    expect(codeOf('{"a":1,"a":1}', { inexactNumbersAsText: true })).toBe("duplicate_key");
  });

  it("refuses half surrogate pairs and NUL only where asked", () => {
    for (const text of ['"\\ud83d"', '["a\\u0000b"]', '{"\\ud83d":1}', `"\ud83d"`]) {
      expect(codeOf(text)).toBe("read");
      expect(codeOf(text, { wellFormedText: true })).toBe("malformed_json");
    }
    expect(codeOf('"\\ud83d\\ude00 ok"', { wellFormedText: true })).toBe("read");
  });
});
