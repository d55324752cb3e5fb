import { connect } from "node:net";
import { performance } from "node:perf_hooks";

/**
 * A load generator that costs little itself: keep-alive sockets, one request in flight on each, answers read only as
 * far as status and length. It runs in the bench's process, beside the hub's own process and PostgreSQL.
 */

export interface LoadResult {
  requests: number;
  perSecond: number;
  /** Milliseconds from the last byte sent to the whole answer. */
  latenciesMs: number[];
  /** Answers by status. */
  statuses: Map<number, number>;
}

export interface LoadOptions {
  port: number;
  connections: number;
  /** Requests in all; each is made by `request(index)`. */
  requests: number;
  request(index: number): Buffer;
  /** Requests per second over all connections; as fast as answers come when left out. */
  paceperSecond?: number;
}

export async function load(options: LoadOptions): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const statuses = new Map<number, number>();
  let next = 0;
  const started = performance.now();
  const claim = (): number => {
    if (next >= options.requests) return -1;
    next += 1;
    return next - 1;
  };
  const wait = (index: number): number => {
    if (options.paceperSecond === undefined) return 0;
    return started + (index / options.paceperSecond) * 1000 - performance.now();
  };
  await Promise.all(
    Array.from({ length: options.connections }, () =>
      caller(options, claim, wait, (status, tookMs) => {
        latenciesMs.push(tookMs);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
    ),
  );
  const tookSeconds = (performance.now() - started) / 1000;
  return { requests: options.requests, perSecond: options.requests / tookSeconds, latenciesMs, statuses };
}

function caller(
  options: LoadOptions,
  claim: () => number,
  wait: (index: number) => number,
  done: (status: number, tookMs: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: options.port, host: "127.0.0.1", noDelay: true });
    let sentAt = 0;
    let received: Buffer = Buffer.alloc(0);
    const send = () => {
      const index = claim();
      if (index < 0) {
        socket.end();
        resolve();
        return;
      }
      const write = () => {
        sentAt = performance.now();
        socket.write(options.request(index));
      };
      const pauseMs = wait(index);
      if (pauseMs > 1) setTimeout(write, pauseMs);
      else write();
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = wholeAnswer(received);
      if (!answer) return;
      received = received.subarray(answer.length);
      done(answer.status, performance.now() - sentAt);
      send();
    });
  });
}

/** Status and byte length of the first whole answer, or null when it is not all there yet. */
function wholeAnswer(bytes: Buffer): { status: number; length: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = bytes.toString("latin1", 0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const bodyStart = headEnd + 4;
  const length = /\r\ncontent-length: (\d+)/.exec(head);
  if (length) {
    const end = bodyStart + Number(length[1]);
    return bytes.length >= end ? { status, length: end } : null;
  }
  if (!head.includes("transfer-encoding: chunked")) return { status, length: bodyStart };
  const end = bytes.indexOf("0\r\n\r\n", bodyStart);
  return end < 0 ? null : { status, length: end + 5 };
}

/** One HTTP/1.1 request as bytes. */
export function rawRequest(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Buffer {
  const payload = Buffer.from(body, "utf8");
  const lines = Object.entries({
    host: "127.0.0.1",
    ...headers,
    "content-length": String(payload.length),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"),
    payload,
  ]);
}
