import { expect } from "vitest";
import type { Failure, FailureKind, Json, RoomNews } from "../../../src/connectors/contract.ts";
import { retryableKinds } from "../../../src/connectors/contract.ts";
import { nowInstant } from "../../../src/core/clock.ts";
import { liveCommentSchema } from "../../../src/core/model/comment.ts";
import { directly } from "../directly.ts";
import { finish, openSession, present, type Session } from "../session.ts";
import type { Subject } from "../subject.ts";
import { answering, junk, unreachable, type WireFault } from "../wire.ts";
import { type Check, can } from "./check.ts";
import { follow, settle, throughText } from "./room-following.ts";

const applies = can("rooms");

export const roomChecks: Check[] = [
  {
    id: "room-comments",
    title: "comments come whole, in order, once per comment, and the host's own are marked",
    applies,
    run: commentsComeWhole,
  },
  { id: "room-signals", title: "the room going on air and off it is told", applies, run: signalsAreTold },
  {
    id: "room-alive",
    title: "a quiet room is told to be alive at least once a minute",
    applies,
    run: quietIsAlive,
  },
  {
    id: "room-gap",
    title: "what was written while nobody listened comes again, or is told as a gap",
    applies,
    run: nothingIsLostSilently,
  },
  {
    id: "room-back-pressure",
    title: "nothing further is read while the listener is busy",
    applies,
    run: listenerSetsThePace,
  },
  {
    id: "room-stop",
    title: "a stopped follow ends at once and leaves nothing behind, here or there",
    applies,
    run: stopLeavesNothing,
  },
  {
    id: "room-silence",
    title: "a connection that has gone silent is given up",
    applies,
    run: silenceIsNoticed,
  },
  {
    id: "room-failures",
    title: "why a room cannot be followed is said in the right kind",
    applies,
    run: failuresAreSorted,
  },
  {
    id: "room-budget",
    title: "nothing is called without leave: an open circuit or a spent budget ends the attempt",
    applies,
    run: callsAreAskedFor,
  },
  {
    id: "room-secrets",
    title: "no position holds a secret or a comment",
    applies,
    run: positionsAreHarmless,
  },
];

async function commentsComeWhole(subject: Subject): Promise<void> {
  const following = await follow(await openSession(subject));
  const { session, fake } = following;
  const said: { externalId: string; text: string; byHost: boolean; at: string }[] = [];
  const texts = ["A1 x2", "要2件Ａ１ 🌹", "thank you", "+1"];
  for (const [index, text] of texts.entries()) {
    const byHost = index === 2;
    const { externalId } = fake.say(text, byHost ? "host" : "viewer");
    said.push({ externalId, text, byHost, at: nowInstant(session.runtime.clock) });
    await session.runtime.advance(1000);
  }
  await settle(session);
  const comments = following.comments();
  for (const comment of comments) expect(liveCommentSchema.parse(comment)).toEqual(comment);
  expect(
    comments.map(({ externalId, text, byHost, sentAt }) => ({
      externalId,
      text,
      byHost: byHost ?? false,
      at: sentAt,
    })),
  ).toEqual(said);
  expect(new Set(comments.map(({ room }) => room)).size, "one room").toBe(1);
  const [first] = following.news;
  expect(comments[0]?.room).toBe(first?.kind === "connected" ? first.room : "");
  expect((comments[0]?.viewer?.externalId ?? "").trim()).not.toBe("");
  await following.stop();
}

async function signalsAreTold(subject: Subject): Promise<void> {
  const following = await follow(await openSession(subject));
  following.fake.goLive();
  await settle(following.session);
  following.fake.goOff();
  await settle(following.session);
  const signals = following.news.filter(({ kind }) => kind === "started" || kind === "ended");
  expect(signals.map(({ kind }) => kind)).toEqual(["started", "ended"]);
  expect(signals[0]).toMatchObject({ at: nowInstant(following.session.runtime.clock) });
  await following.stop();
}

async function quietIsAlive(subject: Subject): Promise<void> {
  const following = await follow(await openSession(subject));
  for (let minute = 1; minute <= 5; minute += 1) {
    following.news.length = 0;
    for (let second = 0; second < 60; second += 1) await following.session.runtime.advance(1000);
    await settle(following.session);
    expect(
      following.news.map(({ kind }) => kind),
      `in minute ${minute}`,
    ).toContain("alive");
    expect(following.fake.listeners(), "connections").toBe(1);
  }
  await following.stop();
}

async function nothingIsLostSilently(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const first = await follow(session);
  const before = first.fake.say("A1", "viewer");
  await settle(session);
  await session.runtime.advance(10_000);
  first.fake.drop();
  const ended = await finish(session.runtime, first.done);
  expect(ended.ok, "a broken connection is no success").toBe(false);
  if (!ended.ok) expect(retryableKinds.has(ended.kind), `${ended.kind} is tried again`).toBe(true);
  await session.runtime.advance(3_000);
  const missed = first.fake.say("B2", "viewer");
  const missedAt = nowInstant(session.runtime.clock);
  await session.runtime.advance(30_000);
  const second = await follow(session, first.position);
  const after = second.fake.say("C3", "viewer");
  await settle(session);
  const ids = [...first.comments(), ...second.comments()].map(({ externalId }) => externalId);
  expect(ids).toContain(before.externalId);
  expect(ids).toContain(after.externalId);
  const isTheGap = (news: RoomNews) =>
    news.kind === "gap" && news.from <= missedAt && missedAt <= news.to && news.why.trim() !== "";
  const isToldAsGap = second.news.some(isTheGap);
  expect(ids.includes(missed.externalId) || isToldAsGap, "the missed comment comes or is told").toBe(true);
  const told = second.news.findIndex(({ kind }) => kind === "gap");
  const came = second.news.findIndex(({ kind }) => kind === "comments");
  if (told !== -1) expect(told, "the gap is told before what came after it").toBeLessThan(came);
  await second.stop();
  // A hub that dies between the connection and the gap must learn of the gap from the position it has.
  if (told !== -1) {
    const dying = await follow(session, await positionOfConnected(session, first.position));
    expect(dying.news.some(isTheGap), "the gap is told again").toBe(true);
    await dying.stop();
  }
}

/** The position given with `connected`, on a connection that ends right after it. */
async function positionOfConnected(session: Session, position: Json | null): Promise<Json | null> {
  let given: Json | null = null;
  const rooms = present(session.reopen().rooms, "rooms");
  const stop = new AbortController();
  const done = rooms.follow(
    position,
    async (news, next) => {
      if (news.kind === "connected") given = throughText(next);
      stop.abort();
    },
    stop.signal,
    directly(session.runtime),
  );
  await finish(session.runtime, done);
  return given;
}

async function listenerSetsThePace(subject: Subject): Promise<void> {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const following = await follow(await openSession(subject), null, (news) =>
    news.kind === "comments" ? gate : Promise.resolve(),
  );
  for (const text of ["one", "two", "three"]) {
    following.fake.say(text, "viewer");
    await settle(following.session);
  }
  expect(following.comments().map(({ text }) => text)).toEqual(["one"]);
  // However long the listener takes, the connection is kept.
  await following.session.runtime.advance(150_000);
  await settle(following.session);
  release();
  await settle(following.session);
  expect(following.comments().map(({ text }) => text)).toEqual(["one", "two", "three"]);
  await following.stop();
}

async function stopLeavesNothing(subject: Subject): Promise<void> {
  const following = await follow(await openSession(subject));
  const { runtime } = following.session;
  const startedMs = runtime.clock.nowMs();
  expect(await following.stop()).toEqual({ ok: true });
  expect(runtime.clock.nowMs(), "it ended without waiting").toBe(startedMs);
  await settle(following.session);
  expect(following.fake.listeners(), "connections left").toBe(0);
  expect(following.fake.sessions(), "sessions left").toBe(0);
  expect(runtime.sleeping(), "timers left").toBe(0);
}

async function silenceIsNoticed(subject: Subject): Promise<void> {
  const following = await follow(await openSession(subject));
  following.fake.freeze();
  const ended = await finish(following.session.runtime, following.done, 180_000);
  expect(ended).toMatchObject({ ok: false, kind: "unavailable" });
  expect(following.fake.listeners(), "connections left").toBe(0);
}

async function callsAreAskedFor(subject: Subject): Promise<void> {
  const session = await openSession(subject);
  const rooms = present(session.reopen().rooms, "rooms");
  const fake = present(session.platform.rooms, "rooms on its fake");
  const refusal: Failure = { ok: false, kind: "unavailable", message: "not now", retryAfterMs: 30_000 };
  const following = rooms.follow(
    null,
    async () => undefined,
    new AbortController().signal,
    async () => refusal,
  );
  expect(await finish(session.runtime, following)).toEqual(refusal);
  expect([fake.sessions(), fake.listeners()], "sessions and connections").toEqual([0, 0]);
}

async function failuresAreSorted(subject: Subject): Promise<void> {
  const cases: [WireFault, FailureKind][] = [
    [answering(429), "rate_limited"],
    [answering(401), "auth"],
    [answering(503), "unavailable"],
    [unreachable, "unavailable"],
    [junk, "malformed"],
  ];
  const ending = async (session: Session, secrets?: Record<string, unknown>) => {
    const rooms = present(session.reopen(secrets).rooms, "rooms");
    const stop = new AbortController().signal;
    const ended = rooms.follow(null, async () => undefined, stop, directly(session.runtime));
    return finish(session.runtime, ended);
  };
  for (const [fault, kind] of cases) {
    const session = await openSession(subject);
    session.wire.fault(fault);
    expect(await ending(session), `ended as ${kind}`).toMatchObject({ ok: false, kind });
  }
  const silent = await openSession(subject);
  silent.wire.fault(silent.wire.silence);
  const kind = expect.stringMatching(/^(unavailable|unknown)$/);
  expect(await ending(silent), "a platform that says nothing").toMatchObject({ ok: false, kind });
  if (subject.wrongSecrets === undefined) return;
  const stranger = await openSession(subject);
  const refused = await ending(stranger, subject.wrongSecrets);
  expect(refused).toMatchObject({ ok: false, kind: "auth" });
  for (const secret of Object.values(subject.wrongSecrets))
    expect(JSON.stringify(refused)).not.toContain(secret);
}

async function positionsAreHarmless(subject: Subject): Promise<void> {
  const following = await follow(await openSession(subject));
  following.fake.say("a very special comment", "viewer");
  await settle(following.session);
  const text = JSON.stringify(following.position);
  for (const secret of Object.values(subject.secrets)) expect(text).not.toContain(secret);
  expect(text).not.toContain("special");
  expect(text.length, "characters of a position").toBeLessThan(4_000);
  await following.stop();
}
