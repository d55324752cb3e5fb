import { createHash } from "node:crypto";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { appKey, appSecret, createLogin } from "./login.ts";
import { operations, Refused } from "./methods.ts";
import { FakeShop, type FakeSku } from "./shop.ts";

/**
 * JD's gateway and login at their real addresses: checks application, clock, signature, token, permission and rate, then the
 * method's own parameters. Shares no code with the connector.
 */
export interface FakeJd {
  fetch: Fetch;
  shop: FakeShop;
  authorization: FakeAuthorization;
  /** Methods the application may not call. */
  forbidden: Set<string>;
  /** Calls left; JD refuses more with its own words. */
  callsLeft: number;
  /** How far JD's clock is ahead of ours. */
  aheadMs: number;
}

export function createFakeJd(runtime: TestRuntime, skus: readonly FakeSku[]): FakeJd {
  const login = createLogin(runtime);
  const fake: FakeJd = {
    shop: new FakeShop(runtime, skus),
    authorization: login.fake,
    forbidden: new Set(),
    callsLeft: Number.POSITIVE_INFINITY,
    aheadMs: 0,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      if (url.host === "open-oauth.jd.com" && request.method === "GET") return login.answer(url);
      if (url.origin !== "https://api.jd.com" || url.pathname !== "/routerjson")
        return new Response("not found", { status: 404 });
      try {
        const form = new URLSearchParams(await request.text());
        return Response.json(gateway(fake, login.access, runtime, url.searchParams, form));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return Response.json({
          error_response: { code: error.code, zh_desc: error.message, en_desc: "refused" },
        });
      }
    },
  };
  return fake;
}

const systemNames = ["access_token", "app_key", "method", "sign", "timestamp", "v"];

function gateway(
  fake: FakeJd,
  access: ReadonlySet<string>,
  runtime: TestRuntime,
  query: URLSearchParams,
  form: URLSearchParams,
): unknown {
  const system = Object.fromEntries(query);
  if (JSON.stringify(Object.keys(system).sort()) !== JSON.stringify(systemNames) || system.v !== "2.0")
    throw new Refused("10", "系统参数错误");
  const business = form.get("360buy_param_json") ?? "";
  if (system.app_key !== appKey) throw new Refused("21", "无效app_key");
  const stamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\+0800$/.exec(system.timestamp ?? "");
  const sentMs = stamp ? Date.parse(`${stamp[1]}T${stamp[2]}+08:00`) : Number.NaN;
  if (!(Math.abs(runtime.clock.nowMs() + fake.aheadMs - sentMs) <= 360_000))
    throw new Refused("8", "无效timestamp");
  if (system.sign !== gatewaySign({ ...system, "360buy_param_json": business }, appSecret))
    throw new Refused("22", "无效签名");
  if (!access.has(system.access_token ?? "")) throw new Refused("19", "无效access_token");
  const method = system.method ?? "";
  const operation = operations[method];
  if (!operation) throw new Refused("11", "API不存在");
  if (fake.forbidden.has(method)) throw new Refused("12", "没有权限调用");
  fake.callsLeft -= 1;
  if (fake.callsLeft < 0) throw new Refused("1098", "您的接口超过调用次数");
  return {
    [`${method.replace(/\./g, "_")}_responce`]: { code: "0", ...operation(fake.shop, JSON.parse(business)) },
  };
}

/** Everything but `sign`, by name, between two secrets. */
export function gatewaySign(parameters: Record<string, string>, secret: string): string {
  const hash = createHash("md5").update(secret);
  for (const [name, value] of Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (name !== "sign") hash.update(name).update(value);
  return hash.update(secret).digest("hex").toUpperCase();
}
