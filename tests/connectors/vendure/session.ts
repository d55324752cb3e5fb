import type { Account, Call, Json, PullPage } from "../../../src/connectors/contract.ts";
import { vendure } from "../../../src/connectors/vendure/index.ts";
import type { Instant } from "../../../src/core/clock.ts";
import type { OrderSnapshot } from "../../../src/core/model/order.ts";
import { testRuntime } from "../../support/runtime.ts";
import { apiKey } from "./fake/server.ts";
import { settings, startVendure, webhookSecret } from "./subject.ts";

export interface Given {
  settings?: Record<string, unknown>;
  secrets?: Record<string, unknown>;
}

/** The connector on a fresh fake, outside the conformance suite, with an API key. */
export function openVendure({ settings: more, secrets = { apiKey, webhookSecret } }: Given = {}) {
  const runtime = testRuntime();
  const { fake } = startVendure(runtime);
  let { fetch } = fake;
  const context = {
    settings: vendure.manifest.settings.parse({ ...settings, ...more }),
    secrets: vendure.manifest.secrets.parse(secrets),
    fetch: (input: string | URL | Request, init?: RequestInit) => fetch(input, init),
    clock: runtime.clock,
    timers: runtime.timers,
    random: runtime.random,
  };
  const account: Account = vendure.open(context);
  return {
    runtime,
    fake,
    account,
    authorization: vendure.authorization?.(context),
    call: (): Call => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 }),
    /** Runs `before` ahead of the next document of this name, and answers in its place when it answers. */
    intercept(name: string, before: () => Response | undefined) {
      const through = fetch;
      fetch = async (input, init) => {
        const request = new Request(input, init);
        if (!(await request.clone().text()).includes(` ${name}(`)) return through(request);
        fetch = through;
        return before() ?? through(request);
      };
    },
  };
}

export type Opened = ReturnType<typeof openVendure>;

export const longAgo: Instant = "2026-11-01T00:00:00.000Z";

/** One run of pulls: all its pages. */
export async function pullRun(
  { account, call }: Opened,
  cursor: Json | null = null,
  since = longAgo,
): Promise<PullPage[]> {
  const pages: PullPage[] = [];
  for (let more = true; more; ) {
    const result = await account.orders!.pull({ cursor: pages.at(-1)?.cursor ?? cursor, since }, call());
    if (!result.ok) throw new Error(result.message);
    pages.push(result.value);
    more = result.value.more;
    if (pages.length > 200) throw new Error("the run does not end");
  }
  return pages;
}

export const ordersOf = (pages: readonly PullPage[]) =>
  new Map(pages.flatMap((page) => page.orders).map((order) => [order.externalId, order]));

export const endOf = (pages: readonly PullPage[]): Json => pages.at(-1)?.cursor ?? null;

export async function fetchOne({ account, call }: Opened, externalId: string): Promise<OrderSnapshot> {
  const result = await account.orders!.fetch([externalId], call());
  const order = result.ok ? result.value.orders[0] : undefined;
  if (!order) throw new Error(JSON.stringify(result));
  return order;
}
