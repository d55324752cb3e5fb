import { z } from "zod";
import type { Connector, Result, Tokens } from "../../../src/connectors/contract.ts";
import { addMs, nowInstant } from "../../../src/core/clock.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import { scripted } from "./scripted.ts";

/** A platform whose access tokens last an hour and whose refresh tokens are used up by one use. */
export class TokenServer {
  made = 0;
  refreshes = 0;
  access = "";
  refreshToken = "";
  expiresMs = 0;
  down = false;
  runtime: () => TestRuntime = () => {
    throw new Error("not connected yet");
  };
  issue(): Tokens {
    this.made += 1;
    this.access = `access-secret-${this.made}`;
    this.refreshToken = `refresh-secret-${this.made}`;
    const now = nowInstant(this.runtime().clock);
    this.expiresMs = this.runtime().clock.nowMs() + 3_600_000;
    return {
      accessToken: this.access,
      accessExpiresAt: addMs(now, 3_600_000),
      refreshToken: this.refreshToken,
      refreshExpiresAt: addMs(now, 90 * 86_400_000),
    };
  }
  takes = (tokens: Tokens | undefined): boolean =>
    tokens?.accessToken === this.access && this.runtime().clock.nowMs() < this.expiresMs;
}

export const refused = { ok: false, kind: "auth", message: "The platform refused the token." } as const;

export function tokenPlatform(server: TokenServer): Connector {
  const base = scripted(
    { orders: { pull: async () => refused, fetch: async () => refused, list: async () => refused } },
    {
      secrets: z.object({}),
      authorization: { grant: true, refresh: true, refreshBeforeMs: 300_000, boundTo: ["shop"] },
      settings: z.object({ shop: z.string().optional() }),
    },
  );
  const page = { orders: [], rejected: [], cursor: "end", more: false };
  return {
    ...base,
    open: ({ tokens }) => {
      const ask = async <Value>(value: Value): Promise<Result<Value>> =>
        server.takes(tokens) ? { ok: true, value } : refused;
      return {
        check: () => ask({ account: "scripted" }),
        orders: { pull: () => ask(page), fetch: () => ask(page), list: () => ask({ externalIds: [] }) },
      };
    },
    authorization: () => ({
      address: ({ redirectUrl, state }) =>
        `https://scripted.test/grant?${new URLSearchParams({ redirect_uri: redirectUrl, state })}`,
      exchange: async ({ parameters }) =>
        parameters.code === "good-code" ? { ok: true, value: server.issue() } : refused,
      async refresh(tokens) {
        server.refreshes += 1;
        await new Promise((resolve) => setImmediate(resolve));
        if (server.down) return { ok: false, kind: "unavailable", message: "The token server is down." };
        return tokens?.refreshToken === server.refreshToken ? { ok: true, value: server.issue() } : refused;
      },
    }),
  };
}
