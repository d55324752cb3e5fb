import type { Sandbox } from "../../src/connectors/sandbox/index.ts";
import type { Chance } from "../../src/connectors/sandbox/random.ts";
import type { Fetch } from "../../src/core/runtime.ts";
import type { Weather } from "../faults.ts";
import type { Life } from "./life.ts";
import type { VirtualTime } from "./time.ts";
import type { Trace } from "./trace.ts";

/** A shop on the network, as the hub's calls reach it. */
export interface Host {
  sandbox: Sandbox;
  weather: Weather;
  /** Somebody buys the named listing at this very moment; false when nobody could. */
  buyOne(externalId: string): boolean;
}

export interface Network {
  hosts: Map<string, Host>;
  /** The network as one process sees it. */
  fetchOf(process: string, life: Life): Fetch;
}

export interface NetworkParts {
  time: VirtualTime;
  trace: Trace;
  chance: Chance;
  /** Counts what was seen to happen. */
  seen(fault: string): void;
  /** Called before a call reaches its shop. */
  meanwhile(): void;
}

const world = { lazy: false, isAwake: () => true, isDead: false };

/**
 * Writes that arrive late: after the caller has given up (30 s), and after others, but within the minute that the hub allows for
 * that. See "When it can still happen" in docs/escrow.md.
 */
export const callMs = 30_000;
export const lateBetweenMs = [1_000, 55_000] as const;

export function createNetwork(parts: NetworkParts): Network {
  const { time, trace, chance, seen, meanwhile } = parts;
  const timers = time.timersOf(world);
  const late = time.timersOf({ ...world, aside: true });
  const hosts: Network["hosts"] = new Map();

  const travel = async (weather: Weather, signal: AbortSignal | null | undefined) => {
    // In steps of 50 ms, so that calls that belong together end together.
    const steps = chance.between(0, Math.max(1, Math.floor(weather.latencyMs / 50)));
    if (steps * 50 > 1_000) seen("call.slow");
    await untilAborted(timers.sleep(steps * 50), signal);
  };
  const deliver = async (host: Host, request: Request, signal: AbortSignal | null | undefined) => {
    time.touch();
    const response = await untilAborted(host.sandbox.fetch(request), signal);
    time.touch();
    if (response.status === 429) seen("answer.429");
    if (response.status >= 500 && response.status !== 504) seen("answer.5xx");
    return response;
  };

  /** A write that the caller has given up before it arrives. */
  const deliverLate = (host: Host, request: Request, calledAtMs: number) => {
    seen("write.late");
    const arrivesMs = calledAtMs + callMs + chance.between(...lateBetweenMs);
    void late.sleep(arrivesMs - time.nowMs()).then(() => deliver(host, request, null));
  };

  const call = async (name: string, input: Parameters<Fetch>[0], init: RequestInit | undefined) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    const host = hosts.get(url.host);
    if (!host) throw broken("ENOTFOUND");
    const signal = init?.signal;
    const what = `${init?.method ?? "GET"} ${url.host}${url.pathname}`;
    const isWrite = init?.method === "POST";
    const request = new Request(url, { ...init, ...(isHeld(host) ? {} : { signal: null }) });
    const { weather } = host;
    const calledAtMs = time.nowMs();
    await travel(weather, signal);
    meanwhile();
    if (chance.happens(weather.lostRequest)) {
      seen("call.requestLost");
      throw broken("ECONNRESET");
    }
    if (isWrite && url.pathname === "/stock" && chance.happens(weather.lateWrite)) {
      deliverLate(host, request, calledAtMs);
      return untilAborted(new Promise<never>(() => undefined), signal);
    }
    if (isWrite && chance.happens(weather.raceToShelf)) raceToShelf(host, init?.body, seen);
    const response = await deliver(host, request, signal).catch((error: unknown) => {
      if (isWrite && isHeld(host) && signal?.aborted) seen("write.appliedButTimedOut");
      throw error;
    });
    if (host.sandbox.faults.shiftingPages && (await hasNextPage(url, response))) seen("page.shift");
    trace.step(`${name} ${what} ${response.status}`);
    await travel(weather, signal);
    if (chance.happens(weather.lostAnswer)) {
      seen("call.answerLost");
      throw broken("ECONNRESET");
    }
    return response;
  };
  return {
    hosts,
    fetchOf: (name, life) => async (input, init) => {
      await aboutToCall(life, time);
      const response = await life.onlyAlive(call(name, input, init));
      await life.pass("after call");
      return response;
    },
  };
}

/**
 * The process dies, stops or goes on. One that stopped for longer than a call may take wakes up to a call that is over: it does
 * not leave any more. Stopped in the very instant in which it leaves, it is a write that arrives too late.
 */
export async function aboutToCall(life: Life, time: Pick<VirtualTime, "nowMs">): Promise<void> {
  const sinceMs = time.nowMs();
  await life.pass("before call");
  if (time.nowMs() - sinceMs >= callMs) throw broken("UND_ERR_ABORTED");
}

/** Only answers that are kept back need to know when the caller gives up. */
const isHeld = (host: Host): boolean => host.sandbox.faults.writeAppliedButTimedOut > 0;

const hasNextPage = async (url: URL, response: Response): Promise<boolean> =>
  url.pathname === "/orders" && (await response.clone().text()).includes('"nextCursor":"');

function raceToShelf(host: Host, body: unknown, seen: (fault: string) => void): void {
  if (typeof body !== "string" || !body.includes('"compareAndSet"')) return;
  const { updates } = JSON.parse(body) as { updates: { externalId: string; mode: string }[] };
  const aimed = updates.find(({ mode }) => mode === "compareAndSet");
  if (aimed && host.buyOne(aimed.externalId)) seen("write.refusedByRace");
}

/** A fetch that broke, as Node names it. */
export const broken = (code: string): Error =>
  Object.assign(new TypeError("fetch failed"), { cause: { code } });

export function untilAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal | null | undefined,
): Promise<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(broken("UND_ERR_ABORTED"));
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
