import { z } from "zod";
import { isSluiceError } from "../../core/errors.ts";
import type { Call, Failure, FailureKind, Result } from "../contract.ts";
import { boundedBytes } from "./body.ts";
import {
  brokenConnection,
  type Effect,
  failure,
  kindOfStatus,
  retryAfterMs,
  type Surroundings,
  unreached,
  withoutSecrets,
} from "./failures.ts";
import { parseStrictJson } from "./json.ts";
import { withinLimits } from "./limits.ts";

export interface HttpOptions extends Surroundings {
  /** Everything before the path, e.g. `https://shop.example/api`. */
  baseUrl: string;
  /** Sent with every request: credentials, API version. */
  headers?: Record<string, string>;
  /** Values that must never show up in a message, even when the platform echoes them. */
  secrets?: readonly unknown[];
  /** Names of what a person entered, told where that may be wrong: the address of a host that is not there, the key of a 401. */
  entered?: { address?: string; key?: string };
  /** Default 8 MiB. */
  maxResponseBytes?: number;
  /**
   * What of an error body may be shown: a code, never free text, which can quote buyers. Default: `code`, `type` or
   * `error` where it looks like a code.
   */
  errorCode?: (body: unknown) => string | undefined;
  /**
   * What a body says of a refusal, for platforms that answer 200 to everything or whose codes say more than the status; asked
   * before the answer's shape is looked at. Undefined: go by the status. `codes.ts` makes one from a table.
   */
  refusal?: (body: unknown, status: number) => Refusal | undefined;
  /** Whole numbers beyond 2^53 - 1 in answers are ids and come as text; else such an answer is `malformed`. */
  largeIntegersAsText?: boolean;
  /** Numbers that would not be kept exactly come as text, and only who reads them is disturbed; else such an answer is `malformed`. */
  inexactNumbersAsText?: boolean;
  /** The last word on a request: where it is signed. Pure. */
  sign?: (request: Outgoing) => Outgoing;
}

export interface Refusal {
  kind: FailureKind;
  /** Shown: a code, or a sentence of ours. Never the platform's prose, which can quote buyers. */
  what: string;
  retryAfterMs?: number | undefined;
}

/** A request as it leaves: exactly these bytes are sent. */
export interface Outgoing {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface HttpRequest<Value> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Begins with a slash; encode parts yourself with `encodeURIComponent`. */
  path: string;
  /** Left-out values are not sent; a list is sent as the same name several times. */
  query?: Record<string, string | number | readonly string[] | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as a form, in place of `body`. */
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Shape of a good answer's JSON. An empty body is read as null. */
  answer: z.ZodType<Value>;
  /** Default: GET reads, everything else writes. Say "read" for a POST that only asks. */
  effect?: Effect;
}

export interface HttpClient {
  /** Never rejects for anything the platform does; a body that is no JSON is a bug and throws. One attempt: repeating is the caller's decision (`retry.ts`). */
  send<Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>>;
}

const defaultMaxResponseBytes = 8 * 1024 * 1024;

/** Enough for any error document; the rest of a long error page is not read. */
const maxErrorBytes = 64 * 1024;

interface Reply {
  status: number;
  retryAfter: string | null;
  /** Null when longer than allowed. */
  bytes: Uint8Array | null;
}

/** A JSON client for one account on one platform, over the injected fetch, clock and timers. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const { host } = new URL(baseUrl);
  const maxBytes = options.maxResponseBytes ?? defaultMaxResponseBytes;
  const errorCode = options.errorCode ?? codeLike;

  const exchange = async (url: string, init: RequestInit): Promise<Reply> => {
    const response = await options.fetch(url, init);
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      bytes: await boundedBytes(response, response.ok ? maxBytes : maxErrorBytes),
    };
  };

  return {
    async send<Value>(request: HttpRequest<Value>, call: Call): Promise<Result<Value>> {
      const effect = request.effect ?? (request.method === "GET" ? "read" : "write");
      const name = `${request.method} ${request.path} at ${host}`;
      const refused = call.turn ? await call.turn() : null;
      if (refused) return { ...refused, message: `${name} was not sent. ${refused.message}` };
      // Built outside the limits: what cannot be written as JSON is a bug of ours, not a broken connection.
      const { url, ...init } = outgoingOf(options, baseUrl, request);
      const ending = await withinLimits(call, options, (signal) => exchange(url, { ...init, signal }));
      const result =
        ending.ended === "done"
          ? readReply(ending.value, request.answer, {
              name,
              effect,
              maxBytes,
              errorCode,
              refusal: options.refusal,
              largeIntegersAsText: options.largeIntegersAsText ?? false,
              inexactNumbersAsText: options.inexactNumbersAsText ?? false,
              nowMs: options.clock.nowMs(),
              key: options.entered?.key,
            })
          : failureOfEnding(ending, name, effect, options.entered?.address);
      return result.ok
        ? result
        : { ...result, message: withoutSecrets(result.message, options.secrets ?? []) };
    },
  };
}

function urlOf(baseUrl: string, { path, query = {} }: HttpRequest<unknown>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const single of typeof value === "object" ? value : [String(value)]) search.append(name, single);
  }
  return search.size === 0 ? `${baseUrl}${path}` : `${baseUrl}${path}?${search}`;
}

function outgoingOf(options: HttpOptions, baseUrl: string, request: HttpRequest<unknown>) {
  const headers: Record<string, string> = {
    accept: "application/json",
    "user-agent": "sluice",
    ...options.headers,
    ...request.headers,
  };
  const body = bodyOf(request);
  const outgoing: Outgoing = {
    method: request.method,
    url: urlOf(baseUrl, request),
    headers: body === undefined ? headers : { "content-type": body.type, ...headers },
    body: body?.text,
  };
  const { body: text, ...signed } = options.sign?.(outgoing) ?? outgoing;
  // Redirects are not followed: they would turn a POST into a GET and carry credentials to another host.
  return { ...signed, ...(text === undefined ? {} : { body: text }), redirect: "manual" as const };
}

function bodyOf({ body, form }: HttpRequest<unknown>): { type: string; text: string } | undefined {
  if (form !== undefined)
    return {
      type: "application/x-www-form-urlencoded;charset=utf-8",
      text: new URLSearchParams(form).toString(),
    };
  return body === undefined ? undefined : { type: "application/json", text: JSON.stringify(body) };
}

type Unfinished = Exclude<Awaited<ReturnType<typeof withinLimits>>, { ended: "done" }>;

function failureOfEnding(
  ending: Unfinished,
  name: string,
  effect: Effect,
  address: string | undefined,
): Failure {
  const inDoubt = effect === "write" ? "unknown" : "unavailable";
  switch (ending.ended) {
    case "not_started":
      return failure("unavailable", `${name} was not sent, its time was over`);
    case "deadline":
      return failure(inDoubt, `${name} did not answer in time`);
    case "stopped":
      return failure(inDoubt, `${name} was stopped before its answer came`);
    case "broken": {
      const { code, neverSent } = brokenConnection(ending.error);
      const detail = code === undefined ? "" : ` (${code})`;
      if (neverSent) return failure("unavailable", `${name} could not be reached${unreached(code, address)}`);
      return failure(inDoubt, `${name} broke off without an answer${detail}`);
    }
  }
}

interface ReadContext {
  name: string;
  effect: Effect;
  maxBytes: number;
  errorCode: (body: unknown) => string | undefined;
  refusal: HttpOptions["refusal"];
  largeIntegersAsText: boolean;
  inexactNumbersAsText: boolean;
  nowMs: number;
  /** The field a refused key stands in. */
  key: string | undefined;
}

function readReply<Value>(reply: Reply, answer: z.ZodType<Value>, context: ReadContext): Result<Value> {
  const { status, bytes } = reply;
  if (status >= 300 && status < 400) {
    return failure(
      "invalid",
      `${context.name} redirects (${status}); put the final address into the settings`,
    );
  }
  const refusal = context.refusal?.(looseJson(bytes), status);
  if (refusal)
    return failure(
      refusal.kind,
      `${context.name}: ${refusal.what}`,
      refusal.retryAfterMs ?? headerWait(reply, refusal.kind, context),
    );
  if (status < 200 || status >= 400) return failureOfStatus(reply, context);
  // A write that was answered with success but unreadably has probably taken effect.
  const unreadable = context.effect === "write" ? "unknown" : "malformed";
  if (bytes === null)
    return failure(unreadable, `${context.name} answered more than ${context.maxBytes} bytes`);
  try {
    const { largeIntegersAsText, inexactNumbersAsText } = context;
    const asText = { largeIntegersAsText, inexactNumbersAsText };
    const parsed = answer.safeParse(bytes.byteLength === 0 ? null : parseStrictJson(bytes, asText));
    if (parsed.success) return { ok: true, value: parsed.data };
    return failure(unreadable, `${context.name} answered in an unexpected shape (${issuesOf(parsed.error)})`);
  } catch (error) {
    const code = isSluiceError(error) ? error.code : "internal";
    return failure(unreadable, `${context.name} answered what is no sound JSON (${code})`);
  }
}

function failureOfStatus(reply: Reply, context: ReadContext): Failure {
  const { status, bytes } = reply;
  const kind = kindOfStatus(status, context.effect);
  const code = context.errorCode(looseJson(bytes));
  const hint = status === 401 && context.key !== undefined ? `; check ${context.key}` : "";
  const what = `${context.name} answered ${status}${code === undefined ? "" : ` ${code}`}${hint}`;
  return failure(kind, what, headerWait(reply, kind, context));
}

const headerWait = ({ retryAfter }: Reply, kind: FailureKind, { nowMs }: ReadContext): number | undefined =>
  kind === "rate_limited" || kind === "unavailable" ? retryAfterMs(retryAfter, nowMs) : undefined;

/** An error body is only looked at for its code, so anything unreadable is simply no code. */
function looseJson(bytes: Uint8Array | null): unknown {
  try {
    return bytes === null ? undefined : JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const errorBodySchema = z.object({ code: z.unknown(), type: z.unknown(), error: z.unknown() }).partial();

const codeLike = (body: unknown): string | undefined => {
  const { code, type, error } = errorBodySchema.safeParse(body).data ?? {};
  return [code, type, error].find(isCodeLike);
};

/** A word such as `invalid_data` or `E1042`: no spaces, no at sign, no phone number. */
export const isCodeLike = (value: unknown): value is string =>
  typeof value === "string" && /^[A-Za-z][\w.:-]{0,63}$/.test(value);

/** Where a value did not fit and what was expected there. Never the value itself. */
export const issuesOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`)
    .join("; ");
