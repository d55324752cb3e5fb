import { expect } from "vitest";
import type { Failure } from "../../../src/connectors/contract.ts";
import { operationsOf } from "../operations.ts";
import { finish, openSession, type Session } from "../session.ts";
import type { Subject } from "../subject.ts";
import type { WireFault } from "../wire.ts";
import { type Check, isNetworked } from "./check.ts";

export const secretChecks: Check[] = [
  {
    id: "secrets",
    title: "no failure holds a secret, however the platform echoes it or the connection breaks",
    applies: isNetworked,
    run: secretsStaySecret,
  },
];

const buyer = "13812345678";
const redirectUrl = "https://hub.example/callback";

/** Every credential the hub holds for the account, as it is and as it may stand in an address or a header. */
export function credentialsOf(subject: Subject, { platform }: Pick<Session, "platform">): string[] {
  const tokens = platform.authorization?.tokens();
  const plain = [
    ...Object.values(subject.secrets),
    tokens?.accessToken,
    tokens?.refreshToken,
    ...Object.values(tokens?.extra ?? {}),
  ].filter((value): value is string => typeof value === "string" && value.length >= 8);
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const written = plain.flatMap((value) => [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ value }).toString().slice("value=".length),
    base64(value),
    base64(`${value}:`),
  ]);
  return [...new Set(written)];
}

/** A body that says `code` wherever a platform may put a code, and `told` wherever it may put words. */
const echoed = (code: string | number, sub: string, told: string) => {
  const inner = {
    ...{ code, errcode: code, error_code: code, result: code, sub_code: sub, error: sub, type: sub },
    ...{ errorCode: sub, numberCode: sub, log_id: sub, request_id: sub, requestId: sub, reason: sub },
    ...{ message: told, msg: told, errmsg: told, error_msg: told, errorMessage: told, errorMsg: told },
    ...{ sub_msg: told, detail: told, zh_desc: told, en_desc: told, error_description: told, [sub]: told },
  };
  const errors = [{ ...inner, extensions: { code: sub } }];
  return { ...inner, error_response: inner, apiResult: inner, errors, success: false, data: null };
};

/** `told` is all that was sent, in one text, and `secret` one of the credentials in it. */
type Leak = (told: string, secret: string) => Promise<Response>;

const answers =
  (status: number, code: (secret: string) => string | number): Leak =>
  async (told, secret) =>
    Response.json(echoed(code(secret), secret, `${told} ${buyer}`), { status });

const broken = (error: (told: string) => Error): Leak => {
  return (told) => Promise.reject(error(told));
};

export const leaks: readonly [string, Leak][] = [
  ...[200, 400, 401, 403, 404, 422, 500].flatMap((status): [string, Leak][] => [
    [`${status} with a secret for a code`, answers(status, (secret) => secret)],
    [`${status} with a number for a code`, answers(status, () => 77)],
  ]),
  ["words in place of JSON", async (told) => new Response(told, { status: 200 })],
  [
    "a redirect to what was asked",
    async (told) =>
      new Response(null, { status: 302, headers: { location: `/?${encodeURIComponent(told)}` } }),
  ],
  ["a broken connection that tells its address", broken((told) => new TypeError(`fetch failed: ${told}`))],
  [
    "one whose cause does",
    broken((told) => {
      const cause = Object.assign(new Error(told), { code: "ECONNRESET" });
      return new TypeError("fetch failed", { cause });
    }),
  ],
  [
    "an answer that breaks off half way",
    async (told) =>
      new Response(new ReadableStream({ start: (stream) => stream.error(new Error(`terminated: ${told}`)) })),
  ],
];

/** A platform can only echo what it was sent; which of it changes from fault to fault. */
export const faultOf =
  (leak: Leak, turn: number, credentials: readonly string[]): WireFault =>
  async (request) => {
    const told = [request.url, ...request.headers.values(), await request.clone().text()].join(" ");
    const sent = credentials.filter((credential) => told.includes(credential));
    return leak(told, sent[turn % sent.length] ?? "none");
  };

/** A code is as good as a token until it is used. */
const grantedBy = (parameters: Readonly<Record<string, string>>): string[] =>
  Object.entries(parameters).flatMap(([name, value]) => (name.endsWith("code") ? [value] : []));

async function secretsStaySecret(subject: Subject): Promise<void> {
  for (const [index, [what, leak]] of leaks.entries()) {
    const session = await openSession(subject);
    const operations = await operationsOf(session);
    const authorization = session.authorization();
    const tokens = session.platform.authorization?.tokens();
    const address = authorization?.address?.({ redirectUrl, state: "state-of-a-test" });
    const parameters = address === undefined ? {} : (session.platform.authorization?.grant(address) ?? {});
    const credentials = [...credentialsOf(subject, session), ...grantedBy(parameters)];
    session.wire.fault(faultOf(leak, index, credentials));
    for (const { name, run } of operations) {
      const outcomes = await finish(session.runtime, run(session.call()));
      const failures = outcomes.filter((one): one is Failure => !one.ok);
      for (const failure of failures) expectNothingTold(failure, credentials, `${name} after ${what}`);
    }
    for (const renewed of [
      await authorization?.refresh?.(tokens ?? null, session.call()),
      await authorization?.exchange?.({ parameters, redirectUrl }, session.call()),
    ])
      if (renewed && !renewed.ok) expectNothingTold(renewed, credentials, `renewing after ${what}`);
  }
}

export function expectNothingTold(failure: Failure, credentials: readonly string[], when: string): void {
  const text = JSON.stringify(failure);
  expect(failure.message.trim(), `message of ${when}`).not.toBe("");
  expect(text, when).not.toContain(buyer);
  for (const credential of credentials)
    expect(text.includes(credential), `${when} tells a secret: ${failure.kind}`).toBe(false);
}
