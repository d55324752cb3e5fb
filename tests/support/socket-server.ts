import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import type { FakeServer, ServerEnd } from "./sockets.ts";

/** A real WebSocket server on this machine (RFC 6455: binary messages, pings, closing), since Node brings only the client. */
export async function socketServer(
  server: FakeServer,
): Promise<{ url: string; sockets: Set<NetSocket>; close(): Promise<void> }> {
  const sockets = new Set<NetSocket>();
  const http = createServer();
  http.on("upgrade", (request, duplex) => {
    const socket = duplex as NetSocket;
    sockets.add(socket);
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    serve(server, socket, `ws://${request.headers.host}${request.url}`);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/sub`,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const binary = 2;
const closing = 8;
const ping = 9;
const pong = 10;

function serve(server: FakeServer, socket: NetSocket, url: string): void {
  let isOpen = true;
  let rest: Buffer = Buffer.alloc(0);
  const gone = () => {
    if (isOpen) server.closed?.(end);
    isOpen = false;
  };
  const end: ServerEnd = {
    url,
    get isOpen() {
      return isOpen;
    },
    send: (bytes) => void (isOpen && socket.write(frame(binary, bytes))),
    end(broken = false) {
      if (!isOpen) return;
      gone();
      if (broken) socket.destroy();
      else socket.end(frame(closing, Buffer.from([3, 232])));
    },
  };
  server.connected(end);
  socket.on("error", gone);
  socket.on("close", gone);
  socket.on("data", (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let read = readFrame(rest); read !== null; read = readFrame(rest)) {
      rest = rest.subarray(read.length);
      if (read.opcode === binary) server.message(end, read.payload);
      else if (read.opcode === ping) socket.write(frame(pong, read.payload));
      else if (read.opcode === closing) {
        gone();
        socket.end(frame(closing, read.payload));
      }
    }
  });
}

/** A server's frames are not masked. */
function frame(opcode: number, payload: Uint8Array): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, payload.length])
      : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}

/** A client's frames are masked. Null until one is whole. */
function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (bytes.length < 6) return null;
  const short = (bytes[1] ?? 0) & 0x7f;
  const headLength = short === 126 ? 4 : 2;
  if (bytes.length < headLength + 4) return null;
  const payloadLength = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = headLength + 4 + payloadLength;
  if (bytes.length < length) return null;
  const mask = bytes.subarray(headLength, headLength + 4);
  const payload = Buffer.from(bytes.subarray(headLength + 4, length));
  for (let index = 0; index < payload.length; index += 1)
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, length };
}
