import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { z } from "zod";
import type { KeptAnswer } from "../core/access/idempotency.ts";
import { type ErrorCode, SluiceError } from "../core/errors.ts";
import type { Authenticate, Caller } from "./middleware/authenticate.ts";
import type { RunOnce } from "./middleware/idempotency.ts";
import { type JsonBody, readJson } from "./middleware/json-body.ts";
import { type Observe, securityHeaders } from "./middleware/observe.ts";
import { withinTime } from "./middleware/timeout.ts";
import { routeConfig } from "./openapi.ts";
import type { App, AppEnv, AppParts, Scope } from "./parts.ts";
import { type Permission, requirePermission } from "./permissions.ts";
import { HttpError, invalidInput, notFound } from "./problem.ts";
import { wrongParameters } from "./query-parameters.ts";

/** What one route takes, gives and may refuse: read by the server and by the OpenAPI document alike. */
export interface Definition<Params, Query, Body, Answer> {
  method: "get" | "post" | "put" | "patch" | "delete";
  /** In OpenAPI's spelling: `/v1/orders/{id}`. */
  path: string;
  permission: Permission;
  tag: string;
  summary: string;
  description?: string;
  params?: z.ZodType<Params> & z.ZodObject;
  /** Left out, the route refuses every query parameter. */
  query?: z.ZodType<Query> & z.ZodObject;
  body?: z.ZodType<Body>;
  /** The body may be left out; the schema then sees `{}`. */
  bodyOptional?: boolean;
  /** Absent for routes that answer with a stream of another type. */
  answer?: z.ZodType<unknown, Answer>;
  /** Status -> when it is given. The lowest is sent where the handler names none. */
  statuses: Partial<Record<200 | 201 | 202 | 204, string>>;
  /** Media types of a streamed answer. */
  streams?: readonly string[];
  /** Codes besides those every route may give. */
  refusals?: readonly ErrorCode[];
  /** Writes take an Idempotency-Key; false where the answer holds a secret that must not be stored. */
  keepsAnswer?: boolean;
}

export interface Call<Params, Query, Body> {
  caller: Caller;
  params: Params;
  query: Query;
  body: Body;
  scope: Scope;
  request: Request;
}

export interface Reply<Answer> {
  /** The lowest of the definition's statuses when left out. */
  status?: number;
  body?: Answer;
  headers?: Record<string, string>;
}

export type Operate = <Params, Query, Body, Answer>(
  definition: Definition<Params, Query, Body, Answer>,
  handler: (call: Call<Params, Query, Body>) => Promise<Reply<Answer> | Response>,
) => void;

export interface OperationParts {
  app: App;
  parts: AppParts;
  observe: Observe;
  authenticate: Authenticate;
  runOnce: RunOnce;
}

const defaultTimeoutMs = 30_000;
export const defaultBodyLimitBytes = 1_048_576;

/**
 * Adds routes of the API to the app. Each passes the same gates in the same order: key, role, body limit and type,
 * strict JSON, parameters and body by their schemas, Idempotency-Key, then the handler within the time limit.
 */
export function createOperate(shared: OperationParts): Operate {
  const { app, parts, observe, authenticate, runOnce } = shared;
  const { options, runtime } = parts;
  const bodyLimitBytes = options.bodyLimitBytes ?? defaultBodyLimitBytes;
  const timeoutMs = options.requestTimeoutMs ?? defaultTimeoutMs;
  return (definition, handler) => {
    app.openAPIRegistry.registerPath(createRoute(routeConfig(definition)));
    const finish = async (context: Context<AppEnv>, scope: Scope, caller: Caller) => {
      const request = context.req.raw;
      const json = await readJson(request, definition, bodyLimitBytes);
      const call = { ...inputsOf(definition, context, json), caller, scope, request };
      const work = async () => {
        const reply = await handler(call);
        return reply instanceof Response ? reply : settled(definition, reply, options.checkAnswers ?? false);
      };
      const isWrite = definition.method !== "get";
      if (!isWrite || definition.keepsAnswer === false) return work();
      return runOnce({ caller, scope, request, path: context.req.path, bytes: json.bytes }, work);
    };
    app.on(
      definition.method,
      definition.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      observe(definition.path, async (context, scope) => {
        const caller = await authenticate(context.req.raw, scope);
        requirePermission(caller.role, definition.permission);
        const reply = await withinTime(finish(context, scope, caller), timeoutMs, runtime.timers);
        return reply instanceof Response ? reply : responseOf(reply, scope);
      }),
    );
  };
}

function settled<Answer>(
  definition: Pick<Definition<never, never, never, Answer>, "answer" | "statuses" | "path">,
  reply: Reply<Answer>,
  checkAnswers: boolean,
): KeptAnswer {
  const status = reply.status ?? Number(Object.keys(definition.statuses)[0]);
  if (checkAnswers && reply.body !== undefined) {
    const checked = definition.answer?.safeParse(reply.body);
    if (!checked?.success) {
      throw new SluiceError(
        "internal",
        `${definition.path} answers otherwise than documented: ${checked?.error.message}`,
      );
    }
  }
  return {
    status,
    text: reply.body === undefined ? "" : JSON.stringify(reply.body),
    headers: reply.headers ?? {},
  };
}

export function responseOf(reply: KeptAnswer, scope: Scope): Response {
  const isEmpty = reply.text === "";
  const headers = {
    ...securityHeaders,
    ...(isEmpty ? {} : { "content-type": "application/json" }),
    ...reply.headers,
    "x-request-id": scope.requestId,
  };
  return new Response(isEmpty ? null : reply.text, { status: reply.status, headers });
}

function inputsOf<Params, Query, Body>(
  definition: Pick<Definition<Params, Query, Body, never>, "params" | "query" | "body" | "tag">,
  context: Context<AppEnv>,
  json: JsonBody,
): { params: Params; query: Query; body: Body } {
  // No text column can hold NUL, so nothing by such a name exists.
  if (context.req.url.includes("%00")) throw new HttpError("invalid_request", "nul_in_address");
  const params = definition.params?.safeParse(context.req.param());
  // An id that cannot be one of ours is the id of nothing.
  if (params?.success === false) throw notFound(definition.tag, Object.values(context.req.param()).join("/"));
  if (context.req.url.includes("?")) {
    const wrong = wrongParameters(context.req.queries(), Object.keys(definition.query?.shape ?? {}));
    if (wrong) throw wrong;
  }
  const query = definition.query?.safeParse(context.req.query());
  if (query?.success === false) throw invalidInput(query.error, "query");
  const body = definition.body?.safeParse(json.value);
  if (body?.success === false) throw invalidInput(body.error, "body");
  // Where a route declares no schema its type is `undefined`-like and nobody reads it.
  return { params: params?.data as Params, query: query?.data as Query, body: body?.data as Body };
}
