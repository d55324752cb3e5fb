import { SluiceError } from "../errors.ts";

/** Commands of one merchant on their way through one batch at a time. */

export interface LaneOptions<Item = unknown> {
  /** Most commands in one batch. */
  batchSize: number;
  /** Most commands waiting; beyond it callers are told to come back. */
  queueLimit: number;
  /** Starts the next round on a later turn of the event loop, so that callers of the same turn share a batch. */
  soon(work: () => void): void;
  /** Whether a failed batch may be run again in parts. Not when it may have taken effect, nor when nothing can work now. */
  mayRepeat(error: unknown): boolean;
  /** How many commands one item counts as; 1 when left out. An item heavier than a batch is a batch of its own. */
  weightOf?(item: Item): number;
}

interface Waiting<Item, Answer> {
  item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Collects what callers hand in and runs it in batches, one in flight, without added delay when idle. A batch that fails is
 * split until the item that breaks it stands alone: its caller gets the error, everybody else their answer.
 */
export class Lane<Item, Answer> {
  private readonly queue: Waiting<Item, Answer>[] = [];
  private readonly run: (items: Item[]) => Promise<Answer[]>;
  private readonly options: LaneOptions<Item>;
  private running: Promise<void> | null = null;
  private closed = false;

  constructor(run: (items: Item[]) => Promise<Answer[]>, options: LaneOptions<Item>) {
    this.run = run;
    this.options = options;
  }

  get waiting(): number {
    return this.queue.length;
  }

  submit(item: Item): Promise<Answer> {
    if (this.closed)
      return Promise.reject(new SluiceError("unavailable", "The hub is stopping; try again in a moment."));
    if (this.queue.length >= this.options.queueLimit) {
      const message = `More than ${this.options.queueLimit} commands are waiting for this merchant; try again in a moment.`;
      return Promise.reject(new SluiceError("overloaded", message));
    }
    const answered = new Promise<Answer>((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
    });
    this.running ??= new Promise((done) => {
      this.options.soon(() => {
        void this.drain().then(done);
      });
    });
    return answered;
  }

  /** Takes nothing more and resolves when all that waits is answered. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      await this.answer(this.queue.splice(0, this.nextCount()));
    }
    this.running = null;
  }

  private nextCount(): number {
    const { batchSize, weightOf } = this.options;
    if (!weightOf) return batchSize;
    let weight = 0;
    let count = 0;
    for (const { item } of this.queue) {
      weight += weightOf(item);
      if (count > 0 && weight > batchSize) break;
      count += 1;
    }
    return count;
  }

  private async answer(batch: Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.run(batch.map((waiting) => waiting.item));
      batch.forEach((waiting, index) => {
        waiting.resolve(answers[index] as Answer);
      });
    } catch (error) {
      if (batch.length === 1 || !this.options.mayRepeat(error)) {
        for (const waiting of batch) waiting.reject(error);
        return;
      }
      const middle = batch.length >> 1;
      await this.answer(batch.slice(0, middle));
      await this.answer(batch.slice(middle));
    }
  }
}
