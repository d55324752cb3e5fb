import { bilibiliLive } from "../../../src/connectors/bilibili-live/index.ts";
import type { Call, Failure, Json, RoomNews } from "../../../src/connectors/contract.ts";
import type { LiveComment } from "../../../src/core/model/comment.ts";
import type { Sockets } from "../../../src/core/runtime.ts";
import { type TestRuntime, testRuntime } from "../../support/runtime.ts";
import { directly } from "../directly.ts";
import { fakeRoom } from "./fake/platform.ts";
import { secrets, settings } from "./subject.ts";

/** The connector on a fresh fake room, outside the conformance suite. */
export function openRoom(given: { sockets?: Sockets; links?: readonly string[] } = {}) {
  const runtime: TestRuntime = testRuntime();
  const room = fakeRoom(runtime, given.links ? { links: given.links } : {});
  const open = () =>
    bilibiliLive.open({
      settings: bilibiliLive.manifest.settings.parse(settings),
      secrets: bilibiliLive.manifest.secrets.parse(secrets),
      fetch: room.fetch,
      clock: runtime.clock,
      timers: runtime.timers,
      random: runtime.random,
      sockets: given.sockets ?? room.sockets,
    });
  return {
    runtime,
    room,
    account: open(),
    /** As another process has it. */
    open,
    call: (): Call => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 }),
    paths: (path: string) => room.calls.filter((call) => call.path === path).map(({ code }) => code),
    async settle() {
      for (let turn = 0; turn < 30; turn += 1) await runtime.advance(0);
    },
  };
}

export type OpenRoom = ReturnType<typeof openRoom>;

export interface Followed {
  news: RoomNews[];
  position: Json | null;
  /** Set once following has ended. */
  ended: { ok: true } | Failure | null;
  comments(): LiveComment[];
  kinds(): string[];
  stop(): Promise<void>;
}

/** Follows from `position`; returns at once. */
export function followed(hub: OpenRoom, position: Json | null = null, account = hub.account): Followed {
  const stop = new AbortController();
  const state: Followed = {
    news: [],
    position,
    ended: null,
    comments: () => state.news.flatMap((news) => (news.kind === "comments" ? news.comments : [])),
    kinds: () => state.news.map(({ kind }) => kind),
    async stop() {
      stop.abort();
      await hub.settle();
    },
  };
  if (!account.rooms) throw new Error("the connector follows rooms");
  const listen = async (news: RoomNews, next: Json) => {
    state.news.push(news);
    state.position = next;
  };
  void account.rooms.follow(position, listen, stop.signal, directly(hub.runtime)).then((result) => {
    state.ended = result;
  });
  return state;
}
