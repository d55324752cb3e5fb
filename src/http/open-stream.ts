import { SluiceError } from "../core/errors.ts";
import { type EventStreamParts, eventStream } from "./event-stream.ts";
import type { Authenticate } from "./middleware/authenticate.ts";
import { securityHeaders } from "./middleware/observe.ts";
import type { AppParts, Scope } from "./parts.ts";

/** Open streams of one kind in one process; each costs a read per half second. */
const mostStreams = 500;

export type OpenStream = (
  request: Request,
  scope: Scope,
  read: EventStreamParts["read"],
  afterSeq: number,
) => Response;

/** Opens event streams that end when their key is revoked, and no more than the process can serve. */
export function createStreams({ runtime }: AppParts, authenticate: Authenticate): OpenStream {
  let streams = 0;
  return (request, scope, read, afterSeq) => {
    if (streams >= mostStreams)
      throw new SluiceError("overloaded", `${mostStreams} event streams are open here; try again later.`);
    streams += 1;
    const body = eventStream(
      {
        ...runtime,
        read,
        mayGoOn: () =>
          authenticate(request, scope).then(
            () => true,
            () => false,
          ),
        onEnd: () => {
          streams -= 1;
        },
      },
      afterSeq,
    );
    // X-Accel-Buffering: nginx would otherwise hold events back until its buffer is full.
    const headers = {
      ...securityHeaders,
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
      "x-request-id": scope.requestId,
    };
    return new Response(body, { headers });
  };
}
