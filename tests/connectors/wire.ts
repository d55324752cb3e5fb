import type { Fetch } from "../../src/core/runtime.ts";

/** How the wire between a connector and its fake platform behaves. `pass` lets the request through. */
export type WireFault = (request: Request, pass: () => Promise<Response>) => Promise<Response>;

export interface Wire {
  fetch: Fetch;
  /** Requests that reached the wire so far. */
  calls(): number;
  /** One more request has its turn. */
  allow(): void;
  /** Requests that left without a turn so far. */
  untimely(): number;
  /** From now on; null mends it. */
  fault(fault: WireFault | null): void;
  /** Resolves when a request has been swallowed by `silence` or `silenceAfterDoing`. */
  swallowed(): Promise<void>;
  silence: WireFault;
  /** The platform does it, the answer never comes. Questions are answered. */
  silenceAfterDoing: WireFault;
  /** The platform does it, then the connection breaks. Questions are answered. */
  brokenAfterDoing: WireFault;
  isQuestion: IsQuestion;
}

export type IsQuestion = (request: Request) => boolean | Promise<boolean>;

/** Whether all these texts stand in a request's address or body, in the order of neither. */
export const naming =
  (...texts: string[]): IsQuestion =>
  async (request) => {
    const asked = `${decodeURIComponent(request.url)} ${decodeURIComponent(await request.text())}`;
    return texts.every((text) => asked.includes(text));
  };

/** A fetch between connector and fake that can be broken while it runs. */
export function createWire(platform: Fetch, isQuestion: IsQuestion = asksByMethod): Wire {
  let calls = 0;
  let allowed = 0;
  let untimely = 0;
  let current: WireFault | null = null;
  let tellSwallowed = () => {};
  const swallowed = new Promise<void>((resolve) => {
    tellSwallowed = resolve;
  });
  // Takes no notice of the abort signal, as a fetch that hangs below the runtime would.
  const never = () => {
    tellSwallowed();
    return new Promise<Response>(() => {});
  };
  return {
    fetch: (input, init) => {
      calls += 1;
      if (allowed > 0) allowed -= 1;
      else untimely += 1;
      const request = new Request(input, init);
      const pass = () => platform(request.clone());
      return current === null ? pass() : current(request, pass);
    },
    calls: () => calls,
    allow: () => {
      allowed += 1;
    },
    untimely: () => untimely,
    fault: (fault) => {
      current = fault;
    },
    swallowed: () => swallowed,
    silence: never,
    silenceAfterDoing: async (request, pass) => {
      const asks = await isQuestion(request.clone());
      const response = await pass();
      return asks ? response : never();
    },
    brokenAfterDoing: async (request, pass) => {
      const asks = await isQuestion(request.clone());
      const response = await pass();
      if (asks) return response;
      throw connectionError("ECONNRESET");
    },
    isQuestion: (request) => isQuestion(request.clone()),
  };
}

const asksByMethod = (request: Request): boolean => request.method === "GET" || request.method === "HEAD";

export const answering =
  (status: number, headers: Record<string, string> = {}, body: unknown = {}): WireFault =>
  async () =>
    new Response(JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json", ...headers },
    });

/** A success page that is no JSON, as a captive portal or a maintenance page sends. */
export const junk: WireFault = async () =>
  new Response("<html><body>Welcome</body></html>", {
    status: 200,
    headers: { "content-type": "text/html" },
  });

/** Good JSON of no known shape. */
export const wrongShape: WireFault = async () => Response.json({ hello: ["world"] });

export const unreachable: WireFault = () => Promise.reject(connectionError("ECONNREFUSED"));

/** As Node's fetch reports it: a TypeError whose cause has the code. */
export const connectionError = (code: string): TypeError =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
