import type { Connector, Failure, Json, RoomNews, Rooms } from "../../../src/connectors/contract.ts";
import type { Database } from "../../../src/core/db/database.ts";
import type { LiveComment } from "../../../src/core/model/comment.ts";
import type { TakeComments } from "../../../src/sync/rooms/take.ts";
import type { Channels } from "./channels.ts";
import { channels } from "./channels.ts";
import { scripted } from "./scripted.ts";

/** A room written by the test, and a core that takes its comments. Positions are numbers of comments said so far. */
export interface ScriptedRoom {
  connector: Connector;
  /** Positions it was followed from, in order. */
  followedFrom: (Json | null)[];
  /** Whoever follows now. */
  followers(): number;
  /** Tells the follower; resolves when the listener has taken it. */
  tell(news: RoomNews): Promise<void>;
  say(...texts: string[]): Promise<void>;
  /** Ends the connection. */
  end(failure?: Partial<Failure>): void;
  /** Failures the next connections end with at once. */
  refusals: Failure[];
}

export const unavailable: Failure = { ok: false, kind: "unavailable", message: "The room is away." };

export function scriptedRoom(): ScriptedRoom {
  interface Open {
    tell(news: RoomNews): Promise<void>;
    end(result: { ok: true } | Failure): void;
  }
  const open = new Set<Open>();
  let said = 0;
  const room: ScriptedRoom = {
    connector: scripted({}),
    followedFrom: [],
    refusals: [],
    followers: () => open.size,
    async tell(news) {
      for (const one of [...open]) await one.tell(news);
    },
    async say(...texts) {
      const comments = texts.map((text): LiveComment => {
        said += 1;
        const sentAt = "2026-11-22T08:00:00.000Z";
        return { externalId: `c${said}`, room: "R1", viewer: { externalId: "v1" }, text, sentAt };
      });
      await room.tell({ kind: "comments", comments });
    },
    end(failure = {}) {
      for (const one of [...open]) one.end({ ...unavailable, ...failure });
    },
  };
  const rooms: Rooms = {
    follow(position, listen, stop) {
      room.followedFrom.push(position);
      const refusal = room.refusals.shift();
      if (refusal) return Promise.resolve(refusal);
      return new Promise((resolve) => {
        const one: Open = {
          tell: (news) => listen(news, { said }),
          end: (result) => {
            open.delete(one);
            resolve(result);
          },
        };
        open.add(one);
        if (stop.aborted) return one.end({ ok: true });
        stop.addEventListener("abort", () => one.end({ ok: true }), { once: true });
        void listen({ kind: "connected", room: "R1" }, position ?? { said });
      });
    },
  };
  room.connector = scripted(
    { rooms },
    {
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
    },
  );
  return room;
}

/** A core that takes comments once per id and remembers them in order. */
export function takingCore() {
  const core = {
    /** Every hand-over, as it came. */
    batches: [] as string[][],
    /** Ids whose effect is there. */
    taken: new Set<string>(),
    connections: new Set<string>(),
    /** Answers the next hand-overs: an error refuses, a function runs first. */
    before: [] as (() => Promise<void>)[],
    /** Refused for good. */
    poison: new Set<string>(),
    take: (async (_merchantId, connectionId, comments) => {
      await core.before.shift()?.();
      const bad = comments.find(({ externalId }) => core.poison.has(externalId));
      if (bad) throw core.refusal(bad.externalId);
      core.connections.add(connectionId);
      core.batches.push(comments.map(({ externalId }) => externalId));
      for (const { externalId } of comments) core.taken.add(externalId);
    }) as TakeComments,
    refusal: (externalId: string): Error => new Error(`refused ${externalId}`),
  };
  return core;
}

/** Lets the clock run until `reached`, at most `steps` of 20 ms. */
export async function until(
  hub: Channels,
  reached: () => Promise<boolean> | boolean,
  steps = 3_000,
): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    if (await reached()) return;
    await hub.runtime.advance(20);
    // The clock waits for the database, or leases would run out while a busy one is still answering.
    await hub.query("select 1");
  }
  throw new Error("It never came to that.");
}

/** Lets time pass in small steps, with turns of the database for whatever must be renewed. */
export async function pass(hub: Channels, durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
    await hub.runtime.advance(500);
    await hub.query("select 1");
  }
}

export const roomStateOf = async (hub: Channels): Promise<Record<string, unknown> | undefined> => {
  const [row] = await hub.query<{ value: Record<string, unknown> }>(
    "select value from cursors where merchant_id = $1 and name like 'room:%'",
    [hub.merchant.id],
  );
  return row?.value;
};

export const gapsOf = (hub: Channels) =>
  hub.query<{ from: string; to: string; why: string; room: string }>(
    `select started_at as "from", finished_at as "to", error as why, counts->>'room' as room from sync_runs
     where merchant_id = $1 and job = 'room_gap' order by id`,
    [hub.merchant.id],
  );

export const tasksOf = async (hub: Channels, kind: string) =>
  hub.query<{ status: string; subject: string }>(
    "select status, subject from tasks where merchant_id = $1 and kind = $2 order by id",
    [hub.merchant.id, kind],
  );

export async function show(db: Database) {
  const room = scriptedRoom();
  const core = takingCore();
  const hub = await channels(db, { connectors: [room.connector], takeComments: core.take });
  const connectionId = await hub.connect("scripted", "room");
  return { room, core, hub, connectionId };
}

export async function onAir(db: Database) {
  const made = await show(db);
  made.hub.sync.start();
  await until(made.hub, () => made.room.followers() === 1);
  return made;
}
