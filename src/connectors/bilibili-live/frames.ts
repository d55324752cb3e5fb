import { brotliDecompressSync, inflateSync } from "node:zlib";

/** The platform's framing: big endian, 16 bytes of header, several packets in one message, packets within packed packets. Pure. */

export const operations = {
  heartbeat: 2,
  heartbeatAnswer: 3,
  event: 5,
  auth: 7,
  authAnswer: 8,
} as const;

export interface Packet {
  operation: number;
  body: Uint8Array;
}

export type Decoded = { ok: true; packets: Packet[] } | { ok: false; reason: string };

const headerLength = 16;

/** A plain packet to send. The sequence number is always 1: the platform does not look at it. */
export function encodePacket(operation: number, body: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = new Uint8Array(headerLength + body.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.byteLength);
  view.setUint16(4, headerLength);
  view.setUint16(6, 0);
  view.setUint32(8, operation);
  view.setUint32(12, 1);
  bytes.set(body, headerLength);
  return bytes;
}

/** A message of a few kB that unpacks to more than this is no chat. */
const mostUnpackedBytes = 16 * 1024 * 1024;
/** The platform packs once; a packet that holds itself must end somewhere. */
const deepest = 4;

const unpackers = new Map([
  [2, (body: Uint8Array) => inflateSync(body, { maxOutputLength: mostUnpackedBytes })],
  [3, (body: Uint8Array) => brotliDecompressSync(body, { maxOutputLength: mostUnpackedBytes })],
]);

/** All packets of one message, unpacked, in order. Never throws; the reason holds no content. */
export function decodeMessage(message: Uint8Array): Decoded {
  const packets: Packet[] = [];
  const reason = collect(message, packets, { depth: 0, leftBytes: mostUnpackedBytes });
  return reason === null ? { ok: true, packets } : { ok: false, reason };
}

interface Budget {
  depth: number;
  leftBytes: number;
}

function collect(bytes: Uint8Array, into: Packet[], budget: Budget): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; ) {
    const left = bytes.byteLength - at;
    if (left < headerLength) return `${left} bytes are left over, less than a header`;
    const length = view.getUint32(at);
    const bodyAt = view.getUint16(at + 4);
    const version = view.getUint16(at + 6);
    if (bodyAt < headerLength || length < bodyAt || length > left)
      return `a packet says it has ${length} bytes with a header of ${bodyAt}, and ${left} are there`;
    const body = bytes.subarray(at + bodyAt, at + length);
    const problem = open({ operation: view.getUint32(at + 8), body }, version, into, budget);
    if (problem !== null) return problem;
    at += length;
  }
  return null;
}

function open(packet: Packet, version: number, into: Packet[], budget: Budget): string | null {
  const unpack = unpackers.get(version);
  if (!unpack) {
    into.push(packet);
    return null;
  }
  if (budget.depth >= deepest) return `packets are packed into each other more than ${deepest} times`;
  let inner: Uint8Array;
  try {
    inner = unpack(packet.body);
  } catch {
    return `a packet of version ${version} cannot be unpacked`;
  }
  budget.leftBytes -= inner.byteLength;
  if (budget.leftBytes < 0) return `a message unpacks to more than ${mostUnpackedBytes} bytes`;
  budget.depth += 1;
  const problem = collect(inner, into, budget);
  budget.depth -= 1;
  return problem;
}
