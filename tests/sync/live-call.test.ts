import { describe, expect, it } from "vitest";
import type { Account, Failure, Result } from "../../src/connectors/contract.ts";
import type { CallParts } from "../../src/sync/calls.ts";
import type { OpenConnection } from "../../src/sync/connections.ts";
import { makeLive, one } from "../../src/sync/live-call.ts";
import { testRuntime } from "../support/runtime.ts";

const refused = { ok: false, kind: "auth", message: "The token has ended." } as const;

const withTokens = (tokensVersion: number) =>
  ({
    id: "c",
    merchantId: "m",
    name: "Shop",
    tokensVersion,
    account: { tokensVersion },
  }) as unknown as OpenConnection;

/** A call by somebody who knows the tokens of `known`, where others have renewed up to `stored` and the platform takes those of `good`. */
async function call(known: number, stored: number, good: number, renewal: Failure | null = null) {
  const runtime = testRuntime();
  const used: number[] = [];
  let latest = stored;
  const tokens = {
    ready: async (connection: OpenConnection) => connection,
    async afterAuth(connection: OpenConnection) {
      if (connection.tokensVersion === latest) {
        if (renewal) return renewal;
        latest += 1;
      }
      return withTokens(latest);
    },
  };
  const work = async (account: Account): Promise<Result<string>> => {
    const { tokensVersion } = account as unknown as { tokensVersion: number };
    used.push(tokensVersion);
    return tokensVersion >= good ? { ok: true, value: "done" } : refused;
  };
  const terms = { callMs: 30_000, graceMs: 0, paid: true };
  const parts = { runtime, tokens } as unknown as CallParts;
  const made = await makeLive(parts, withTokens(known), work, undefined, one<string>(), terms);
  return { used, result: made.ok ? made.value : made };
}

describe("a call whose token is refused", () => {
  it.each<[string, [known: number, stored: number, good: number], number[]]>([
    ["is made again with a token renewed for it", [1, 1, 2], [1, 2]],
    ["is made again with what others have renewed", [1, 4, 4], [1, 4]],
    ["is made a third time where that has ended as well", [1, 4, 5], [1, 4, 5]],
  ])("%s", async (_, [known, stored, good], used) => {
    expect(await call(known, stored, good)).toEqual({ used, result: { ok: true, value: "done" } });
  });

  it("is refused in the end, where no token is taken", async () => {
    expect(await call(1, 4, 99)).toEqual({ used: [1, 4, 5], result: refused });
  });

  it("says why its token could not be renewed", async () => {
    const down: Failure = { ok: false, kind: "unavailable", message: "The token server is down." };
    expect(await call(1, 4, 5, down)).toEqual({ used: [1, 4], result: down });
  });
});
