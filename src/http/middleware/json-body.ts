import { parseStrictJson } from "../../connectors/toolkit/json.ts";
import { HttpError } from "../problem.ts";
import { isJsonType, readBytes } from "./body.ts";

export interface JsonBody {
  bytes: Uint8Array;
  value: unknown;
}

const nothing: JsonBody = { bytes: new Uint8Array(), value: undefined };

/**
 * The body as strictly read JSON: UTF-8, no key twice in one object, no number that would lose digits. Routes that
 * take no body do not read one.
 */
export async function readJson(
  request: Request,
  definition: { body?: unknown; bodyOptional?: boolean },
  limitBytes: number,
): Promise<JsonBody> {
  if (definition.body === undefined) return nothing;
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (!/^\s*(identity)?\s*$/i.test(encoding)) {
    throw new HttpError("unsupported_media_type", "content_encoding", {
      headers: { "accept-encoding": "identity" },
    });
  }
  const bytes = await readBytes(request, limitBytes);
  if (bytes.byteLength === 0) {
    if (definition.bodyOptional) return { bytes, value: {} };
    throw new HttpError("invalid_request", "body_missing");
  }
  if (!isJsonType(request.headers.get("content-type"))) {
    throw new HttpError("unsupported_media_type", "content_type", {
      headers: { accept: "application/json" },
    });
  }
  return { bytes, value: parseStrictJson(bytes, { wellFormedText: true }) };
}
