import { createCipheriv, createHmac } from "node:crypto";
import { z } from "zod";
import type { RawDelivery, Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { methodsOf, Refusal, refuse } from "./methods.ts";
import { FakeShop, type FakeSku } from "./shop.ts";

/** Kuaishou's gateway at its real address: checks signature, clock, token, verb and speed as the real one does. Shares no code with the connector. */
export const appKey = "ks000000000000000001";
export const appSecret = "test_app_secret";
export const signSecret = "test_sign_secret";
export const messageKey = "MDEyMzQ1Njc4OWFiY2RlZg==";
const gateway = "https://openapi.kwaixiaodian.com";
const skewMs = 600_000;

export interface FakeKuaishou {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** Answers with this once, in place of what was asked for. */
  failNext(result: number): void;
  callsPerSecond: number;
  /** Methods called so far. */
  called: string[];
  message(event: string, info: object): RawDelivery;
  seal(body: Uint8Array): RawDelivery;
}

const systemSchema = z.object({
  appkey: z.string(),
  method: z.string(),
  version: z.literal("1"),
  param: z.string(),
  access_token: z.string(),
  timestamp: z.string().regex(/^\d{13}$/),
  signMethod: z.literal("HMAC_SHA256"),
  sign: z.string(),
});

/** As the platform's guide writes it. */
export const gatewaySign = (fields: Record<string, string>): string => {
  const text = ["access_token", "appkey", "method", "param", "signMethod", "timestamp", "version"]
    .map((name) => `${name}=${fields[name]}`)
    .join("&");
  return createHmac("sha256", signSecret).update(`${text}&signSecret=${signSecret}`).digest("base64");
};

export function createFakeKuaishou(runtime: TestRuntime, skus: readonly FakeSku[]): FakeKuaishou {
  const shop = new FakeShop(runtime, skus);
  const login = createLogin(runtime);
  const methods = methodsOf(shop);
  const failures: number[] = [];
  let second = { at: 0, calls: 0 };
  const fake: FakeKuaishou = {
    shop,
    authorization: login.fake,
    callsPerSecond: 1_000_000,
    called: [],
    failNext: (result) => failures.push(result),
    message(event, info) {
      const text = JSON.stringify({
        eventId: runtime.ids.next(),
        msgId: runtime.ids.next(),
        bizId: 0,
        openId: "demo_seller",
        appKey,
        event,
        info: JSON.stringify(info),
        status: 0,
        createTime: shop.now(),
        updateTime: shop.now(),
        test: false,
      });
      return fake.seal(new TextEncoder().encode(text));
    },
    seal(body) {
      const cipher = createCipheriv("aes-128-cbc", Buffer.from(messageKey, "base64"), Buffer.alloc(16));
      const sealed = Buffer.concat([cipher.update(body), cipher.final()]).toString("base64");
      return {
        body: new TextEncoder().encode(sealed),
        headers: { "content-type": "text/plain;charset=utf-8" },
        url: "https://hub.example/webhooks/c1",
      };
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      if (url.origin !== gateway) return new Response("", { status: 404 });
      const given = request.method === "GET" ? url.searchParams : new URLSearchParams(await request.text());
      const fields = Object.fromEntries(given);
      const refusal = (result: number) =>
        Response.json({
          result,
          code: String(result),
          msg: "fail",
          error_msg: "赵四 13812345678",
          sub_code: "",
        });
      if (url.pathname.startsWith("/oauth2/")) return login.answer(url.pathname, request.method, fields);
      try {
        const system = systemSchema.parse(fields);
        if (system.appkey !== appKey || system.sign !== gatewaySign(fields)) refuse(28);
        if (Math.abs(Number(system.timestamp) - shop.now()) > skewMs) refuse(27);
        if (!login.takes(system.access_token)) refuse(24);
        const nowSecond = Math.floor(shop.now() / 1000);
        if (second.at !== nowSecond) second = { at: nowSecond, calls: 0 };
        second.calls += 1;
        if (second.calls > fake.callsPerSecond) refuse(802_000);
        const failing = failures.shift();
        if (failing !== undefined) refuse(failing);
        fake.called.push(system.method);
        const method = methods[system.method];
        if (
          !method ||
          method.verb !== request.method ||
          url.pathname !== `/${system.method.replaceAll(".", "/")}`
        )
          return refusal(10_000);
        return Response.json({
          result: 1,
          code: "1",
          msg: "success",
          error_msg: "SUCCESS",
          data: method.work(JSON.parse(system.param)),
        });
      } catch (error) {
        if (error instanceof Refusal) return refusal(error.result);
        if (error instanceof z.ZodError) return refusal(10_001);
        throw error;
      }
    },
  };
  return fake;
}

/** 48 hours and 180 days; a renewal kills the refresh token before it and moves no end. */
function createLogin(runtime: TestRuntime) {
  let made = 0;
  const access = new Set<string>();
  const refresh = new Map<string, number>();
  const codes = new Set<string>();
  const issue = (refreshEndsMs: number) => {
    made += 1;
    access.add(`access_${made}_0123456789`);
    refresh.set(`refresh_${made}_0123456789`, refreshEndsMs);
    return {
      result: 1,
      access_token: `access_${made}_0123456789`,
      expires_in: 172_800,
      refresh_token: `refresh_${made}_0123456789`,
      refresh_token_expires_in: Math.floor((refreshEndsMs - runtime.clock.nowMs()) / 1000),
      open_id: "demo_seller",
      scopes: ["merchant_order"],
    };
  };
  const halfYear = () => runtime.clock.nowMs() + 180 * 86_400_000;
  const first = issue(halfYear());
  const tokens: Tokens = {
    accessToken: first.access_token,
    refreshToken: first.refresh_token,
    accessExpiresAt: instantOf(runtime.clock.nowMs() + 172_800_000),
    refreshExpiresAt: instantOf(halfYear()),
  };
  const fake: FakeAuthorization = {
    tokens: () => tokens,
    wrongTokens: () => ({ accessToken: "access_of_somebody_else" }),
    grant(address) {
      const { host, searchParams } = new URL(address);
      if (host !== "open.kwaixiaodian.com" || searchParams.get("app_id") !== appKey)
        throw new Error("another app");
      if (searchParams.get("response_type") !== "code") throw new Error("no response_type");
      const code = `code_${codes.size + 1}_`;
      codes.add(code);
      return { code, state: searchParams.get("state") ?? "" };
    },
    expire: () => access.clear(),
    revoke() {
      access.clear();
      refresh.clear();
    },
  };
  const refused = (result: number) =>
    Response.json({ result, error: "invalid", error_msg: "refreshToken.discarded" });
  const answer = (path: string, verb: string, fields: Record<string, string>) => {
    if (fields.app_id !== appKey || fields.app_secret !== appSecret) return refused(100_200_101);
    if (path === "/oauth2/access_token" && verb === "GET" && fields.grant_type === "code")
      return codes.delete(fields.code ?? "") ? Response.json(issue(halfYear())) : refused(100_200_103);
    const endsMs = refresh.get(fields.refresh_token ?? "");
    if (path !== "/oauth2/refresh_token" || verb !== "POST" || fields.grant_type !== "refresh_token")
      return refused(100_200_100);
    if (endsMs === undefined || endsMs <= runtime.clock.nowMs()) return refused(100_200_102);
    refresh.delete(fields.refresh_token ?? "");
    return Response.json(issue(endsMs));
  };
  return { fake, answer, takes: (token: string) => access.has(token) };
}
