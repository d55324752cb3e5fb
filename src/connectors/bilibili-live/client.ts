import type { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, issuesOf } from "../toolkit/http.ts";
import { failureOfCode } from "./codes.ts";
import type { BilibiliSecrets, BilibiliSettings } from "./settings.ts";
import { newNonce, signedHeaders } from "./sign.ts";
import { envelopeSchema, nothingSchema, type Started, startedSchema } from "./wire.ts";

/** A refusal keeps the platform's code: the session's rules go by it. */
export type Answer<Value> = Result<Value> & { code?: number };

/** The calls of the live open platform, one method each. One attempt. */
export interface BilibiliClient {
  start(call: Call): Promise<Answer<Started>>;
  heartbeat(gameId: string, call: Call): Promise<Answer<unknown>>;
  end(gameId: string, call: Call): Promise<Answer<unknown>>;
}

const baseUrl = "https://live-open.biliapi.com";

export function createClient(
  context: OpenContext,
  { appId }: BilibiliSettings,
  secrets: BilibiliSecrets,
): BilibiliClient {
  const http = createHttpClient({
    fetch: context.fetch,
    clock: context.clock,
    timers: context.timers,
    baseUrl,
    secrets: Object.values(secrets),
  });
  const send = async <Value>(
    path: string,
    body: object,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Answer<Value>> => {
    const headers = signedHeaders({
      ...secrets,
      body: JSON.stringify(body),
      nonce: newNonce(context.random),
      timestamp: Math.floor(context.clock.nowMs() / 1000),
    });
    // Starting twice starts nothing twice (7002), so a doubtful end may simply be tried again.
    const request = { method: "POST", path, body, headers, answer: envelopeSchema, effect: "read" } as const;
    const result = await http.send(request, call);
    if (!result.ok) return result;
    const { code, data } = result.value;
    if (code !== 0) return { ...failureOfCode(`POST ${path}`, code), code };
    const read = answer.safeParse(data ?? null);
    if (read.success) return { ok: true, value: read.data };
    return failure("malformed", `POST ${path} answered in an unexpected shape (${issuesOf(read.error)})`);
  };
  return {
    start: (call) =>
      send("/v2/app/start", { code: secrets.identityCode, app_id: appId }, startedSchema, call),
    heartbeat: (gameId, call) => send("/v2/app/heartbeat", { game_id: gameId }, nothingSchema, call),
    end: (gameId, call) => send("/v2/app/end", { app_id: appId, game_id: gameId }, nothingSchema, call),
  };
}
