import { createHash, createHmac } from "node:crypto";
import { z } from "zod";
import type { RawDelivery, Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { type Methods, methodsOf, Refusal, refuse } from "./methods.ts";
import { FakeShop, type FakeSku } from "./shop.ts";
import { textOf } from "./view.ts";

/** Douyin's gateway at its real address: checks signature, clock, token and speed as the real one does. Shares no code with the connector. */
export const appKey = "7000000000000000001";
export const appSecret = "test-secret-0001";
export const shopId = "123456";
const gateway = "https://openapi-fxg.jinritemai.com";
const skewSeconds = 600;

export interface FakeDouyin {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** Answers with this once, in place of what was asked for. */
  failNext(code: number, subCode: string): void;
  /** Calls taken in one second. */
  callsPerSecond: number;
  /** Methods called so far. */
  called: string[];
  message(tag: string, data: object): RawDelivery;
  sign(body: Uint8Array): RawDelivery;
}

/** What the gateway signs: compact, keys in order at every depth. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical((value as Record<string, unknown>)[key])}`);
  return `{${parts.join(",")}}`;
}

export const gatewaySign = (secret: string, method: string, body: string, timestamp: string): string =>
  createHmac("sha256", secret)
    .update(
      [
        secret,
        "app_key",
        appKey,
        "method",
        method,
        "param_json",
        body,
        "timestamp",
        timestamp,
        "v2",
        secret,
      ].join(""),
    )
    .digest("hex");

const querySchema = z.object({
  app_key: z.string(),
  method: z.string(),
  timestamp: z.string().regex(/^\d{10}$/),
  v: z.literal("2"),
  sign: z.string(),
  sign_method: z.literal("hmac-sha256"),
  access_token: z.string().optional(),
});

export function createFakeDouyin(runtime: TestRuntime, skus: readonly FakeSku[]): FakeDouyin {
  const shop = new FakeShop(runtime, skus);
  const login = createLogin(runtime);
  const failures: { code: number; subCode: string }[] = [];
  let second = { at: 0, calls: 0 };
  const methods: Methods = { ...methodsOf(shop), ...login.methods };
  const fake: FakeDouyin = {
    shop,
    authorization: login.fake,
    callsPerSecond: 1_000_000,
    called: [],
    failNext: (code, subCode) => failures.push({ code, subCode }),
    message: (tag, data) =>
      fake.sign(
        new TextEncoder().encode(
          JSON.stringify([{ tag, msg_id: `${runtime.ids.next()}`, data: textOf(data) }]),
        ),
      ),
    sign: (body) => ({
      body,
      headers: {
        "content-type": "application/json",
        "app-id": appKey,
        "event-sign": createHash("md5").update(appKey).update(body).update(appSecret).digest("hex"),
      },
      url: "https://hub.example/webhooks/c1",
    }),
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const body = await request.text();
      if (url.origin !== gateway || request.method !== "POST") return new Response("", { status: 404 });
      const answer = (rest: object) =>
        new Response(textOf({ log_id: "20261122160000010203040506070809AB", ...rest }), {
          headers: { "content-type": "application/json" },
        });
      try {
        const query = admitted(url, body, login.takes);
        if (second.at !== shop.now()) second = { at: shop.now(), calls: 0 };
        second.calls += 1;
        if (second.calls > fake.callsPerSecond) refuse(60000, "isp.call-limited");
        const failing = failures.shift();
        if (failing) refuse(failing.code, failing.subCode);
        fake.called.push(query.method);
        const work = methods[query.method];
        if (!work) return refuse(70000, "isp.api-service-off");
        return answer({
          code: 10000,
          msg: "success",
          sub_code: "",
          sub_msg: "",
          data: work(JSON.parse(body)),
        });
      } catch (error) {
        if (error instanceof Refusal)
          return answer({
            code: error.code,
            msg: "fail",
            sub_code: error.subCode,
            sub_msg: "李四 13812345678",
          });
        if (error instanceof z.ZodError)
          return answer({ code: 40002, msg: "fail", sub_code: "isv.parameter-invalid:1", sub_msg: "" });
        throw error;
      }
    },
  };
  return fake;
}

/** The checks every call goes through. */
function admitted(url: URL, body: string, takes: (token: string) => string | null) {
  const parsed = querySchema.safeParse(Object.fromEntries(url.searchParams));
  if (!parsed.success) return refuse(40001, "isv.parameter-missing");
  const query = parsed.data;
  if (query.app_key !== appKey) refuse(40003, "isv.app-id-invalid");
  if (`/${query.method.replaceAll(".", "/")}` !== url.pathname) refuse(40001, "isv.method-invalid");
  if (
    query.sign !== gatewaySign(appSecret, query.method, body, query.timestamp) ||
    canonical(JSON.parse(body)) !== body
  )
    refuse(40003, "isv.signature-invalid");
  const nowSeconds = Number(query.timestamp);
  if (Math.abs(nowSeconds - clockOf(takes)) > skewSeconds) refuse(40003, "isv.timestamp-invalid");
  if (!query.method.startsWith("token.")) {
    if (!query.access_token) refuse(40001, "isv.access-token-missing");
    const problem = takes(query.access_token ?? "");
    if (problem) refuse(40003, problem);
  }
  return query;
}

const clocks = new WeakMap<object, () => number>();
const clockOf = (login: object): number => clocks.get(login)?.() ?? Number.NaN;

/** Own-shop applications: tokens for app_key, secret and shop number; a refresh token is good once. */
function createLogin(runtime: TestRuntime) {
  let made = 0;
  let isAuthorized = true;
  const access = new Map<string, "good" | "over">();
  const refresh = new Set<string>();
  const issue = () => {
    made += 1;
    access.set(`access-${made}-0123456789`, "good");
    refresh.add(`refresh-${made}-0123456789`);
    return {
      access_token: `access-${made}-0123456789`,
      expires_in: 604_800,
      refresh_token: `refresh-${made}-0123456789`,
      shop_id: `#${shopId}`,
      shop_name: "演示茶铺",
      authority_id: "1",
      auth_subject_type: "",
    };
  };
  const first = issue();
  const tokens: Tokens = {
    accessToken: first.access_token,
    refreshToken: first.refresh_token,
    accessExpiresAt: instantOf(runtime.clock.nowMs() + 604_800_000),
    extra: { shopName: first.shop_name },
  };
  const fake: FakeAuthorization = {
    tokens: () => tokens,
    wrongTokens: () => ({ accessToken: "access-of-somebody-else" }),
    grant: () => {
      throw new Error("an own-shop application has no page for granting");
    },
    expire() {
      for (const token of access.keys()) access.set(token, "over");
    },
    revoke() {
      isAuthorized = false;
      access.clear();
      refresh.clear();
    },
  };
  const takes = (token: string): string | null => {
    const state = access.get(token);
    if (state === "good") return null;
    return state === "over" ? "isv.access-token-expired" : "isv.access-token-no-existed";
  };
  clocks.set(takes, () => Math.floor(runtime.clock.nowMs() / 1000));
  const methods: Methods = {
    "token.create"(params) {
      z.strictObject({
        code: z.literal(""),
        grant_type: z.literal("authorization_self"),
        shop_id: z.string(),
      }).parse(params);
      if (!isAuthorized || (params as { shop_id: string }).shop_id !== shopId)
        refuse(30001, "dop.authorization-closed");
      return issue();
    },
    "token.refresh"(params) {
      const { refresh_token } = z
        .strictObject({ grant_type: z.literal("refresh_token"), refresh_token: z.string() })
        .parse(params);
      if (!refresh.delete(refresh_token)) refuse(50001, "dop.token-generate-failed:1010");
      return issue();
    },
  };
  return { fake, takes, methods };
}
