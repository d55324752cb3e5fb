import { createHash } from "node:crypto";
import { z } from "zod";
import type { RawDelivery, Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { type Methods, methodsOf, Refusal, refuse } from "./methods.ts";
import { FakeShop, type FakeSku } from "./shop.ts";

/** Xiaohongshu's gateway at its real address: checks signature, clock, token and speed as the real one does. Shares no code with the connector. */
export const appId = "test-app-id-0001";
export const appSecret = "test-app-secret-0001";
const gateway = "https://ark.xiaohongshu.com/ark/open_api/v3/common_controller";
const skewSeconds = 300;

export interface FakeXiaohongshu {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** Answers with this once, in place of what was asked for. */
  failNext(method: string, code: number, words: string): void;
  callsPerSecond: number;
  /** Methods called so far. */
  called: string[];
  message(msgTag: string, data: object): RawDelivery;
  sign(body: Uint8Array): RawDelivery;
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");

export const gatewaySign = (method: string, timestamp: string, secret = appSecret): string =>
  md5(`${method}?appId=${appId}&timestamp=${timestamp}&version=2.0${secret}`);

const systemSchema = z.looseObject({
  appId: z.string(),
  method: z.string(),
  version: z.literal("2.0"),
  timestamp: z.string().regex(/^\d{10}$/),
  sign: z.string(),
  accessToken: z.string().optional(),
});

export function createFakeXiaohongshu(runtime: TestRuntime, skus: readonly FakeSku[]): FakeXiaohongshu {
  const shop = new FakeShop(runtime, skus);
  const login = createLogin(runtime);
  const methods: Methods = { ...methodsOf(shop), ...login.methods };
  const failures: { method: string; code: number; words: string }[] = [];
  let second = { at: 0, calls: 0 };
  const fake: FakeXiaohongshu = {
    shop,
    authorization: login.fake,
    callsPerSecond: 1_000_000,
    called: [],
    failNext: (method, code, words) => failures.push({ method, code, words }),
    message: (msgTag, data) =>
      fake.sign(
        new TextEncoder().encode(
          JSON.stringify([{ msgTag, sellerId: "demo_seller", data: JSON.stringify(data) }]),
        ),
      ),
    sign(body) {
      const timestamp = String(Math.floor(shop.now() / 1000));
      return {
        body,
        headers: {
          "content-type": "application/json",
          "app-key": appId,
          timestamp,
          sign: md5(`/webhooks/c1?app-key=${appId}&timestamp=${timestamp}&v=1${appSecret}`),
        },
        url: "https://hub.example/webhooks/c1?v=1",
      };
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      if (request.url !== gateway || request.method !== "POST") return new Response("", { status: 404 });
      try {
        const {
          appId: app,
          method,
          version: _version,
          timestamp,
          sign,
          accessToken,
          ...params
        } = systemSchema.parse(await request.json());
        if (app !== appId) refuse(-100, "appId不存在");
        if (sign !== gatewaySign(method, timestamp)) refuse(-101, "签名错误");
        if (Math.abs(Number(timestamp) - shop.now() / 1000) > skewSeconds) refuse(-102, "时间戳过期");
        if (!method.startsWith("oauth.") && !login.takes(accessToken ?? ""))
          refuse(-103, "accessToken expired");
        const nowSecond = Math.floor(shop.now() / 1000);
        if (second.at !== nowSecond) second = { at: nowSecond, calls: 0 };
        second.calls += 1;
        if (second.calls > fake.callsPerSecond) refuse(-104, "接口限流");
        const failing = failures.findIndex((one) => one.method === method);
        const [failure] = failing < 0 ? [] : failures.splice(failing, 1);
        if (failure) refuse(failure.code, failure.words);
        fake.called.push(method);
        const work = methods[method] ?? refuse(-105, "接口不支持");
        return Response.json({ error_code: 0, error_msg: "", success: true, data: work(params) });
      } catch (error) {
        if (error instanceof Refusal)
          return Response.json({
            error_code: error.code,
            error_msg: `${error.message} 13812345678`,
            success: false,
          });
        // Newer calls say it in other words.
        if (error instanceof z.ZodError)
          return Response.json({ code: -106, msg: "参数错误", success: false });
        throw error;
      }
    },
  };
  return fake;
}

/** 7 and 14 days; a refresh token is good once. */
function createLogin(runtime: TestRuntime) {
  let made = 0;
  const access = new Set<string>();
  const refresh = new Set<string>();
  const codes = new Set<string>();
  const issue = () => {
    made += 1;
    access.add(`access-${made}-0123456789`);
    refresh.add(`refresh-${made}-0123456789`);
    return {
      accessToken: `access-${made}-0123456789`,
      accessTokenExpiresAt: runtime.clock.nowMs() + 7 * 86_400_000,
      refreshToken: `refresh-${made}-0123456789`,
      refreshTokenExpiresAt: runtime.clock.nowMs() + 14 * 86_400_000,
      sellerId: "demo_seller",
      sellerName: "演示店铺",
    };
  };
  const first = issue();
  const tokens: Tokens = {
    accessToken: first.accessToken,
    refreshToken: first.refreshToken,
    accessExpiresAt: instantOf(first.accessTokenExpiresAt),
    refreshExpiresAt: instantOf(first.refreshTokenExpiresAt),
    extra: { sellerId: first.sellerId, sellerName: first.sellerName },
  };
  const fake: FakeAuthorization = {
    tokens: () => tokens,
    wrongTokens: () => ({ accessToken: "access-of-somebody-else" }),
    grant(address) {
      const url = new URL(address);
      if (url.pathname !== "/ark/authorization" || url.searchParams.get("appId") !== appId)
        throw new Error("another app");
      const code = `code-${codes.size + 1}-`;
      codes.add(code);
      return { code, state: url.searchParams.get("state") ?? "" };
    },
    expire: () => access.clear(),
    revoke() {
      access.clear();
      refresh.clear();
    },
  };
  const methods: Methods = {
    "oauth.getAccessToken"(params) {
      const { code } = z.strictObject({ code: z.string() }).parse(params);
      return codes.delete(code) ? issue() : refuse(-107, "授权码已失效");
    },
    "oauth.refreshToken"(params) {
      const { refreshToken } = z.strictObject({ refreshToken: z.string() }).parse(params);
      return refresh.delete(refreshToken) ? issue() : refuse(-108, "refreshToken invalid");
    },
  };
  return { fake, methods, takes: (token: string) => access.has(token) };
}
