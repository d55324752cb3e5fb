import type { NewEvent } from "../events/types.ts";
import type { WaitlistState } from "./commands.ts";
import { compileLineUp, type LineUp } from "./grammar-line-up.ts";
import {
  type ClaimRow,
  type CommentRow,
  type ItemRow,
  isCounted,
  type LiveOrderRow,
  type LoadedLive,
  type SessionRow,
} from "./rows.ts";

/** The part of a batch's working copy that belongs to live sessions. What is in a `changed` set differs from the database. */
export class LiveDraft {
  readonly sessions = new Map<string, SessionRow>();
  readonly claims = new Map<string, ClaimRow>();
  readonly newOrders = new Set<LiveOrderRow>();
  readonly changedOrders = new Set<LiveOrderRow>();
  readonly changedSessions = new Set<SessionRow>();
  readonly changedItems = new Set<ItemRow>();
  readonly newClaims = new Set<ClaimRow>();
  readonly changedClaims = new Set<ClaimRow>();
  readonly newComments = new Set<CommentRow>();
  readonly changedComments = new Set<CommentRow>();
  /** Items of which units may have come free for those in line. */
  readonly freed = new Set<ItemRow>();
  /** Units of cancelled orders that sessions get back when nobody who waits for them is left. */
  readonly owed = new Map<ItemRow, number>();

  private readonly orders = new Map<string, LiveOrderRow[]>();
  private readonly itemsBySession = new Map<string, ItemRow[]>();
  private readonly items = new Map<string, ItemRow>();
  private readonly claimsByViewer = new Map<string, ClaimRow[]>();
  private readonly claimsByItem = new Map<string, Set<ClaimRow>>();
  private readonly commentsById = new Map<string, CommentRow>();
  private readonly commentsByNo = new Map<string, CommentRow>();
  private readonly countedElsewhere = new Set<string>();
  private readonly recent = new Map<string, number>();
  private readonly onAir: LoadedLive["onAir"];
  private readonly waitlists = new Map<string, WaitlistState>();
  private readonly lineUps = new Map<string, LineUp>();
  private readonly told = new Map<string, { changes: Set<string>; claims: Set<ClaimRow> }>();

  constructor(loaded: LoadedLive) {
    this.onAir = loaded.onAir;
    for (const session of loaded.sessions) this.sessions.set(session.id, { ...session });
    for (const item of [...loaded.items].sort((a, b) => a.position - b.position)) this.addItem({ ...item });
    for (const claim of loaded.claims) this.addClaim({ ...claim });
    for (const comment of loaded.comments) this.addComment({ ...comment });
    for (const one of loaded.elsewhere.filter(isCounted))
      this.countedElsewhere.add(keyOf(one.sessionId, one.externalId));
    for (const order of loaded.orders)
      push(this.orders, order.orderId, { ...order, units: { ...order.units } });
    for (const { sessionId, viewerKey, count } of loaded.recent)
      this.recent.set(keyOf(sessionId, viewerKey), count);
  }

  private addItem(item: ItemRow): void {
    this.items.set(item.id, item);
    push(this.itemsBySession, item.sessionId, item);
  }

  /** Takes in a claim; one that is here already may have been changed by the batch and stays. */
  addClaim(claim: ClaimRow): void {
    if (this.claims.has(claim.id)) return;
    this.claims.set(claim.id, claim);
    push(this.claimsByViewer, keyOf(claim.sessionId, claim.viewerKey), claim);
    const ofItem = this.claimsByItem.get(claim.itemId);
    if (ofItem) ofItem.add(claim);
    else this.claimsByItem.set(claim.itemId, new Set([claim]));
  }

  private addComment(comment: CommentRow): void {
    this.commentsById.set(keyOf(comment.sessionId, comment.externalId), comment);
    this.commentsByNo.set(keyOf(comment.sessionId, String(comment.no)), comment);
  }

  itemsOf(sessionId: string): readonly ItemRow[] {
    return this.itemsBySession.get(sessionId) ?? [];
  }

  item(itemId: string): ItemRow | undefined {
    return this.items.get(itemId);
  }

  itemOfSku(sessionId: string, skuId: string): ItemRow | undefined {
    return this.itemsOf(sessionId).find((item) => item.skuId === skuId);
  }

  /** By the number under which the session holds its units; it stays from the start of the show on. */
  itemAt(sessionId: string, position: number): ItemRow | undefined {
    return this.itemsOf(sessionId).find((item) => item.position === position);
  }

  comment(sessionId: string, externalId: string): CommentRow | undefined {
    return this.commentsById.get(keyOf(sessionId, externalId));
  }

  /** The other show that is on air in this room, if there is one. */
  onAirBeside({ id, connectionId, room }: SessionRow): string | undefined {
    const here = [...this.sessions.values()].filter((one) => one.state === "on_air");
    // Those the batch has in hand may have ended since they were read.
    const others = this.onAir.filter((one) => !this.sessions.has(one.id));
    return [...here, ...others].find(
      (one) => one.id !== id && one.connectionId === connectionId && one.room === room,
    )?.id;
  }

  /** Whether another show of the same room has taken a comment, before this batch or in it. */
  countedInAnother({ id, connectionId, room }: SessionRow, externalId: string): boolean {
    if (this.countedElsewhere.has(keyOf(id, externalId))) return true;
    return [...this.sessions.values()].some((other) => {
      const isSameRoom = other.id !== id && other.connectionId === connectionId && other.room === room;
      const comment = isSameRoom ? this.comment(other.id, externalId) : undefined;
      return comment !== undefined && isCounted(comment);
    });
  }

  commentNo(sessionId: string, no: number): CommentRow | undefined {
    return this.commentsByNo.get(keyOf(sessionId, String(no)));
  }

  claimsOf(sessionId: string, viewerKey: string): readonly ClaimRow[] {
    return this.claimsByViewer.get(keyOf(sessionId, viewerKey)) ?? [];
  }

  claimsOfItem(itemId: string): Iterable<ClaimRow> {
    return this.claimsByItem.get(itemId) ?? [];
  }

  waitlist(itemId: string): WaitlistState {
    const known = this.waitlists.get(itemId);
    if (known) return known;
    const state: WaitlistState = { itemId, readTo: 0, ended: false };
    this.waitlists.set(itemId, state);
    return state;
  }

  /** Counts one more comment of a viewer and answers how many there are now. */
  countComment(sessionId: string, viewerKey: string): number {
    const key = keyOf(sessionId, viewerKey);
    const count = (this.recent.get(key) ?? 0) + 1;
    this.recent.set(key, count);
    return count;
  }

  lineUpOf(session: SessionRow): LineUp {
    const known = this.lineUps.get(session.id);
    if (known && known.shownKey === session.shownItemId) return known;
    const items = this.itemsOf(session.id).filter((item) => item.active);
    const lineUp = compileLineUp(
      items.map(({ id, code, codeAliases, variant, variantAliases }) => ({
        key: id,
        code,
        codeAliases,
        variant,
        variantAliases,
      })),
      session.settings,
      session.shownItemId,
    );
    this.lineUps.set(session.id, lineUp);
    return lineUp;
  }

  insertComment(comment: CommentRow): void {
    this.addComment(comment);
    this.newComments.add(comment);
  }

  touchComment(comment: CommentRow): void {
    if (!this.newComments.has(comment)) this.changedComments.add(comment);
  }

  insertClaim(claim: ClaimRow): void {
    this.addClaim(claim);
    this.newClaims.add(claim);
    this.tellOf(claim.sessionId).claims.add(claim);
  }

  touchClaim(claim: ClaimRow): void {
    if (!this.newClaims.has(claim)) this.changedClaims.add(claim);
    this.tellOf(claim.sessionId).claims.add(claim);
  }

  /** `change` is a word for people who look: started, ended, shown, sold_out, share. */
  touchSession(session: SessionRow, change: string): void {
    this.changedSessions.add(session);
    this.tellOf(session.id).changes.add(change);
  }

  /** What is known of an order's sessions: one row for each. */
  ordersOf(orderId: string): readonly LiveOrderRow[] {
    return this.orders.get(orderId) ?? [];
  }

  insertOrder(order: LiveOrderRow): void {
    push(this.orders, order.orderId, order);
    this.newOrders.add(order);
  }

  touchOrder(order: LiveOrderRow): void {
    if (!this.newOrders.has(order)) this.changedOrders.add(order);
  }

  private tellOf(sessionId: string): { changes: Set<string>; claims: Set<ClaimRow> } {
    const known = this.told.get(sessionId);
    if (known) return known;
    const told = { changes: new Set<string>(), claims: new Set<ClaimRow>() };
    this.told.set(sessionId, told);
    return told;
  }

  /** One event per session and batch, with the figures and claims as they are after it. */
  events(now: string): NewEvent[] {
    for (const { sessionId } of this.newComments) this.tellOf(sessionId);
    for (const { sessionId } of this.changedComments) this.tellOf(sessionId);
    for (const { sessionId } of this.changedItems) this.tellOf(sessionId);
    return [...this.told].map(([sessionId, { changes, claims }]) => ({
      type: "session.changed" as const,
      subject: sessionId,
      occurredAt: now,
      data: this.factsOf(sessionId, [...changes], [...claims]),
    }));
  }

  private factsOf(sessionId: string, changes: string[], claims: readonly ClaimRow[]) {
    const session = this.sessions.get(sessionId);
    const items = this.itemsOf(sessionId).filter((item) => this.changedItems.has(item));
    return {
      sessionId,
      state: session?.state ?? "ended",
      changes,
      lastCommentNo: session?.lastCommentNo ?? 0,
      shownItemId: session?.shownItemId ?? null,
      items: items.map(({ id, skuId, share, claimed, sold, waiting, soldOut }) => ({
        itemId: id,
        skuId,
        share,
        claimed,
        sold,
        waiting,
        soldOut,
      })),
      // Whole waitlists end with their session: the event of the end says it for all of them.
      claims: claims
        .filter((claim) => claim.reason !== "session_ended")
        .map(({ id, itemId, quantity, state, reason, place, orderId }) => ({
          claimId: id,
          itemId,
          quantity,
          state,
          place,
          ...(reason === null ? {} : { reason }),
          ...(orderId === null ? {} : { orderId }),
        })),
    };
  }
}

const keyOf = (sessionId: string, name: string) => `${sessionId}\n${name}`;

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
