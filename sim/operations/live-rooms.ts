import { refOf } from "../../src/connectors/sandbox/products.ts";
import { instantOf } from "../../src/core/clock.ts";
import type { Answer } from "../../src/core/engine/commands.ts";
import type { SessionChange } from "../../src/core/live/commands.ts";
import { patchItem } from "../../src/core/live/store-items.ts";
import type { LiveComment } from "../../src/core/model/comment.ts";
import type { OrderSnapshot } from "../../src/core/model/order.ts";
import type { ItemTruth, LiveShow, OpenClaim, SessionTruth } from "../world/live-show.ts";
import { remember } from "../world/shops.ts";
import type { World } from "../world/world.ts";
import type { Operation } from "./operation.ts";

/** What goes on in a live room: viewers who write and buy, an operator who runs the show. */
const feature = "live rooms" as const;
const onStage =
  (act: (world: World, show: LiveShow) => void): Operation["act"] =>
  (world) => {
    if (world.live) act(world, world.live);
  };

export const liveOperations: readonly Operation[] = [
  { name: "comment", feature, weight: 40, act: onStage(comment) },
  { name: "operator", feature, weight: 10, act: onStage(operate) },
  { name: "begin payment", feature, weight: 5, act: onStage(beginPayment) },
  { name: "pay claim", feature, weight: 12, act: onStage(payClaim) },
  { name: "buy from the show", feature, weight: 4, act: onStage(buyFromShow) },
  { name: "release claim", feature, weight: 2, act: onStage(releaseClaim) },
  { name: "decide comment", feature, weight: 3, act: onStage(decide) },
];

const codeOf = ({ chance }: LiveShow, session: SessionTruth): string => chance.oneOf(session.items).code;

/** As people write: a code, a quantity, what is shown, second thoughts, questions and noise. */
function textOf(show: LiveShow, session: SessionTruth): string {
  const { chance } = show;
  const code = codeOf(show, session);
  return chance.oneOf([
    code,
    code,
    code.toLowerCase(),
    `${code} x${chance.between(1, 3)}`,
    `sold ${code} please`,
    `${code} 两件`,
    "+1",
    "扣1",
    `cancel ${code}`,
    `${code}?`,
    `sold ${code}?`,
    `is ${code} nice`,
    "🔥🔥🔥",
    `${code} x2 x3`,
  ]);
}

export function comment(world: World, show: LiveShow): void {
  const { session, chance } = show;
  if (!session) return;
  const comments = Array.from({ length: chance.oneOf([1, 1, 2, 6]) }, () =>
    show.write(`viewer-${chance.between(1, 40)}`, textOf(show, session)),
  );
  const way = chance.oneOf(["room", "room", "program", "both"] as const);
  if (way !== "room") handIn(world, show, session, comments);
  if (way !== "program") show.feed.send(comments);
  const [first] = comments;
  // Taken back by the viewer; the removal may overtake the comment.
  if (first && chance.happens(0.05)) show.feed.send([{ ...first, change: "removed" }]);
}

/** By a program that has the room's comments from elsewhere. */
function handIn(world: World, show: LiveShow, session: SessionTruth, comments: readonly LiveComment[]): void {
  world.caller.send({ kind: "comments.take", sessionId: session.id, comments }, (answer) => {
    if (answer.kind !== "comments") return;
    for (const { externalId, no } of answer.results) {
      const known = show.truth.comments.get(externalId);
      if (!known || no === null) continue;
      if (known.no !== null && known.no !== no)
        world.truth.failed.push(`${externalId} was answered as number ${known.no} and as ${no}`);
      known.no = no;
      known.takenIn = session.id;
    }
  });
}

export function operate(world: World, show: LiveShow): void {
  const { session } = show;
  if (!session || session.isEnding) {
    if (session?.state === "ended") void world.time.busy(() => show.plan());
  } else if (session.state === "planned") change(world, session, { to: "start" });
  else direct(world, show, session);
}

function direct(world: World, show: LiveShow, session: SessionTruth): void {
  const { chance } = show;
  const item = chance.oneOf(session.items);
  const itemId = item.id;
  const quantity = chance.between(1, 4);
  const step = chance.between(1, 20);
  if (step <= 6) change(world, session, { to: "show", ...(chance.happens(0.7) ? { itemId } : {}) });
  else if (step <= 11) change(world, session, { to: "topUp", itemId, quantity });
  else if (step <= 14)
    change(world, session, { to: "giveBack", itemId, ...(chance.happens(0.5) ? { quantity } : {}) });
  else if (step <= 16) change(world, session, { to: "soldOut", itemId, soldOut: chance.happens(0.5) });
  else if (step <= 19) edit(world, session, item);
  else endShow(world, session);
}

/** The connection to the room breaks now and then; at the end of the run shows end too. */
export function tendShow(world: World): void {
  const { live } = world;
  if (!live) return;
  if (!world.isCalm) {
    live.tend();
    return;
  }
  live.becalm();
  for (const session of live.truth.sessions) if (session.state === "on_air") endShow(world, session);
}

export function endShow(world: World, session: SessionTruth): void {
  if (session.isEnding) return;
  session.isEnding = true;
  session.endAskedAtMs = world.time.nowMs();
  change(world, session, { to: "end" });
}

function change(world: World, session: SessionTruth, asked: SessionChange): void {
  world.trace.step(`operator ${JSON.stringify(asked)}`);
  world.caller.send({ kind: "session.change", sessionId: session.id, change: asked }, (answer: Answer) => {
    if (answer.kind !== "session") return;
    if (asked.to === "start" && session.state === "planned") {
      session.state = "on_air";
      for (const item of session.items) {
        const short = answer.short.find(({ itemId }) => itemId === item.id);
        item.taken += short ? short.taken : item.planned;
      }
    }
    const item = session.items.find(({ id }) => "itemId" in asked && id === asked.itemId);
    if (asked.to === "topUp" && item) item.taken += asked.quantity;
    if (asked.to === "end") session.state = "ended";
  });
}

/** Price, or out of the line-up and back, while viewers write. */
function edit(world: World, session: SessionTruth, item: ItemTruth): void {
  const show = world.live;
  if (!show) return;
  const patch = show.chance.happens(0.5)
    ? { priceMinor: show.chance.between(100, 9_900) }
    : { active: show.chance.happens(0.6) };
  world.trace.step(`operator edits ${item.code} ${JSON.stringify(patch)}`);
  void world.time.busy(() =>
    world.edit((db, runtime, merchantId) =>
      patchItem(db, { runtime }, merchantId, session.id, item.id, patch),
    ),
  );
}

const anyClaim = (show: LiveShow, ...states: string[]): OpenClaim | null => {
  const fitting = show.claims.filter(({ state }) => states.includes(state));
  return fitting.length === 0 ? null : show.chance.oneOf(fitting);
};

export function beginPayment(world: World, show: LiveShow): void {
  const claim = anyClaim(show, "held", "offered", "waitlisted", "expired");
  if (!claim) return;
  const session = show.truth.sessions.find(({ id }) => id === claim.sessionId);
  world.caller.send({ kind: "claim.hold", claimId: claim.id }, (answer) => {
    if (answer.kind !== "claim" || !session?.isEnding) return;
    // Its units come from the share while the show goes on, else from what is available; the end may have overtaken it.
    const item = session.items.find(({ id }) => id === answer.itemId);
    if (item) item.takenAfterEnd = true;
  });
}

export function releaseClaim(world: World, show: LiveShow): void {
  const claim = anyClaim(show, "held", "offered", "waitlisted");
  if (claim) world.caller.send({ kind: "claim.close", claimId: claim.id, as: "cancelled" });
}

/** Through the payment link; impatient people press twice, and then two order numbers are made. */
export function payClaim(world: World, show: LiveShow): void {
  const claim = anyClaim(show, "held", "held", "offered", "offered", "expired");
  if (!claim) return;
  const isPaid = show.chance.happens(0.8);
  for (let press = show.chance.happens(0.15) ? 2 : 1; press > 0; press -= 1) pay(world, show, claim, isPaid);
}

function pay(world: World, show: LiveShow, claim: OpenClaim, isPaid: boolean): void {
  const { truth, furniture } = world;
  const externalId = world.nextReference("live");
  const snapshot = snapshotOf(world, claim, externalId, isPaid);
  const payment = {
    ...{ claimId: claim.id, sessionId: claim.sessionId, quantity: claim.quantity },
    ...{ totalMinor: snapshot.totalMinor, isPaid },
  };
  show.truth.payments.set(externalId, { ...payment, outcome: "unanswered" });
  const command = {
    ...{
      kind: "order.apply" as const,
      connectionId: furniture.manualConnectionId,
      claimId: claim.id,
      snapshot,
    },
    ...{ mayRefuse: !isPaid, reserveFrom: "placed" as const },
  };
  world.caller.send(command, (answer) => {
    show.truth.payments.set(externalId, {
      ...payment,
      outcome: answer.kind === "order" ? "ordered" : "refused",
    });
    if (answer.kind !== "order") return;
    truth.manualOrders.set(externalId, {
      orderId: answer.orderId,
      lines: snapshot.lines.map(({ sku = "", quantity }) => ({ sku, quantity })),
      totalMinor: snapshot.totalMinor,
      ...(isPaid ? {} : { isUnpaid: true }),
      ...{ isCancelled: false, refunds: new Map() },
    });
  });
  world.trace.step(`pay claim of ${claim.sku} x${claim.quantity} as ${externalId}`);
}

function snapshotOf(
  world: World,
  { id, sku, quantity, priceMinor, sessionId }: OpenClaim,
  externalId: string,
  isPaid: boolean,
): OrderSnapshot {
  const at = instantOf(world.time.nowMs());
  return {
    ...{ externalId, updatedAt: at, placedAt: at, currency: "CNY", liveSession: sessionId },
    ...(isPaid ? { status: "paid", paidAt: at } : { status: "pending_payment" }),
    lines: [{ externalLineId: id, sku, quantity, unitPriceMinor: priceMinor }],
    totalMinor: quantity * priceMinor,
  };
}

/** A viewer buys in the shop, which tells the hub from which show. */
function buyFromShow(world: World, show: LiveShow): void {
  const { session, chance } = show;
  if (session?.state !== "on_air") return;
  const shop = chance.oneOf(world.shops);
  const item = chance.oneOf(session.items);
  const product = shop.sandbox.shop.products.find(({ sku }) => sku === item.sku);
  if (!product) return;
  const viewer = `viewer-${chance.between(1, 40)}`;
  const placed = shop.sandbox.shop.place({
    lines: [{ ...refOf(product), quantity: chance.between(1, 2) }],
    buyer: { externalId: viewer, name: `Buyer ${viewer}` },
    liveSession: session.id,
  });
  if (!placed.ok) return;
  remember(shop, placed.order.externalId);
  if (chance.happens(0.6)) shop.sandbox.shop.pay(placed.order.externalId);
}

function decide(world: World, show: LiveShow): void {
  if (show.unclear.length === 0) return;
  const { sessionId, no } = show.chance.oneOf(show.unclear);
  const session = show.truth.sessions.find(({ id }) => id === sessionId);
  if (!session) return;
  const entries = show.chance.happens(0.7)
    ? [{ itemId: show.chance.oneOf(session.items).id, quantity: 1 }]
    : [];
  if (entries.length > 0) show.truth.decided.add(`${sessionId} ${no}`);
  world.caller.send({ kind: "comment.decide", sessionId, commentNo: no, entries });
}
