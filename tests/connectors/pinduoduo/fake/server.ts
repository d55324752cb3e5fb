import { createHash } from "node:crypto";
import { getResponse, HttpResponse, http } from "msw";
import type { Tokens } from "../../../../src/connectors/contract.ts";
import { instantOf } from "../../../../src/core/clock.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { type Answer, type Method, methodsOf, type Refused, refused } from "./calls.ts";
import { type FakeGoods, FakePinduoduo } from "./shop.ts";

/** The gateway at its real address: checks time, signature, token and permissions before any method. Shares no code with the connector. */
export const clientId = "test_client";
export const clientSecret = "test_secret_of_the_app";
export const mallId = "100001";

export interface FakeGateway {
  fetch: Fetch;
  shop: FakePinduoduo;
  authorization: FakeAuthorization;
  /** How long a renewed token lasts; the real one need not put off the end. */
  renewedForMs: number;
  /** Methods the application has no permission for. */
  forbidden: Set<string>;
  /** The next calls are refused with this. */
  refusal: Refused | null;
  /** Calls allowed in one second of the clock. */
  callsPerSecond: number;
  /** Calls so far, by method. */
  calls: string[];
}

export function expectedSign(given: URLSearchParams, secret: string): string {
  const pairs = [...given].filter(([name]) => name !== "sign");
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  const text = pairs.reduce((joined, [name, value]) => joined + name + value, "");
  return createHash("md5")
    .update(secret + text + secret, "utf8")
    .digest("hex")
    .toUpperCase();
}

export function createFakePinduoduo(runtime: TestRuntime, goods: readonly FakeGoods[]): FakeGateway {
  const shop = new FakePinduoduo(runtime, goods);
  const access = new Set<string>();
  const fake: FakeGateway = {
    shop,
    renewedForMs: 86_400_000,
    forbidden: new Set(),
    refusal: null,
    callsPerSecond: Number.POSITIVE_INFINITY,
    calls: [],
    authorization: undefined as never,
    fetch: async (input, init) =>
      (await getResponse(handlers, new Request(input, init))) ?? HttpResponse.text("", { status: 404 }),
  };
  const login = createLogin(runtime, access, fake);
  fake.authorization = login.fake;
  const methods: Record<string, Method> = { ...methodsOf(shop), ...login.methods };
  const answer = (given: URLSearchParams): Answer => {
    const method = given.get("type") ?? "";
    fake.calls.push(method);
    if (isTooFast(fake)) return refused(70_031);
    if (fake.refusal) return { refused: fake.refusal };
    const wrong = wrongOf(given, runtime, fake, access, method in login.methods);
    return wrong ?? methods[method]?.(Object.fromEntries(given)) ?? refused(10_000, "unknown_type");
  };
  const isTooFast = createMeter(runtime);
  const handlers = [
    http.post("https://gw-api.pinduoduo.com/api/router", async ({ request }) => {
      const result = answer(new URLSearchParams(await request.text()));
      if ("refused" in result)
        return HttpResponse.json({
          error_response: { error_msg: "refused", request_id: "demo", ...result.refused },
        });
      const body = { ...result.body, request_id: "demo" };
      return HttpResponse.json(result.key === undefined ? body : { [result.key]: body });
    }),
  ];
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

function wrongOf(
  given: URLSearchParams,
  runtime: TestRuntime,
  { forbidden }: FakeGateway,
  access: Set<string>,
  isLogin: boolean,
): Answer | null {
  const timestamp = given.get("timestamp") ?? "";
  // Seconds, not milliseconds.
  if (!/^\d{10}$/.test(timestamp)) return refused(10_000, "timestamp");
  if (Math.abs(Number(timestamp) * 1000 - runtime.clock.nowMs()) > 600_000)
    return refused(20_032, "timestamp");
  if (given.get("data_type") !== "JSON") return refused(10_000, "data_type");
  if (given.get("client_id") !== clientId || given.get("sign") !== expectedSign(given, clientSecret))
    return refused(20_004);
  if (forbidden.has(given.get("type") ?? "")) return refused(20_031);
  return isLogin || access.has(given.get("access_token") ?? "") ? null : refused(10_019);
}

/** Tokens of a day; a new grant ends all older ones. */
function createLogin(runtime: TestRuntime, access: Set<string>, gateway: FakeGateway) {
  let made = 0;
  const refreshes = new Set<string>();
  const codes = new Set<string>();
  const issue = (lastsMs: number): Tokens => {
    made += 1;
    const { clock } = runtime;
    access.add(`pdd-access-${made}-token`);
    refreshes.add(`pdd-refresh-${made}-token`);
    return {
      accessToken: `pdd-access-${made}-token`,
      refreshToken: `pdd-refresh-${made}-token`,
      accessExpiresAt: instantOf(clock.nowMs() + lastsMs),
      refreshExpiresAt: instantOf(clock.nowMs() + 2_592_000_000),
    };
  };
  const first = issue(86_400_000);
  const seconds = (instant = "") => Math.floor(Date.parse(instant) / 1000);
  const given = (key: string, lastsMs: number): Answer => {
    const tokens = issue(lastsMs);
    return {
      key,
      body: {
        access_token: tokens.accessToken,
        expires_in: Math.floor(lastsMs / 1000),
        expires_at: seconds(tokens.accessExpiresAt),
        refresh_token: tokens.refreshToken,
        refresh_token_expires_in: 2_592_000,
        refresh_token_expires_at: seconds(tokens.refreshExpiresAt),
        owner_id: mallId,
        owner_name: "pdd100001",
        scope: ["pdd.order.list.get"],
      },
    };
  };
  const methods: Record<string, Method> = {
    "pdd.pop.auth.token.create": ({ code = "" }) => {
      if (!codes.delete(code)) return refused(10_000, "code_invalid");
      access.clear();
      refreshes.clear();
      return given("pop_auth_token_create_response", 86_400_000);
    },
    "pdd.pop.auth.token.refresh": ({ refresh_token = "" }) =>
      refreshes.delete(refresh_token)
        ? given("pop_auth_token_refresh_response", gateway.renewedForMs)
        : refused(10_000, "refresh_token_invalid"),
  };
  const fake: FakeAuthorization = {
    tokens: () => first,
    wrongTokens: () => ({ accessToken: "pdd-access-of-somebody-else" }),
    grant(address) {
      const url = new URL(address);
      if (url.host !== "fuwu.pinduoduo.com" || url.searchParams.get("client_id") !== clientId)
        throw new Error("another app");
      const code = `code${codes.size + 1}-`;
      codes.add(code);
      return { code, state: url.searchParams.get("state") ?? "" };
    },
    expire: () => access.clear(),
    revoke() {
      access.clear();
      refreshes.clear();
    },
  };
  return { fake, methods };
}
