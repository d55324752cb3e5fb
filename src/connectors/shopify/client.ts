import { z } from "zod";
import type { Call, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import type { Effect } from "../toolkit/failures.ts";
import { failure } from "../toolkit/failures.ts";
import { createHttpClient, isCodeLike, type Refusal } from "../toolkit/http.ts";
import { errorKinds } from "./codes.ts";
import type { ShopifySecrets, ShopifySettings } from "./settings.ts";

/** Stable since July 2026; Shopify keeps each version a year. */
export const apiVersion = "2026-07";

export interface ShopifyClient {
  /** One document. A mutation is a write, anything else asks. */
  run<Value>(
    document: string,
    variables: Record<string, unknown>,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
}

/** The only part of this folder, besides `authorization.ts`, that reaches the network. */
export function createClient(
  context: OpenContext,
  { shop }: ShopifySettings,
  secrets: ShopifySecrets,
): ShopifyClient {
  const token = context.tokens?.accessToken ?? secrets.accessToken;
  const http = createHttpClient({
    ...context,
    baseUrl: `https://${shop}/admin/api/${apiVersion}`,
    headers: token === undefined ? {} : { "x-shopify-access-token": token },
    secrets: [...Object.values(secrets), token, context.tokens?.refreshToken],
    refusal: refusalOf,
    entered: { address: "shop", key: "accessToken, or grant access again" },
  });
  return {
    async run(document, variables, answer, call) {
      if (token === undefined)
        return failure(
          "auth",
          "No access to this shop yet: enter an access token, or grant access in the browser",
        );
      const effect: Effect = document.startsWith("mutation") ? "write" : "read";
      const result = await http.send(
        {
          method: "POST",
          path: "/graphql.json",
          body: { query: document, variables },
          answer: z.object({ data: answer }),
          effect,
        },
        call,
      );
      if (result.ok) return { ok: true, value: result.value.data };
      // Shopify's own fault: for a question nothing has happened.
      return result.kind === "unknown" && effect === "read" ? { ...result, kind: "unavailable" } : result;
    },
  };
}

const errorsSchema = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.unknown() }).partial().optional() })).min(1),
  extensions: z
    .object({
      cost: z.object({
        requestedQueryCost: z.number(),
        throttleStatus: z.object({ currentlyAvailable: z.number(), restoreRate: z.number().positive() }),
      }),
    })
    .optional(),
});

/** Throttling and refusals come with status 200. Of an error only its code is shown, and what to do. */
function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status === 402) return { kind: "invalid", what: "the shop is frozen for unpaid bills (402)" };
  if (status === 423) return { kind: "invalid", what: "the shop is locked (423)" };
  if (status === 403)
    return { kind: "unsupported", what: "the app lacks a permission (403); grant it and install it again" };
  if (status !== 200) return undefined;
  const parsed = errorsSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const code = parsed.data.errors[0]?.extensions?.code;
  const kind = isCodeLike(code) ? kindOfCode(errorKinds, code) : "invalid";
  const { cost } = parsed.data.extensions ?? {};
  const lacking = cost ? cost.requestedQueryCost - cost.throttleStatus.currentlyAvailable : 0;
  return {
    kind,
    what: isCodeLike(code) ? `${code}${hints[code] ?? ""}` : "an error without a code",
    retryAfterMs:
      kind === "rate_limited" && cost
        ? Math.max(0, Math.ceil((lacking / cost.throttleStatus.restoreRate) * 1000))
        : undefined,
  };
}

const hints: Record<string, string> = {
  ACCESS_DENIED:
    ", the app lacks a permission or Shopify's approval for buyers' data; grant it and install it again",
  MAX_COST_EXCEEDED: ", the query asks for too much; lower ordersPerPage",
};
