import type { Authorization, Call, Failure, Result, Tokens } from "../connectors/contract.ts";
import { renewTokens } from "../core/catalogue/tokens.ts";
import { addMs, msOf, nowInstant } from "../core/clock.ts";
import type { Database } from "../core/db/database.ts";
import { appendEvents } from "../core/events/log.ts";
import type { Runtime } from "../core/runtime.ts";
import { insertTasks } from "../core/tasks.ts";
import type { CallFailure } from "./calls.ts";
import type { Connections, OpenConnection } from "./connections.ts";
import type { Leases } from "./leases.ts";
import { paceCall } from "./paced-call.ts";
import type { Log, SyncOptions } from "./parts.ts";
import type { RateLimiter } from "./rate.ts";

/**
 * Keeps tokens good. Renewing is done by one process at a time (a lease); the others wait and load what it was given, so a
 * refresh token that may be used once is used once.
 */
export interface TokenKeeper {
  /** The connection as it may be used now: as given, or with tokens renewed ahead of their end. */
  ready(connection: OpenConnection): Promise<OpenConnection | CallFailure>;
  /**
   * After a call was refused as `auth`: with settings, secrets or tokens that were changed meanwhile, or with tokens renewed now.
   * `auth` again means that a person must act.
   */
  afterAuth(connection: OpenConnection, failure: Failure): Promise<OpenConnection | CallFailure>;
}

export const isOpen = (found: OpenConnection | CallFailure): found is OpenConnection => !("ok" in found);

/** A platform may answer with the pair it gave before until the end is nearer: it is not asked with every call. */
const askAgainMs = 60_000;
/** How often a waiting process looks whether the other one is done. */
const lookEveryMs = 250;
/** A person has to act before it ends, and may be away for a week. */
const warnBeforeMs = 14 * 86_400_000;

export const endingTask = "authorization_ending";

interface Parts {
  db: Database;
  runtime: Runtime;
  options: Pick<SyncOptions, "callMs">;
  connections: Connections;
  leases: Leases;
  limiter: RateLimiter;
  log: Log;
}

export function createTokenKeeper(parts: Parts): TokenKeeper {
  const { clock } = parts.runtime;
  const underWay = new Map<string, Promise<OpenConnection | CallFailure>>();
  const askedAtMs = new Map<string, number>();

  /** All who ask within this process share one renewal. */
  const renew = (connection: OpenConnection): Promise<OpenConnection | CallFailure> => {
    const known = underWay.get(connection.id);
    if (known !== undefined) return known;
    askedAtMs.set(connection.id, clock.nowMs());
    const renewing = renewOrWait(parts, connection).finally(() => underWay.delete(connection.id));
    underWay.set(connection.id, renewing);
    return renewing;
  };
  const ready: TokenKeeper["ready"] = async (connection) => {
    const end = endOf(connection, clock.nowMs());
    if (end === "far") return connection;
    const askedMs = askedAtMs.get(connection.id) ?? Number.NEGATIVE_INFINITY;
    if (end === "near" && clock.nowMs() - askedMs < askAgainMs) return connection;
    const renewed = await renew(connection);
    // What is not over yet may still be used; when it is refused, that is told then.
    return isOpen(renewed) || end === "over" ? renewed : connection;
  };
  return {
    ready,
    async afterAuth(connection, failure) {
      const fresh = await parts.connections.fresh(connection.id);
      if (fresh && !isSameAccess(fresh, connection)) return ready(fresh);
      if (!connection.authorization?.refresh || !mayRenew(connection)) return failure;
      return renew(connection);
    },
  };
}

const isSameAccess = (a: OpenConnection, b: OpenConnection): boolean =>
  a.tokensVersion === b.tokensVersion && a.credentials === b.credentials;

const mayRenew = ({ connector, authorization, tokens }: OpenConnection): boolean =>
  tokens?.refreshToken !== undefined ||
  authorization?.refreshesAlone === true ||
  connector.manifest.authorization?.grant === false;

/** over: must be renewed before a call. near: should be. far: nothing to do, or nothing that can be done. */
function endOf(connection: OpenConnection, nowMs: number): "over" | "near" | "far" {
  const { authorization, tokens, connector } = connection;
  if (!authorization?.refresh || !mayRenew(connection)) return "far";
  if (tokens === null) return "over";
  if (tokens.accessExpiresAt === undefined) return "far";
  const leftMs = msOf(tokens.accessExpiresAt) - nowMs;
  if (leftMs <= 0) return "over";
  return leftMs <= (connector.manifest.authorization?.refreshBeforeMs ?? 0) ? "near" : "far";
}

async function renewOrWait(parts: Parts, connection: OpenConnection): Promise<OpenConnection | CallFailure> {
  const { clock, timers } = parts.runtime;
  const untilMs = clock.nowMs() + 2 * parts.options.callMs;
  for (;;) {
    const renewed = await parts.leases.withLease(connection.merchantId, `tokens:${connection.id}`, (lease) =>
      renewHeld(parts, connection, lease.signal),
    );
    if (renewed !== null) return renewed;
    const fresh = await parts.connections.fresh(connection.id);
    if (fresh && fresh.tokensVersion !== connection.tokensVersion) return fresh;
    if (clock.nowMs() >= untilMs) return busy(connection);
    await timers.sleep(lookEveryMs);
  }
}

const busy = ({ name }: OpenConnection): Failure => ({
  ok: false,
  kind: "unavailable",
  message: `Another process has been renewing the access of "${name}" for long; the hub tries again.`,
});

async function renewHeld(
  parts: Parts,
  before: OpenConnection,
  lost: AbortSignal,
): Promise<OpenConnection | CallFailure> {
  const connection = await parts.connections.fresh(before.id);
  if (!connection?.authorization) return gone(before);
  if (connection.tokensVersion !== before.tokensVersion) return connection;
  // Not stopped with the call that needs it: what the platform has given out must be kept.
  const terms = { callMs: parts.options.callMs, graceMs: 0, paid: false };
  const paced = paceCall(parts, connection, terms, lost);
  const result = await refresh(parts, connection, connection.authorization, paced.call);
  paced.end();
  if (!result.ok) {
    if (paced.isRefused() && result.kind === "rate_limited") return { ...result, paced: true };
    // Lost answers are asked for again: platforms that use a refresh token once take it a second time for some minutes.
    return result.kind === "unknown" ? { ...result, kind: "unavailable" } : result;
  }
  await keep(parts, connection, result.value);
  return (await parts.connections.fresh(connection.id)) ?? gone(connection);
}

const gone = ({ name }: OpenConnection): Failure => ({
  ok: false,
  kind: "unavailable",
  message: `"${name}" was changed meanwhile; the hub looks again.`,
});

async function refresh(
  { log }: Parts,
  connection: OpenConnection,
  authorization: Authorization,
  call: Call,
): Promise<Result<Tokens>> {
  try {
    return (await authorization.refresh?.(connection.tokens, call)) ?? gone(connection);
  } catch (error) {
    log.error(
      {
        connectionId: connection.id,
        connector: connection.connector.manifest.id,
        error: connection.thrown(error),
      },
      "A connector threw while renewing tokens; this is a bug in it.",
    );
    return { ok: false, kind: "malformed", message: "The connector failed; its log entry says why." };
  }
}

async function keep({ db, runtime }: Parts, connection: OpenConnection, tokens: Tokens): Promise<void> {
  const { merchantId, id: connectionId, tokensVersion: version, key } = connection;
  await db.transaction(async (tx) => {
    const stored = { tokens, ...endsOf(tokens) };
    const isOurs = await renewTokens(tx, runtime, key, { merchantId, connectionId, version }, stored);
    if (!isOurs || stored.grantExpiresAt === null) return;
    if (stored.grantExpiresAt > addMs(nowInstant(runtime.clock), warnBeforeMs)) return;
    const raised = await insertTasks(tx, runtime, merchantId, [
      {
        kind: endingTask,
        subject: connectionId,
        message: `The access that "${connection.name}" was granted ends at ${stored.grantExpiresAt}: grant it again before, GET /v1/connections/${connectionId}/authorization says where.`,
      },
    ]);
    if (raised.length > 0) await appendEvents(tx, merchantId, raised);
  });
}

export const endsOf = ({ accessExpiresAt, refreshExpiresAt }: Tokens) => ({
  expireAt: accessExpiresAt ?? null,
  grantExpiresAt: refreshExpiresAt ?? null,
});
