import { refused } from "../engine/answers.ts";
import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import type { ChangeSession, SessionAnswer, SessionChange, WaitlistState } from "./commands.ts";
import { unknownSession } from "./comments.ts";
import { wholeWaitlist } from "./promote.ts";
import { freeUnits, type ItemRow, type SessionRow } from "./rows.ts";
import { availableUnits, changeShare, setState } from "./units.ts";

type Answered = SessionAnswer | Refusal;
type Deciding = Generator<WaitlistState[], Answered, void>;

const answer = (
  session: SessionRow,
  outcome: SessionAnswer["outcome"],
  short: SessionAnswer["short"] = [],
): SessionAnswer => ({
  kind: "session",
  sessionId: session.id,
  outcome,
  short,
});

/** What an operator does with a session: one call each. Doing it again changes nothing, but for shares. */
export function* changeSession(draft: Draft, command: ChangeSession): Deciding {
  const session = draft.live.sessions.get(command.sessionId);
  if (!session) return unknownSession(command.sessionId);
  const { change } = command;
  switch (change.to) {
    case "start":
      return start(draft, session);
    case "end":
      return yield* end(draft, session);
    case "show":
      return show(draft, session, change.itemId);
    default:
      return changeItem(draft, session, change);
  }
}

function start(draft: Draft, session: SessionRow): Answered {
  if (session.state === "on_air") return answer(session, "unchanged");
  if (session.state === "ended")
    return refused(
      "illegal_transition",
      `Session ${session.id} has ended; plan a new one for the next show.`,
    );
  const other = draft.live.onAirBeside(session);
  if (other !== undefined)
    return refused(
      "illegal_transition",
      `Session ${other} is on air in room ${session.room} already; end it first.`,
    );
  session.state = "on_air";
  session.startedAt = draft.now;
  const short: SessionAnswer["short"] = [];
  const items = draft.live.itemsOf(session.id).filter((item) => item.active);
  for (const item of items) {
    const wanted = item.planned - item.share;
    const taken = wanted > 0 ? changeShare(draft, item, Math.min(wanted, availableUnits(draft, item))) : 0;
    if (taken < wanted) short.push({ itemId: item.id, sku: codeOf(draft, item), wanted, taken });
  }
  session.shownItemId ??= items[0]?.id ?? null;
  draft.live.touchSession(session, "started");
  return answer(session, "changed", short);
}

const codeOf = (draft: Draft, item: ItemRow): string => draft.skus.get(item.skuId)?.code ?? item.code;

function* end(draft: Draft, session: SessionRow): Deciding {
  if (session.state === "ended") return answer(session, "unchanged");
  for (const item of draft.live.itemsOf(session.id)) {
    for (const claim of yield* wholeWaitlist(draft, item)) {
      item.waiting -= 1;
      setState(draft, claim, "expired", "session_ended");
      draft.live.changedItems.add(item);
    }
    if (freeUnits(item) > 0) changeShare(draft, item, -freeUnits(item));
  }
  session.state = "ended";
  session.endedAt = draft.now;
  draft.live.touchSession(session, "ended");
  return answer(session, "changed");
}

function show(draft: Draft, session: SessionRow, itemId: string | undefined): Answered {
  if (session.state === "ended") return notOnAir(session);
  const items = draft.live.itemsOf(session.id).filter((item) => item.active);
  const at = items.findIndex((item) => item.id === session.shownItemId);
  const next = itemId === undefined ? items[at + 1] : items.find((item) => item.id === itemId);
  if (!next && itemId !== undefined) return unknownItem(itemId);
  if (!next)
    return refused(
      "illegal_transition",
      "The last item of the line-up is being shown; name the item to show.",
    );
  if (next.id === session.shownItemId) return answer(session, "unchanged");
  session.shownItemId = next.id;
  draft.live.touchSession(session, "shown");
  return answer(session, "changed");
}

const unknownItem = (itemId: string): Refusal =>
  refused("not_found", `The session has no active item ${itemId}; take one of its line-up.`);

const notOnAir = (session: SessionRow): Refusal =>
  refused("illegal_transition", `Session ${session.id} is ${session.state}; this is for sessions on air.`);

type ItemChange = Extract<SessionChange, { to: "soldOut" | "topUp" | "giveBack" }>;

function changeItem(draft: Draft, session: SessionRow, change: ItemChange): Answered {
  const item = draft.live.item(change.itemId);
  if (!item || item.sessionId !== session.id) return unknownItem(change.itemId);
  if (session.state !== "on_air") return notOnAir(session);
  if (change.to === "soldOut") {
    if (item.soldOut === change.soldOut) return answer(session, "unchanged");
    item.soldOut = change.soldOut;
    draft.live.changedItems.add(item);
  } else {
    const refusal =
      change.to === "topUp" ? topUp(draft, item, change.quantity) : giveBack(draft, item, change.quantity);
    if (refusal) return refusal;
  }
  draft.live.touchSession(session, change.to === "soldOut" ? "sold_out" : "share");
  return answer(session, "changed");
}

function topUp(draft: Draft, item: ItemRow, quantity: number): Refusal | null {
  const available = availableUnits(draft, item);
  if (available < quantity) {
    return refused(
      "insufficient_stock",
      `${codeOf(draft, item)}: ${available} of ${quantity} are available; nothing was taken. Ask for less or restock.`,
      {
        lines: [{ sku: codeOf(draft, item), requested: quantity, available }],
      },
    );
  }
  changeShare(draft, item, quantity);
  return null;
}

function giveBack(draft: Draft, item: ItemRow, quantity: number | undefined): Refusal | null {
  const free = freeUnits(item);
  if ((quantity ?? 0) > free) {
    return refused(
      "insufficient_stock",
      `${codeOf(draft, item)}: ${free} units are not claimed; ${quantity} cannot be given back. Give back less, or end claims first.`,
      {
        lines: [{ sku: codeOf(draft, item), requested: quantity ?? 0, available: free }],
      },
    );
  }
  changeShare(draft, item, -(quantity ?? free));
  return null;
}
