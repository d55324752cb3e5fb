import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveApp, liveApp } from "./live-app.ts";

let live: LiveApp;
beforeAll(async () => {
  live = await liveApp();
});
afterAll(() => live.test.close());

describe("the cockpit", () => {
  it("shows the session at once, then what changes", async () => {
    const session = await live.plan();
    await live.call("POST", `/v1/live-sessions/${session.id}/start`);
    const response = await live.test.app.request(`/v1/live-sessions/${session.id}/stream`, {
      headers: { authorization: `Bearer ${live.key}`, accept: "text/event-stream" },
    });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const reader = response.body?.getReader();
    if (!reader) throw new Error("no stream");
    const next = async () => {
      for (;;) {
        const reading = reader.read();
        await live.test.runtime.advance(500);
        const text = new TextDecoder().decode((await reading).value);
        const data = /^data: (.*)$/m.exec(text)?.[1];
        if (data !== undefined) return JSON.parse(data).data;
      }
    };
    expect(await next()).toMatchObject({ session: { state: "on_air" }, comments: [], money: [] });
    await live.say(session.id, ["ann", "B2"], ["ben", "nice"]);
    expect(await next()).toMatchObject({
      comments: [
        { text: "B2", viewer: { externalId: "ann" }, outcome: "claimed" },
        { text: "nice", outcome: "nothing" },
      ],
      claims: [{ state: "held", quantity: 1 }],
      session: { items: [{}, {}, { claimed: 1, free: 1 }] },
    });
    const [claim] = (await live.call("GET", `/v1/live-sessions/${session.id}/claims`)).body.items;
    await live.call("POST", `/v1/claims/${claim.id}/order`, { externalId: "COCKPIT-1" });
    expect(await next()).toMatchObject({
      claims: [{ state: "ordered" }],
      money: [{ paidOrders: 1, grossMinor: 2_500 }],
    });
    await reader.cancel();
    await live.call("POST", `/v1/live-sessions/${session.id}/end`);
    await live.expectClean();
  });

  it("that comes back goes on where it was: every comment once, in order, after a rush too", async () => {
    const session = await live.plan();
    await live.call("POST", `/v1/live-sessions/${session.id}/start`);
    const open = (headers: Record<string, string>) => watch(session.id, headers);
    const first = await open({});
    await first.updates(1);
    await live.say(session.id, ["ann", "B2"], ["ben", "nice"]);
    const before = await first.updates(2);
    await first.leave();
    const rush = Array.from({ length: 450 }, (_, index): [string, string] => [`v${index}`, `hello ${index}`]);
    await live.say(session.id, ...rush);
    const second = await open({ "last-event-id": before.at(-1)?.id ?? "" });
    const after = await second.updates(2);
    await second.leave();
    const third = await open({ "last-event-id": after[1]?.id ?? "" });
    const rest = await third.updates(1);
    await third.leave();
    const numbers = [...before, ...after.slice(0, 2), ...rest].flatMap(({ data }) =>
      data.comments.map(({ no }: { no: number }) => no),
    );
    expect(numbers).toEqual(Array.from({ length: 452 }, (_, index) => index + 1));
    await live.call("POST", `/v1/live-sessions/${session.id}/end`);
  });
});

interface Update {
  id: string;
  data: { comments: { no: number }[] };
}

async function watch(sessionId: string, headers: Record<string, string>) {
  const response = await live.test.app.request(`/v1/live-sessions/${sessionId}/stream`, {
    headers: { authorization: `Bearer ${live.key}`, accept: "text/event-stream", ...headers },
  });
  const reader = response.body?.getReader();
  if (!reader) throw new Error("no stream");
  const seen: Update[] = [];
  return {
    /** Reads until there are so many. */
    async updates(count: number): Promise<Update[]> {
      while (seen.length < count) {
        const reading = reader.read();
        await live.test.runtime.advance(500);
        const text = new TextDecoder().decode((await reading).value);
        for (const [, id, data] of text.matchAll(/^id: (.*)\nevent: .*\ndata: (.*)$/gm))
          seen.push({ id: id ?? "", data: JSON.parse(data ?? "{}").data });
      }
      return seen;
    },
    leave: () => reader.cancel(),
  };
}
