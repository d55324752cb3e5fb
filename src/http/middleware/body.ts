import { HttpError } from "../problem.ts";

/**
 * The raw bytes of a body, never more than `limitBytes`. A body that announces its length is refused before it is
 * read; one that does not (chunked) is counted while it comes in.
 */
export async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > limitBytes) throw tooLarge(limitBytes);
  try {
    if (announced === null) return await readCounted(request.body, limitBytes);
    const bytes = new Uint8Array(await request.arrayBuffer());
    // The server checks the announced length; a caller inside the process may not have.
    if (bytes.byteLength > limitBytes) throw tooLarge(limitBytes);
    return bytes;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError("invalid_request", "body_interrupted");
  }
}

async function readCounted(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limitBytes) {
      await reader.cancel();
      throw tooLarge(limitBytes);
    }
    chunks.push(value);
  }
  return joined(chunks, size);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first) return first;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** The rest of the body is not read, so nothing else can follow on this connection: callers that pool theirs must know. */
const tooLarge = (limit: number) =>
  new HttpError("body_too_large", "body_too_large", { values: { limit }, headers: { connection: "close" } });

/** `application/json`, with no charset or UTF-8 (RFC 8259, section 8.1). */
export const isJsonType = (contentType: string | null): boolean =>
  contentType !== null && /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType.trim());
