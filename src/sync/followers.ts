import { messageOf } from "../core/errors.ts";
import { booksCursor } from "../core/ledger/store.ts";
import { type Consumer, consume, eventsPerStep } from "./consumer.ts";
import { postJournals } from "./jobs/post-journals.ts";
import { createLanes } from "./lanes.ts";
import type { SyncContext } from "./parts.ts";

/** The consumers of the event log that this layer drives, each in a lane of its own per merchant. */
export interface Followers {
  /** This merchant's log has grown. */
  kick(merchantId: string): void;
  /** Kicks every consumer that is behind; answers how many there are. */
  kickBehind(): Promise<number>;
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export function createFollowers(context: SyncContext, consumers: readonly Consumer[]): Followers {
  const steps = new Map<string, (merchantId: string) => Promise<boolean>>(
    consumers.map((consumer) => [
      consumer.name,
      async (merchantId) => (await consume(context, consumer, merchantId)) === eventsPerStep,
    ]),
  );
  steps.set(booksCursor, async (merchantId) => !(await postJournals(context, merchantId)).caughtUp);
  const names = [...steps.keys()];

  const lanes = createLanes(
    async (key) => {
      const [name = "", merchantId = ""] = key.split(" ");
      const step = steps.get(name);
      while (step && !context.stopping.aborted && (await step(merchantId)));
    },
    (key, error) =>
      context.log.error(
        { follower: key, error: messageOf(error) },
        "A follower of the event log failed; it goes on from where it was.",
      ),
    () => context.runtime.timers.sleep(context.options.followRestMs, context.stopping),
  );
  return {
    kick(merchantId) {
      for (const name of names) lanes.kick(`${name} ${merchantId}`);
    },
    async kickBehind() {
      const behind = await merchantsBehind(context, names);
      for (const { name, merchantId } of behind) lanes.kick(`${name} ${merchantId}`);
      return behind.length;
    },
    idle: () => lanes.idle(),
    stop: () => lanes.stop(),
  };
}

/** Reads one row per merchant and consumer. */
const merchantsBehind = (
  context: SyncContext,
  names: readonly string[],
): Promise<{ name: string; merchantId: string }[]> =>
  context.db.query(
    `select consumer.name, m.merchant_id as "merchantId"
     from merchants m cross join unnest($1::text[]) as consumer (name)
       left join cursors c on c.merchant_id = m.merchant_id and c.name = consumer.name
     where m.last_event_seq > coalesce((c.value->>'seq')::bigint, 0)`,
    [names],
  );
