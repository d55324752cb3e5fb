import { z } from "zod";
import type { Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { operations, Refused } from "./operations.ts";
import { appId } from "./push.ts";
import { FakeShop, type FakeSku } from "./shop.ts";

/** api.weixin.qq.com: checks white-list, token, permission and quota, then each call's own parameters. Shares no code with the connector. */
export const appSecret = "0123456789abcdef0123456789abcdef";

export interface FakeWechat {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** Paths the shop may not call. */
  forbidden: Set<string>;
  /** False when the hub is not on the shop's white-list. */
  isListed: boolean;
  callsLeft: number;
  /** Codes with which the next calls of a path fail. */
  failing: Map<string, number[]>;
  /** Times a new token was forced. */
  forced: number;
}

export function createFakeWechat(runtime: TestRuntime, skus: readonly FakeSku[]): FakeWechat {
  const login = createLogin(runtime);
  const fake: FakeWechat = {
    shop: new FakeShop(runtime, skus),
    authorization: login.fake,
    forbidden: new Set(),
    isListed: true,
    callsLeft: Number.POSITIVE_INFINITY,
    failing: new Map(),
    get forced() {
      return login.forced();
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      if (url.origin !== "https://api.weixin.qq.com" || request.method !== "POST")
        return new Response("not found", { status: 404 });
      if (!fake.isListed) return new Response("Forbidden", { status: 403 });
      const body: unknown = await request.json();
      try {
        return Response.json(
          url.pathname === "/cgi-bin/stable_token" ? login.answer(body) : called(url, body),
        );
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return Response.json({ errcode: error.code, errmsg: "refused rid: 65a4d2c1-0a1b2c3d" });
      }
    },
  };
  const called = (url: URL, body: unknown) => {
    if (!login.isGood(url.searchParams.get("access_token") ?? "")) throw new Refused(40001);
    const operation = operations[url.pathname];
    if (!operation) throw new Refused(40066);
    if (fake.forbidden.has(url.pathname)) throw new Refused(48001);
    fake.callsLeft -= 1;
    if (fake.callsLeft < 0) throw new Refused(45009);
    const code = fake.failing.get(url.pathname)?.shift();
    if (code !== undefined) throw new Refused(code);
    return { errcode: 0, errmsg: "ok", ...operation(fake.shop, body) };
  };
  return fake;
}

const tokenRequest = z.strictObject({
  grant_type: z.literal("client_credential"),
  appid: z.string(),
  secret: z.string(),
  force_refresh: z.boolean(),
});

/** One running token for all who ask; in its last five minutes the next one is given, and both hold. */
function createLogin(runtime: TestRuntime) {
  let made = 0;
  let forced = 0;
  let forcedAtMs = Number.NEGATIVE_INFINITY;
  let isFrozen = false;
  const access = new Map<string, number>();
  const nowMs = () => runtime.clock.nowMs();
  const make = (): [string, number] => {
    made += 1;
    const running: [string, number] = [`${made}_access-of-wechat`, nowMs() + 7_200_000];
    access.set(...running);
    return running;
  };
  const answer = (given: unknown) => {
    const asked = tokenRequest.parse(given);
    if (asked.appid !== appId) throw new Refused(40013);
    if (isFrozen) throw new Refused(40243);
    if (asked.secret !== appSecret) throw new Refused(40125);
    if (asked.force_refresh) {
      if (forced >= 20) throw new Refused(45009);
      if (nowMs() - forcedAtMs < 30_000) throw new Refused(45011);
      forced += 1;
      forcedAtMs = nowMs();
      access.clear();
    }
    const fresh = [...access].find(([, untilMs]) => untilMs - nowMs() > 300_000);
    const [access_token, untilMs] = fresh ?? make();
    return { access_token, expires_in: Math.floor((untilMs - nowMs()) / 1000) };
  };
  make();
  const fake: FakeAuthorization = {
    // The running one, as a hub that renews in time holds it.
    tokens(): Tokens {
      const running = [...access].find(([, untilMs]) => untilMs - nowMs() > 300_000);
      const [accessToken, untilMs] = running ?? make();
      return { accessToken, accessExpiresAt: instantOf(untilMs) };
    },
    wrongTokens: () => ({ accessToken: "99_access-of-somebody-else" }),
    grant: () => {
      throw new Error("nobody grants anything here");
    },
    expire: () => access.clear(),
    revoke() {
      access.clear();
      isFrozen = true;
    },
  };
  const isGood = (token: string) => (access.get(token) ?? 0) > nowMs();
  return { fake, answer, isGood, forced: () => forced };
}
