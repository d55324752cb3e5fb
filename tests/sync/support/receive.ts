import type { Fetch } from "../../../src/core/runtime.ts";
import type { RunningSync } from "../../../src/sync/sync.ts";

/** The hub's own address: takes in what a shop sends there. */
export async function receiveRequest(sync: RunningSync, input: Parameters<Fetch>[0]): Promise<Response> {
  const request = new Request(input);
  const connectionId = new URL(request.url).pathname.split("/").at(-1) ?? "";
  const body = new Uint8Array(await request.arrayBuffer());
  try {
    const receipt = await sync.receive(connectionId, {
      body,
      headers: Object.fromEntries(request.headers),
      url: request.url,
    });
    if (receipt.accepted) return new Response(null, { status: 204 });
    return new Response(null, { status: 401 });
  } catch {
    return new Response(null, { status: 503 });
  }
}
