import { getResponse, HttpResponse, http } from "msw";
import type { Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { type Answer, type Method, methodsOf, type Refused, refused } from "./calls.ts";
import { type FakeItem, FakeTaobao } from "./shop.ts";
import { callSign, expectedSign } from "./sign.ts";
import { epochMs, localTime, wireText } from "./view.ts";

/** The gateway at its real address: checks time, key, signature, session and permissions before any method. */
export const appKey = "12345678";
export const appSecret = "helloworld-app-secret";
export const sellerNick = "demo_shop";

export interface FakeGateway {
  fetch: Fetch;
  shop: FakeTaobao;
  authorization: FakeAuthorization;
  /** Methods the application has no permission for. */
  forbidden: Set<string>;
  /** The next calls are refused with this. */
  refusal: Refused | null;
  /** Calls allowed in one second of the clock. */
  callsPerSecond: number;
  /** Calls so far, by method. */
  calls: string[];
  /** The address of a call to the hub. */
  callAddress(body: Uint8Array): string;
}

export function createFakeTaobao(runtime: TestRuntime, items: readonly FakeItem[]): FakeGateway {
  const shop = new FakeTaobao(runtime, items);
  const sessions = new Set<string>();
  const login = createLogin(runtime, sessions);
  const methods: Record<string, Method> = { ...methodsOf(shop), ...login.methods };
  const answer = async (request: Request): Promise<Answer> => {
    const given = new URLSearchParams(await request.text());
    const method = given.get("method") ?? "";
    fake.calls.push(method);
    if (isTooFast(fake))
      return refused(7, "accesscontrol.limited-by-api-access-count", "This ban will last for 1 more seconds");
    const wrong = fake.refusal
      ? { refused: fake.refusal }
      : wrongOf(given, runtime, fake, sessions, method in login.methods);
    const run = methods[method];
    if (wrong) return wrong;
    return run ? run(Object.fromEntries(given)) : refused(22);
  };
  const isTooFast = createMeter(runtime);
  const handlers = [
    http.post("https://gw.api.taobao.com/router/rest", async ({ request }) => {
      const form = request.clone();
      const result = await answer(request);
      const method = new URLSearchParams(await form.text()).get("method") ?? "";
      const body =
        "refused" in result
          ? { error_response: { msg: "refused", request_id: "demo", ...(result.refused as Refused) } }
          : { [keyOf(method)]: { ...result, request_id: "demo" } };
      return HttpResponse.text(wireText(body), {
        headers: { "content-type": "text/javascript;charset=UTF-8" },
      });
    }),
  ];
  const fake: FakeGateway = {
    shop,
    authorization: login.fake,
    forbidden: new Set(),
    refusal: null,
    callsPerSecond: Number.POSITIVE_INFINITY,
    calls: [],
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ?? HttpResponse.text("", { status: 404 }),
    callAddress(body) {
      const query = new URLSearchParams({
        app_key: appKey,
        method: "qimen.demo.trade.changed",
        sign_method: "md5",
        timestamp: localTime(shop.now()),
        v: "2.0",
      });
      query.set("sign", callSign(query, body, appSecret));
      return `https://hub.example/webhooks/c1?${query}`;
    },
  };
  return fake;
}

function createMeter(runtime: TestRuntime) {
  let second = 0;
  let made = 0;
  return ({ callsPerSecond }: FakeGateway): boolean => {
    const now = Math.floor(runtime.clock.nowMs() / 1000);
    made = now === second ? made + 1 : 1;
    second = now;
    return made > callsPerSecond;
  };
}

const keyOf = (method: string): string => `${method.replace("taobao.", "").split(".").join("_")}_response`;

function wrongOf(
  given: URLSearchParams,
  runtime: TestRuntime,
  { forbidden }: FakeGateway,
  sessions: Set<string>,
  isLogin: boolean,
): Answer | null {
  if (given.get("v") !== "2.0") return refused(43);
  if (given.get("format") !== "json") return refused(23);
  const timestamp = given.get("timestamp");
  if (timestamp === null) return refused(30);
  if (!(Math.abs(epochMs(timestamp) - runtime.clock.nowMs()) <= 600_000)) return refused(31);
  if (!given.has("app_key")) return refused(28);
  if (given.get("app_key") !== appKey) return refused(29, "isv.appkey-not-exists");
  if (given.get("sign") !== expectedSign(given, appSecret)) return refused(25);
  if (forbidden.has(given.get("method") ?? "")) return refused(11, "isv.permission-api-package-limit");
  if (isLogin) return null;
  if (!given.has("session")) return refused(26);
  return sessions.has(given.get("session") ?? "") ? null : refused(27, "invalid-sessionkey");
}

/** Tokens of two days, refresh tokens good for one use within thirty. */
function createLogin(runtime: TestRuntime, sessions: Set<string>) {
  let made = 0;
  const refreshes = new Set<string>();
  const codes = new Set<string>();
  const issue = (): Tokens => {
    made += 1;
    sessions.add(`6200e1session${made}`);
    refreshes.add(`6201f2refresh${made}`);
    return {
      accessToken: `6200e1session${made}`,
      refreshToken: `6201f2refresh${made}`,
      accessExpiresAt: instantOf(runtime.clock.nowMs() + 172_800_000),
      refreshExpiresAt: instantOf(runtime.clock.nowMs() + 2_592_000_000),
    };
  };
  const first = issue();
  const given = (nick = sellerNick): Answer => {
    const tokens = issue();
    const result = {
      access_token: tokens.accessToken,
      token_type: "Bearer",
      expires_in: 172_800,
      expire_time: runtime.clock.nowMs() + 172_800_000,
      refresh_token: tokens.refreshToken,
      re_expires_in: 2_592_000,
      refresh_token_valid_time: runtime.clock.nowMs() + 2_592_000_000,
      r1_expires_in: 172_800,
      r2_expires_in: 172_800,
      w1_expires_in: 172_800,
      w2_expires_in: 1800,
      taobao_user_id: "2000000001",
      taobao_user_nick: encodeURIComponent(nick),
    };
    return { token_result: JSON.stringify(result) };
  };
  const fake: FakeAuthorization = {
    tokens: () => first,
    wrongTokens: () => ({ accessToken: "6200e1session-of-somebody-else" }),
    grant(address) {
      const url = new URL(address);
      if (url.host !== "oauth.taobao.com" || url.searchParams.get("client_id") !== appKey)
        throw new Error("another app");
      const code = `code${codes.size + 1}-`;
      codes.add(code);
      return { code, state: url.searchParams.get("state") ?? "" };
    },
    expire: () => sessions.clear(),
    revoke() {
      sessions.clear();
      refreshes.clear();
    },
  };
  const methods: Record<string, Method> = {
    "taobao.top.auth.token.create": ({ code = "" }) =>
      codes.delete(code) ? given() : refused(15, "isv.invalid-parameter:code"),
    "taobao.top.auth.token.refresh": ({ refresh_token = "" }) =>
      refreshes.delete(refresh_token) ? given() : refused(15, "isv.invalid-parameter:refresh_token"),
  };
  return { fake, methods };
}
