import { expect } from "vitest";
import type { Failure, FailureKind } from "../../../src/connectors/contract.ts";
import { type Operation, operationsOf } from "../operations.ts";
import { callMs, failureOf, finish, openSession, type Session } from "../session.ts";
import type { Subject } from "../subject.ts";
import { answering, junk, unreachable, type WireFault, wrongShape } from "../wire.ts";
import { type Check, isNetworked } from "./check.ts";

export const failureChecks: Check[] = [
  {
    id: "rate-limited",
    title: "429 is rate_limited, with the wait the platform names",
    applies: isNetworked,
    run: rateLimited,
  },
  {
    id: "unauthorised",
    title: "401 is auth",
    applies: isNetworked,
    run: (subject) => allFail(subject, answering(401), ["auth"]),
  },
  {
    id: "unavailable",
    title: "503 and an unreachable host are unavailable",
    applies: isNetworked,
    run: unavailable,
  },
  {
    id: "server-error",
    title: "500 is unavailable when asking, and never a plain failure when writing",
    applies: isNetworked,
    run: serverError,
  },
  {
    id: "malformed",
    title: "an answer that cannot be read is no success",
    applies: isNetworked,
    run: malformed,
  },
  {
    id: "deadline",
    title: "the deadline is kept even when the platform says nothing",
    applies: isNetworked,
    run: deadlineIsKept,
  },
  {
    id: "abort",
    title: "a stopped call ends at once, and a stopped or late one sends nothing",
    applies: isNetworked,
    run: abortIsObeyed,
  },
  {
    id: "turns",
    title: "each request waits for its turn, and one that is refused it is not sent",
    applies: isNetworked,
    run: turnsAreTaken,
  },
  {
    id: "doubt",
    title: "a write whose answer is lost is unknown",
    applies: isNetworked,
    run: lostAnswersAreUnknown,
  },
];

/** Runs every operation, each on a platform of its own, against the fault. */
async function eachOperation(
  subject: Subject,
  fault: (session: Session) => WireFault | null,
  look: (failures: Failure[], operation: Operation, session: Session) => void | Promise<void>,
  only: (operation: Operation) => boolean = () => true,
): Promise<void> {
  const names = (await operationsOf(await openSession(subject))).filter(only).map(({ name }) => name);
  for (const name of names) {
    const session = await openSession(subject);
    const operation = (await operationsOf(session)).find((one) => one.name === name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    session.wire.fault(fault(session));
    const outcomes = await finish(session.runtime, operation.run(session.call()));
    expect(outcomes.length, `outcomes of ${name}`).toBeGreaterThan(0);
    await look(outcomes.map(failureOf), operation, session);
  }
}

const allFail = (
  subject: Subject,
  fault: WireFault,
  kinds: FailureKind[],
  writeKinds = kinds,
  only?: (operation: Operation) => boolean,
): Promise<void> =>
  eachOperation(
    subject,
    () => fault,
    (failures, { name, writes }) => {
      for (const { kind } of failures)
        expect(writes ? writeKinds : kinds, `${name} ended as ${kind}`).toContain(kind);
    },
    only,
  );

async function rateLimited(subject: Subject): Promise<void> {
  const inNinetySeconds = "Sun, 22 Nov 2026 08:01:31 GMT"; // the tests' clock stands at 08:00:01 after the first order
  const cases: [Record<string, string>, number | undefined][] = [
    [{ "retry-after": "70" }, 70_000],
    [{ "retry-after": inNinetySeconds }, 90_000],
    [{}, undefined],
  ];
  for (const [headers, waitMs] of cases) {
    await eachOperation(
      subject,
      () => answering(429, headers),
      (failures, { name }, session) => {
        const passedMs = session.runtime.clock.nowMs() - Date.parse("2026-11-22T08:00:01.000Z");
        for (const failure of failures) {
          expect(failure.kind, name).toBe("rate_limited");
          const isDate = headers["retry-after"] === inNinetySeconds;
          expect(failure.retryAfterMs, `wait of ${name}`).toBe(isDate ? 90_000 - passedMs : waitMs);
        }
      },
    );
  }
}

async function unavailable(subject: Subject): Promise<void> {
  await allFail(subject, answering(503), ["unavailable"]);
  await allFail(subject, unreachable, ["unavailable"]);
}

/**
 * The platform may have broken after doing it, so repeating a write blindly could do it twice. Where a connector asks before
 * it writes, an asking that fails has done nothing; the write itself is broken in a second round.
 */
async function serverError(subject: Subject): Promise<void> {
  await allFail(subject, answering(500), ["unavailable"], ["unknown", "unavailable"]);
  const brokenWrite =
    ({ wire }: Session): WireFault =>
    async (request, pass) =>
      (await wire.isQuestion(request)) ? pass() : answering(500)(request, pass);
  await eachOperation(
    subject,
    brokenWrite,
    (failures, { name }) => {
      for (const { kind } of failures) expect(kind, `${name} ended as ${kind}`).toBe("unknown");
    },
    ({ writes }) => writes,
  );
}

async function malformed(subject: Subject): Promise<void> {
  await allFail(subject, junk, ["malformed"], ["unknown", "malformed"]);
  await allFail(subject, wrongShape, ["malformed"], ["unknown", "malformed"]);
  await allFail(subject, answering(200, {}, null), ["malformed"], ["unknown", "malformed"]);
}

async function deadlineIsKept(subject: Subject): Promise<void> {
  await eachOperation(
    subject,
    ({ wire }) => wire.silence,
    (failures, { name }, session) => {
      const passedMs = session.runtime.clock.nowMs() - Date.parse("2026-11-22T08:00:01.000Z");
      expect(passedMs, `${name} ended`).toBeLessThanOrEqual(callMs + 1000);
      for (const { kind } of failures)
        expect(["unavailable", "unknown"], `${name} ended as ${kind}`).toContain(kind);
    },
  );
}

async function abortIsObeyed(subject: Subject): Promise<void> {
  for (const { name } of await operationsOf(await openSession(subject))) {
    const session = await openSession(subject);
    const operation = (await operationsOf(session)).find((one) => one.name === name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    const { wire, runtime } = session;
    const before = wire.calls();
    for (const call of [
      session.call(AbortSignal.abort()),
      { ...session.call(), deadlineMs: runtime.clock.nowMs() },
    ]) {
      for (const { kind } of (await finish(runtime, operation.run(call))).map(failureOf))
        expect(kind, name).toBe("unavailable");
    }
    expect(wire.calls(), `calls made by ${name} after it was stopped`).toBe(before);
    wire.fault(wire.silence);
    const stop = new AbortController();
    const startedMs = runtime.clock.nowMs();
    const work = operation.run(session.call(stop.signal));
    await wire.swallowed();
    stop.abort();
    for (const { kind } of (await finish(runtime, work)).map(failureOf)) {
      expect(["unavailable", "unknown"], `${name} ended as ${kind}`).toContain(kind);
    }
    expect(runtime.clock.nowMs(), `${name} ended without waiting`).toBe(startedMs);
  }
}

async function turnsAreTaken(subject: Subject): Promise<void> {
  for (const { name } of await operationsOf(await openSession(subject))) {
    const session = await openSession(subject);
    const operation = (await operationsOf(session)).find((one) => one.name === name);
    if (operation === undefined) throw new Error(`no operation ${name}`);
    const { wire, runtime } = session;
    const before = wire.calls();
    const refused: Failure = { ok: false, kind: "rate_limited", message: "Not now.", retryAfterMs: 60_000 };
    const call = { ...session.call(), turn: async () => refused };
    for (const failure of (await finish(runtime, operation.run(call))).map(failureOf)) {
      expect(failure.kind, name).toBe("rate_limited");
      expect(failure.retryAfterMs, `wait of ${name}`).toBe(60_000);
    }
    expect(wire.calls(), `requests of ${name} without a turn`).toBe(before);
    await finish(runtime, operation.run(session.call()));
    expect(wire.calls(), `requests of ${name}`).toBeGreaterThan(before);
    expect(wire.untimely(), `requests of ${name} without a turn`).toBe(0);
  }
}

async function lostAnswersAreUnknown(subject: Subject): Promise<void> {
  for (const kind of ["silent", "broken"] as const) {
    const names = (await operationsOf(await openSession(subject)))
      .filter(({ writes }) => writes)
      .map(({ name }) => name);
    for (const name of names) {
      const session = await openSession(subject);
      const operation = (await operationsOf(session)).find((one) => one.name === name);
      if (operation === undefined) throw new Error(`no operation ${name}`);
      session.wire.fault(kind === "silent" ? session.wire.silenceAfterDoing : session.wire.brokenAfterDoing);
      for (const failure of (await finish(session.runtime, operation.run(session.call()))).map(failureOf)) {
        expect(failure.kind, `${name}, ${kind}`).toBe("unknown");
      }
    }
  }
}
