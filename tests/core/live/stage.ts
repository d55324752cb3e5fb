import type { Database } from "../../../src/core/db/database.ts";
import type { Answer, Command, OrderAnswer, Refusal } from "../../../src/core/engine/commands.ts";
import type {
  ClaimAnswer,
  CommentResult,
  CommentsAnswer,
  SessionAnswer,
  SessionChange,
} from "../../../src/core/live/commands.ts";
import { type LiveItem, readItems } from "../../../src/core/live/read-sessions.ts";
import { createSession } from "../../../src/core/live/store-sessions.ts";
import type { LiveComment } from "../../../src/core/model/comment.ts";
import { liveSessionInputSchema, type SessionSettingsInput } from "../../../src/core/model/live.ts";
import { openWorld, type World } from "../engine/world.ts";

/** A world with one session, and words for what happens in its room. */
export interface Stage {
  world: World;
  sessionId: string;
  items: Map<string, LiveItem>;
  submit(command: Command): Promise<Answer>;
  change(change: SessionChange): Promise<SessionAnswer | Refusal>;
  /** Comments by viewer and text, in one command; ids are given in order unless named. */
  /** The same for another session of the same merchant. */
  follow(sessionId: string): Stage;
  say(...comments: ([viewer: string, text: string] | LiveComment)[]): Promise<CommentResult[]>;
  item(code: string): Promise<LiveItem>;
  claims(): Promise<StoredClaim[]>;
  close(claimId: string, as?: "cancelled" | "expired"): Promise<ClaimAnswer | Refusal>;
  hold(claimId: string): Promise<ClaimAnswer | Refusal>;
  /** An order by claim, as the API makes it. */
  orderClaim(
    claim: StoredClaim,
    externalId: string,
    status?: "paid" | "pending_payment",
    more?: { updatedAt?: string; lineId?: string },
  ): Promise<OrderAnswer | Refusal>;
}

export interface StoredClaim {
  id: string;
  code: string;
  sku: string;
  quantity: number;
  state: string;
  place: number | null;
  reason: string | null;
  expiresAt: string | null;
  orderId: string | null;
  commentNo: number;
}

export interface StageOptions {
  stock?: Record<string, number>;
  /** Share by code; the SKU has the same code. */
  share?: Record<string, number>;
  settings?: SessionSettingsInput;
  start?: boolean;
  limitPerBuyer?: number;
}

let said = 0;
export const comment = (viewer: string, text: string, more: Partial<LiveComment> = {}): LiveComment => {
  said += 1;
  return {
    externalId: `c${said}`,
    room: "room-1",
    viewer: { externalId: viewer, name: `Name of ${viewer}` },
    text,
    sentAt: "2026-11-22T08:00:00.000Z",
    ...more,
  };
};

export async function openStage(db: Database, options: StageOptions = {}): Promise<Stage> {
  const world = await openWorld(db, {});
  const share = options.share ?? { A1: 5 };
  for (const code of Object.keys(share))
    await world.sku(code, options.stock?.[code] ?? 10, { unitCostMinor: 100 });
  const input = liveSessionInputSchema.parse({
    connection: world.connectionId,
    room: "room-1",
    title: "Evening show",
    settings: options.settings ?? {},
    items: Object.entries(share).map(([code, units]) => ({
      sku: code,
      code,
      priceMinor: 9_900,
      share: units,
      ...(options.limitPerBuyer === undefined ? {} : { limitPerBuyer: options.limitPerBuyer }),
    })),
  });
  const stage = stageOf(db, world, await createSession(db, world, world.merchant.id, input));
  for (const item of await readItems(db, world.merchant.id, stage.sessionId))
    stage.items.set(item.code, item);
  if (options.start !== false) await stage.change({ to: "start" });
  return stage;
}

/** The plan of another show of the same merchant. */
export async function planned(
  db: Database,
  { world, follow }: Stage,
  share: Record<string, number>,
  room = "room-1",
): Promise<Stage> {
  const items = Object.entries(share).map(([sku, units]) => ({
    sku,
    code: sku,
    priceMinor: 9_900,
    share: units,
  }));
  const input = liveSessionInputSchema.parse({
    connection: world.connectionId,
    room,
    title: "Another show",
    items,
  });
  return follow(await createSession(db, world, world.merchant.id, input));
}

function stageOf(db: Database, world: World, sessionId: string): Stage {
  const merchantId = world.merchant.id;
  const stage: Stage = {
    world,
    sessionId,
    items: new Map(),
    follow: (other) => stageOf(db, world, other),
    submit: (command) => world.engine.submit(merchantId, command),
    async change(change) {
      return (await stage.submit({ kind: "session.change", sessionId, change })) as SessionAnswer | Refusal;
    },
    async say(...comments) {
      const all = comments.map((one) => (Array.isArray(one) ? comment(one[0], one[1]) : one));
      const answer = await stage.submit({ kind: "comments.take", sessionId, comments: all });
      if (answer.kind !== "comments") throw new Error(JSON.stringify(answer));
      return (answer as CommentsAnswer).results;
    },
    async item(code) {
      const item = (await readItems(db, merchantId, sessionId)).find((one) => one.code === code);
      if (!item) throw new Error(`no item ${code}`);
      return item;
    },
    claims: () =>
      db.query<StoredClaim>(
        `select c.id, i.code, k.code as sku, c.quantity, c.state, c.place, c.reason, c.expires_at as "expiresAt", c.order_id as "orderId", c.comment_no as "commentNo"
         from claims c join live_items i on i.merchant_id = c.merchant_id and i.id = c.item_id join skus k on k.merchant_id = c.merchant_id and k.id = i.sku_id
         where c.merchant_id = $1 and c.session_id = $2 order by c.comment_no, c.id`,
        [merchantId, sessionId],
      ),
    async close(claimId, as = "cancelled") {
      return (await stage.submit({ kind: "claim.close", claimId, as })) as ClaimAnswer | Refusal;
    },
    async hold(claimId) {
      return (await stage.submit({ kind: "claim.hold", claimId })) as ClaimAnswer | Refusal;
    },
    async orderClaim(claim, externalId, status = "paid", { updatedAt, lineId = "1" } = {}) {
      const at = "2026-11-22T08:10:00.000Z";
      return (await stage.submit({
        kind: "order.apply",
        connectionId: world.manualId,
        claimId: claim.id,
        mayRefuse: status !== "paid",
        reserveFrom: "placed",
        snapshot: {
          externalId,
          updatedAt: updatedAt ?? at,
          placedAt: at,
          status,
          currency: "CNY",
          totalMinor: claim.quantity * 9_900,
          lines: [
            { externalLineId: lineId, sku: claim.sku, quantity: claim.quantity, unitPriceMinor: 9_900 },
          ],
        },
      })) as OrderAnswer | Refusal;
    },
  };
  return stage;
}

export const outcomes = (results: readonly CommentResult[]): string[] =>
  results.map(({ outcome, reason }) => (reason === null ? outcome : `${outcome}:${reason}`));
export const states = (claims: readonly StoredClaim[]): string[] =>
  claims.map(({ state, place }) => `${state}${place === null ? "" : ` ${place}`}`);

export const itemId = (stage: Stage, code: string) => stage.items.get(code)?.id ?? "";
export const free = async (stage: Stage, code: string) => {
  const { share, free, claimed, sold, waiting } = await stage.item(code);
  return { share, free, claimed, sold, waiting };
};
