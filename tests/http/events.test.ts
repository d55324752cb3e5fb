import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/core/db/database.ts";
import { createKey, revokeKey } from "../../src/core/keys.ts";
import { memoryDatabase } from "../support/database.ts";
import { type TestApp, testApp } from "../support/http.ts";

let db: Database;
let test: TestApp;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  test = await testApp({ db });
});
afterEach(() => test.close());

describe("as pages", () => {
  it("give the log in order, and go on after any number", async () => {
    for (const code of ["A", "B", "C"]) await test.hub.sku(code);
    const first = await test.call("GET", "/v1/events?limit=2");
    expect(first.body.items).toMatchObject([
      { seq: 1, type: "connection.changed" },
      { seq: 2, type: "sku.created", data: { code: "A" } },
    ]);
    expect(first.body.nextCursor).toBe("2");
    const second = await test.call("GET", `/v1/events?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((event: { seq: number }) => event.seq)).toEqual([3, 4]);
    const after = await test.call("GET", "/v1/events?after=3");
    expect(after.body).toMatchObject({ items: [{ seq: 4, data: { code: "C" } }], nextCursor: null });
  });
});

/** Reads a stream while the clock is moved on, until `count` events came or it ended. */
function listen(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  let ended = false;
  const pump = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value);
    }
    ended = true;
  })().catch(() => {
    ended = true;
  });
  const ids = () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  return {
    ids,
    text: () => text,
    ended: () => ended,
    async until(condition: () => boolean) {
      for (let turn = 0; turn < 200 && !condition(); turn += 1) await test.runtime.advance(100);
      expect(condition()).toBe(true);
    },
    cancel: async () => {
      await reader.cancel();
      await pump;
    },
  };
}

const open = async (path: string, headers: Record<string, string> = {}) => {
  const key = await test.key("read-only");
  return test.app.request(path, {
    headers: { authorization: `Bearer ${key}`, accept: "text/event-stream", ...headers },
  });
};

describe("as a stream", () => {
  it("begin where asked, go on with whatever comes, and carry the number as id", async () => {
    await test.hub.sku("A");
    const response = await open("/v1/events?after=1");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    const stream = listen(response);
    await stream.until(() => stream.ids().length === 1);
    expect(stream.text()).toMatch(
      /^retry: 2000\n\nid: 2\nevent: sku.created\ndata: \{"seq":2,.*"code":"A".*\}\n\n$/,
    );
    await test.hub.sku("B", 3);
    await stream.until(() => stream.ids().length === 4);
    expect(stream.ids()).toEqual([2, 3, 4, 5]);
    await stream.cancel();
    expect(test.runtime.sleeping()).toBe(0);
  });

  it("resume after the last event a client got, whatever its address says", async () => {
    for (const code of ["A", "B", "C"]) await test.hub.sku(code);
    const stream = listen(await open("/v1/events?after=0", { "last-event-id": "3" }));
    await stream.until(() => stream.ids().length === 1);
    expect(stream.ids()).toEqual([4]);
    await stream.cancel();
  });

  it("come in full when there are more than one read gives", async () => {
    const lines = (from: number) =>
      Array.from({ length: 250 }, (_, index) => ({
        sku: `S${from + index}`,
        delta: 1,
        reason: "receipt" as const,
      }));
    for (let index = 0; index < 250; index += 1) await test.hub.sku(`S${index}`);
    await test.hub.submit({ kind: "stock.adjust", input: { reference: "all", lines: lines(0) } });
    const stream = listen(await open("/v1/events"));
    await stream.until(() => stream.ids().length === 502);
    expect(stream.ids()).toEqual(Array.from({ length: 502 }, (_, index) => index + 1));
    await stream.cancel();
  });

  it("say that they live while nothing happens", async () => {
    const stream = listen(await open("/v1/events?after=1"));
    await stream.until(() => stream.text().includes(": waiting for events\n\n"));
    await stream.cancel();
  });

  it("end when their key is revoked", async () => {
    const { id, token } = await createKey(db, test.runtime, test.hub.merchant.id, {
      name: "x",
      role: "owner",
    });
    const stream = listen(await open("/v1/events", { authorization: `Bearer ${token}` }));
    await stream.until(() => stream.ids().length === 1);
    await revokeKey(db, test.runtime, test.hub.merchant.id, id);
    await test.runtime.advance(5_000);
    expect(stream.ended()).toBe(true);
  });

  it("show a merchant its own events only", async () => {
    const other = await testApp({ db });
    await other.hub.sku("SECRET");
    const stream = listen(await open("/v1/events"));
    await stream.until(() => stream.ids().length === 1);
    expect(stream.text()).not.toContain("SECRET");
    await stream.cancel();
    await other.close();
  });

  it("need a key like any other call", async () => {
    const response = await test.app.request("/v1/events", { headers: { accept: "text/event-stream" } });
    expect(response.status).toBe(401);
  });
});
