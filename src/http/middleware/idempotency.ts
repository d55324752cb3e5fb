import { createHash } from "node:crypto";
import {
  claimIdempotencyKey,
  forgetIdempotencyKey,
  type IdempotentCall,
  type KeptAnswer,
  keepAnswer,
} from "../../core/access/idempotency.ts";
import { nowInstant } from "../../core/clock.ts";
import type { Database } from "../../core/db/database.ts";
import { isSluiceError } from "../../core/errors.ts";
import type { Runtime } from "../../core/runtime.ts";
import type { Log, Scope } from "../parts.ts";
import { HttpError, problemOf } from "../problem.ts";
import type { Caller } from "./authenticate.ts";

export interface Write {
  caller: Caller;
  scope: Scope;
  request: Request;
  /** The address as called, without query. */
  path: string;
  bytes: Uint8Array;
}

export type RunOnce = (
  write: Write,
  work: () => Promise<KeptAnswer | Response>,
) => Promise<KeptAnswer | Response>;

/**
 * With an Idempotency-Key the first final answer is kept, refusals included, and given again to every repeat. A
 * failure of ours (5xx) is never kept: the key is given back, and the repeat does the work.
 */
type Parts = { db: Database; runtime: Runtime; log: Log };

export function createRunOnce(parts: Parts): RunOnce {
  const { db, runtime } = parts;
  return async (write, work) => {
    const key = write.request.headers.get("idempotency-key");
    if (key === null) return work();
    if (!/^[\x21-\x7e]{1,200}$/.test(key)) throw new HttpError("invalid_request", "key_unusable");
    const call = { merchantId: write.caller.merchantId, key, digest: digestOf(write) };
    const claim = await claimIdempotencyKey(db, call, nowInstant(runtime.clock));
    switch (claim.kind) {
      case "repeat":
        return { ...claim.answer, headers: { ...claim.answer.headers, "idempotent-replay": "true" } };
      case "mismatch":
        throw new HttpError("idempotency_mismatch", "key_reused");
      case "in_progress":
        throw new HttpError("idempotency_in_progress", "key_in_progress", {
          headers: { "retry-after": "2" },
        });
      case "first":
        return runFirst(parts, call, write.scope, work);
    }
  };
}

async function runFirst(
  { db, log }: Parts,
  call: IdempotentCall,
  scope: Scope,
  work: () => Promise<KeptAnswer | Response>,
): Promise<KeptAnswer | Response> {
  // What is done is done: failing to note it must not turn an answer into an error.
  const noted = (note: Promise<void>) =>
    note.catch((error: unknown) => {
      const { requestId, merchantId } = scope;
      log.error(
        { requestId, merchantId, error: nameOf(error) },
        "the answer to an Idempotency-Key was not kept",
      );
    });
  let answer: KeptAnswer | Response;
  try {
    answer = await work();
  } catch (error) {
    const isFinal = isSluiceError(error) && error.status < 500 && !error.retryable;
    await noted(isFinal ? keepAnswer(db, call, refusalAnswer(error, scope)) : forgetIdempotencyKey(db, call));
    throw error;
  }
  if (!(answer instanceof Response)) await noted(keepAnswer(db, call, answer));
  return answer;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

function refusalAnswer(error: unknown, scope: Scope): KeptAnswer {
  const problem = problemOf(error, scope.language, scope.requestId);
  return {
    status: problem.status,
    text: JSON.stringify(problem),
    headers: { "content-type": "application/problem+json", "content-language": scope.language },
  };
}

const digestOf = (write: Write): string =>
  createHash("sha256").update(`${write.request.method} ${write.path}\n`).update(write.bytes).digest("hex");
