/** The whole body, or null when it is longer than `limitBytes`; then the rest is not read. */
export async function boundedBytes(body: Request | Response, limitBytes: number): Promise<Uint8Array | null> {
  const declared = Number(body.headers.get("content-length") ?? 0);
  if (declared > limitBytes) {
    await body.body?.cancel();
    return null;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return joined(chunks, length);
    length += value.byteLength;
    if (length > limitBytes) {
      await reader?.cancel();
      return null;
    }
    chunks.push(value);
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1 && chunks[0]) return chunks[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
