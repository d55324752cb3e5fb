import type { LiveTruth } from "../world/live-show.ts";
import type { Evidence } from "./evidence.ts";
import type { LiveClaimFound, LiveEvidence } from "./live-evidence.ts";
import type { Promised } from "./promised.ts";

/** What viewers, payers and the operator of a live room rely on. Judged in runs that have one. */
const inRooms =
  (judge: (live: LiveEvidence, truth: LiveTruth, evidence: Evidence) => string[]): Promised["broken"] =>
  (evidence) =>
    evidence.live && evidence.world.live ? judge(evidence.live, evidence.world.live.truth, evidence) : [];

export const livePromises: readonly Promised[] = [
  { name: "a comment counts once, and only what viewers wrote", broken: inRooms(comments) },
  { name: "what a room told is taken, or told as missing", broken: inRooms(heard) },
  { name: "no viewer has two units for one claim", broken: inRooms(onceEach) },
  { name: "no paid claim is lost", broken: inRooms(paid) },
  { name: "places in line are in order of arrival, without gaps or repeats", broken: inRooms(places) },
  { name: "whoever stands first in line is served first", broken: inRooms(served) },
  { name: "a session holds no more than its share, and nothing after its end", broken: inRooms(shares) },
  { name: "the report of a show adds up", broken: inRooms(reports) },
];

function comments({ comments: found }: LiveEvidence, truth: LiveTruth): string[] {
  const stored = new Map(found.map((row) => [`${row.externalId} ${row.sessionId}`, row]));
  // A comment may reach the next show as well, and means nothing there.
  const shows = Map.groupBy(
    found.filter(({ outcome }) => ["claimed", "cancelled", "unclear", "decided"].includes(outcome)),
    ({ externalId }) => externalId,
  );
  const strangers = found.filter(({ externalId }) => !truth.comments.has(externalId));
  const lost = [...truth.comments].filter(
    ([id, { no, takenIn }]) => no !== null && stored.get(`${id} ${takenIn}`)?.no !== no,
  );
  const numbers = [...Map.groupBy(found, ({ sessionId }) => sessionId)].filter(([, rows]) =>
    rows.some(({ no }, index) => no !== index + 1),
  );
  return [
    ...strangers.map(({ externalId }) => `${externalId} was written by nobody`),
    ...lost.map(
      ([id, { no, takenIn }]) =>
        `${id} was taken as number ${no} and is ${stored.get(`${id} ${takenIn}`)?.no ?? "not there"}`,
    ),
    ...[...shows]
      .filter(([, rows]) => rows.length > 1)
      .map(([id, rows]) => `${id} counted in ${rows.length} shows`),
    ...numbers.map(([sessionId]) => `the comments of ${sessionId} are not numbered 1, 2, 3`),
  ];
}

/** A comment that a process took off the connection and did not store, since it died, lies in a gap the operator was told of. */
function heard({ comments: found, gaps }: LiveEvidence, truth: LiveTruth, { world }: Evidence): string[] {
  const stored = new Set(found.map(({ externalId }) => externalId));
  return [...truth.comments].flatMap(([id, { heardAtMs, sessionId }]) => {
    if (heardAtMs === null || stored.has(id)) return [];
    const session = truth.sessions.find((one) => one.id === sessionId);
    // Outside a show a room's comments are kept nowhere.
    if (!session || (session.endAskedAtMs !== null && session.endAskedAtMs <= heardAtMs)) return [];
    const isTold = gaps.some(({ from, to }) => Date.parse(from) <= heardAtMs && heardAtMs <= Date.parse(to));
    return isTold || world.live?.weather.replays
      ? []
      : [`${id} was heard and is neither stored nor told as missing`];
  });
}

/** One claim per comment and item, one order per claim, its units once. */
function onceEach({ claims }: LiveEvidence, truth: LiveTruth, { orders, lines }: Evidence): string[] {
  const byComment = Map.groupBy(claims, (claim) => `${claim.comment} ${claim.itemId}`);
  const doubled = [...byComment].filter(([, list]) => list.length > 1);
  const ordered = [...truth.payments].filter(([, { outcome }]) => outcome === "ordered");
  const twice = [...Map.groupBy(ordered, ([, { claimId }]) => claimId)].filter(([, list]) => list.length > 1);
  const units = ordered.flatMap(([number, { claimId, quantity }]) => {
    const order = orders.find(({ externalId }) => externalId === number);
    const sold = lines
      .filter((line) => line.orderId === order?.id)
      .reduce((sum, line) => sum + line.quantity * line.unitsPer, 0);
    return order && sold !== quantity ? [`claim ${claimId} of ${quantity} was ordered as ${sold}`] : [];
  });
  return [
    ...doubled.map(([key, list]) => `${key}: one comment made ${list.length} claims`),
    ...twice.map(
      ([id, list]) => `claim ${id} is ${list.length} orders: ${list.map(([number]) => number).join(", ")}`,
    ),
    ...units,
  ];
}

function paid({ claims }: LiveEvidence, truth: LiveTruth, { orders, world }: Evidence): string[] {
  const byId = new Map(claims.map((claim) => [claim.id, claim]));
  return [...truth.payments].flatMap(([number, { claimId, isPaid, outcome }]) => {
    if (outcome !== "ordered") return [];
    const order = orders.find(({ externalId }) => externalId === number);
    if (!order) return [`${number}: its order is missing`];
    const claim = byId.get(claimId);
    const found: string[] = [];
    if (claim?.orderId !== order.id || claim.state !== "ordered")
      found.push(`${number}: claim ${claimId} is ${claim?.state} with order ${claim?.orderId}`);
    const isCancelled = world.truth.manualOrders.get(number)?.isCancelled ?? false;
    if (isPaid && !isCancelled && !order.isBooked) found.push(`${number} was paid and is not booked`);
    return found;
  });
}

function places({ claims, items }: LiveEvidence, { decided }: LiveTruth): string[] {
  return items.flatMap(({ id }) => {
    const inLine = claims.filter((claim) => claim.itemId === id && claim.place !== null);
    const found: string[] = [];
    if (inLine.some(({ place }, index) => place !== index + 1))
      found.push(`item ${id}: places are ${inLine.map(({ place }) => place).join()}`);
    // What an operator decided later stands behind what came before, even if the comment was removed after that.
    const byArrival = inLine.filter(({ sessionId, commentNo }) => !decided.has(`${sessionId} ${commentNo}`));
    for (const [index, claim] of byArrival.entries()) {
      const before = byArrival[index - 1];
      if (before && before.commentNo > claim.commentNo)
        found.push(`item ${id}: comment ${before.commentNo} stands before ${claim.commentNo}`);
    }
    return found;
  });
}

/**
 * Follows what cockpits were told: nobody gets units while somebody before them waits whom the same units suffice. They are told where
 * claims stand after a batch: one whose units a count of the same batch took stands in line there, and need not have when others were served.
 */
function served({ told, claims }: LiveEvidence, truth: LiveTruth, evidence: Evidence): string[] {
  const lost = claimsThatLostUnits(evidence);
  const known = new Map(claims.map((claim) => [claim.id, claim]));
  const waiting = new Map<string, LiveClaimFound>();
  const found: string[] = [];
  const ended = new Set<string>();
  for (const event of told) {
    if (event.changes.includes("ended")) ended.add(event.sessionId);
    const gets: LiveClaimFound[] = [];
    for (const { claimId, state } of event.claims) {
      const claim = known.get(claimId);
      if (!claim) {
        found.push(`claim ${claimId} was told and is not there`);
        continue;
      }
      if (state === "offered") gets.push(claim);
      if (state === "waitlisted") waiting.set(claimId, claim);
      else waiting.delete(claimId);
    }
    if (ended.has(event.sessionId)) continue;
    const putBack = new Set(event.claims.map(({ claimId }) => claimId).filter((id) => lost.has(id)));
    for (const claim of gets) {
      const passed = [...waiting.values()].find(
        (one) =>
          !putBack.has(one.id) &&
          one.itemId === claim.itemId &&
          (one.place ?? 0) < (claim.place ?? 0) &&
          one.quantity <= claim.quantity,
      );
      if (passed)
        found.push(`item ${claim.itemId}: place ${claim.place} was served before place ${passed.place}`);
    }
  }
  return truth.sessions.length === 0 ? [] : found;
}

const claimsThatLostUnits = ({ tasks }: Evidence): Set<string> =>
  new Set(
    tasks
      .filter(({ kind }) => kind === "reserved_units_missing")
      .flatMap(({ detail }) => detail.reservations ?? [])
      .map((name) => name.replace(/^claim /, "")),
  );

function shares({ items, claims }: LiveEvidence, truth: LiveTruth, evidence: Evidence): string[] {
  const { reservations, world } = evidence;
  const ended = new Set(truth.sessions.filter(({ state }) => state === "ended").map(({ id }) => id));
  const held = reservations.filter(
    ({ holderKind, holderId }) => holderKind === "session" && ended.has(holderId),
  );
  const nowMs = world.time.nowMs();
  const open = claims.filter(
    ({ state, expiresAt }) =>
      state === "waitlisted" || (["held", "offered"].includes(state) && Date.parse(expiresAt ?? "") <= nowMs),
  );
  const over = items.filter(({ share, claimed, sold }) => share < claimed + sold || claimed < 0 || sold < 0);
  const later = items.filter(
    ({ sessionId, claimed, share, sold }) => ended.has(sessionId) && share !== claimed + sold,
  );
  return [
    ...truth.sessions
      .filter(({ state }) => state === "on_air")
      .map(({ id }) => `session ${id} was not ended`),
    ...held.map(({ holderId, quantity }) => `session ${holderId} is over and holds ${quantity} units`),
    ...open
      .filter(({ sessionId }) => ended.has(sessionId))
      .map(({ id, state }) => `claim ${id} is ${state} for ever`),
    ...over.map(({ id }) => `item ${id} has claimed and sold more than its share`),
    ...later.map(({ id }) => `item ${id} keeps units after the end`),
    ...toldShares(items, truth, evidence),
  ];
}

/** What the operator was told to have taken, where each answer came and no units were lost. */
function toldShares(items: LiveEvidence["items"], truth: LiveTruth, { world }: Evidence): string[] {
  const { features } = world.plan;
  // What a plan holds of crashes and pauses is gone when the calm begins; what was seen stays.
  const wasDisturbed = [...world.seen.keys()].some((what) => what === "pause" || what.startsWith("crash "));
  const isSure = !wasDisturbed && !features.has("counts") && !features.has("adjustments");
  if (!isSure) return [];
  return truth.sessions.flatMap((session) =>
    session.items.flatMap(({ id, code, taken, takenAfterEnd }) => {
      const item = items.find((one) => one.id === id);
      const all = (item?.share ?? 0) + (item?.givenBack ?? 0);
      return all === taken || takenAfterEnd
        ? []
        : [`${code}: ${all} units went through the show, ${taken} were taken`];
    }),
  );
}

function reports(
  { reports: found, claims, comments: stored }: LiveEvidence,
  truth: LiveTruth,
  evidence: Evidence,
): string[] {
  return found.flatMap(({ sessionId, funnel, items, money }) => {
    const broken: string[] = [];
    const compare = (what: string, ours: number, theirs: number) => {
      if (ours !== theirs)
        broken.push(`${sessionId}: ${what} is ${ours} in the report, ${theirs} were there`);
    };
    const mine = claims.filter((claim) => claim.sessionId === sessionId);
    const count = (rows: readonly { sessionId: string }[]) =>
      rows.filter((row) => row.sessionId === sessionId).length;
    compare("the number of comments", funnel.comments, count(stored));
    compare("the number of claims", funnel.claims, mine.filter(({ state }) => state !== "rejected").length);
    const payments = [...truth.payments].filter(
      ([, one]) => one.sessionId === sessionId && one.outcome === "ordered",
    );
    const shopOrders = evidence.world.shops.flatMap((shop) =>
      [...shop.sandbox.shop.orders.all()].filter((order) => order.liveSession === sessionId),
    );
    compare(
      "the number of orders",
      money.reduce((sum, row) => sum + row.orders, 0),
      payments.length + shopOrders.length,
    );
    const gross = payments
      .filter(([number, one]) => one.isPaid && !evidence.world.truth.manualOrders.get(number)?.isCancelled)
      .reduce((sum, [, one]) => sum + one.totalMinor, 0);
    const total = money.reduce((sum, row) => sum + row.grossMinor, 0);
    if (total < gross)
      broken.push(`${sessionId}: the gross is ${total}, ${gross} were paid through links alone`);
    for (const item of items) {
      if (item.taken !== item.sold + item.givenBack + item.claimed + item.free)
        broken.push(`${sessionId} ${item.code}: ${JSON.stringify(item)} does not add up`);
    }
    return broken;
  });
}
