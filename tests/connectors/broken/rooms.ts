import type { Json, RoomListener, RoomNews, Rooms } from "../../../src/connectors/contract.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { subject as good } from "../bilibili-live/subject.ts";
import { withAccount, withContext, withPlatform, withRooms } from "../breaking.ts";
import { directly } from "../directly.ts";
import type { Subject } from "../subject.ts";

/** Broken rooms for `conformance-broken.test.ts`: at least one for every check of rooms. */

/** `spoil` decides what of each piece of news is told, and as what. */
const telling = (spoil: (news: RoomNews, position: Json) => [RoomNews, Json][]): Subject =>
  listening((listen) => async (news, position) => {
    for (const [told, at] of spoil(news, position)) await listen(told, at);
  });

const listening = (wrap: (listen: RoomListener) => RoomListener): Subject =>
  withRooms(good, (rooms) => ({
    follow: (position, listen, stop, make) => rooms.follow(position, wrap(listen), stop, make),
  }));

const eachNews = (spoil: (news: RoomNews) => RoomNews | null): Subject =>
  telling((news, position) => {
    const told = spoil(news);
    return told === null ? [] : [[told, position]];
  });

const following = (follow: (rooms: Rooms) => Rooms["follow"]): Subject =>
  withRooms(good, (rooms) => ({ follow: follow(rooms) }));

export const brokenRooms: Record<string, Record<string, () => Subject>> = {
  "room-comments": {
    "every comment twice": () =>
      telling((news, position) =>
        news.kind === "comments"
          ? [
              [news, position],
              [news, position],
            ]
          : [[news, position]],
      ),
    "the host taken for a viewer": () =>
      eachNews((news) =>
        news.kind === "comments"
          ? { ...news, comments: news.comments.map(({ byHost: _lost, ...comment }) => comment) }
          : news,
      ),
    "full-width digits folded": () =>
      eachNews((news) =>
        news.kind === "comments"
          ? {
              ...news,
              comments: news.comments.map((comment) => ({
                ...comment,
                text: comment.text.normalize("NFKC"),
              })),
            }
          : news,
      ),
    "nobody wrote them": () =>
      eachNews((news) =>
        news.kind === "comments"
          ? { ...news, comments: news.comments.map(({ viewer: _lost, ...comment }) => comment) }
          : news,
      ),
  },
  "room-signals": {
    "the end of the show kept secret": () => eachNews((news) => (news.kind === "ended" ? null : news)),
  },
  "room-alive": {
    "silence in a quiet room": () => eachNews((news) => (news.kind === "alive" ? null : news)),
    "no heartbeats": () =>
      withContext(good, (context) => ({
        ...context,
        timers: { ...context.timers, sleep: (_ms, signal) => context.timers.sleep(10_000_000, signal) },
      })),
  },
  "room-gap": {
    "gaps passed over": () => eachNews((news) => (news.kind === "gap" ? null : news)),
    "a position that forgets": () =>
      following((rooms) => (_position, listen, stop, make) => rooms.follow(null, listen, stop, make)),
    "the gap's position given before the gap": () =>
      following((rooms) => (position, listen, stop, make) => {
        let held: RoomNews | null = null;
        return rooms.follow(
          position,
          async (news, next) => {
            if (news.kind === "connected" && position !== null) {
              held = news;
              return;
            }
            if (held) await listen(held, next);
            held = null;
            await listen(news, next);
          },
          stop,
          make,
        );
      }),
    "a broken connection called a success": () =>
      following((rooms) => async (position, listen, stop, make) => {
        await rooms.follow(position, listen, stop, make);
        return { ok: true };
      }),
  },
  "room-back-pressure": {
    "a listener that is not waited for": () =>
      listening((listen) => async (news, position) => {
        void listen(news, position);
      }),
  },
  "room-stop": {
    "a session left open": () =>
      withAccount(good, (account, context) => ({
        ...account,
        ...(account.rooms ? { rooms: neverEnding(account.rooms, context.timers.sleep) } : {}),
      })),
    "a stop that is a failure": () =>
      following((rooms) => async (position, listen, stop, make) => {
        await rooms.follow(position, listen, stop, make);
        return { ok: false, kind: "unavailable", message: "stopped" };
      }),
  },
  "room-silence": {
    "a dead connection taken for a quiet room": () =>
      withPlatform(good, (platform) => {
        const { rooms } = platform;
        // Whatever the test does, the connector gets its answers: as one that does not look at them.
        return rooms ? { ...platform, rooms: { ...rooms, freeze: () => undefined } } : platform;
      }),
  },
  "room-failures": {
    "wrong credentials blamed on the network": () =>
      following((rooms) => async (position, listen, stop, make) => {
        const ended = await rooms.follow(position, listen, stop, make);
        return ended.ok ? ended : { ...ended, kind: "unavailable" };
      }),
    "the platform's word on waiting passed over": () =>
      following((rooms) => async (position, listen, stop, make) => {
        const ended = await rooms.follow(position, listen, stop, make);
        return ended.ok || ended.kind !== "rate_limited" ? ended : { ...ended, kind: "invalid" };
      }),
  },
  "room-budget": {
    "calls past the account's budget": () =>
      withAccount(good, (account, context) => ({
        ...account,
        ...(account.rooms ? { rooms: unasked(account.rooms, context.clock) } : {}),
      })),
  },
  "room-secrets": {
    "a position with the identity code": () =>
      telling((news, position) => [
        [news, { position, code: String(good.secrets.identityCode) } as unknown as Json],
      ]),
    "a position with the comments": () =>
      telling((news, position) => [[news, { position, news } as unknown as Json]]),
  },
};

/** Ends without taking leave: its timer goes on. */
const neverEnding = (rooms: Rooms, sleep: (durationMs: number) => Promise<void>): Rooms => ({
  follow(position, listen, stop, make) {
    void sleep(10_000_000);
    return rooms.follow(position, listen, stop, make);
  },
});

const unasked = (rooms: Rooms, clock: Clock): Rooms => ({
  follow: (position, listen, stop) => rooms.follow(position, listen, stop, directly({ clock })),
});
