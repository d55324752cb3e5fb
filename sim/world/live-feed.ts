import { z } from "zod";
import type { Account, Connector, Failure, RoomNews, Rooms } from "../../src/connectors/contract.ts";
import type { Chance } from "../../src/connectors/sandbox/random.ts";
import { instantOf } from "../../src/core/clock.ts";
import type { LiveComment } from "../../src/core/model/comment.ts";
import type { Life } from "./life.ts";
import type { VirtualTime } from "./time.ts";

/** What a room's feed does to comments on their way; probabilities per comment, and per step for `drop`. */
export interface FeedWeather {
  lose: number;
  repeat: number;
  delay: number;
  reorder: number;
  /** The connection breaks. */
  drop: number;
  /** A start is refused for the moment. */
  refuse: number;
  /** Comments that nobody heard come with the next connection, else they are gone. */
  replays: boolean;
}

/** What of it a run may have or be told to leave out, by the names under which it is seen. */
export const roomFaults = {
  "room.lose": "lose",
  "room.repeat": "repeat",
  "room.delay": "delay",
  "room.reorder": "reorder",
  "room.drop": "drop",
  "room.refuse": "refuse",
} as const;

export const isRoomFault = (name: string): name is keyof typeof roomFaults => name in roomFaults;

export const fairFeed = { lose: 0, repeat: 0, delay: 0, reorder: 0, drop: 0, refuse: 0 };

export function feedWeather(chance: Chance): FeedWeather {
  const some = (...odds: number[]) => chance.oneOf([0, ...odds]);
  return {
    lose: some(0.02, 0.1),
    repeat: some(0.1, 0.3),
    delay: some(0.1, 0.4),
    reorder: some(0.2, 0.5),
    drop: some(0.02, 0.1),
    refuse: some(0.2),
    replays: chance.happens(0.3),
  };
}

interface Listening {
  life: Life;
  waiting: LiveComment[];
  isDropped: boolean;
  wake(): void;
}

export interface FeedParts {
  room: string;
  weather: FeedWeather;
  time: VirtualTime;
  chance: Chance;
  seen(fault: string): void;
  /** The hub has taken these off the connection. */
  onHeard(comments: readonly LiveComment[]): void;
}

const startMs = 200;
const mostAtOnce = 50;

/** The feed of one room, as a platform runs it: at best in order, each comment once, to whoever is connected. */
export class LiveFeed {
  private readonly parts: FeedParts;
  private readonly listening = new Set<Listening>();
  private unheard: LiveComment[] = [];

  constructor(parts: FeedParts) {
    this.parts = parts;
  }

  /** Comments that viewers have just written, on their way to whoever listens. */
  send(comments: readonly LiveComment[]): void {
    const { weather, chance, time, seen } = this.parts;
    const timers = time.timersOf({ lazy: true, isAwake: () => true, isDead: false });
    const now: LiveComment[] = [];
    for (const comment of comments) {
      if (chance.happens(weather.lose)) {
        seen("room.lose");
        continue;
      }
      const isRepeated = chance.happens(weather.repeat);
      if (isRepeated) seen("room.repeat");
      for (let copy = 0; copy < (isRepeated ? 2 : 1); copy += 1) {
        if (!chance.happens(weather.delay)) {
          now.push(comment);
          continue;
        }
        seen("room.delay");
        void timers.sleep(chance.between(1_000, 90_000)).then(() => this.arrive([comment]));
      }
    }
    if (now.length > 1 && chance.happens(weather.reorder)) {
      seen("room.reorder");
      now.push(...now.splice(0, chance.between(1, now.length - 1)));
    }
    this.arrive(now);
  }

  /** Everybody who listens is cut off. */
  drop(): void {
    for (const one of this.listening) {
      this.parts.seen("room.drop");
      one.isDropped = true;
      one.wake();
    }
  }

  private arrive(comments: readonly LiveComment[]): void {
    for (const one of this.listening) if (one.life.isDead) this.listening.delete(one);
    if (this.listening.size === 0) {
      if (this.parts.weather.replays) this.unheard.push(...comments);
      else if (comments.length > 0) this.parts.seen("room.unheard");
      return;
    }
    this.parts.time.touch();
    for (const one of this.listening) {
      one.waiting.push(...comments);
      one.wake();
    }
  }

  /** The connector of one process. */
  connectorOf(life: Life): Connector {
    const account: Account = {
      check: async () => ({ ok: true, value: { account: this.parts.room } }),
      rooms: { follow: this.follow(life) },
    };
    return { manifest, open: () => account };
  }

  private follow =
    (life: Life): Rooms["follow"] =>
    async (position, listen, stop, make) => {
      const { room, chance, weather, time, seen, onHeard } = this.parts;
      const started = await make(async () => {
        await time.timersOf(life).sleep(startMs);
        if (!chance.happens(weather.refuse)) return { ok: true as const, value: null };
        seen("room.refuse");
        return down;
      }, stop);
      if (!started.ok) return started;
      const one: Listening = { life, waiting: [], isDropped: false, wake: () => undefined };
      const tell = async (news: RoomNews, at: string) => {
        await listen(news, { at });
        // What a dead process has taken nobody hears of.
        await life.onlyAlive(Promise.resolve());
      };
      const { at: from } = positionSchema.safeParse(position).data ?? { at: null };
      const now = instantOf(time.nowMs());
      await tell({ kind: "connected", room }, from ?? now);
      if (from !== null) await tell({ kind: "gap", room, from, to: now, why: "the connection broke" }, now);
      one.waiting.push(...this.unheard.splice(0));
      this.listening.add(one);
      try {
        for (;;) {
          if (stop.aborted) return { ok: true };
          if (one.isDropped) return down;
          const comments = one.waiting.splice(0, mostAtOnce);
          if (comments.length === 0) {
            await woken(one, stop);
            continue;
          }
          onHeard(comments);
          await tell({ kind: "comments", comments }, instantOf(time.nowMs()));
        }
      } finally {
        this.listening.delete(one);
        if (weather.replays) this.unheard.push(...one.waiting);
      }
    };
}

const down: Failure = { ok: false, kind: "unavailable", message: "The room is away for a moment" };
const positionSchema = z.object({ at: z.string() });

const woken = (one: Listening, stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    one.wake = resolve;
    stop.addEventListener("abort", () => resolve(), { once: true });
  });

export const roomConnector = "sim-room";

const manifest: Connector["manifest"] = {
  id: roomConnector,
  name: "Simulated room",
  docsUrl: "https://example.com",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: false,
    webhooks: false,
    stockWrites: [],
    stockRead: false,
    fulfilments: false,
    listings: false,
    files: false,
    rooms: true,
  },
  behaviour: {
    deducts: "never",
    restoresOnUnpaidCancel: false,
    restoresOnPaidRefund: false,
    clockSkewMs: 0,
    orderWatermark: false,
  },
  limits: { ordersPerPage: 1, stockWritesPerCall: 1, callsPerSecond: 5, burst: 10 },
  pullOverlapMs: 0,
  timeZone: "UTC",
  accountSettings: [],
  settings: z.object({}),
  secrets: z.object({}),
};
