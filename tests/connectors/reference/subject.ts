import { createHmac } from "node:crypto";
import { z } from "zod";
import type {
  Call,
  Connector,
  OpenContext,
  RawDelivery,
  Tokens,
  Webhooks,
} from "../../../src/connectors/contract.ts";
import { generic } from "../../../src/connectors/generic/index.ts";
import { createHttpClient } from "../../../src/connectors/toolkit/http.ts";
import { instantOf } from "../../../src/core/clock.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import {
  apiToken,
  otherWebhookSecret,
  subject as plain,
  signedDelivery,
  startSandbox,
  webhookSecret,
} from "../generic/subject.ts";
import type { FakeAuthorization, Platform, Subject } from "../subject.ts";

/**
 * The generic connector behind a platform that grants access, renews tokens, encodes its deliveries, wants them acknowledged by
 * name and asks first whether anybody is there: what the suite's checks of these are tried on.
 */
const clientSecret = "client-secret-of-a-test";
const loginUrl = "https://login.example";
const answerSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number(),
});

const challengeSignature = (challenge: string, secret: string): string =>
  createHmac("sha256", secret).update(challenge).digest("hex");

const connector: Connector = {
  manifest: {
    ...generic.manifest,
    id: "reference",
    secrets: generic.manifest.secrets.extend({
      clientSecret: z.string().describe("Secret of our application"),
    }),
    authorization: { grant: true, refresh: true, refreshBeforeMs: 60_000, boundTo: ["baseUrl"] },
  },
  open(context) {
    const secrets = { ...context.secrets, apiToken: context.tokens?.accessToken };
    const account = generic.open({ ...context, secrets });
    return account.webhooks
      ? { ...account, webhooks: encoded(account.webhooks, String(context.secrets.clientSecret)) }
      : account;
  },
  authorization(context) {
    return {
      address: ({ redirectUrl, state }) =>
        `${loginUrl}/grant?${new URLSearchParams({ redirect_uri: redirectUrl, state })}`,
      exchange: ({ parameters }, call) =>
        ask(context, { grant_type: "authorization_code", code: parameters.code ?? "" }, call),
      refresh: (tokens, call) =>
        ask(context, { grant_type: "refresh_token", refresh_token: tokens?.refreshToken ?? "" }, call),
    };
  },
};

async function ask(context: OpenContext, form: Record<string, string>, call: Call) {
  const http = createHttpClient({
    ...context,
    baseUrl: loginUrl,
    secrets: [...Object.values(context.secrets), ...Object.values(form)],
    refusal: (body) =>
      z.object({ error: z.literal("invalid_grant") }).safeParse(body).success
        ? { kind: "auth", what: "invalid_grant" }
        : undefined,
  });
  const secret = String(context.secrets.clientSecret);
  const result = await http.send(
    { method: "POST", path: "/token", form: { ...form, client_secret: secret }, answer: answerSchema },
    call,
  );
  if (!result.ok) return result;
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds } = result.value;
  const accessExpiresAt = instantOf(context.clock.nowMs() + seconds * 1000);
  return { ok: true as const, value: { accessToken, refreshToken, accessExpiresAt } };
}

const encoded = (webhooks: Webhooks, secret: string): Webhooks => ({
  ...webhooks,
  verify(delivery, now) {
    const answer = webhooks.verify(delivery, now);
    if (!answer.verified) return answer;
    const content = new Uint8Array(Buffer.from(new TextDecoder().decode(delivery.body), "base64"));
    const body = `got ${answer.deliveryId}`;
    return { ...answer, content, acknowledgement: { status: 200, body, contentType: "text/plain" } };
  },
  probe(request) {
    if (request.method !== "GET") return null;
    const { searchParams } = new URL(request.url);
    const challenge = searchParams.get("challenge");
    if (!challenge || searchParams.get("signature") !== challengeSignature(challenge, secret)) return null;
    return { status: 200, body: challenge, contentType: "text/plain" };
  },
});

/** Gives out tokens, each refresh token good for one use. */
function createLogin(runtime: TestRuntime) {
  let made = 0;
  let codes = 0;
  const access = new Set<string>();
  const refresh = new Set<string>();
  const open = new Set<string>();
  const issue = (): Tokens => {
    made += 1;
    access.add(`access-${made}-of-a-test`);
    refresh.add(`refresh-${made}-of-a-test`);
    const accessExpiresAt = instantOf(runtime.clock.nowMs() + 3_600_000);
    return {
      accessToken: `access-${made}-of-a-test`,
      refreshToken: `refresh-${made}-of-a-test`,
      accessExpiresAt,
    };
  };
  const first = issue();
  const fake: FakeAuthorization = {
    tokens: () => first,
    wrongTokens: () => ({ accessToken: "access-of-somebody-else" }),
    grant(address) {
      codes += 1;
      open.add(`code-${codes}-`);
      return { code: `code-${codes}-`, state: new URL(address).searchParams.get("state") ?? "" };
    },
    expire: () => access.clear(),
    revoke() {
      access.clear();
      refresh.clear();
    },
  };
  const answer = async (request: Request): Promise<Response> => {
    const form = new URLSearchParams(await request.text());
    const isGood =
      form.get("client_secret") === clientSecret &&
      (form.get("grant_type") === "refresh_token"
        ? refresh.delete(form.get("refresh_token") ?? "")
        : open.delete(form.get("code") ?? ""));
    if (!isGood) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const tokens = issue();
    return Response.json({
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      expires_in: 3600,
    });
  };
  return { fake, answer, takes: (token: string) => access.has(token) };
}

function start(runtime: TestRuntime): Platform {
  const { platform } = startSandbox(runtime);
  const login = createLogin(runtime);
  const encode = (delivery: RawDelivery): RawDelivery =>
    signedDelivery(
      Buffer.from(delivery.body).toString("base64"),
      `msg_${runtime.ids.next()}`,
      runtime.clock.nowMs(),
    );
  const { webhooks } = platform;
  if (!webhooks) throw new Error("the sandbox has webhooks");
  const probeAt = (query: Record<string, string>): RawDelivery => ({
    method: "GET",
    body: new Uint8Array(),
    headers: {},
    url: `https://hub.example/webhooks/c1?${new URLSearchParams(query)}`,
  });
  const signature = challengeSignature("word-1", clientSecret);
  return {
    ...platform,
    authorization: login.fake,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      if (request.url.startsWith(loginUrl)) return login.answer(request);
      const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
      const headers = new Headers(request.headers);
      headers.set("authorization", `Bearer ${login.takes(token) ? apiToken : "nobody"}`);
      return platform.fetch(new Request(request, { headers }));
    },
    webhooks: {
      ...webhooks,
      deliver: async (externalId) => encode(await webhooks.deliver(externalId)),
      sign: (body) => encode({ body, headers: {}, url: "" }),
      accepts: ({ status, body }, { headers }) => status === 200 && body === `got ${headers["webhook-id"]}`,
      probe: () => ({
        request: probeAt({ challenge: "word-1", signature }),
        answer: { status: 200, body: "word-1", contentType: "text/plain" },
        spoilt: [
          probeAt({ challenge: "word-1" }),
          probeAt({ challenge: "word-2", signature }),
          probeAt({ challenge: "word-1", signature: `${signature}0` }),
          { ...probeAt({ challenge: "word-1", signature }), method: "POST" },
        ],
      }),
    },
  };
}

export const subject: Subject = {
  ...plain,
  connector,
  probes: true,
  secrets: { webhookSecret, clientSecret },
  wrongSecrets: { webhookSecret: otherWebhookSecret, clientSecret: "somebody-else" },
  rotatedSecrets: { webhookSecret: otherWebhookSecret, previousWebhookSecret: webhookSecret, clientSecret },
  secretsWithoutWebhook: { clientSecret },
  start,
};
