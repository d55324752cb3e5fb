import type { Draft } from "../engine/draft.ts";
import type { WaitlistState } from "./commands.ts";
import { type ClaimRow, freeUnits, type ItemRow, type SessionRow } from "./rows.ts";
import { holdFromShare } from "./units.ts";

/**
 * Gives units of a share that came free to those in line: in order of their places, each the first whom the units suffice.
 * Never offers more than there is. Yields the waitlists that must be read on before the next one can be chosen.
 */
export function* promote(draft: Draft): Generator<WaitlistState[], void, void> {
  for (const item of [...draft.live.freed]) {
    const session = draft.live.sessions.get(item.sessionId);
    draft.live.freed.delete(item);
    if (session && mayPromote(session)) yield* promoteItem(draft, session, item);
  }
}

export const mayPromote = (session: SessionRow): boolean =>
  session.state === "on_air" && session.settings.mode === "hold_first";

function* promoteItem(
  draft: Draft,
  session: SessionRow,
  item: ItemRow,
): Generator<WaitlistState[], void, void> {
  for (;;) {
    if (freeUnits(item) <= 0 || item.waiting === 0) return;
    const waitlist = draft.live.waitlist(item.id);
    const inLine = inLineOf(draft, item);
    // All of them are here already when there are as many as the item counts.
    if (inLine.length === item.waiting) waitlist.ended = true;
    offerInOrder(draft, session, item, inLine, waitlist);
    if (waitlist.ended || freeUnits(item) <= 0) return;
    yield [waitlist];
  }
}

/** No further than the waitlist was read: beyond it there may be claims nobody has seen. */
function offerInOrder(
  draft: Draft,
  session: SessionRow,
  item: ItemRow,
  inLine: readonly ClaimRow[],
  waitlist: WaitlistState,
): void {
  for (const claim of inLine) {
    if (freeUnits(item) <= 0) return;
    if (!waitlist.ended && (claim.place ?? 0) > waitlist.readTo) return;
    if (claim.quantity > freeUnits(item)) continue;
    item.waiting -= 1;
    holdFromShare(draft, session, claim, "offered", session.settings.holdSeconds);
  }
}

export const inLineOf = (draft: Draft, item: ItemRow): ClaimRow[] =>
  [...draft.live.claimsOfItem(item.id)]
    .filter((claim) => claim.state === "waitlisted")
    .sort((a, b) => (a.place ?? 0) - (b.place ?? 0));

/** Reads a whole waitlist, for those who end it. */
export function* wholeWaitlist(draft: Draft, item: ItemRow): Generator<WaitlistState[], ClaimRow[], void> {
  const waitlist = draft.live.waitlist(item.id);
  while (!waitlist.ended && inLineOf(draft, item).length < item.waiting) yield [waitlist];
  return inLineOf(draft, item);
}
