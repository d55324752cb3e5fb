import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Sockets } from "../../../src/core/runtime.ts";
import { systemRuntime } from "../../../src/http/system.ts";
import { socketServer } from "../../support/socket-server.ts";
import { fakeSockets } from "../../support/sockets.ts";
import { followed, openRoom } from "./harness.ts";

async function allOf(messages: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** The hub's own sockets, over a real connection on this machine. */
const sockets = systemRuntime().sockets as Sockets;

async function overNetwork() {
  // The room is made first, since its links name the server that serves it.
  const links: string[] = [];
  const hub = openRoom({ sockets, links });
  const server = await socketServer(hub.room.server);
  onTestFinished(() => server.close());
  links.push(server.url);
  return { hub, server };
}

describe("over a real WebSocket", () => {
  it("follows a room, survives a break, and takes leave", async () => {
    const { hub, server } = await overNetwork();
    const first = followed(hub);
    await vi.waitFor(() => expect(first.kinds()).toEqual(["connected", "alive"]));
    hub.room.faults.packing = "nested";
    const { externalId } = hub.room.say("要 A12 两件");
    await vi.waitFor(() => expect(first.comments().map((comment) => comment.text)).toEqual(["要 A12 两件"]));
    expect(first.comments()[0]?.externalId).toBe(externalId);
    hub.room.drop();
    await vi.waitFor(() => expect(first.ended).toMatchObject({ ok: false, kind: "unavailable" }));
    const second = followed(hub, first.position);
    await vi.waitFor(() => expect(second.kinds()).toEqual(["connected", "gap", "alive"]));
    await second.stop();
    await vi.waitFor(() => expect(second.ended).toEqual({ ok: true }));
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });

  it("a long comment comes whole", async () => {
    const { hub } = await overNetwork();
    const following = followed(hub);
    await vi.waitFor(() => expect(following.kinds()).toContain("connected"));
    hub.room.say("长".repeat(1_500));
    await vi.waitFor(() => expect(following.comments().map(({ text }) => text.length)).toEqual([1_500]));
    await following.stop();
  });
});

describe("the hub's sockets", () => {
  it("reject when nobody is there, and when they were given up before", async () => {
    const server = await socketServer({ connected: () => undefined, message: () => undefined });
    await server.close();
    const signal = new AbortController().signal;
    await expect(sockets.open(server.url, { signal })).rejects.toThrow("did not come about");
    await expect(sockets.open(server.url, { signal: AbortSignal.abort() })).rejects.toThrow("given up");
  });

  it("end for the reader at once when closed, and at a farewell of the server", async () => {
    const ends: { end(): void }[] = [];
    const server = await socketServer({ connected: (end) => void ends.push(end), message: () => undefined });
    onTestFinished(() => server.close());
    const stop = new AbortController();
    const closed = await sockets.open(server.url, { signal: stop.signal });
    stop.abort();
    expect(await allOf(closed.messages)).toEqual([]);
    const left = await sockets.open(server.url, { signal: new AbortController().signal });
    ends[1]?.end();
    expect(await allOf(left.messages)).toEqual([]);
  });

  it("a connection whose messages nobody reads is given up, saying so", async () => {
    const big = new Uint8Array(60_000);
    const server = await socketServer({
      connected: (end) => {
        for (let count = 0; count < 400; count += 1) end.send(big);
      },
      message: () => undefined,
    });
    onTestFinished(() => server.close());
    const socket = await sockets.open(server.url, { signal: new AbortController().signal });
    await vi.waitFor(() => expect(server.sockets.size).toBe(0), { timeout: 5_000 });
    await expect(allOf(socket.messages)).rejects.toThrow("More came in than could be read");
  });

  it("fakes behave the same towards a reader", async () => {
    const ends: { end(broken?: boolean): void }[] = [];
    const fake = fakeSockets({ connected: (end) => void ends.push(end), message: () => undefined });
    const signal = new AbortController().signal;
    const first = await fake.open("wss://x.test", { signal });
    ends[0]?.end();
    expect(await allOf(first.messages)).toEqual([]);
    const second = await fake.open("wss://x.test", { signal });
    ends[1]?.end(true);
    await expect(allOf(second.messages)).rejects.toThrow("broke off");
  });
});
