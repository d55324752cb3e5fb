import type { Context } from "hono";
import type { SluiceError } from "../../core/errors.ts";
import { isSluiceError, messageOf } from "../../core/errors.ts";
import type { Runtime } from "../../core/runtime.ts";
import { languageOf } from "../messages.ts";
import type { Metrics } from "../metrics.ts";
import type { AppEnv, Log, Scope } from "../parts.ts";
import { HttpError, problemOf } from "../problem.ts";

/** Nothing is cached on the way, sniffed, framed or run: the API serves data only. */
export const securityHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

export type Handler = (context: Context<AppEnv>, scope: Scope) => Promise<Response>;

/**
 * Wraps one handler: gives the request its id, turns what is thrown into a problem document, counts and logs the
 * answer. It wraps instead of being a chained middleware so that a route stays one function for Hono, and the
 * server's fast path for plain responses is kept.
 */
export function createObserver(parts: { runtime: Runtime; log: Log; metrics: Metrics }) {
  const { runtime, log, metrics } = parts;
  return (route: string, handler: Handler) =>
    async (context: Context<AppEnv>): Promise<Response> => {
      const scope = scopeOf(context.req.raw, runtime);
      let response: Response;
      try {
        response = await handler(context, scope);
      } catch (error) {
        if (!isSluiceError(error) || error.status >= 500) logFailure(log, scope, route, error);
        response = problemResponse(error, scope);
      }
      const durationMs = runtime.clock.nowMs() - scope.startedMs;
      const { method } = context.req;
      metrics.request(method, route, response.status, durationMs);
      const { requestId, merchantId, keyId } = scope;
      log.info(
        { requestId, method, route, status: response.status, durationMs, merchantId, keyId },
        "request",
      );
      return response;
    };
}

export type Observe = ReturnType<typeof createObserver>;

function scopeOf(request: Request, runtime: Runtime): Scope {
  return {
    requestId: acceptedId(request.headers.get("x-request-id")) ?? runtime.ids.next(),
    language: languageOf(request.headers.get("accept-language")),
    startedMs: runtime.clock.nowMs(),
  };
}

/** A caller's own request id is kept when it is harmless in logs and headers. */
const acceptedId = (header: string | null): string | undefined =>
  header !== null && /^[\w.:-]{1,100}$/.test(header) ? header : undefined;

export function problemResponse(error: unknown, scope: Scope): Response {
  const problem = problemOf(error, scope.language, scope.requestId);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      ...securityHeaders,
      ...(error instanceof HttpError ? error.headers : {}),
      ...(problem.status === 429 || problem.status === 503 ? { "retry-after": "2" } : {}),
      "content-type": "application/problem+json",
      "content-language": scope.language,
      "x-request-id": scope.requestId,
    },
  });
}

/** Own refusals carry safe sentences; of anything else only kind and place are logged, since its text may hold data. */
function logFailure(log: Log, scope: Scope, route: string, error: unknown): void {
  const { requestId, merchantId } = scope;
  const about = { requestId, merchantId, route };
  if (isSluiceError(error)) {
    log.error({ ...about, code: error.code, error: error.message, ...causeOf(error) }, "request failed");
    return;
  }
  const { name, code, stack } = kindAndPlace(error);
  log.error({ ...about, code: "internal", error: name, cause: code, stack }, "request failed");
}

function causeOf({ cause }: SluiceError): { cause?: string; stack?: string[] | undefined } {
  if (cause === undefined) return {};
  if (isSluiceError(cause)) return { cause: messageOf(cause) };
  const { name, code, stack } = kindAndPlace(cause);
  return { cause: code === undefined ? name : `${name} ${code}`, stack };
}

const kindAndPlace = (thrown: unknown) => ({
  name: thrown instanceof Error ? thrown.name : typeof thrown,
  code: thrown instanceof Error && "code" in thrown ? String(thrown.code) : undefined,
  stack: thrown instanceof Error ? frames(thrown) : undefined,
});

/** The places of a stack without its first lines, which repeat the message. */
const frames = (error: Error): string[] =>
  (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .map((line) => line.trim());
