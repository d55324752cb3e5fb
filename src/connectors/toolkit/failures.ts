import { type Failure, type FailureKind, type OpenContext, retryableKinds } from "../contract.ts";
import { toBase64 } from "./signatures.ts";

/** Sorting of what went wrong on the wire into the contract's kinds. */

/** read: a repeat changes nothing there. write: it may, so a doubtful end must be told apart from a failed one. */
export type Effect = "read" | "write";

/**
 * 429 and 503 say that nothing was done. Any other 5xx leaves that open (a gateway gave up waiting, or the platform broke
 * after it had stored), so for a write it is `unknown`: taken as a failure, a stock increase could be sent twice.
 */
export function kindOfStatus(status: number, effect: Effect): FailureKind {
  if (status === 401 || status === 403) return "auth";
  if (status === 404 || status === 410) return "not_found";
  if (status === 405 || status === 501) return "unsupported";
  if (status === 408 || status === 425 || status === 503) return "unavailable";
  if (status === 409) return "conflict";
  if (status === 429) return "rate_limited";
  if (status >= 500) return effect === "write" ? "unknown" : "unavailable";
  return "invalid";
}

/** Longest wait believed: a platform that asks for days is asked again sooner. */
const maxRetryAfterMs = 3_600_000;

/** `Retry-After` in seconds or as an HTTP date (RFC 9110 section 10.2.3), as milliseconds from now. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1000) : httpDateMs(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs);
}

/** IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT"; every other spelling is NaN, since Date.parse would guess a zone. */
const httpDateMs = (text: string): number =>
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;

/** Errors of Node's fetch that come before the first byte of the request has left. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** The error code of a broken connection, and whether the request had surely not left. */
export function brokenConnection(error: unknown): { code: string | undefined; neverSent: boolean } {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = [cause, error].map(codeOf).find((found) => found !== undefined);
  return { code, neverSent: code !== undefined && neverSent.has(code) };
}

/** Why nobody was reached, in words, and what to do about it: the address if a person entered it, and the hub's own network. */
export function unreached(code: string | undefined, address: string | undefined): string {
  const why =
    code === undefined
      ? ""
      : ` (${[code, reasons[code] ?? reasonOfCertificate(code)].filter(Boolean).join(", ")})`;
  return `${why}; check ${address === undefined ? "" : `${address} in the settings and `}the network of the hub`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "it takes no connections",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  UND_ERR_CONNECT_TIMEOUT: "it did not answer",
};

const reasonOfCertificate = (code: string): string | undefined =>
  /CERT|SIGNATURE/.test(code) ? "its certificate is not good" : undefined;

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

const nextStep: Record<FailureKind, string> = {
  auth: "check the credentials of this connection",
  rate_limited: "it limits calls; the hub slows down and tries again",
  unavailable: "the hub tries again",
  invalid: "look at what is sent and at the settings of this connection",
  not_found: "check that it still exists there, and the address in the settings",
  conflict: "the platform's state has changed meanwhile; the hub looks again",
  unsupported: "the platform does not offer this",
  malformed: "the answer could not be read; the hub tries again",
  unknown: "it may or may not have taken effect; the hub finds out before it repeats it",
};

export function failure(kind: FailureKind, what: string, retryAfter?: number): Failure {
  const message = `${what}: ${nextStep[kind]}.`;
  return retryAfter === undefined
    ? { ok: false, kind, message }
    : { ok: false, kind, message, retryAfterMs: retryAfter };
}

export const isRetryable = (result: Failure): boolean => retryableKinds.has(result.kind);

/** What is secret of the fields of a call for tokens: everything but the kind of the grant, a public word. */
export const secretFields = ({
  grant_type: _public,
  ...others
}: Readonly<Record<string, unknown>>): unknown[] => Object.values(others);

/**
 * Replaces secrets in text that a platform may have echoed, as they are and as they stand in addresses, forms and headers. Longer ones
 * first, so that none leaves its rest behind. Very short ones are left: they would blot out words.
 */
export const withoutSecrets = (text: string, secrets: readonly unknown[]): string =>
  secrets
    .filter((secret): secret is string => typeof secret === "string" && secret.length >= shortestSecret)
    .flatMap(waysToWrite)
    .sort((a, b) => b.length - a.length)
    .reduce((masked, written) => masked.replaceAll(written, "[secret]"), text);

const shortestSecret = 4;

const base64Of = (text: string): string => toBase64(new TextEncoder().encode(text));

const waysToWrite = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ secret }).toString().slice("secret=".length),
  base64Of(secret),
  base64Of(`${secret}:`),
];

export type Surroundings = Pick<OpenContext, "fetch" | "clock" | "timers">;
