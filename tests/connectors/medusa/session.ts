import type { Account, Call, Json, PullPage } from "../../../src/connectors/contract.ts";
import { medusa } from "../../../src/connectors/medusa/index.ts";
import type { Instant } from "../../../src/core/clock.ts";
import { type TestRuntime, testRuntime } from "../../support/runtime.ts";
import { secrets, settings, startMedusa } from "./subject.ts";

/** The connector on a fresh fake, outside the conformance suite. */
export function openMedusa(more: Record<string, unknown> = {}) {
  const runtime: TestRuntime = testRuntime();
  const { fake } = startMedusa(runtime);
  let { fetch } = fake;
  const account: Account = medusa.open({
    settings: medusa.manifest.settings.parse({ ...settings, ...more }),
    secrets: medusa.manifest.secrets.parse(secrets),
    fetch: (input, init) => fetch(input, init),
    clock: runtime.clock,
    timers: runtime.timers,
    random: runtime.random,
  });
  return {
    runtime,
    fake,
    account,
    call: (): Call => ({ signal: new AbortController().signal, deadlineMs: runtime.clock.nowMs() + 30_000 }),
    /** Runs `before` ahead of the next request that fits. */
    intercept(fits: (request: Request) => boolean, before: () => Response | undefined) {
      const through = fetch;
      fetch = async (input, init) => {
        const request = new Request(input, init);
        if (!fits(request)) return through(request);
        fetch = through;
        return before() ?? through(request);
      };
    },
  };
}

export type Opened = ReturnType<typeof openMedusa>;

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
