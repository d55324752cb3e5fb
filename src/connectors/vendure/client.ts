import { z } from "zod";
import type { Call, Failure, OpenContext, Result } from "../contract.ts";
import { kindOfCode } from "../toolkit/codes.ts";
import { type Effect, failure } from "../toolkit/failures.ts";
import { createHttpClient, isCodeLike, type Refusal } from "../toolkit/http.ts";
import { errorKinds, hints } from "./codes.ts";
import { signedInQuery } from "./documents.ts";
import { permissions, type VendureSecrets, type VendureSettings } from "./settings.ts";

export interface VendureClient {
  /** One document. A mutation is a write, anything else asks. */
  run<Value>(
    document: string,
    variables: Record<string, unknown>,
    answer: z.ZodType<Value>,
    call: Call,
  ): Promise<Result<Value>>;
}

/** FORBIDDEN, with the field of ours that it is about. */
const forbiddenSchema = z.object({
  errors: z
    .array(
      z.object({
        path: z.array(z.unknown()).optional(),
        extensions: z.object({ code: z.literal("FORBIDDEN") }),
      }),
    )
    .min(1),
});

type Forbidden = z.infer<typeof forbiddenSchema>;

/** The only part of this folder, besides `authorization.ts`, that reaches the network. */
export function createClient(
  context: OpenContext,
  settings: VendureSettings,
  secrets: VendureSecrets,
): VendureClient {
  const access = accessHeaders(secrets, context.tokens?.accessToken);
  const http = createHttpClient({
    ...context,
    baseUrl: settings.baseUrl,
    entered: { address: "baseUrl" },
    headers: { ...access, ...channelHeader(settings) },
    secrets: [...Object.values(secrets), context.tokens?.accessToken],
    refusal: refusalOf,
  });
  const send = async <Value>(
    document: string,
    variables: Record<string, unknown>,
    answer: z.ZodType<Value>,
    call: Call,
  ) => {
    const effect: Effect = document.startsWith("mutation") ? "write" : "read";
    const request = {
      method: "POST",
      path: `/${settings.adminApiPath}`,
      body: { query: document, variables },
      answer: z.union([forbiddenSchema, z.object({ data: answer })]),
      effect,
    } as const;
    const result = await http.send(request, call);
    // Vendure's own fault: for a question nothing has happened.
    return !result.ok && result.kind === "unknown" && effect === "read"
      ? ({ ...result, kind: "unavailable" } as const)
      : result;
  };
  /** FORBIDDEN is the answer to a dead session and to a missing permission alike; what everybody may ask tells them apart. */
  const explained = async (forbidden: Forbidden, call: Call): Promise<Failure> => {
    const result = await send(signedInQuery, {}, z.object({ globalSettings: z.object({}) }), call);
    if (!result.ok) return result;
    if ("errors" in result.value)
      return failure(
        "auth",
        "Vendure does not know this login or API key, or it has no role in this channel (FORBIDDEN); an API key also needs 'api-key' in authOptions.tokenMethod and belongs to the channel it was made in, a login needs 'bearer'",
      );
    const field = forbidden.errors[0]?.path?.[0];
    const what = isCodeLike(field) ? ` for ${field}` : "";
    return failure(
      "invalid",
      `The role of this login or API key lacks a permission${what} (FORBIDDEN); it needs ${permissions.join(", ")}`,
    );
  };
  return {
    async run(document, variables, answer, call) {
      if (access === null)
        return failure("auth", "No access yet: enter an API key, or username and password, in the secrets");
      const result = await send(document, variables, answer, call);
      if (!result.ok) return result;
      if ("errors" in result.value) return explained(result.value, call);
      return { ok: true, value: result.value.data };
    },
  };
}

export const channelHeader = ({ channel }: VendureSettings): Record<string, string> =>
  channel === undefined ? {} : { "vendure-token": channel };

const accessHeaders = (
  { apiKey }: VendureSecrets,
  sessionToken: string | undefined,
): Record<string, string> | null => {
  if (apiKey !== undefined) return { "vendure-api-key": apiKey };
  return sessionToken === undefined ? null : { authorization: `Bearer ${sessionToken}` };
};

const errorsSchema = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.unknown() }).partial().optional() })).min(1),
});

/** Errors come with status 200, those of the document with 400. Of an error only its code is shown, and what to do. */
export function refusalOf(body: unknown, status: number): Refusal | undefined {
  if (status !== 200 && status !== 400) return undefined;
  const parsed = errorsSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const code = parsed.data.errors[0]?.extensions?.code;
  if (code === "FORBIDDEN") return undefined;
  if (!isCodeLike(code)) return { kind: "unknown", what: "an error without a code; its own log says more" };
  return { kind: kindOfCode(errorKinds, code), what: `${code}${hints[code] ?? ""}` };
}
