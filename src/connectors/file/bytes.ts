import { gunzipSync } from "node:zlib";
import { messageOf, SluiceError } from "../../core/errors.ts";

/** From a file's bytes to text: what is packed is unpacked, and the encoding is proved instead of guessed. */

export const fileLimits = {
  /** As brought, packed or not. */
  bytes: 64 * 1024 * 1024,
  /** After unpacking: far above real exports (500,000 order rows take some 50 MB), below the longest string. */
  unpackedBytes: 256 * 1024 * 1024,
  /** All rows are held until the last is read, since rows of one order may stand apart: 1 GB of memory for so many. */
  rows: 500_000,
  columns: 1_000,
  /** The most a spreadsheet keeps in one cell. */
  cellLength: 32_767,
};

export const unreadable = (name: string, what: string, cause?: unknown): SluiceError =>
  new SluiceError("file_unreadable", `${name}: ${what}`, cause === undefined ? {} : { cause });

const startsWith = (bytes: Uint8Array, magic: readonly number[]) =>
  magic.every((byte, index) => bytes[index] === byte);

export const isZip = (bytes: Uint8Array): boolean => startsWith(bytes, [0x50, 0x4b, 0x03, 0x04]);

/** Unpacks gzip, by its magic bytes and never by the file's name. */
export function unpack(name: string, bytes: Uint8Array, maxUnpacked = fileLimits.unpackedBytes): Uint8Array {
  if (bytes.length > fileLimits.bytes) {
    throw unreadable(
      name,
      `it has ${bytes.length} bytes, more than the ${fileLimits.bytes} allowed; split it and import the parts.`,
    );
  }
  if (bytes.length === 0) throw unreadable(name, "it is empty; export it again.");
  if (!startsWith(bytes, [0x1f, 0x8b])) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpacked });
  } catch (error) {
    if (error instanceof RangeError) {
      throw unreadable(
        name,
        `it unpacks to more than ${maxUnpacked} bytes; split it and import the parts.`,
        error,
      );
    }
    throw unreadable(
      name,
      `its gzip data is damaged (${messageOf(error)}); fetch or export it again.`,
      error,
    );
  }
}

export interface Decoded {
  text: string;
  encoding: "UTF-8" | "GB18030";
}

/**
 * UTF-8 (with or without byte order mark) when every byte fits, else GB18030 when every byte fits, else a refusal that
 * names the first byte that fits neither. Nothing is ever replaced by a question mark.
 */
export function decode(name: string, bytes: Uint8Array): Decoded {
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0])) {
    throw unreadable(
      name,
      "it is an old .xls workbook or protected by a password; save it as .xlsx without one, or as CSV UTF-8.",
    );
  }
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff])) {
    throw unreadable(name, "it is UTF-16 text (byte offset 0); save it as CSV UTF-8.");
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0)
    throw unreadable(name, `byte offset ${nul} is zero, so it is no text; bring a CSV or .xlsx file.`);
  const utf8 = strictText(bytes, "utf-8");
  if (utf8 !== undefined) return { text: utf8, encoding: "UTF-8" };
  const gb18030 = strictText(bytes, "gb18030");
  if (gb18030 !== undefined) return { text: gb18030, encoding: "GB18030" };
  const utf8Offset = firstBadByte(bytes, "utf-8");
  const gbOffset = firstBadByte(bytes, "gb18030");
  throw unreadable(
    name,
    `its text is neither UTF-8 (first wrong byte at offset ${utf8Offset}) nor GB18030 (at offset ${gbOffset}); save it as CSV UTF-8.`,
  );
}

/** Undefined when a byte does not fit. A leading byte order mark of the encoding is dropped. */
function strictText(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Offset of the last byte of the shortest prefix that no longer decodes; found by halving, since decoders do not tell. */
function firstBadByte(bytes: Uint8Array, encoding: string): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (decodesSoFar(bytes.subarray(0, middle), encoding)) good = middle;
    else bad = middle;
  }
  return bad - 1;
}

/** An unfinished character at the end is no error yet. */
function decodesSoFar(bytes: Uint8Array, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
