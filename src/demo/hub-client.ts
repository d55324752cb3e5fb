import { z } from "zod";
import { type ErrorCode, errorCodes, SluiceError } from "../core/errors.ts";
import type { Fetch } from "../core/runtime.ts";

/** A hub's ordinary API, as any program uses it. */
export interface HubClient {
  /** The parsed answer. Throws what the hub refused, or `unavailable` when nobody answers. */
  call<Schema extends z.ZodType>(
    method: "GET" | "PATCH" | "POST" | "PUT" | "DELETE",
    path: string,
    answer: Schema,
    body?: unknown,
  ): Promise<z.output<Schema>>;
}

const problemSchema = z.object({ code: z.string(), detail: z.string() });

export function hubClient(fetch: Fetch, hubUrl: string, key: string): HubClient {
  return {
    async call(method, path, answer, body) {
      const response = await fetch(`${hubUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch((cause: unknown) => {
        throw new SluiceError(
          "unavailable",
          `No hub answers at ${hubUrl}. Start one with: npm start. Or correct the address.`,
          { cause },
        );
      });
      const text = await response.text();
      if (response.ok) return answer.parse(text === "" ? null : JSON.parse(text));
      throw refusalOf(text, `${hubUrl} answered ${response.status} to ${method} ${path}`);
    },
  };
}

function refusalOf(text: string, what: string): SluiceError {
  const problem = problemSchema.safeParse(jsonOf(text)).data;
  if (!problem) return new SluiceError("invalid_request", `${what}; is that address a Sluice hub?`);
  const code = isCode(problem.code) ? problem.code : "invalid_request";
  return new SluiceError(code, `${what}: ${problem.detail}`);
}

const isCode = (text: string): text is ErrorCode => Object.hasOwn(errorCodes, text);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
