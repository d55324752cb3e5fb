import type { Fetch, Sockets } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import { type FakeServer, fakeSockets, type ServerEnd } from "../../../support/sockets.ts";
import { brotliPacket, packet, parsePacket, zlibPacket } from "./frames.ts";
import { type Developer, gateCode } from "./gate.ts";

/** A live room of Bilibili's open platform: signatures, sessions, framing and faults. Nothing is replayed, as there. */

export const developer: Developer = { accessKeyId: "test_access_key", accessKeySecret: "test_access_secret" };
export const identityCode = "TESTCODE123";
export const appId = 1_700_000_000_000;
export const roomId = 1_000_001;
export const hostOpenId = "0f0e0d0c0b0a09080706050403020100";

export type Packing = "plain" | "several" | "zlib" | "brotli" | "nested";

export interface FakeRoom {
  fetch: Fetch;
  sockets: Sockets;
  /** What answers the sockets, to be put behind a real server. */
  server: FakeServer;
  /** Paths called so far, with the code each was answered with. */
  calls: { path: string; code: number }[];
  /** Links that were connected to, in order. */
  opened: string[];
  /** First frames of connections, as received. */
  auths: string[];
  /** Open connections that have authenticated. */
  listeners(): number;
  /** The id of the session that runs now, or null. */
  session(): string | null;
  say(text: string, more?: Record<string, unknown>): { externalId: string };
  event(cmd: string, data: unknown): void;
  /** Sends raw bytes to whoever listens. */
  raw(bytes: Uint8Array): void;
  goLive(): void;
  goOff(): void;
  /** Cuts every connection. */
  drop(broken?: boolean): void;
  /** The platform ends the session by itself. */
  endInteraction(): void;
  faults: {
    /** How events go out from now on. */
    packing: Packing;
    /** Codes the next calls are refused with, by path. */
    refuse: Map<string, number[]>;
    /** Links that cannot be connected to. */
    deadLinks: Set<string>;
    /** Code the next authentications are answered with. */
    authCodes: number[];
    /** Says nothing any more on open connections. */
    frozen: boolean;
    /** Repeats this many of the last events to whoever connects. */
    repeats: number;
    /** How long a session that was ended is settled before the next may start. */
    settleMs: number;
  };
}

export const links = ["wss://one.example.invalid:443/sub", "wss://two.example.invalid:443/sub"];
const sessionLifeMs = 60_000;
/** Without a heartbeat of its own a connection is closed after about this time. */
const connectionLifeMs = 75_000;

interface Listener {
  end: ServerEnd;
  beatMs: number;
  isIn: boolean;
}

export function fakeRoom(runtime: TestRuntime, given: { links?: readonly string[] } = {}): FakeRoom {
  const nowMs = () => runtime.clock.nowMs();
  const listeners = new Map<ServerEnd, Listener>();
  const sent: Buffer[] = [];
  const nonces = new Set<string>();
  let session: { id: string; beatMs: number; authBody: string } | null = null;
  let settledMs = 0;
  let made = 0;
  const faults: FakeRoom["faults"] = {
    packing: "plain",
    refuse: new Map(),
    deadLinks: new Set(),
    authCodes: [],
    frozen: false,
    repeats: 0,
    settleMs: 0,
  };

  const running = () => {
    if (session && nowMs() - session.beatMs > sessionLifeMs) session = null;
    return session;
  };
  const start = (body: Record<string, unknown>): { code: number; data?: unknown } => {
    if (body.code !== identityCode) return { code: 7007 };
    if (body.app_id !== appId) return { code: 8002 };
    if (running()) return { code: 7002 };
    if (nowMs() < settledMs) return { code: 7001 };
    made += 1;
    const id = `7f3a0000-0000-4000-8000-${String(made).padStart(12, "0")}`;
    // Spaces and the order of keys would not survive being parsed and written again.
    const authBody = `{"roomid": ${roomId},"protover":2,"uid":8000000001,"key":"token-${made}","group":"open" }`;
    session = { id, beatMs: nowMs(), authBody };
    return {
      code: 0,
      data: {
        game_info: { game_id: id },
        websocket_info: { auth_body: authBody, wss_link: given.links ?? links },
        anchor_info: {
          room_id: roomId,
          uname: "demo_host",
          uface: "",
          uid: 0,
          open_id: hostOpenId,
          union_id: "",
        },
      },
    };
  };
  const answer = (path: string, body: Record<string, unknown>): { code: number; data?: unknown } => {
    const refusal = faults.refuse.get(path)?.shift();
    if (refusal !== undefined) return { code: refusal };
    if (path === "/v2/app/start") return start(body);
    const isOurs = running()?.id === body.game_id;
    if (path === "/v2/app/heartbeat") {
      if (!isOurs || !session) return { code: 7003 };
      session.beatMs = nowMs();
      return { code: 0, data: {} };
    }
    if (path === "/v2/app/end") {
      if (!isOurs) return { code: 7000 };
      session = null;
      settledMs = nowMs() + faults.settleMs;
      return { code: 0, data: {} };
    }
    return { code: 4010 };
  };
  const calls: FakeRoom["calls"] = [];
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = await request.text();
    const gate = gateCode({ headers: request.headers, body }, developer, nowMs(), nonces);
    const { pathname } = new URL(request.url);
    const { code, data } =
      gate === 0
        ? answer(pathname, JSON.parse(body) as Record<string, unknown>)
        : { code: gate, data: undefined };
    calls.push({ path: pathname, code });
    return Response.json({
      code,
      message: code === 0 ? "0" : "refused",
      request_id: "1",
      data: data ?? null,
    });
  };

  const opened: string[] = [];
  const auths: string[] = [];
  const authenticate = (listener: Listener, operation: number, body: string) => {
    auths.push(body);
    const forced = faults.authCodes.shift();
    const code = forced ?? (operation === 7 && body === running()?.authBody ? 0 : -101);
    listener.end.send(packet(8, JSON.stringify({ code })));
    if (code !== 0) return listener.end.end();
    listener.isIn = true;
    for (const event of faults.repeats > 0 ? sent.slice(-faults.repeats) : []) listener.end.send(event);
  };
  const server: FakeServer = {
    connected(end) {
      opened.push(end.url);
      if (faults.deadLinks.has(end.url)) throw new Error("refused");
      listeners.set(end, { end, beatMs: nowMs(), isIn: false });
    },
    message(end, bytes) {
      const listener = listeners.get(end);
      const read = parsePacket(bytes);
      if (!listener || !read) return end.end();
      if (!listener.isIn) return authenticate(listener, read.operation, read.body);
      if (read.operation !== 2 || read.body !== "") return end.end();
      listener.beatMs = nowMs();
      if (!faults.frozen) end.send(packet(3, Buffer.from([0, 0, 0, 42])));
    },
    closed: (end) => void listeners.delete(end),
  };

  const broadcast = (bytes: Uint8Array) => {
    for (const { end, isIn, beatMs } of [...listeners.values()]) {
      if (nowMs() - beatMs > connectionLifeMs) end.end();
      else if (isIn && !faults.frozen) end.send(bytes);
    }
  };
  const event = (cmd: string, data: unknown) => {
    const plain = packet(5, JSON.stringify({ cmd, data }));
    sent.push(plain);
    broadcast(packed(plain, faults.packing));
  };
  const seconds = () => Math.floor(nowMs() / 1000);
  return {
    fetch,
    sockets: fakeSockets(server),
    server,
    calls,
    opened,
    auths,
    faults,
    event,
    raw: broadcast,
    listeners: () => [...listeners.values()].filter(({ isIn }) => isIn).length,
    session: () => running()?.id ?? null,
    say(text, more = {}) {
      made += 1;
      const externalId = `6b1c0000-0000-4000-8000-${String(made).padStart(12, "0")}`;
      event("LIVE_OPEN_PLATFORM_DM", {
        room_id: roomId,
        uid: 0,
        open_id: "aa11bb22cc33dd44ee55ff6600112233",
        union_id: "",
        uname: "买家A",
        msg: text,
        msg_id: externalId,
        timestamp: seconds(),
        dm_type: 0,
        is_admin: 0,
        ...more,
      });
      return { externalId };
    },
    goLive: () =>
      event("LIVE_OPEN_PLATFORM_LIVE_START", {
        room_id: roomId,
        open_id: hostOpenId,
        timestamp: seconds(),
        title: "",
      }),
    goOff: () =>
      event("LIVE_OPEN_PLATFORM_LIVE_END", {
        room_id: roomId,
        open_id: hostOpenId,
        timestamp: seconds(),
        title: "",
      }),
    drop(broken = true) {
      for (const end of [...listeners.keys()]) end.end(broken);
    },
    endInteraction() {
      const id = running()?.id ?? "";
      session = null;
      event("LIVE_OPEN_PLATFORM_INTERACTION_END", { game_id: id, timestamp: seconds() });
    },
  };
}

const like = packet(5, JSON.stringify({ cmd: "LIVE_OPEN_PLATFORM_LIKE", data: { like_count: 3 } }));

function packed(plain: Buffer, packing: Packing): Uint8Array {
  switch (packing) {
    case "plain":
      return plain;
    case "several":
      return Buffer.concat([like, plain, packet(3, Buffer.from([0, 0, 0, 7]))]);
    case "zlib":
      return zlibPacket(Buffer.concat([like, plain]));
    case "brotli":
      return brotliPacket(Buffer.concat([plain, like]));
    case "nested":
      return Buffer.concat([like, zlibPacket(Buffer.concat([like, brotliPacket(plain)]))]);
  }
}
