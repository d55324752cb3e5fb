import { expect } from "vitest";
import type { Failure, Json, RoomNews } from "../../../src/connectors/contract.ts";
import type { LiveComment } from "../../../src/core/model/comment.ts";
import { directly } from "../directly.ts";
import { finish, present, type Session } from "../session.ts";
import type { FakeRooms } from "../subject.ts";

export interface Following {
  session: Session;
  fake: FakeRooms;
  news: RoomNews[];
  /** The newest one given, as it would be stored. */
  position: Json | null;
  comments(): LiveComment[];
  stop(): Promise<{ ok: true } | Failure>;
  done: Promise<{ ok: true } | Failure>;
}

/** Follows and waits until the room is connected. */
export async function follow(
  session: Session,
  position: Json | null = null,
  onNews: (news: RoomNews) => Promise<void> = async () => undefined,
): Promise<Following> {
  const rooms = present(session.reopen().rooms, "rooms");
  const fake = present(session.platform.rooms, "rooms on its fake");
  const stop = new AbortController();
  const following: Following = {
    session,
    fake,
    news: [],
    position,
    comments: () => following.news.flatMap((news) => (news.kind === "comments" ? news.comments : [])),
    async stop() {
      stop.abort();
      return finish(session.runtime, following.done);
    },
    done: rooms.follow(
      throughText(position),
      async (news, next) => {
        following.news.push(news);
        following.position = throughText(next);
        await onNews(news);
      },
      stop.signal,
      directly(session.runtime),
    ),
  };
  let ended: Failure | { ok: true } | null = null;
  void following.done.then((result) => {
    ended = result;
  });
  await settle(session);
  expect(ended, "following goes on").toBeNull();
  expect(following.news[0]?.kind, "the first news").toBe("connected");
  return following;
}

export const throughText = (value: Json | null): Json | null =>
  JSON.parse(JSON.stringify(value)) as Json | null;

/** Turns of the event loop without any time passing. */
export async function settle({ runtime }: Session): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await runtime.advance(0);
}
