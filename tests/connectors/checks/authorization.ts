import { expect } from "vitest";
import type { Authorization, Tokens } from "../../../src/connectors/contract.ts";
import { tokensSchema } from "../../../src/core/model/tokens.ts";
import { failureOf, finish, openSession, present, type Session, successOf } from "../session.ts";
import type { FakeAuthorization, Subject } from "../subject.ts";
import { answering, unreachable } from "../wire.ts";
import { always, type Check } from "./check.ts";

const grants = ({ connector }: Subject): boolean => connector.manifest.authorization?.grant === true;
const refreshes = ({ connector }: Subject): boolean => connector.manifest.authorization?.refresh === true;

export const authorizationChecks: Check[] = [
  {
    id: "authorization-truthful",
    title: "what is said about granting access is there, and nothing else",
    applies: always,
    run: authorizationIsTruthful,
  },
  {
    id: "authorization-address",
    title: "the address for granting access brings the state back and holds no secret",
    applies: grants,
    run: addressIsSafe,
  },
  {
    id: "authorization-exchange",
    title: "a grant gives tokens that work; a forged or used one gives none",
    applies: grants,
    run: grantsGiveTokens,
  },
  {
    id: "authorization-refresh",
    title: "an expired token is auth, and renewed tokens work",
    applies: refreshes,
    run: tokensAreRenewed,
  },
  {
    id: "authorization-revoked",
    title: "a grant taken back is auth, an outage is not",
    applies: refreshes,
    run: revokedIsAuth,
  },
  {
    id: "authorization-secrets",
    title: "renewing tells no token and no secret",
    applies: refreshes,
    run: renewingTellsNothing,
  },
];

async function authorizationIsTruthful(subject: Subject): Promise<void> {
  const { manifest } = subject.connector;
  const session = await openSession(subject);
  const authorization = session.authorization();
  const declared = manifest.authorization;
  expect({
    there: authorization !== undefined,
    address: authorization?.address !== undefined,
    exchange: authorization?.exchange !== undefined,
    refresh: authorization?.refresh !== undefined,
  }).toEqual({
    there: declared !== undefined,
    address: declared?.grant ?? false,
    exchange: declared?.grant ?? false,
    refresh: declared?.refresh ?? false,
  });
  expect(Object.keys(manifest.settings.shape)).toEqual(
    expect.arrayContaining([...(declared?.boundTo ?? [])]),
  );
  expect(Object.keys(manifest.secrets.shape)).toEqual(
    expect.arrayContaining([...(declared?.boundToSecrets ?? [])]),
  );
  expect(declared?.refreshBeforeMs ?? 0).toBeGreaterThanOrEqual(0);
}

interface Opened {
  session: Session;
  authorization: Authorization;
  fake: FakeAuthorization;
}

async function opened(subject: Subject): Promise<Opened> {
  const session = await openSession(subject);
  const authorization = present(session.authorization(), "authorization");
  return {
    session,
    authorization,
    fake: present(session.platform.authorization, "authorization on its fake"),
  };
}

const redirectUrl = "https://hub.example/authorizations/callback";
const state = "01a20244-e800-7000-8000-000000000000.c3RhdGUtb2YtYS10ZXN0";

const addressOf = ({ authorization }: Opened): string =>
  present(authorization.address, "address").call(authorization, { redirectUrl, state });

async function addressIsSafe(subject: Subject): Promise<void> {
  const { secrets } = subject;
  const made = await opened(subject);
  const address = addressOf(made);
  expect(new URL(address).protocol).toBe("https:");
  // As a parameter, or within the callback's address where the platform knows no such parameter.
  expect(decodeURIComponent(decodeURIComponent(address))).toContain(state);
  expect(decodeURIComponent(address)).toContain(redirectUrl);
  for (const [name, secret] of Object.entries(secrets))
    expect(address.includes(String(secret)), `the address tells ${name}`).toBe(false);
  const parameter = subject.connector.manifest.authorization?.stateParameter ?? "state";
  expect(made.fake.grant(address)[parameter], "the state comes back").toBe(state);
}

const exchange = ({ session, authorization }: Opened, parameters: Record<string, string>) =>
  finish(
    session.runtime,
    present(authorization.exchange, "exchange").call(
      authorization,
      { parameters, redirectUrl },
      session.call(),
    ),
  );

const works = async ({ session }: Opened, tokens: Tokens) => {
  const account = session.reopen(undefined, tokens);
  return finish(session.runtime, account.check(session.call()));
};

async function grantsGiveTokens(subject: Subject): Promise<void> {
  const made = await opened(subject);
  const parameters = made.fake.grant(addressOf(made));
  for (const name of Object.keys(parameters)) {
    if (parameters[name] === state) continue;
    const forged = { ...parameters, [name]: `${parameters[name]}0` };
    const result = await exchange(made, forged);
    if (!result.ok) expect(["auth", "invalid"], `with ${name} changed`).toContain(result.kind);
    // A parameter that says nothing may say anything; what comes of it must be good all the same.
    else successOf(await works(made, result.value));
  }
  expect(["auth", "invalid"], "with nothing").toContain(failureOf(await exchange(made, {})).kind);
  const fresh = made.fake.grant(addressOf(made));
  const tokens = successOf(await exchange(made, fresh));
  expect(tokensSchema.parse(tokens), "tokens of the model").toEqual(tokens);
  successOf(await works(made, tokens));
}

const refresh = ({ session, authorization }: Opened, tokens: Tokens) =>
  finish(
    session.runtime,
    present(authorization.refresh, "refresh").call(authorization, tokens, session.call()),
  );

async function tokensAreRenewed(subject: Subject): Promise<void> {
  const made = await opened(subject);
  const tokens = made.fake.tokens();
  successOf(await works(made, tokens));
  made.fake.expire();
  expect(failureOf(await works(made, tokens)).kind, "with an expired token").toBe("auth");
  const renewed = successOf(await refresh(made, tokens));
  expect(tokensSchema.parse(renewed), "tokens of the model").toEqual(renewed);
  successOf(await works(made, renewed));
  made.fake.expire();
  successOf(await works(made, successOf(await refresh(made, renewed))));
}

async function revokedIsAuth(subject: Subject): Promise<void> {
  const made = await opened(subject);
  const tokens = made.fake.tokens();
  for (const fault of [answering(503), unreachable]) {
    made.session.wire.fault(fault);
    expect(failureOf(await refresh(made, tokens)).kind).toBe("unavailable");
  }
  made.session.wire.fault(answering(429, { "retry-after": "70" }));
  expect(failureOf(await refresh(made, tokens))).toMatchObject({
    kind: "rate_limited",
    retryAfterMs: 70_000,
  });
  made.session.wire.fault(null);
  made.fake.revoke();
  expect(failureOf(await refresh(made, tokens)).kind).toBe("auth");
  expect(failureOf(await works(made, tokens)).kind).toBe("auth");
}

async function renewingTellsNothing(subject: Subject): Promise<void> {
  const made = await opened(subject);
  const tokens = made.fake.tokens();
  const secrets = [...Object.values(subject.secrets), tokens.accessToken, tokens.refreshToken].filter(
    (secret) => typeof secret === "string",
  );
  made.session.wire.fault(async (request) => {
    const sent = `${request.url} ${await request.text()} ${secrets.join(" ")}`;
    return Response.json({ error: tokens.refreshToken, code: secrets[0], message: sent }, { status: 400 });
  });
  const { message } = failureOf(await refresh(made, tokens));
  expect(message.trim()).not.toBe("");
  for (const secret of secrets) expect(message.includes(secret), "a secret in the message").toBe(false);
}
