import { type Broken, withCalls, withFailures, withKind, withOrders } from "../breaking.ts";
import { subject as good } from "../generic/subject.ts";

/** What `checks/failures.ts` must catch. */
export const brokenFailures: Broken = {
  "rate-limited": {
    "429 taken for an outage": () => withKind(good, "rate_limited", "unavailable"),
    "Retry-After ignored": () => withFailures(good, ({ retryAfterMs: _ignored, ...failure }) => failure),
    "seconds taken for milliseconds": () =>
      withFailures(good, (failure) =>
        failure.retryAfterMs === undefined
          ? failure
          : { ...failure, retryAfterMs: failure.retryAfterMs / 1000 },
      ),
  },
  unauthorised: { "401 retried for ever": () => withKind(good, "auth", "unavailable") },
  unavailable: { "503 taken for the item's fault": () => withKind(good, "unavailable", "invalid") },
  "server-error": {
    "a write that broke half way is simply repeated": () =>
      withFailures(good, (failure, _context, operation) =>
        operation === "writes" && failure.kind === "unknown" ? { ...failure, kind: "unavailable" } : failure,
      ),
  },
  malformed: {
    "an unreadable answer is the end of the list": () =>
      withOrders(good, (orders) => ({
        async pull(request, call) {
          const result = await orders.pull(request, call);
          return result.ok || result.kind !== "malformed"
            ? result
            : { ok: true, value: { orders: [], rejected: [], cursor: null, more: false } };
        },
      })),
    "an unreadable answer throws": () =>
      withFailures(good, (failure) => {
        if (failure.kind === "malformed") throw new SyntaxError("Unexpected token <");
        return failure;
      }),
  },
  deadline: {
    "no deadline": () => withCalls(good, (call) => ({ ...call, deadlineMs: Number.POSITIVE_INFINITY })),
  },
  abort: {
    "a call that cannot be stopped": () =>
      withCalls(good, (call) => ({ ...call, signal: new AbortController().signal })),
    "a deadline that begins anew": () =>
      withCalls(good, (call) => ({ ...call, deadlineMs: call.deadlineMs + 60_000 })),
  },
  turns: {
    "turns are not asked for": () => withCalls(good, ({ turn: _unasked, ...call }) => call),
    "a turn refused taken for an outage": () => withKind(good, "rate_limited", "unavailable"),
  },
  doubt: { "a lost answer taken for a failure": () => withKind(good, "unknown", "unavailable") },
  secrets: {
    "the token in the message": () =>
      withFailures(good, (failure, { secrets }) => ({
        ...failure,
        message: `${failure.message} (${secrets.apiToken})`,
      })),
    "what the platform wrote in the message": () =>
      withFailures(good, (failure) => ({ ...failure, message: `${failure.message} 13812345678` })),
    "no message": () => withFailures(good, (failure) => ({ ...failure, message: "" })),
  },
};
