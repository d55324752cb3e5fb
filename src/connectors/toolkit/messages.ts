import type { z } from "zod";
import { parseStrictJson } from "./json.ts";

/**
 * What one message of several carries, as JSON or as the text of it. Null when it cannot be read, which is no matter of the messages it
 * comes with. Whole numbers beyond 2^53 - 1 are given as text.
 */
export function messageData<Schema extends z.ZodType>(schema: Schema, data: unknown): z.infer<Schema> | null {
  try {
    const value = typeof data === "string" ? parseStrictJson(data, { largeIntegersAsText: true }) : data;
    return schema.safeParse(value).data ?? null;
  } catch {
    return null;
  }
}
