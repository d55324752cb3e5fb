import type { RouteConfig } from "@hono/zod-openapi";
import { z } from "zod";
import { type ErrorCode, errorCodes } from "../core/errors.ts";
import type { Definition } from "./operation.ts";
import { rolesFor } from "./permissions.ts";
import { problemSchema } from "./problem.ts";

/** A route's definition as the OpenAPI document tells it. */
export function routeConfig<Params, Query, Body, Answer>(
  definition: Definition<Params, Query, Body, Answer>,
): RouteConfig {
  const { params, query, body, answer, statuses, streams } = definition;
  const answers = Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [
      status,
      { description, ...(streams || answer ? { content: contentOf(answer, streams) } : {}) },
    ]),
  );
  const headers =
    definition.method === "get" || definition.keepsAnswer === false ? {} : { headers: idempotencyHeader };
  return {
    method: definition.method,
    path: definition.path,
    tags: [definition.tag],
    summary: definition.summary,
    description: [definition.description, `Roles: ${rolesFor(definition.permission).join(", ")}.`]
      .filter(Boolean)
      .join("\n\n"),
    security: [{ key: [] }],
    request: {
      ...(params ? { params } : {}),
      ...(query ? { query } : {}),
      ...(body
        ? { body: { required: !definition.bodyOptional, content: { "application/json": { schema: body } } } }
        : {}),
      ...headers,
    },
    responses: {
      ...answers,
      ...refusalAnswers([...commonRefusals, ...inputRefusals(definition), ...(definition.refusals ?? [])]),
    },
  };
}

/** Refusals every authenticated route may give. */
const commonRefusals: readonly ErrorCode[] = [
  "invalid_request",
  "unauthorized",
  "forbidden",
  "overloaded",
  "request_timeout",
  "internal",
];

const idempotencyHeader = z.object({
  "idempotency-key": z
    .string()
    .max(200)
    .optional()
    .describe("Same key and body: the first answer again. Kept for 24 hours."),
});

function contentOf(answer: z.ZodType | undefined, streams: readonly string[] = []) {
  const streamed = streams.map((type) => [type, { schema: z.string() }]);
  return Object.fromEntries(answer ? [["application/json", { schema: answer }], ...streamed] : streamed);
}

function inputRefusals(definition: { body?: unknown; params?: unknown; method: string }): ErrorCode[] {
  const codes: ErrorCode[] = [];
  if (definition.params) codes.push("not_found");
  if (definition.body) {
    codes.push(
      "malformed_json",
      "duplicate_key",
      "number_out_of_range",
      "body_too_large",
      "unsupported_media_type",
    );
  }
  if (definition.method !== "get") codes.push("idempotency_mismatch", "idempotency_in_progress");
  return codes;
}

/** One entry per status, naming the codes that come with it. */
function refusalAnswers(codes: readonly ErrorCode[]): RouteConfig["responses"] {
  const byStatus = Map.groupBy(new Set(codes), (code) => errorCodes[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: `code: ${group.join(", ")}`,
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]),
  );
}
