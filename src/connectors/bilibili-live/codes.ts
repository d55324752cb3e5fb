import type { Failure, FailureKind } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";

/** The platform's public error codes, sorted into the contract's kinds. */

/** Codes after which the session is gone and another must be started. */
export const sessionGone: ReadonlySet<number> = new Set([7000, 7003]);
/** The previous session is being settled; one is running already. */
export const coolingDown = 7001;
export const alreadyRunning = 7002;

interface Sorted {
  kind: FailureKind;
  /** What a person should know beyond the code. */
  hint?: string;
  waitMs?: number;
}

/** `auth` wherever somebody has to change something at the platform or in the credentials before any call can work. */
const codes = new Map<number, Sorted>([
  [4000, { kind: "invalid", hint: "a parameter is wrong" }],
  [4001, { kind: "auth", hint: "the access key id is wrong" }],
  [4002, { kind: "auth", hint: "the signature does not fit, so the access key secret is wrong" }],
  // Tried again under a new time and nonce.
  [4003, { kind: "unavailable", hint: "the clock of this machine is off by more than ten minutes" }],
  [4004, { kind: "unavailable", hint: "the nonce was used before" }],
  [4005, { kind: "unsupported", hint: "it does not take our way to sign" }],
  [4006, { kind: "unsupported", hint: "it does not take our version of the signature" }],
  [4007, { kind: "auth", hint: "put this machine's address on the white-list of the app" }],
  [4008, { kind: "auth", hint: "the access key has no permission for this call" }],
  [4009, { kind: "rate_limited" }],
  [4010, { kind: "unsupported", hint: "it does not know this call" }],
  [4011, { kind: "unsupported", hint: "it does not take our content type" }],
  [4012, { kind: "unsupported", hint: "the body arrived changed" }],
  [4013, { kind: "unsupported", hint: "it does not take our accept header" }],
  [5000, { kind: "unavailable" }],
  [5001, { kind: "unavailable" }],
  [5002, { kind: "unavailable" }],
  [5003, { kind: "unavailable" }],
  [5004, { kind: "auth", hint: "the room is not on the white-list of the app" }],
  [5005, { kind: "auth", hint: "the room is on a black-list" }],
  [7000, { kind: "not_found", hint: "no session is running in the room" }],
  [7001, { kind: "unavailable", hint: "the session before is still being settled", waitMs: 10_000 }],
  // Without heartbeats the other session runs out within 60 s.
  [7002, { kind: "unavailable", hint: "another session is running in the room", waitMs: 15_000 }],
  [7003, { kind: "not_found", hint: "the session is over" }],
  [7007, { kind: "auth", hint: "the identity code is wrong; ask the presenter for the present one" }],
  [8002, { kind: "auth", hint: "the access key has no permission for this app id" }],
]);

export function failureOfCode(call: string, code: number): Failure {
  const { kind, hint, waitMs } = codes.get(code) ?? { kind: "invalid" };
  return failure(kind, `${call} answered ${code}${hint ? `, ${hint}` : ""}`, waitMs);
}
