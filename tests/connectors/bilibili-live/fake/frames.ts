import { brotliCompressSync, deflateSync } from "node:zlib";

/** The platform's framing, written a second time so that the connector's codec is not tested against itself. */
export function packet(operation: number, body: Uint8Array | string, version = 0): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + bytes.length, 0);
  header.writeUInt16BE(16, 4);
  header.writeUInt16BE(version, 6);
  header.writeUInt32BE(operation, 8);
  header.writeUInt32BE(1, 12);
  return Buffer.concat([header, bytes]);
}

export const zlibPacket = (inner: Uint8Array): Buffer => packet(5, deflateSync(inner), 2);

export const brotliPacket = (inner: Uint8Array): Buffer => packet(5, brotliCompressSync(inner), 3);

/** What a client sends: one plain packet in one message. */
export function parsePacket(bytes: Uint8Array): { operation: number; body: string } | null {
  const message = Buffer.from(bytes);
  if (message.length < 16 || message.readUInt32BE(0) !== message.length || message.readUInt16BE(4) !== 16)
    return null;
  if (message.readUInt16BE(6) !== 0) return null;
  return { operation: message.readUInt32BE(8), body: message.subarray(16).toString("utf8") };
}
