import type { Tokens } from "../../../../src/connectors/contract.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { good, refuse } from "./answers.ts";
import type { FakeShop } from "./shop.ts";

export const appKey = "6hubtest01";
export const appSecret = "hubsecret123";
export const serviceId = "7127000000000000001";
export const shopId = "7494049642642441621";
export const shopCode = "GBLCDEMO0001";
export const cipher = "GCP_demoCipher";

const week = 7 * 86_400;

/** Codes are used once and live half an hour, access tokens a week; a refresh replaces both tokens. */
export class Grants {
  private readonly access = new Map<string, number>();
  private readonly refreshes = new Set<string>();
  private readonly codes = new Map<string, number>();
  private made = 0;
  private readonly shop: FakeShop;
  private current: Tokens;

  constructor(shop: FakeShop) {
    this.shop = shop;
    this.current = this.issue();
  }

  private issue(): Tokens {
    this.made += 1;
    const tokens = { accessToken: `ROW_access${this.made}x`, refreshToken: `ROW_refresh${this.made}x` };
    this.access.set(tokens.accessToken, this.shop.now() + week);
    this.refreshes.add(tokens.refreshToken);
    return { ...tokens, extra: { shopCipher: cipher, shopId } };
  }

  state(token: string | null): "good" | "expired" | "unknown" {
    const until = this.access.get(token ?? "");
    if (until === undefined) return "unknown";
    return until > this.shop.now() ? "good" : "expired";
  }

  answer(request: Request) {
    const { pathname, searchParams: query } = new URL(request.url);
    if (query.get("app_key") !== appKey || query.get("app_secret") !== appSecret)
      return refuse(36004004, "app key or app secret is invalid");
    if (!this.take(pathname, query)) return refuse(36004004, "the code or refresh token is invalid");
    const { accessToken, refreshToken } = this.issue();
    return good({
      access_token: accessToken,
      access_token_expire_in: this.shop.now() + week,
      refresh_token: refreshToken,
      refresh_token_expire_in: this.shop.now() + 365 * 86_400,
      open_id: "7010736057180325637",
      seller_name: "Demo seller",
      seller_base_region: "GB",
      user_type: 0,
    });
  }

  private take(pathname: string, query: URLSearchParams): boolean {
    if (pathname.endsWith("/refresh"))
      return (
        query.get("grant_type") === "refresh_token" && this.refreshes.delete(query.get("refresh_token") ?? "")
      );
    const code = query.get("auth_code") ?? "";
    const isGood =
      query.get("grant_type") === "authorized_code" && (this.codes.get(code) ?? 0) > this.shop.now();
    this.codes.delete(code);
    return isGood;
  }

  readonly authorization: FakeAuthorization = {
    tokens: () => {
      // As the hub would hold them: renewed in time.
      const until = this.access.get(this.current.accessToken) ?? 0;
      if (until > 0 && until <= this.shop.now()) this.current = this.issue();
      return this.current;
    },
    wrongTokens: () => ({
      accessToken: "tokenOfSomebodyElse",
      refreshToken: "refreshOfSomebodyElse",
      extra: { shopCipher: "GCP_otherCipher", shopId: "1" },
    }),
    grant: (address) => {
      const url = new URL(address);
      if (`${url.origin}${url.pathname}` !== "https://services.tiktokshop.com/open/authorize")
        throw new Error(`another page: ${address}`);
      if (url.searchParams.get("service_id") !== serviceId) throw new Error("unknown service");
      this.made += 1;
      const code = `ROW_code${this.made}`;
      this.codes.set(code, this.shop.now() + 1800);
      return {
        app_key: appKey,
        code,
        locale: "en",
        shop_region: "GB",
        state: url.searchParams.get("state") ?? "",
      };
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
