import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decode, unpack } from "../../../src/connectors/file/bytes.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
/** "编码,数量" in GB18030, with 㐀 (four bytes there) behind it. */
const gb18030 = Uint8Array.of(0xb1, 0xe0, 0xc2, 0xeb, 0x2c, 0xca, 0xfd, 0xc1, 0xbf, 0x81, 0x39, 0xee, 0x39);

describe("decode", () => {
  it.each([
    ["plain UTF-8", utf8("sku,数量"), { text: "sku,数量", encoding: "UTF-8" }],
    [
      "UTF-8 with a byte order mark",
      Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8("sku")),
      { text: "sku", encoding: "UTF-8" },
    ],
    ["GB18030 of one, two and four bytes", gb18030, { text: "编码,数量㐀", encoding: "GB18030" }],
  ])("reads %s", (_, bytes, decoded) => {
    expect(decode("f.csv", bytes)).toEqual(decoded);
  });

  it.each([
    [
      "Latin-1",
      Uint8Array.of(0x43, 0x41, 0x46, 0xc9, 0x20, 0x31),
      "f.csv: its text is neither UTF-8 (first wrong byte at offset 4) nor GB18030 (at offset 4); save it as CSV UTF-8.",
    ],
    [
      "a character cut off at the end",
      Uint8Array.of(0x41, 0x41, 0xe7),
      "f.csv: its text is neither UTF-8 (first wrong byte at offset 2) nor GB18030 (at offset 2)",
    ],
    [
      "UTF-16",
      Uint8Array.of(0xff, 0xfe, 0x41, 0),
      "f.csv: it is UTF-16 text (byte offset 0); save it as CSV UTF-8.",
    ],
    [
      "bytes that are no text",
      Uint8Array.of(0x41, 0x42, 0, 0x43),
      "f.csv: byte offset 2 is zero, so it is no text",
    ],
    [
      "an old workbook",
      Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 1),
      "f.csv: it is an old .xls workbook or protected by a password",
    ],
  ])("refuses %s and says where", (_, bytes, message) => {
    expect(() => decode("f.csv", bytes)).toThrow(message);
    expect(() => decode("f.csv", bytes)).toThrow(expect.objectContaining({ code: "file_unreadable" }));
  });
});

describe("unpack", () => {
  it("unpacks gzip by its first bytes and leaves the rest alone", () => {
    expect(unpack("f.csv", gzipSync("sku\n0017"))).toEqual(Buffer.from("sku\n0017"));
    expect(unpack("f.csv.gz", utf8("sku"))).toEqual(utf8("sku"));
  });

  it("stops a file that grows past the limit", () => {
    const bomb = gzipSync(Buffer.alloc(1_000_001));
    expect(() => unpack("f.gz", bomb, 1_000_000)).toThrow(
      "f.gz: it unpacks to more than 1000000 bytes; split it and import the parts.",
    );
    expect(unpack("f.gz", bomb, 1_000_001)).toHaveLength(1_000_001);
  });

  it("refuses damaged and empty files", () => {
    const cut = gzipSync("sku\n0017").subarray(0, 12);
    expect(() => unpack("f.gz", cut)).toThrow("f.gz: its gzip data is damaged");
    expect(() => unpack("f.csv", new Uint8Array())).toThrow("f.csv: it is empty; export it again.");
  });
});
