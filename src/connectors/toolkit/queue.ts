/** A bounded queue between one who brings items and one who takes them. */
export interface Queue<Item> extends AsyncIterable<Item> {
  /** False when there is no room, or no more is taken: the item was not added. */
  offer(item: Item): boolean;
  /** Waits for room. False when the queue was ended meanwhile: the item was not added. */
  put(item: Item): Promise<boolean>;
  /** At least one item and at most `most`, in order; none when the queue has ended and is empty. Throws after `fail`. */
  take(most: number): Promise<Item[]>;
  /** No more is added. What waits can still be taken. */
  end(): void;
  /** As `end`; once empty, the reader gets this error. */
  fail(error: Error): void;
}

export interface QueueOptions<Item> {
  /** The most that may wait, in the unit of `weigh`. One item is taken in however heavy it is. */
  most: number;
  /** Default: each item counts one. */
  weigh?: (item: Item) => number;
}

export function createQueue<Item>({ most, weigh = () => 1 }: QueueOptions<Item>): Queue<Item> {
  const waiting: Item[] = [];
  let weight = 0;
  let isOpen = true;
  let broken: Error | null = null;
  /** Called at every change; whoever waits looks again. */
  let watchers: (() => void)[] = [];
  const changed = () => {
    const woken = watchers;
    watchers = [];
    for (const wake of woken) wake();
  };
  const change = () => new Promise<void>((resolve) => watchers.push(resolve));

  const offer = (item: Item): boolean => {
    if (!isOpen || (waiting.length > 0 && weight + weigh(item) > most)) return false;
    waiting.push(item);
    weight += weigh(item);
    changed();
    return true;
  };
  const take = async (atMost: number): Promise<Item[]> => {
    while (waiting.length === 0 && isOpen) await change();
    if (waiting.length === 0 && broken) throw broken;
    const taken = waiting.splice(0, atMost);
    for (const item of taken) weight -= weigh(item);
    changed();
    return taken;
  };
  const end = () => {
    isOpen = false;
    changed();
  };
  return {
    offer,
    take,
    end,
    async put(item) {
      while (!offer(item)) {
        if (!isOpen) return false;
        await change();
      }
      return true;
    },
    fail(error) {
      if (isOpen) broken = error;
      end();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const [item] = await take(1);
        if (item === undefined) return;
        yield item;
      }
    },
  };
}
