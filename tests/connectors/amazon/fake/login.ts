import { HttpResponse } from "msw";
import type { Tokens } from "../../../../src/connectors/contract.ts";
import type { TestRuntime } from "../../../support/runtime.ts";
import type { FakeAuthorization } from "../../subject.ts";
import { sellerId } from "./market.ts";

export const clientId = "amzn1.application-oa2-client.0123456789abcdef";
export const clientSecret = "amzn1.oa2-cs.v1.0123456789abcdef";
export const applicationId = "amzn1.sp.solution.01234567-89ab";

/** Login with Amazon, and the page in Seller Central where access is granted. Access tokens live an hour, codes are used once. */
export class FakeLogin {
  /** A private application's, as Seller Central shows it. */
  readonly ownRefreshToken = "Atzr|IwEBIprivate";
  private readonly access = new Map<string, number>();
  private readonly refreshes = new Set([this.ownRefreshToken]);
  private readonly codes = new Map<string, string>();
  private made = 0;
  private readonly runtime: TestRuntime;
  private first: Tokens;

  constructor(runtime: TestRuntime) {
    this.runtime = runtime;
    this.first = { accessToken: this.issue(), refreshToken: this.ownRefreshToken };
  }

  private issue(): string {
    this.made += 1;
    const token = `Atza|IwEBIaccess${this.made}`;
    this.access.set(token, this.runtime.clock.nowMs() + 3_600_000);
    return token;
  }

  /** As the hub would hold them: renewed in time. */
  private current(): Tokens {
    const until = this.access.get(this.first.accessToken) ?? 0;
    if (until > 0 && until <= this.runtime.clock.nowMs())
      this.first = { accessToken: this.issue(), refreshToken: this.ownRefreshToken };
    return this.first;
  }

  /** Null where it is good. */
  whyNot(token: string | null): string | null {
    const until = this.access.get(token ?? "");
    if (until === undefined) return "The access token you provided is revoked, malformed or invalid.";
    return until <= this.runtime.clock.nowMs() ? "The access token you provided has expired." : null;
  }

  async answer(request: Request): Promise<Response> {
    const refuse = (status: number, error: string) =>
      HttpResponse.json({ error, error_description: `${error} of the request` }, { status });
    if (!request.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded"))
      return refuse(400, "invalid_request");
    const form = new URLSearchParams(await request.text());
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret)
      return refuse(401, "invalid_client");
    if (form.get("grant_type") === "authorization_code") {
      const redirect = this.codes.get(form.get("code") ?? "");
      if (redirect === undefined || redirect !== form.get("redirect_uri"))
        return refuse(400, "invalid_grant");
      this.codes.delete(form.get("code") ?? "");
      this.made += 1;
      const refreshToken = `Atzr|IwEBIrefresh${this.made}`;
      this.refreshes.add(refreshToken);
      return this.tokens(refreshToken);
    }
    if (form.get("grant_type") !== "refresh_token") return refuse(400, "unsupported_grant_type");
    const refreshToken = form.get("refresh_token") ?? "";
    return this.refreshes.has(refreshToken) ? this.tokens(refreshToken) : refuse(400, "invalid_grant");
  }

  private tokens(refreshToken: string): Response {
    return HttpResponse.json({
      access_token: this.issue(),
      token_type: "bearer",
      expires_in: 3600,
      refresh_token: refreshToken,
    });
  }

  readonly authorization: FakeAuthorization = {
    tokens: () => this.current(),
    wrongTokens: () => ({ accessToken: "Atza|somebodyElses", refreshToken: "Atzr|somebodyElses" }),
    grant: (address) => {
      const url = new URL(address);
      if (url.origin !== "https://sellercentral.amazon.com" || url.pathname !== "/apps/authorize/consent")
        throw new Error(`another page: ${address}`);
      if (url.searchParams.get("application_id") !== applicationId) throw new Error("another application");
      this.made += 1;
      const code = `ANcode${this.made}`;
      this.codes.set(code, url.searchParams.get("redirect_uri") ?? "");
      return {
        state: url.searchParams.get("state") ?? "",
        selling_partner_id: sellerId,
        spapi_oauth_code: code,
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
