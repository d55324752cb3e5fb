import { brotliCompressSync, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  decodeMessage,
  encodePacket,
  operations,
  type Packet,
} from "../../../src/connectors/bilibili-live/frames.ts";
import { meaningOf } from "../../../src/connectors/bilibili-live/map.ts";
import { signedHeaders } from "../../../src/connectors/bilibili-live/sign.ts";
import { brotliPacket, packet, zlibPacket } from "./fake/frames.ts";
import { hostOpenId } from "./fake/platform.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (message: Uint8Array) => Buffer.from(message).toString("hex");
const fromHex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

function packetsOf(message: Uint8Array): { operation: number; body: string }[] {
  const decoded = decodeMessage(message);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packets.map(({ operation, body }: Packet) => ({
    operation,
    body: new TextDecoder().decode(body),
  }));
}

describe("signature", () => {
  it("is the one computed by hand", () => {
    const headers = signedHeaders({
      accessKeyId: "test_access_key",
      accessKeySecret: "test_access_secret",
      nonce: "00000000-0000-4000-8000-000000000001",
      timestamp: 1_767_225_600,
      body: '{"code":"TESTCODE123","app_id":1700000000000}',
    });
    expect(headers).toEqual({
      "x-bili-accesskeyid": "test_access_key",
      "x-bili-content-md5": "f6780c1c241d117f9a1b22cdd0393ab2",
      "x-bili-signature-method": "HMAC-SHA256",
      "x-bili-signature-nonce": "00000000-0000-4000-8000-000000000001",
      "x-bili-signature-version": "1.0",
      "x-bili-timestamp": "1767225600",
      authorization: "0c73e1f57eedb34875b15adad3c879d7022fbabbfea32a85108d4e649a7fbfca",
    });
  });

  it("of an empty body has the MD5 of nothing", () => {
    const headers = signedHeaders({
      accessKeyId: "k",
      accessKeySecret: "s",
      nonce: "n",
      timestamp: 1,
      body: "",
    });
    expect(headers["x-bili-content-md5"]).toBe("d41d8cd98f00b204e9800998ecf8427e");
  });
});

describe("frames", () => {
  it("are written as the platform's examples", () => {
    expect(hex(encodePacket(operations.heartbeat))).toBe("00000010001000000000000200000001");
    expect(hex(encodePacket(operations.auth, bytes('{"a":1}')))).toBe(
      "000000170010000000000007000000017b2261223a317d",
    );
  });

  it("are read as the platform's examples", () => {
    expect(packetsOf(fromHex("0000001a0010000000000008000000017b22636f6465223a307d"))).toEqual([
      { operation: operations.authAnswer, body: '{"code":0}' },
    ]);
  });

  it("several packets of one message come in order", () => {
    const message = Buffer.concat([packet(5, "one"), packet(3, "\0\0\0\x07"), packet(5, "two")]);
    expect(packetsOf(message)).toEqual([
      { operation: 5, body: "one" },
      { operation: 3, body: "\0\0\0\x07" },
      { operation: 5, body: "two" },
    ]);
  });

  it.each([
    ["zlib", zlibPacket(Buffer.concat([packet(5, "one"), packet(5, "two")]))],
    ["brotli", brotliPacket(Buffer.concat([packet(5, "one"), packet(5, "two")]))],
    ["brotli in zlib", zlibPacket(Buffer.concat([packet(5, "one"), brotliPacket(packet(5, "two"))]))],
    ["plain and packed side by side", Buffer.concat([packet(5, "one"), zlibPacket(packet(5, "two"))])],
  ])("unpacks %s", (_, message) => {
    expect(packetsOf(message).map(({ body }) => body)).toEqual(["one", "two"]);
  });

  it("reads a message that is a part of a larger buffer", () => {
    const whole = Buffer.concat([Buffer.from("junk"), packet(5, "one")]);
    expect(packetsOf(whole.subarray(4))).toEqual([{ operation: 5, body: "one" }]);
  });

  it("skips what a longer header holds", () => {
    const long = Buffer.concat([packet(5, "xxone")]);
    long.writeUInt16BE(18, 4);
    expect(packetsOf(long)).toEqual([{ operation: 5, body: "one" }]);
  });

  const short = packet(5, "one").subarray(0, 17);
  const headless = packet(5, "one");
  headless.writeUInt16BE(0, 4);
  const endless = packet(5, "");
  endless.writeUInt32BE(0, 0);
  const huge = packet(5, "one");
  huge.writeUInt32BE(0xffffffff, 0);
  const bomb = packet(5, deflateSync(Buffer.alloc(20 * 1024 * 1024)), 2);
  const brotliBomb = packet(5, brotliCompressSync(Buffer.alloc(20 * 1024 * 1024)), 3);
  let nested: Buffer = packet(5, "one");
  for (let depth = 0; depth < 6; depth += 1) nested = zlibPacket(nested);

  it.each([
    ["a packet that is cut off", short],
    ["half a header", Buffer.alloc(7)],
    ["a header of no length", headless],
    ["a packet of no length", endless],
    ["a packet longer than its message", huge],
    ["packed junk", packet(5, "junk", 2)],
    ["brotli junk", packet(5, "junk", 3)],
    ["a message that unpacks to far too much", bomb],
    ["the same in brotli", brotliBomb],
    ["packets packed into each other for ever", nested],
    ["a cut-off packet within a packed one", zlibPacket(short)],
  ])("refuses %s", (_, message) => {
    expect(decodeMessage(message)).toMatchObject({ ok: false });
  });

  it("an empty message holds no packet", () => {
    expect(packetsOf(new Uint8Array())).toEqual([]);
  });
});

const dm = {
  room_id: 1_000_001,
  uid: 0,
  open_id: "aa11bb22cc33dd44ee55ff6600112233",
  union_id: "",
  uname: "买家A",
  uface: "https://example.invalid/b.jpg",
  msg: "扣 A12 x2",
  msg_id: "6b1c0000-0000-4000-8000-0000000000bb",
  timestamp: 1_767_225_605,
  guard_level: 0,
  fans_medal_level: 3,
  emoji_img_url: "",
  dm_type: 0,
  reply_open_id: "",
  is_admin: 0,
};

const meaning = (cmd: string, data: unknown) => meaningOf(bytes(JSON.stringify({ cmd, data })), hostOpenId);

const comment = {
  externalId: "6b1c0000-0000-4000-8000-0000000000bb",
  room: "1000001",
  viewer: { externalId: "aa11bb22cc33dd44ee55ff6600112233", name: "买家A" },
  text: "扣 A12 x2",
  sentAt: "2026-01-01T00:00:05.000Z",
};

describe("events", () => {
  it("a comment, keyed by msg_id and the viewer's open_id", () => {
    expect(meaning("LIVE_OPEN_PLATFORM_DM", dm)).toEqual({ kind: "comment", comment });
  });

  it("the host's own comment is marked", () => {
    expect(meaning("LIVE_OPEN_PLATFORM_DM", { ...dm, open_id: hostOpenId })).toEqual({
      kind: "comment",
      comment: { ...comment, viewer: { externalId: hostOpenId, name: "买家A" }, byHost: true },
    });
  });

  it.each([[""], [null], [undefined]])("open_id %j: nobody is named", (open_id) => {
    const { viewer: _none, ...anonymous } = comment;
    expect(meaning("LIVE_OPEN_PLATFORM_DM", { ...dm, open_id })).toEqual({
      kind: "comment",
      comment: anonymous,
    });
  });

  it("a text too long is cut, never through an emoji", () => {
    const read = meaning("LIVE_OPEN_PLATFORM_DM", { ...dm, msg: `x${"🌹".repeat(1_500)}` });
    const text = read.kind === "comment" ? read.comment.text : "";
    expect(text).toHaveLength(2_000);
    expect(text.isWellFormed()).toBe(true);
  });

  it.each([
    ["a sticker", "LIVE_OPEN_PLATFORM_DM", { ...dm, dm_type: 1 }],
    ["a comment mirrored from a linked room", "LIVE_OPEN_PLATFORM_DM_MIRROR", dm],
    ["a gift", "LIVE_OPEN_PLATFORM_SEND_GIFT", { ...dm, gift_id: 1, gift_num: 2, price: 1000, r_price: 900 }],
    [
      "a super chat",
      "LIVE_OPEN_PLATFORM_SUPER_CHAT",
      { ...dm, message_id: 90_001, message: "要 A12", rmb: 30 },
    ],
    ["a guard", "LIVE_OPEN_PLATFORM_GUARD", { guard_level: 3, price: 138_000 }],
    ["a like", "LIVE_OPEN_PLATFORM_LIKE", { like_count: 3 }],
    ["somebody coming in", "LIVE_OPEN_PLATFORM_LIVE_ROOM_ENTER", { uname: "买家A" }],
    ["something new", "LIVE_OPEN_PLATFORM_SOMETHING", null],
  ])("%s is nothing to us, never a comment or a payment", (_, cmd, data) => {
    expect(meaning(cmd, data)).toEqual({ kind: "nothing" });
  });

  it("the show's start and end, and the session's end", () => {
    const data = { room_id: 1_000_001, open_id: hostOpenId, timestamp: 1_767_225_605, title: "" };
    const at = "2026-01-01T00:00:05.000Z";
    expect(meaning("LIVE_OPEN_PLATFORM_LIVE_START", data)).toEqual({ kind: "started", room: "1000001", at });
    expect(meaning("LIVE_OPEN_PLATFORM_LIVE_END", data)).toEqual({ kind: "ended", room: "1000001", at });
    expect(meaning("LIVE_OPEN_PLATFORM_INTERACTION_END", { game_id: "g", timestamp: 1 })).toEqual({
      kind: "over",
      gameId: "g",
    });
  });

  it.each([
    ["no msg_id", { ...dm, msg_id: undefined }],
    ["a time in milliseconds", { ...dm, timestamp: 1_767_225_605_000 }],
    ["no text", { ...dm, msg: null }],
    ["no data", null],
  ])("a comment with %s is told as unreadable, without its content", (_, data) => {
    const read = meaning("LIVE_OPEN_PLATFORM_DM", data);
    expect(read.kind).toBe("unreadable");
    expect(JSON.stringify(read)).not.toContain("A12");
    expect(JSON.stringify(read)).not.toContain("买家");
  });

  it("junk is unreadable", () => {
    expect(meaningOf(bytes("{"), hostOpenId).kind).toBe("unreadable");
  });
});
