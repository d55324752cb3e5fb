import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createHttpClient,
  type HttpOptions,
  type HttpRequest,
} from "../../../src/connectors/toolkit/http.ts";
import { testRuntime } from "../../support/runtime.ts";

const answer = z.object({ count: z.number() });

interface Seen {
  url: string;
  method: string;
  headers: Headers;
  body: string;
}

/** A client whose platform answers as told, and what it was asked. */
function clientFor(
  respond: (request: Request) => Response | Promise<Response>,
  more: Partial<HttpOptions> = {},
) {
  const runtime = testRuntime();
  const seen: Seen[] = [];
  const client = createHttpClient({
    baseUrl: "https://shop.example/api/",
    clock: runtime.clock,
    timers: runtime.timers,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      seen.push({
        url: request.url,
        method: request.method,
        headers: request.headers,
        body: await request.clone().text(),
      });
      return respond(request);
    },
    ...more,
  });
  const call = { signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 };
  const send = (request: Partial<HttpRequest<{ count: number }>> = {}) =>
    client.send({ method: "GET", path: "/things", answer, ...request }, call);
  return { runtime, client, seen, send, call };
}

const json = (body: unknown, init: ResponseInit = {}) => Response.json(body, init);

describe("createHttpClient", () => {
  it("asks the platform and reads its answer", async () => {
    const { send, seen } = clientFor(() => json({ count: 3, more: "ignored" }), {
      headers: { authorization: "Bearer t" },
    });
    expect(await send({ query: { a: "1 2", b: ["x", "y,z"], c: undefined, limit: 5 } })).toEqual({
      ok: true,
      value: { count: 3 },
    });
    expect(seen[0]?.url).toBe("https://shop.example/api/things?a=1+2&b=x&b=y%2Cz&limit=5");
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer t");
    expect(seen[0]?.headers.get("accept")).toBe("application/json");
    expect(seen[0]?.headers.get("content-type")).toBeNull();
  });

  it("sends a body as JSON, and headers of the one request", async () => {
    const { send, seen } = clientFor(() => json({ count: 1 }));
    await send({ method: "POST", body: { name: "蓝" }, headers: { "idempotency-key": "k1" } });
    expect(seen[0]).toMatchObject({ method: "POST", body: '{"name":"蓝"}' });
    expect(seen[0]?.headers.get("content-type")).toBe("application/json");
    expect(seen[0]?.headers.get("idempotency-key")).toBe("k1");
  });

  it("reads an empty answer as null", async () => {
    const { client, call } = clientFor(() => new Response(null, { status: 204 }));
    expect(await client.send({ method: "DELETE", path: "/things/1", answer: z.null() }, call)).toEqual({
      ok: true,
      value: null,
    });
  });

  it("names platform, status, code and next step in a failure", async () => {
    const { send } = clientFor(() =>
      json({ code: "too_fast", message: "Dear 张三" }, { status: 429, headers: { "retry-after": "7" } }),
    );
    expect(await send()).toEqual({
      ok: false,
      kind: "rate_limited",
      message:
        "GET /things at shop.example answered 429 too_fast: it limits calls; the hub slows down and tries again.",
      retryAfterMs: 7000,
    });
  });

  it("shows of an error body only what looks like a code", async () => {
    for (const code of [
      "张三",
      "13812345678",
      "a@b.example",
      "two words",
      "x".repeat(65),
      42,
      { a: 1 },
      null,
    ]) {
      const { send } = clientFor(() => json({ code, message: "secret words" }, { status: 400 }));
      expect(await send()).toMatchObject({
        kind: "invalid",
        message:
          "GET /things at shop.example answered 400: look at what is sent and at the settings of this connection.",
      });
    }
  });

  it("blots out secrets the platform echoes as a code", async () => {
    const { send } = clientFor(() => json({ code: "sk_live_abc" }, { status: 400 }), {
      secrets: ["sk_live_abc"],
    });
    expect(await send()).toMatchObject({ message: expect.stringContaining("answered 400 [secret]:") });
  });

  it("takes a Retry-After of 503 too, and none of 404", async () => {
    const busy = clientFor(() => json({}, { status: 503, headers: { "retry-after": "9" } }));
    expect(await busy.send()).toMatchObject({ kind: "unavailable", retryAfterMs: 9000 });
    const gone = clientFor(() => json({}, { status: 404, headers: { "retry-after": "9" } }));
    expect(await gone.send()).not.toHaveProperty("retryAfterMs");
  });

  it("does not follow redirects, which would carry credentials elsewhere", async () => {
    const { send, seen } = clientFor(
      () => new Response(null, { status: 308, headers: { location: "https://evil.example/" } }),
    );
    expect(await send({ method: "POST", body: {} })).toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("redirects (308)"),
    });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["no JSON", "<html>", "malformed_json"],
    ["a key twice", '{"count":1,"count":2}', "duplicate_key"],
    ["a number that does not fit", '{"count":12345678901234567890}', "number_out_of_range"],
    ["another shape", '{"count":"three"}', "unexpected shape (count: "],
    ["null", "null", "unexpected shape (body: "],
  ])("an answer with %s is malformed when asking, unknown when writing", async (_, body, word) => {
    for (const [method, kind] of [
      ["GET", "malformed"],
      ["POST", "unknown"],
    ] as const) {
      const { send } = clientFor(() => new Response(body));
      expect(await send({ method })).toMatchObject({
        ok: false,
        kind,
        message: expect.stringContaining(word),
      });
    }
  });

  it("does not quote a value that does not fit", async () => {
    const { send } = clientFor(() => json({ count: "13812345678" }));
    expect(JSON.stringify(await send())).not.toContain("13812345678");
  });

  it("reads no more than its bound, whether the length is declared or not", async () => {
    const long = JSON.stringify({ count: 1, filler: "x".repeat(2000) });
    const streamed = () => new Response(new Blob([long]).stream());
    const declared = () => new Response(long, { headers: { "content-length": String(long.length) } });
    for (const respond of [streamed, declared]) {
      const { send } = clientFor(respond, { maxResponseBytes: 1000 });
      expect(await send()).toMatchObject({
        kind: "malformed",
        message: expect.stringContaining("answered more than 1000 bytes"),
      });
    }
    expect(await clientFor(streamed, { maxResponseBytes: long.length }).send()).toMatchObject({ ok: true });
  });

  it("stops reading an endless answer", async () => {
    let chunks = 0;
    const endless = new ReadableStream({
      pull(controller) {
        chunks += 1;
        controller.enqueue(new Uint8Array(1000));
      },
    });
    const { send } = clientFor(() => new Response(endless), { maxResponseBytes: 10_000 });
    expect(await send()).toMatchObject({ kind: "malformed" });
    expect(chunks).toBeLessThan(20);
  });

  it("tells a connection that never was from one that broke", async () => {
    const failing = (code: string) => () =>
      Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) }));
    const kinds = await Promise.all(
      ["ECONNREFUSED", "ECONNRESET"].flatMap((code) =>
        (["GET", "POST"] as const).map(async (method) => {
          const result = await clientFor(failing(code)).send({ method });
          return result.ok ? "ok" : result.kind;
        }),
      ),
    );
    expect(kinds).toEqual(["unavailable", "unavailable", "unavailable", "unknown"]);
  });

  it("lets a POST that only asks count as a question", async () => {
    const { send } = clientFor(() => json({}, { status: 500 }));
    expect(await send({ method: "POST", effect: "read" })).toMatchObject({ kind: "unavailable" });
    expect(await send({ method: "POST" })).toMatchObject({ kind: "unknown" });
  });

  it("keeps the deadline while the body trickles", async () => {
    const never = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) });
    const { send, runtime } = clientFor(() => new Response(never));
    const work = send();
    await runtime.advance(29_999);
    expect(runtime.sleeping()).toBe(1);
    await runtime.advance(1);
    expect(await work).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("did not answer in time"),
    });
    expect(runtime.sleeping()).toBe(0);
  });

  it("tells fetch to stop when the deadline passes or the caller stops", async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const runtime = testRuntime();
    const client = createHttpClient({
      baseUrl: "https://shop.example",
      clock: runtime.clock,
      timers: runtime.timers,
      fetch: (_input, init) => {
        signals.push(init?.signal);
        return new Promise<Response>(() => {});
      },
    });
    const stop = new AbortController();
    const deadlineMs = runtime.clock.nowMs() + 1000;
    const stopped = client.send({ method: "GET", path: "/a", answer }, { signal: stop.signal, deadlineMs });
    const late = client.send(
      { method: "POST", path: "/b", answer },
      { signal: new AbortController().signal, deadlineMs },
    );
    stop.abort();
    expect(await stopped).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("was stopped"),
    });
    await runtime.advance(1000);
    expect(await late).toMatchObject({ kind: "unknown" });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  it("throws for a body that cannot be sent, which is a bug of ours", async () => {
    const { send, seen } = clientFor(() => json({ count: 1 }));
    await expect(send({ method: "POST", body: { id: 1n } })).rejects.toThrow(TypeError);
    expect(seen).toEqual([]);
  });

  it("leaves no timer and no listener behind when all goes well", async () => {
    const { send, runtime } = clientFor(() => json({ count: 1 }));
    await send();
    expect(runtime.sleeping()).toBe(0);
  });
});
