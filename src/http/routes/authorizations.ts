import type { Context } from "hono";
import { z } from "zod";
import { parseStrictJson } from "../../connectors/toolkit/json.ts";
import { audit } from "../../core/audit.ts";
import { loadConnection } from "../../core/catalogue/connections.ts";
import { tokensSchema } from "../../core/model/tokens.ts";
import { connectionSchema, shownConnection } from "../connection-view.ts";
import { isJsonType, readBytes } from "../middleware/body.ts";
import { type Observe, securityHeaders } from "../middleware/observe.ts";
import type { Operate } from "../operation.ts";
import type { App, AppEnv, AppParts, Scope } from "../parts.ts";
import { problemSchema } from "../problem.ts";
import { connectionParams as params, connectionTag as tag } from "./connections.ts";

const addressSchema = z
  .object({
    address: z.string().describe("Open it in a browser; the platform sends the person back to the callback"),
    redirectUrl: z.string().describe("The callback; enter it in the platform's settings of your application"),
    expiresAt: z.string().describe("The address holds until then"),
  })
  .meta({ id: "AuthorizationAddress" });

/** Granting access to an account whose tokens the hub keeps and renews. */
export function authorizationRoutes(operate: Operate, parts: AppParts): void {
  const { db, sync, runtime } = parts;
  operate(
    {
      method: "get",
      path: "/v1/connections/{id}/authorization",
      permission: "connections.write",
      tag,
      summary: "Where a person grants access to the account",
      description: "The address holds a signed state for this connection that expires.",
      params,
      answer: addressSchema,
      statuses: { 200: "Open the address" },
      refusals: ["unsupported"],
    },
    async ({ caller, params }) => ({ body: await sync.startAuthorization(caller.merchantId, params.id) }),
  );
  operate(
    {
      method: "put",
      path: "/v1/connections/{id}/authorization",
      permission: "connections.write",
      tag,
      summary: "Enter tokens by hand",
      description: "They are kept encrypted and never shown; the connection goes back to work with them.",
      params,
      body: tokensSchema,
      answer: connectionSchema,
      statuses: { 200: "Kept" },
      refusals: ["unsupported"],
      keepsAnswer: false,
    },
    async ({ caller, params, body }) => {
      await sync.enterTokens(caller.merchantId, params.id, body);
      await audit(db, runtime, caller.merchantId, {
        actor: caller.keyId,
        action: "connection.tokens",
        subject: params.id,
      });
      return { body: shownConnection(parts, await loadConnection(db, caller.merchantId, params.id)) };
    },
  );
}

/** Codes and keys are short. */
const callbackLimitBytes = 16_384;
const path = "/authorizations/callback";

/**
 * Where platforms bring the grant: in the address of the person's browser, or as a JSON body of their own. No API key: the state
 * says whose it is. Nothing of the address is logged.
 */
export function callbackRoutes(app: App, parts: AppParts, observe: Observe): void {
  const finish = async (context: Context<AppEnv>, scope: Scope): Promise<Response> => {
    const given = { ...context.req.query(), ...(await bodyParameters(context.req.raw)) };
    const { merchantId, connectionId } = await parts.sync.finishAuthorization(given);
    await audit(parts.db, parts.runtime, merchantId, {
      actor: "authorization callback",
      action: "connection.tokens",
      subject: connectionId,
    });
    return new Response(JSON.stringify({ connection: connectionId, granted: true }), {
      headers: { ...securityHeaders, "content-type": "application/json", "x-request-id": scope.requestId },
    });
  };
  app.get(path, observe(path, finish));
  app.post(path, observe(path, finish));
  for (const method of ["get", "post"] as const) {
    const answer = z.object({ connection: z.uuid(), granted: z.literal(true) });
    app.openAPIRegistry.registerPath({
      method,
      path,
      tags: [tag],
      summary: method === "get" ? "Where a platform sends a person back" : "Where a platform sends keys",
      description: "No API key: the state of the authorization says whose it is, and expires.",
      responses: {
        200: { description: "Access is granted", content: { "application/json": { schema: answer } } },
        400: problem("code: invalid_request. The state is not ours or has expired, or the grant was refused"),
        502: problem("code: connection_failed. The platform could not be asked; start again"),
      },
    });
  }
}

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

const textual = z.union([z.string(), z.number().transform(String)]);

/** The plain values of a JSON object; anything else says nothing to us. */
async function bodyParameters(request: Request): Promise<Record<string, string>> {
  if (request.method !== "POST" || !isJsonType(request.headers.get("content-type"))) return {};
  const body = z
    .record(z.string(), z.unknown())
    .safeParse(parseStrictJson(await readBytes(request, callbackLimitBytes)));
  return Object.fromEntries(
    Object.entries(body.data ?? {}).flatMap(([name, value]) => {
      const text = textual.safeParse(value);
      return text.success ? [[name, text.data]] : [];
    }),
  );
}
