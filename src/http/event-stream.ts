import type { Clock, Timers } from "../core/clock.ts";

/** Server-sent events (HTML living standard, section 9.2): the log from one number on, then whatever comes. */

export interface StreamedEvent {
  seq: number;
  /** What a client comes back with; the number of the log when left out. */
  id?: string;
  type: string;
  subject: string;
  occurredAt: string;
  data: unknown;
}

export interface EventStreamParts {
  clock: Clock;
  timers: Timers;
  read(afterSeq: number, limit: number): Promise<StreamedEvent[]>;
  /** Asked again and again: a revoked key must not keep an open stream. */
  mayGoOn(): Promise<boolean>;
  /** Called once, when the stream is over for whatever reason. */
  onEnd(): void;
}

/** How long new events wait for a stream that is up to date. One indexed read of nothing each time. */
const pollMs = 500;
/** Proxies cut connections that are silent for a minute or less. */
const heartbeatMs = 15_000;
const recheckMs = 4_000;
const eventsPerRead = 200;

export function eventStream(parts: EventStreamParts, afterSeq: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  let position = afterSeq;
  let checkedMs = parts.clock.nowMs();
  const end = () => {
    if (ended.signal.aborted) return;
    ended.abort();
    parts.onEnd();
  };
  const maySend = async (): Promise<boolean> => {
    if (parts.clock.nowMs() - checkedMs < recheckMs) return true;
    checkedMs = parts.clock.nowMs();
    return parts.mayGoOn();
  };
  /** The text to send next; undefined when the stream is over. */
  const nextText = async (): Promise<string | undefined> => {
    for (let silentMs = 0; silentMs < heartbeatMs; silentMs += pollMs) {
      if (ended.signal.aborted || !(await maySend())) return undefined;
      const events = await parts.read(position, eventsPerRead);
      position = events.at(-1)?.seq ?? position;
      if (events.length > 0) return events.map(textOf).join("");
      await parts.timers.sleep(pollMs, ended.signal);
    }
    return ": waiting for events\n\n";
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode("retry: 2000\n\n"));
      },
      async pull(controller) {
        try {
          const text = await nextText();
          if (text !== undefined) return controller.enqueue(encoder.encode(text));
        } catch {
          // The database is away: the client comes back and resumes where it was.
        }
        end();
        if (ended.signal.aborted) closeQuietly(controller);
      },
      cancel: end,
    },
    // Read from the log only when the client has taken what it was sent.
    { highWaterMark: 0 },
  );
}

const textOf = ({ seq, id, type, subject, occurredAt, data }: StreamedEvent): string =>
  `id: ${id ?? seq}\nevent: ${type}\ndata: ${JSON.stringify({ seq, type, subject, occurredAt, data })}\n\n`;

function closeQuietly(controller: ReadableStreamDefaultController): void {
  try {
    controller.close();
  } catch {
    // Cancelled by the client in the same moment.
  }
}
