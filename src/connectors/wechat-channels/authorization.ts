import { z } from "zod";
import { instantOf, msOf } from "../../core/clock.ts";
import type { Authorization, Call, OpenContext, Result, Tokens } from "../contract.ts";
import { createHttpClient } from "../toolkit/http.ts";
import { apiUrl, refusalOf } from "./client.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";

const answerSchema = z.object({
  access_token: z.string().min(1),
  /** What is left of a running token: at most 7200, and at times little. */
  expires_in: z.number().positive(),
});

/** WeChat makes the next token some five minutes before the running one ends, and lets both hold meanwhile. */
export const refreshBeforeMs = 240_000;

/**
 * A token for AppID and AppSecret alone, shared by all who ask for it (`stable_token`). Asking again gives the running one; forcing a
 * new one kills it, twenty times a day at most. So it is forced only where the running one is what was just refused.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const { appId } = settingsSchema.parse(context.settings);
  const secrets = secretsSchema.parse(context.secrets);
  const ask = async (isForced: boolean, old: Tokens | null, call: Call): Promise<Result<Tokens>> => {
    const http = createHttpClient({
      ...context,
      baseUrl: apiUrl,
      secrets: [...Object.values(secrets), old?.accessToken, old?.refreshToken],
      errorCode: () => undefined,
      refusal: refusalOf,
    });
    const body = {
      grant_type: "client_credential",
      appid: appId,
      secret: secrets.appSecret,
      force_refresh: isForced,
    };
    const result = await http.send(
      { method: "POST", path: "/cgi-bin/stable_token", body, answer: answerSchema, effect: "read" },
      call,
    );
    if (!result.ok) return result.kind === "unknown" ? { ...result, kind: "unavailable" } : result;
    const { access_token: accessToken, expires_in: seconds } = result.value;
    return {
      ok: true,
      value: { accessToken, accessExpiresAt: instantOf(context.clock.nowMs() + seconds * 1000) },
    };
  };
  return {
    async refresh(tokens, call) {
      const running = await ask(false, tokens, call);
      if (!running.ok || running.value.accessToken !== tokens?.accessToken) return running;
      const leftMs = msOf(running.value.accessExpiresAt ?? instantOf(0)) - context.clock.nowMs();
      return leftMs <= refreshBeforeMs ? running : ask(true, tokens, call);
    },
  };
}
