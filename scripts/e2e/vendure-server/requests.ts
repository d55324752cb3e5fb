/** GraphQL over HTTP to Vendure's admin and shop APIs. Every answer is parsed with the schema the caller names. */

import { z } from "zod";

/** Vendure said no: in `errors`, with a status, or with an error type in place of what was asked for. */
export class VendureRefusal extends Error {
  readonly code: string;

  constructor(name: string, code: string, message: string) {
    super(`Vendure answered ${code} to ${name}: ${message.slice(0, 500)}`);
    this.name = "VendureRefusal";
    this.code = code;
  }
}

export interface VendureSession {
  /** `http://127.0.0.1:<port>/admin-api` or `/shop-api`. */
  url: string;
  headers: Record<string, string>;
}

const requestTimeoutMs = 60_000;

const answerSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }).partial().optional() }))
    .optional(),
});

const refusalSchema = z.object({ errorCode: z.string(), message: z.string() });

/** Runs one document; a session the server opens meanwhile is kept in `session.headers`. Throws a `VendureRefusal`. */
export async function run<Schema extends z.ZodType>(
  session: VendureSession,
  schema: Schema,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<z.output<Schema>> {
  const response = await fetch(session.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...session.headers },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const name = /(?:query|mutation)\s*(?:\w+\s*)?(?:\([^)]*\))?\s*\{\s*(\w+)/.exec(query)?.[1] ?? "a document";
  const token = response.headers.get("vendure-auth-token");
  if (token) session.headers.authorization = `Bearer ${token}`;
  const text = await response.text();
  const { data, errors } = answerSchema.parse(JSON.parse(text));
  const [error] = errors ?? [];
  if (error) throw new VendureRefusal(name, error.extensions?.code ?? String(response.status), error.message);
  for (const value of Object.values(data ?? {})) {
    const refused = refusalSchema.safeParse(value).data;
    if (refused) throw new VendureRefusal(name, refused.errorCode, refused.message);
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new Error(
    `Vendure's answer to ${name} is not what was expected: ${z.prettifyError(parsed.error)}\n${text.slice(0, 500)}`,
  );
}

/** `{[key]: {id}}`, the answer to most of Vendure's creating mutations. */
export const created = <Key extends string>(
  key: Key,
): z.ZodObject<Record<Key, z.ZodObject<{ id: z.ZodString }>>> =>
  z.object({ [key]: z.object({ id: z.string() }) } as Record<Key, z.ZodObject<{ id: z.ZodString }>>);
