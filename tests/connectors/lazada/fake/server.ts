import { createHmac } from "node:crypto";
import { HttpResponse } from "msw";
import type { Tokens } from "../../../../src/connectors/contract.ts";
import type { Fetch } from "../../../../src/core/runtime.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { good, refuse } from "./answers.ts";
import { type Answer, calls } from "./calls.ts";
import { type FakeSku, FakeStore } from "./shop.ts";

/**
 * Lazada as the connector meets it: one gateway for Singapore, signature over all parameters, two hours of clock, token, sorted pages that count.
 * Answers 200 to everything. Shares no code with the connector.
 */
export const appKey = "123456";
export const appSecret = "lzdSecretDemo";
export const sellerId = "1000114855";

export interface FakeLazada {
  fetch: Fetch;
  store: FakeStore;
  authorization: FakeAuthorization;
  /** From now on this call is refused; left out, it works again. */
  fail(path: string, answer?: { code: string; detail?: unknown }): void;
  sign(body: Uint8Array): string;
}

const hmac = (text: string) => createHmac("sha256", appSecret).update(text, "utf8").digest("hex");

function whyNot(store: FakeStore, path: string, given: URLSearchParams): string | null {
  if ([...given.keys()].some((name) => given.getAll(name).length > 1)) return "InvalidParameter";
  for (const name of ["app_key", "timestamp", "sign_method", "sign"])
    if (!given.get(name)) return "MissingParameter";
  if (given.get("app_key") !== appKey) return "InvalidAppKey";
  const timestamp = given.get("timestamp") ?? "";
  if (!/^\d{13}$/.test(timestamp) || Math.abs(store.now() - Number(timestamp)) > 7_200_000)
    return "InvalidTimeStamp";
  const rows = [...given].filter(([name, value]) => name !== "sign" && value !== "");
  rows.sort(([a], [b]) => (a < b ? -1 : 1));
  const sign = hmac(path + rows.flat().join("")).toUpperCase();
  return given.get("sign") === sign && given.get("sign_method") === "sha256" ? null : "IncompleteSignature";
}

export function createFakeLazada(runtime: TestRuntime, skus: readonly FakeSku[]): FakeLazada {
  const store = new FakeStore(runtime, skus);
  const grants = new Grants(store);
  const failing = new Map<string, { code: string; detail?: unknown }>();
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const isAuth = url.host === "auth.lazada.com";
    if (!isAuth && url.host !== "api.lazada.sg") return HttpResponse.error();
    const path = url.pathname.replace(/^\/rest/, "");
    const given = request.method === "POST" ? new URLSearchParams(await request.text()) : url.searchParams;
    const reason = whyNot(store, path, given);
    if (reason) return refuse(reason);
    if (isAuth) return grants.answer(path, given);
    if (!grants.isGood(given.get("access_token"))) return refuse("IllegalAccessToken");
    const planned = failing.get(path);
    if (planned) return refuse(planned.code, planned.detail);
    const call: Answer | undefined = Object.hasOwn(calls, path) ? calls[path] : undefined;
    if (!call) return refuse("InvalidApiPath");
    const business = new Map([...given].filter(([name]) => !common.has(name)));
    return call(store, business, request.method);
  };
  return {
    store,
    authorization: grants.authorization,
    fail: (path, planned) => (planned ? failing.set(path, planned) : failing.delete(path)),
    fetch: (input, init) => answer(new Request(input, init)),
    sign: (body) => createHmac("sha256", appSecret).update(appKey).update(body).digest("hex"),
  };
}

const common = new Set(["app_key", "timestamp", "sign_method", "sign", "access_token"]);

/** Codes are used once within half an hour. */
class Grants {
  private readonly access = new Map<string, number>();
  private readonly refreshes = new Set<string>();
  private readonly codes = new Map<string, number>();
  private made = 0;
  private readonly store: FakeStore;
  private readonly first: Tokens;

  constructor(store: FakeStore) {
    this.store = store;
    this.first = this.issue();
  }

  private issue(): Tokens & { refreshToken: string } {
    this.made += 1;
    const tokens = { accessToken: `lazadaAccess${this.made}x`, refreshToken: `lazadaRefresh${this.made}x` };
    this.access.set(tokens.accessToken, this.store.now() + 2_592_000_000);
    this.refreshes.add(tokens.refreshToken);
    return tokens;
  }

  isGood(token: string | null): boolean {
    return (this.access.get(token ?? "") ?? 0) > this.store.now();
  }

  answer(path: string, given: URLSearchParams): Response {
    if (path === "/auth/token/create") {
      const code = given.get("code") ?? "";
      if ((this.codes.get(code) ?? 0) <= this.store.now()) return refuse("InvalidCode");
      this.codes.delete(code);
    } else if (path !== "/auth/token/refresh" || !this.refreshes.has(given.get("refresh_token") ?? ""))
      return refuse("IllegalRefreshToken");
    const { accessToken, refreshToken } = this.issue();
    return good({
      access_token: accessToken,
      refresh_token: refreshToken,
      expires_in: 2_592_000,
      refresh_expires_in: 15_552_000,
      country: "sg",
      account_platform: "seller_center",
      country_user_info: [{ country: "sg", user_id: "100", seller_id: sellerId, short_code: "SG1" }],
    });
  }

  readonly authorization: FakeAuthorization = {
    tokens: () => this.first,
    wrongTokens: () => ({ accessToken: "tokenOfSomebodyElse", refreshToken: "refreshOfSomebodyElse" }),
    grant: (address) => {
      const url = new URL(address);
      if (url.origin + url.pathname !== "https://auth.lazada.com/oauth/authorize")
        throw new Error("another page");
      if (url.searchParams.get("client_id") !== appKey) throw new Error("another application");
      this.made += 1;
      const code = `0_code${this.made}`;
      this.codes.set(code, this.store.now() + 1_800_000);
      return { code, state: url.searchParams.get("state") ?? "" };
    },
    expire: () => {
      for (const token of this.access.keys()) this.access.set(token, 0);
    },
    revoke: () => {
      this.access.clear();
      this.refreshes.clear();
    },
  };
}
