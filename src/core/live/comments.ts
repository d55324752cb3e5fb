import { refused } from "../engine/answers.ts";
import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { LiveComment } from "../model/comment.ts";
import { makeClaim, summaryOf } from "./claims.ts";
import type {
  ClaimSummary,
  CommentResult,
  CommentsAnswer,
  PreparedComments,
  PreparedDecision,
  WaitlistState,
} from "./commands.ts";
import { parseComment, type Reading } from "./grammar.ts";
import { promote } from "./promote.ts";
import { type ClaimRow, type CommentRow, isOpen, type SessionRow } from "./rows.ts";
import { endClaim } from "./units.ts";

/**
 * Takes comments in order of arrival. A comment counts once, by its id; who comes first has the units, whoever comes when there
 * are none stands in line. Units that a comment sets free reach those in line before the next comment is read.
 */
export function* takeComments(
  draft: Draft,
  command: PreparedComments,
): Generator<WaitlistState[], CommentsAnswer | Refusal, void> {
  const session = draft.live.sessions.get(command.sessionId);
  if (!session) return unknownSession(command.sessionId);
  const results: CommentResult[] = [];
  for (const [index, comment] of command.comments.entries()) {
    const prepared = command.prepared[index];
    if (!prepared) throw new Error(`comment ${index} was not prepared`);
    results.push(takeComment(draft, session, comment, prepared));
    if (draft.live.freed.size > 0) yield* promote(draft);
  }
  return { kind: "comments", sessionId: session.id, outcome: "changed", results };
}

export const unknownSession = (sessionId: string): Refusal =>
  refused("not_found", `There is no live session ${sessionId}; check the id.`);

type Prepared = PreparedComments["prepared"][number];

function takeComment(
  draft: Draft,
  session: SessionRow,
  comment: LiveComment,
  prepared: Prepared,
): CommentResult {
  const known = draft.live.comment(session.id, comment.externalId);
  if (known) return takeAgain(draft, session, known, comment);
  if (comment.change === "edited")
    return { externalId: comment.externalId, outcome: "unknown", reason: null, no: null, claims: [] };
  session.lastCommentNo += 1;
  draft.live.changedSessions.add(session);
  const row: CommentRow = {
    sessionId: session.id,
    externalId: comment.externalId,
    no: session.lastCommentNo,
    viewerKey: prepared.viewerKey,
    body: prepared.body,
    identified: null,
    sentAt: comment.sentAt,
    receivedAt: draft.now,
    // A removal that overtook its comment: the comment then comes as a repeat and claims nothing.
    outcome: comment.change === "removed" ? "removed" : "nothing",
    reason: null,
    editedAt: null,
  };
  draft.live.insertComment(row);
  const claims = row.outcome === "removed" ? [] : readComment(draft, session, row, comment);
  return { externalId: row.externalId, outcome: row.outcome, reason: row.reason, no: row.no, claims };
}

/** Only the first version counts; a removal lets the claims of the comment go that nobody has paid. */
function takeAgain(
  draft: Draft,
  session: SessionRow,
  row: CommentRow,
  { change, externalId }: LiveComment,
): CommentResult {
  const mine = row.viewerKey === null ? [] : draft.live.claimsOf(session.id, row.viewerKey);
  const made = mine.filter((claim) => claim.commentNo === row.no);
  const answer = (outcome: CommentResult["outcome"]): CommentResult => ({
    externalId,
    outcome,
    reason: row.reason,
    no: row.no,
    claims: made.map(summaryOf),
  });
  if (change === "edited" && row.editedAt === null) {
    row.editedAt = draft.now;
    draft.live.touchComment(row);
    return answer("edited");
  }
  if (change !== "removed" || row.outcome === "removed") return answer("repeated");
  for (const claim of made.filter(isOpen)) endClaim(draft, session, claim, "cancelled", "comment_removed");
  row.outcome = "removed";
  draft.live.touchComment(row);
  return answer("removed");
}

/** Decides a new comment and notes the outcome on it. */
function readComment(
  draft: Draft,
  session: SessionRow,
  row: CommentRow,
  comment: LiveComment,
): ClaimSummary[] {
  if (comment.byHost === true) {
    row.outcome = "host";
    return [];
  }
  const reading = parseComment(comment.text, draft.live.lineUpOf(session));
  const isTooMany = tooMany(draft, session, row);
  if (reading.kind === "nothing") return [];
  const why = whyLate(draft, session, row, reading);
  if (why !== null) {
    row.outcome = "late";
    row.reason = why;
    return [];
  }
  if (reading.kind === "cancel") return cancel(draft, session, row, reading);
  if (isTooMany) {
    row.outcome = "refused";
    row.reason = "too_many_comments";
    return [];
  }
  if (reading.kind === "unclear" || row.viewerKey === null) {
    row.outcome = "unclear";
    row.reason = reading.kind === "unclear" ? reading.reason : "no_viewer";
    return [];
  }
  return claimAll(
    draft,
    session,
    row,
    row.viewerKey,
    reading.entries.map(({ key, quantity }) => ({ itemId: key, quantity })),
  );
}

/**
 * One that was long on its way, or came again, and counted in the show before this one, or was too late for it. What counted is
 * known by its id, whatever the clocks of senders and hubs say. Claims can be given up after the end as well.
 */
function whyLate(draft: Draft, session: SessionRow, row: CommentRow, { kind }: Reading): string | null {
  const { previousEndedAt: over, startedAt } = session;
  const isEarlier =
    over !== null && (row.sentAt < over || (row.sentAt === over && startedAt !== null && over < startedAt));
  const isOfAnother = isEarlier || draft.live.countedInAnother(session, row.externalId);
  if (session.state === "on_air") return isOfAnother ? "earlier_show" : null;
  if (kind === "cancel" && !isOfAnother) return null;
  return session.state === "planned" ? "not_on_air" : "session_ended";
}

function tooMany(draft: Draft, session: SessionRow, row: CommentRow): boolean {
  const limit = session.settings.commentsPerViewer;
  if (limit === null || row.viewerKey === null) return false;
  return draft.live.countComment(session.id, row.viewerKey) > limit.count;
}

function claimAll(
  draft: Draft,
  session: SessionRow,
  row: CommentRow,
  viewerKey: string,
  entries: readonly { itemId: string; quantity: number }[],
): ClaimSummary[] {
  const made = entries.map((entry) => makeClaim(draft, session, { ...entry, viewerKey, commentNo: row.no }));
  const isMet = (claim: ClaimRow) => claim.commentNo !== row.no;
  if (made.some((claim) => !isMet(claim) && isOpen(claim))) row.outcome = "claimed";
  else if (made.some((claim) => isMet(claim))) row.outcome = "already";
  else {
    row.outcome = "refused";
    row.reason = made[0]?.reason ?? null;
  }
  return made.map(summaryOf);
}

/** Gives up the items named, or the newest open claim. Nobody can give up what is another's. */
function cancel(
  draft: Draft,
  session: SessionRow,
  row: CommentRow,
  reading: Extract<Reading, { kind: "cancel" }>,
): ClaimSummary[] {
  if (row.viewerKey === null) return [];
  const open = draft.live.claimsOf(session.id, row.viewerKey).filter(isOpen);
  const newest = [...open].sort((a, b) => a.commentNo - b.commentNo || (a.id < b.id ? -1 : 1)).at(-1);
  const given =
    reading.keys === null
      ? newest
        ? [newest]
        : []
      : open.filter((claim) => reading.keys?.includes(claim.itemId));
  if (given.length === 0) return [];
  row.outcome = "cancelled";
  for (const claim of given) endClaim(draft, session, claim, "cancelled", "viewer");
  return given.map(summaryOf);
}

/** What an operator says an unclear comment means. Its claims stand behind all that came before the decision. */
export function decideComment(draft: Draft, command: PreparedDecision): CommentsAnswer | Refusal {
  const session = draft.live.sessions.get(command.sessionId);
  if (!session) return unknownSession(command.sessionId);
  const row = draft.live.commentNo(session.id, command.commentNo);
  if (!row)
    return refused(
      "not_found",
      `Session ${session.id} has no comment ${command.commentNo}; check the number.`,
    );
  const result = (claims: ClaimSummary[]): CommentsAnswer => ({
    kind: "comments",
    sessionId: session.id,
    outcome: "changed",
    results: [{ externalId: row.externalId, outcome: row.outcome, reason: row.reason, no: row.no, claims }],
  });
  if (row.outcome !== "unclear")
    return refused(
      "illegal_transition",
      `Comment ${row.no} is ${row.outcome}; only unclear comments wait for a decision.`,
    );
  if (command.entries.length === 0) {
    row.outcome = "dismissed";
    draft.live.touchComment(row);
    return result([]);
  }
  const viewerKey = row.viewerKey ?? command.viewerKey;
  const why = whyUndecidable(draft, session, command, viewerKey);
  if (why !== null || viewerKey === null) return why ?? unknownSession(session.id);
  if (row.viewerKey === null) {
    row.viewerKey = viewerKey;
    row.identified = command.identified;
  }
  row.reason = null;
  const claims = claimAll(draft, session, row, viewerKey, command.entries);
  row.outcome = "decided";
  draft.live.touchComment(row);
  return result(claims);
}

function whyUndecidable(
  draft: Draft,
  session: SessionRow,
  command: PreparedDecision,
  viewerKey: string | null,
): Refusal | null {
  if (session.state !== "on_air")
    return refused(
      "illegal_transition",
      `The session is ${session.state}; claims are taken while it is on air. Dismiss the comment.`,
    );
  if (viewerKey === null)
    return refused(
      "invalid_request",
      "The platform did not say who wrote this comment; give `viewer` with the decision.",
    );
  const strange = command.entries.find(({ itemId }) => draft.live.item(itemId)?.sessionId !== session.id);
  return strange
    ? refused("not_found", `The session has no item ${strange.itemId}; take one of its line-up.`)
    : null;
}
