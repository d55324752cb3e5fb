import type { Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";

export const appKey = "9F8E7D6C5B4A39281706F5E4D3C2B1A0";
export const appSecret = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

const dayMs = 86_400_000;

/** JD's login: tokens of thirty days, which can be renewed until they expire and not after. */
export function createLogin(runtime: TestRuntime) {
  let made = 0;
  const access = new Set<string>();
  /** Refresh token to the moment it ends. */
  const refresh = new Map<string, number>();
  const codes = new Set<string>();
  const issue = (): Tokens => {
    made += 1;
    const untilMs = runtime.clock.nowMs() + 30 * dayMs;
    access.add(`access-of-jd-${made}`);
    refresh.set(`refresh-of-jd-${made}`, untilMs);
    return {
      accessToken: `access-of-jd-${made}`,
      refreshToken: `refresh-of-jd-${made}`,
      accessExpiresAt: instantOf(untilMs),
      refreshExpiresAt: instantOf(untilMs),
    };
  };
  const first = issue();
  const fake: FakeAuthorization = {
    tokens: () => first,
    wrongTokens: () => ({ accessToken: "access-of-somebody-else" }),
    grant(address) {
      const url = new URL(address);
      const asked = Object.fromEntries(url.searchParams);
      if (url.host !== "open-oauth.jd.com" || url.pathname !== "/oauth2/to_login")
        throw new Error("no login");
      if (asked.app_key !== appKey || asked.response_type !== "code" || asked.scope !== "snsapi_base")
        throw new Error("JD does not take this address");
      const code = `code-${codes.size + 1}-`;
      codes.add(code);
      return { code, state: asked.state ?? "" };
    },
    expire: () => access.clear(),
    revoke() {
      access.clear();
      refresh.clear();
    },
  };
  const answer = (url: URL): Response => {
    const asked = Object.fromEntries(url.searchParams);
    const isApp = asked.app_key === appKey && asked.app_secret === appSecret;
    const isGood = isApp && (url.pathname.endsWith("/refresh_token") ? renewed(asked) : granted(asked));
    if (!isGood) return Response.json({ code: 400, msg: "无效的请求" });
    const tokens = issue();
    return Response.json({
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      expires_in: 30 * 86_400,
      scope: "snsapi_base",
      open_id: "demo",
      uid: "1",
      time: runtime.clock.nowMs(),
      token_type: "bearer",
      code: 0,
      xid: "demo-xid",
    });
  };
  const granted = (asked: Record<string, string>): boolean =>
    asked.grant_type === "authorization_code" && codes.delete(asked.code ?? "");
  const renewed = (asked: Record<string, string>): boolean => {
    const untilMs = refresh.get(asked.refresh_token ?? "") ?? 0;
    refresh.delete(asked.refresh_token ?? "");
    return asked.grant_type === "refresh_token" && untilMs > runtime.clock.nowMs();
  };
  return { fake, answer, access };
}
