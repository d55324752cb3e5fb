import { z } from "zod";
import { isDatabaseLost } from "../core/db/lost.ts";
import { type ErrorCode, errorCodes, SluiceError } from "../core/errors.ts";
import { type DetailKey, type DetailValues, detailOf, type Language, titleOf } from "./messages.ts";

/** One thing wrong with a request. `path` reads like code: `lines[0].quantity`; empty for the whole. */
export interface Issue {
  in: "body" | "query" | "path";
  path: string;
  code: ErrorCode;
  message: string;
}

/** A refusal made by the HTTP layer, whose sentence exists in every language. */
export class HttpError extends SluiceError {
  readonly detailKey: DetailKey;
  readonly values: DetailValues;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detailKey: DetailKey,
    options: {
      values?: DetailValues;
      details?: Record<string, unknown>;
      headers?: Record<string, string>;
    } = {},
  ) {
    const { values = {}, details = {}, headers = {} } = options;
    super(code, detailOf(detailKey, "en", values), { details });
    this.name = "HttpError";
    this.detailKey = detailKey;
    this.values = values;
    this.headers = headers;
  }
}

export const notFound = (what: string, id: string): HttpError =>
  new HttpError("not_found", "not_found", { values: { what, id } });

/** Looking a thing up by its address: what is "unknown" inside a body is "not found" here. */
export async function asNotFound<Value>(
  code: ErrorCode,
  what: string,
  id: string,
  look: Promise<Value>,
): Promise<Value> {
  try {
    return await look;
  } catch (error) {
    throw error instanceof SluiceError && error.code === code ? notFound(what, id) : error;
  }
}

/** RFC 9457 problem document; our own members are `code` and what the refusal adds, such as `lines` or `issues`. */
export const problemSchema = z
  .looseObject({
    type: z.string().describe("urn:sluice:problem:<code>"),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe("What happened and what to do next"),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
    instance: z.string().describe("The request id, as in the x-request-id header and in the log"),
    issues: z
      .array(
        z.object({
          in: z.enum(["body", "query", "path"]),
          path: z.string(),
          code: z.string(),
          message: z.string(),
        }),
      )
      .optional()
      .describe("With invalid input: every place that is wrong"),
  })
  .describe("RFC 9457 problem document");

export type Problem = z.infer<typeof problemSchema>;

/** A thrown thing that is no refusal of ours says nothing to the outside: its text may hold data. */
export function problemOf(error: unknown, language: Language, requestId: string): Problem {
  const refusal = refusalOf(error);
  const detail =
    refusal instanceof HttpError ? detailOf(refusal.detailKey, language, refusal.values) : refusal.message;
  const standard = {
    type: `urn:sluice:problem:${refusal.code}`,
    title: titleOf(refusal.code, language),
    status: refusal.status,
    detail,
    code: refusal.code,
    instance: requestId,
  };
  // Twice: the standard members come first for the reader, and no detail can replace them.
  return { ...standard, ...refusal.details, ...standard };
}

/** Anything thrown as a refusal: what is none of ours is a failure of ours, or of the database behind us. */
export function refusalOf(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return isDatabaseLost(error)
    ? new HttpError("unavailable", "database_lost")
    : new HttpError("internal", "failed");
}

/** Zod's issues as ours. A schema marks an issue with `params: { code }`; a number above its bound does not fit. */
export function invalidInput(error: z.ZodError, place: Issue["in"]): HttpError {
  const issues = error.issues.map(
    (issue): Issue => ({
      in: place,
      path: z.core.toDotPath(issue.path),
      code: place === "body" ? codeOf(issue) : "invalid_request",
      message: issue.message,
    }),
  );
  const [first] = issues;
  const agreed = first !== undefined && issues.every((issue) => issue.code === first.code);
  return new HttpError(agreed ? first.code : "invalid_request", "body_invalid", { details: { issues } });
}

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  if (issue.code === "custom") {
    const marked: unknown = issue.params?.code;
    return isErrorCode(marked) ? marked : "invalid_request";
  }
  const isNumber = issue.code === "too_big" && (issue.origin === "number" || issue.origin === "int");
  return isNumber ? "number_out_of_range" : "invalid_request";
}

const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === "string" && Object.hasOwn(errorCodes, value);
