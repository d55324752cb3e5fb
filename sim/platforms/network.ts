import type { Connector, OpenContext } from "../../src/connectors/contract.ts";
import type { Chance } from "../../src/connectors/sandbox/random.ts";
import type { Fetch } from "../../src/core/runtime.ts";
import type { Life } from "../world/life.ts";
import { aboutToCall, broken, callMs, lateBetweenMs, untilAborted } from "../world/network.ts";
import type { VirtualTime } from "../world/time.ts";
import type { Trace } from "../world/trace.ts";
import type { PlatformShop } from "./shop.ts";

export interface PlatformNetwork {
  /** The network as one process sees it. */
  fetchOf(process: string, life: Life): Fetch;
  /** The connectors, each of whose calls is known to be for its shop, whatever address the platform has. */
  connectors: ReadonlyMap<string, Connector>;
}

export interface NetworkParts {
  shops: readonly PlatformShop[];
  time: VirtualTime;
  trace: Trace;
  chance: Chance;
  seen(fault: string): void;
}

/** The way from the hub to the platforms at their real addresses, with everything that happens on it. */
export function createPlatformNetwork(parts: NetworkParts): PlatformNetwork {
  const shopOf = new Map<string, PlatformShop>();
  const named = (shop: PlatformShop, fetch: Fetch): Fetch => {
    return (input, init) => {
      shopOf.set(new URL(input instanceof Request ? input.url : String(input)).host, shop);
      return fetch(input, init);
    };
  };
  const connectors = parts.shops.map((shop): [string, Connector] => {
    const { connector } = shop.subject;
    const { authorization } = connector;
    const through = (context: OpenContext) => ({ ...context, fetch: named(shop, context.fetch) });
    return [
      shop.id,
      {
        ...connector,
        open: (context) => connector.open(through(context)),
        ...(authorization ? { authorization: (context) => authorization(through(context)) } : {}),
      },
    ];
  });
  const call = createCall(parts, (host) => shopOf.get(host));
  return {
    connectors: new Map(connectors),
    fetchOf: (name, life) => async (input, init) => {
      await aboutToCall(life, parts.time);
      const response = await life.onlyAlive(call(name, new Request(input, init), init?.signal));
      await life.pass("after call");
      return response;
    },
  };
}

function createCall(parts: NetworkParts, shopOf: (host: string) => PlatformShop | undefined) {
  const { time, trace, chance, seen } = parts;
  const timers = time.timersOf({ lazy: false, isAwake: () => true, isDead: false });
  const late = time.timersOf({ lazy: false, aside: true, isAwake: () => true, isDead: false });
  const travel = async ({ weather }: PlatformShop, signal: AbortSignal | null | undefined) => {
    const steps = chance.between(0, Math.max(1, Math.floor(weather.latencyMs / 50)));
    await untilAborted(timers.sleep(steps * 50), signal);
  };
  const answer = (shop: PlatformShop, request: Request): Promise<Response> =>
    time.busy(() => shop.platform.fetch(request));
  const asks = (shop: PlatformShop, request: Request): boolean | Promise<boolean> =>
    shop.subject.asks?.(request.clone()) ?? (request.method === "GET" || request.method === "HEAD");

  return async (
    name: string,
    request: Request,
    signal: AbortSignal | null | undefined,
  ): Promise<Response> => {
    const url = new URL(request.url);
    const shop = shopOf(url.host);
    if (!shop) throw broken("ENOTFOUND");
    const { weather } = shop;
    const calledAtMs = time.nowMs();
    shop.departures.push(calledAtMs);
    await travel(shop, signal);
    if (weather.stormUntilMs > time.nowMs() || chance.happens(weather.refusals)) {
      seen("answer.429");
      return new Response("slow down", { status: 429, headers: { "retry-after": "2" } });
    }
    if (chance.happens(weather.outages)) {
      seen("answer.5xx");
      return new Response("down", { status: chance.oneOf([500, 502, 503]) });
    }
    if (chance.happens(weather.lostRequest)) {
      seen("call.requestLost");
      throw broken("ECONNRESET");
    }
    if (weather.lateWrite > 0 && !(await asks(shop, request)) && chance.happens(weather.lateWrite)) {
      seen("write.late");
      shop.lateWrites += 1;
      const arrivesMs = calledAtMs + callMs + chance.between(...lateBetweenMs);
      void late.sleep(arrivesMs - time.nowMs()).then(() => answer(shop, request));
      return untilAborted(new Promise<never>(() => undefined), signal);
    }
    const response = await answer(shop, request);
    trace.step(`${name} ${request.method} ${shop.id}${url.pathname} ${response.status}`);
    await travel(shop, signal);
    if (chance.happens(weather.lostAnswer)) {
      seen("call.answerLost");
      throw broken("ECONNRESET");
    }
    return response;
  };
}
