/**
 * What a ZIP archive says it unpacks to, summed over its directory (PKWARE APPNOTE 6.3.10, sections 4.3.12 and 4.3.16).
 * The workbook reader stops an entry that grows past its declared size, so the sum bounds the memory of a small file
 * that claims to be a large one. Undefined when there is no readable directory.
 */
export function unpackedSize(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOfDirectory(view);
  if (end === undefined) return undefined;
  const entries = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let entry = 0; entry < entries; entry++) {
    if (at + entryHeader > view.byteLength || view.getUint32(at, true) !== 0x02014b50) return undefined;
    const size = view.getUint32(at + 24, true);
    const isDeclared = size > 0 || view.getUint32(at + 20, true) <= emptyStream;
    // Sizes past 4 GiB stand elsewhere in the file (ZIP64); sizes left out are not bounded by the reader.
    if (!isDeclared || size === 0xffffffff) return Number.POSITIVE_INFINITY;
    total += size;
    at +=
      entryHeader +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
  }
  return total;
}

const entryHeader = 46;
const endRecord = 22;
/** An empty file still takes two bytes when it is deflated. */
const emptyStream = 2;

/** The end record stands before a comment of at most 65,535 bytes. */
function endOfDirectory(view: DataView): number | undefined {
  const first = Math.max(0, view.byteLength - endRecord - 0xffff);
  for (let at = view.byteLength - endRecord; at >= first; at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  return undefined;
}
