import { z } from "zod";
import type { Authorization, OpenContext } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { issuesOf } from "../toolkit/http.ts";
import { createClient } from "./client.ts";
import { settingsSchema } from "./settings.ts";
import { rowsSchema } from "./wire.ts";

const keysSchema = z.object({
  consumer_key: z.string().regex(/^ck_[\x21-\x7e]{8,200}$/, "is no consumer key"),
  consumer_secret: z.string().regex(/^cs_[\x21-\x7e]{8,200}$/, "is no consumer secret"),
  key_permissions: z.literal("read_write", { error: "must be read_write" }),
});

/**
 * The shop's own page for granting access: it makes keys and sends them to the callback itself, with our state as `user_id`. The
 * keys do not expire. Nothing signs them but the state, so they are tried before they are kept.
 */
export function createAuthorization(context: OpenContext): Authorization {
  const settings = settingsSchema.parse(context.settings);
  const { baseUrl } = settings;
  return {
    address: ({ redirectUrl, state }) =>
      `${baseUrl.replace(/\/+$/, "")}/wc-auth/v1/authorize?${new URLSearchParams({
        app_name: "Sluice",
        scope: "read_write",
        user_id: state,
        return_url: redirectUrl,
        callback_url: redirectUrl,
      })}`,
    async exchange({ parameters }, call) {
      const keys = keysSchema.safeParse(parameters);
      if (!keys.success) return failure("invalid", `The shop sent no usable keys (${issuesOf(keys.error)})`);
      const { consumer_key: accessToken, consumer_secret: consumerSecret } = keys.data;
      const tokens = { accessToken, extra: { consumerSecret } };
      const client = createClient({ ...context, tokens }, settings, {});
      const tried = await client.get("/orders", { per_page: 1, _fields: "id" }, rowsSchema, call);
      return tried.ok ? { ok: true, value: tokens } : tried;
    },
  };
}
