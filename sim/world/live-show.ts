import { type Chance, createChance } from "../../src/connectors/sandbox/random.ts";
import { createConnection } from "../../src/core/catalogue/connections.ts";
import { instantOf } from "../../src/core/clock.ts";
import type { Database } from "../../src/core/db/database.ts";
import { readItems } from "../../src/core/live/read-sessions.ts";
import { createSession } from "../../src/core/live/store-sessions.ts";
import type { LiveComment } from "../../src/core/model/comment.ts";
import { liveSessionInputSchema } from "../../src/core/model/live.ts";
import type { Runtime } from "../../src/core/runtime.ts";
import { createVault } from "../../src/core/vault.ts";
import { masterKey } from "./hub-process.ts";
import {
  type FeedWeather,
  fairFeed,
  feedWeather,
  isRoomFault,
  LiveFeed,
  roomConnector,
  roomFaults,
} from "./live-feed.ts";
import type { VirtualTime } from "./time.ts";

/** What viewers wrote and paid, and what the operator was told. */
export interface LiveTruth {
  sessions: SessionTruth[];
  /** By the platform's comment id. */
  comments: Map<string, CommentTruth>;
  /** Session and number of comments an operator has made a claim of, as far as anybody knows. */
  decided: Set<string>;
  /** By order number. */
  payments: Map<string, PaymentTruth>;
}

export interface SessionTruth {
  id: string;
  items: ItemTruth[];
  /** As the operator was told last. */
  state: "planned" | "on_air" | "ended";
  isEnding: boolean;
  /** When the end was asked for. */
  endAskedAtMs: number | null;
}

export interface ItemTruth {
  id: string;
  code: string;
  sku: string;
  priceMinor: number;
  planned: number;
  /** Units the operator was told the session took, all in all. */
  taken: number;
  /** A payment begun after the end may have taken some more. */
  takenAfterEnd: boolean;
}

export interface CommentTruth {
  viewer: string;
  writtenAtMs: number;
  /** When the hub took it off the connection to the room. */
  heardAtMs: number | null;
  /** Its number, as the hub answered a program that handed it in. */
  no: number | null;
  /** The session it was handed to then. */
  takenIn: string | null;
  /** The show it was written in, as far as people knew. */
  sessionId: string | null;
}

export interface PaymentTruth {
  claimId: string;
  sessionId: string;
  quantity: number;
  totalMinor: number;
  outcome: "unanswered" | "ordered" | "refused";
  isPaid: boolean;
}

/** A claim somebody could pay now, as the shop's page shows it. */
export interface OpenClaim {
  id: string;
  sessionId: string;
  sku: string;
  quantity: number;
  priceMinor: number;
  state: string;
}

export const room = "room-1";

/** One live room with its viewers and operator. */
export class LiveShow {
  readonly truth: LiveTruth = { sessions: [], comments: new Map(), decided: new Set(), payments: new Map() };
  readonly feed: LiveFeed;
  readonly weather: FeedWeather;
  readonly chance: Chance;
  readonly connectionId: string;
  /** What people see before they act; see `look`. */
  claims: readonly OpenClaim[] = [];
  unclear: readonly { sessionId: string; no: number }[] = [];
  private readonly parts: ShowParts;
  private written = 0;

  constructor(connectionId: string, parts: ShowParts) {
    this.parts = parts;
    this.connectionId = connectionId;
    this.chance = createChance(parts.seed ^ 0x11fe);
    this.weather = feedWeather(this.chance);
    for (const name of parts.leftOut) if (isRoomFault(name)) this.weather[roomFaults[name]] = 0;
    const { time, seen } = parts;
    this.feed = new LiveFeed({
      ...{ room, weather: this.weather, time, seen, chance: createChance(parts.seed ^ 0xfeed) },
      onHeard: (comments) => {
        for (const { externalId } of comments) {
          const known = this.truth.comments.get(externalId);
          if (known) known.heardAtMs ??= time.nowMs();
        }
      },
    });
  }

  get session(): SessionTruth | undefined {
    return this.truth.sessions.at(-1);
  }

  write(viewer: string, text: string): LiveComment {
    this.written += 1;
    const nowMs = this.parts.time.nowMs();
    const externalId = `comment-${this.written}`;
    const sessionId = this.session?.state === "on_air" ? this.session.id : null;
    this.truth.comments.set(externalId, {
      viewer,
      writtenAtMs: nowMs,
      heardAtMs: null,
      no: null,
      takenIn: null,
      sessionId,
    });
    const name = `Name of ${viewer}`;
    return { externalId, room, viewer: { externalId: viewer, name }, text, sentAt: instantOf(nowMs) };
  }

  /** A session with some of the goods, planned as the API does. */
  async plan(): Promise<void> {
    const { db, runtime, merchantId, skuCodes } = this.parts;
    const { chance } = this;
    const chosen = skuCodes.filter(() => chance.happens(0.8));
    const items = (chosen.length > 0 ? chosen : skuCodes).slice(0, 5).map((sku, index) => ({
      sku,
      code: `${"ABCDE"[index]}${index + 1}`,
      priceMinor: chance.between(100, 9_900),
      share: chance.oneOf([0, 2, 5, 20]),
    }));
    const input = liveSessionInputSchema.parse({
      connection: this.connectionId,
      room,
      title: "Show",
      settings: {
        mode: chance.happens(0.8) ? "hold_first" : "first_paid",
        holdSeconds: chance.oneOf([30, 120, 600]),
        checkoutSeconds: chance.oneOf([20, 300]),
        limitPerItem: chance.oneOf([null, 1, 3]),
        commentsPerViewer: null,
        cancelledUnits: chance.happens(0.7) ? "session" : "everybody",
      },
      items,
    });
    const id = await createSession(db, { runtime }, merchantId, input);
    const rows = await readItems(db, merchantId, id);
    this.truth.sessions.push({
      id,
      items: rows.map(({ id: itemId, code, sku, priceMinor, planned }) => ({
        id: itemId,
        code,
        sku,
        priceMinor,
        planned,
        taken: 0,
        takenAfterEnd: false,
      })),
      ...{ state: "planned", isEnding: false, endAskedAtMs: null },
    });
  }

  async look(): Promise<void> {
    const { db, merchantId } = this.parts;
    this.claims = await db.query<OpenClaim>(
      `select c.id, c.session_id as "sessionId", k.code as sku, c.quantity, c.price_minor as "priceMinor", c.state
       from claims c join live_items i on i.merchant_id = c.merchant_id and i.session_id = c.session_id and i.id = c.item_id
         join skus k on k.merchant_id = c.merchant_id and k.id = i.sku_id
       where c.merchant_id = $1 and c.state in ('held', 'offered', 'waitlisted', 'expired') order by c.changed_at desc, c.id limit 40`,
      [merchantId],
    );
    this.unclear = await db.query(
      `select session_id as "sessionId", no from live_comments where merchant_id = $1 and outcome = 'unclear' order by session_id, no limit 10`,
      [merchantId],
    );
  }

  /** The connection to the room breaks now and then. */
  tend(): void {
    if (this.chance.happens(this.weather.drop)) this.feed.drop();
  }

  /** What its feed does to comments. */
  faults(): string[] {
    return Object.entries(roomFaults).flatMap(([name, part]) => (this.weather[part] > 0 ? [name] : []));
  }

  becalm(): void {
    Object.assign(this.weather, fairFeed);
  }
}

export interface ShowParts {
  seed: number;
  /** Faults it does not have although its seed does. */
  leftOut: readonly string[];
  db: Database;
  runtime: Runtime;
  time: VirtualTime;
  merchantId: string;
  skuCodes: readonly string[];
  seen(fault: string): void;
}

export async function openShow(parts: ShowParts): Promise<LiveShow> {
  const { db, runtime, merchantId } = parts;
  const vault = createVault(masterKey, runtime.random);
  const { id } = await createConnection(db, { vault, runtime }, merchantId, {
    connector: roomConnector,
    name: "Room",
    settings: {},
    secrets: {},
  });
  const show = new LiveShow(id, parts);
  await show.plan();
  return show;
}
