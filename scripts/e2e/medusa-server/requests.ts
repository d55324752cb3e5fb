/** JSON over HTTP to Medusa's admin, store and auth APIs. Every answer is parsed with the schema the caller names. */

import { z } from "zod";

/** Medusa said no. `status` and `body` are its answer; the message quotes them. */
export class MedusaRefusal extends Error {
  readonly status: number;
  readonly body: string;

  constructor(request: string, status: number, body: string) {
    super(`Medusa answered ${status} to ${request}: ${body.slice(0, 500)}`);
    this.name = "MedusaRefusal";
    this.status = status;
    this.body = body;
  }
}

export interface MedusaRequest {
  method?: "GET" | "POST" | "DELETE";
  /** With its query string, e.g. `/admin/orders?limit=1`. */
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

const requestTimeoutMs = 60_000;

export async function request<Schema extends z.ZodType>(
  baseUrl: string,
  schema: Schema,
  { method = "GET", path, headers = {}, body }: MedusaRequest,
): Promise<z.output<Schema>> {
  const response = await fetch(new URL(path, baseUrl), {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const text = await response.text();
  if (!response.ok) throw new MedusaRefusal(`${method} ${path}`, response.status, text);
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new Error(
      `Medusa's answer to ${method} ${path} is not what was expected: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
}

/** `{[key]: {id}}`, the answer to most of Medusa's creating calls. */
export const created = <Key extends string>(
  key: Key,
): z.ZodObject<Record<Key, z.ZodObject<{ id: z.ZodString }>>> =>
  z.object({ [key]: z.object({ id: z.string() }) } as Record<Key, z.ZodObject<{ id: z.ZodString }>>);

/** How a secret API key is presented: as Basic, bare. As Bearer it is refused. */
export const secretKeyHeaders = (secretKey: string): Record<string, string> => ({
  authorization: `Basic ${secretKey}`,
});

/** Medusa reads query strings with `qs`: arrays as `name[]=a`, operators as `name[$gte]=a`. Values are escaped here. */
export const query = (pairs: [name: string, value: string | number][]): string =>
  pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
