import type { StockWriteKind } from "../contract.ts";
import type { Journal } from "./journal.ts";
import { keyOf, type Named, type Product, refOf } from "./products.ts";

/** A stock write as it comes over the wire, checked. */
export interface IncomingWrite extends Named {
  mode: StockWriteKind;
  quantity: number;
  expected?: number | undefined;
  writeId: string;
}

export type WriteAnswer = { ok: true; quantity: number } | { ok: false; code: string; quantity?: number };

/** The shop's own stock: one figure per listing, which it never sells below. */
export interface Shelf {
  has(listing: Named): boolean;
  figure(listing: Named): number;
  take(listing: Named, quantity: number): boolean;
  putBack(listing: Named, quantity: number): void;
  /** Does a write once per `writeId`; a repeat gets the first answer. */
  write(write: IncomingWrite): WriteAnswer;
  /** What `write` would answer, without doing it. */
  preview(write: IncomingWrite): WriteAnswer;
}

/** Enough for every repeat a hub could still send; older ones are forgotten. */
const rememberedWrites = 200_000;

export function createShelf(products: readonly Product[], journal: Journal): Shelf {
  const figures = new Map(products.map((product) => [keyOf(product), product.quantity]));
  const answers = new Map<string, WriteAnswer>();
  const figure = (listing: Named) => figures.get(keyOf(listing)) ?? 0;

  const preview = (write: IncomingWrite): WriteAnswer => {
    const current = figures.get(keyOf(write));
    if (current === undefined) return { ok: false, code: "not_found" };
    if (write.mode === "compareAndSet") {
      if (write.expected === undefined) return { ok: false, code: "invalid" };
      if (write.expected !== current) return { ok: false, code: "conflict", quantity: current };
    }
    const next = write.mode === "delta" ? current + write.quantity : write.quantity;
    if (next < 0)
      return { ok: false, code: write.mode === "delta" ? "insufficient" : "invalid", quantity: current };
    return { ok: true, quantity: next };
  };

  const note = (write: IncomingWrite, answer: WriteAnswer, applied: boolean) => {
    const { writeId, mode, quantity } = write;
    const entry = {
      kind: "stock_written",
      writeId,
      listing: refOf(write),
      mode,
      quantity,
      figure: figure(write),
      applied,
    } as const;
    journal.write(answer.ok ? entry : { ...entry, code: answer.code });
  };

  return {
    has: (listing) => figures.has(keyOf(listing)),
    figure,
    take(listing, quantity) {
      const left = figure(listing) - quantity;
      if (left < 0) return false;
      figures.set(keyOf(listing), left);
      return true;
    },
    putBack: (listing, quantity) => {
      figures.set(keyOf(listing), figure(listing) + quantity);
    },
    write(write) {
      const known = answers.get(write.writeId);
      if (known) return known;
      const answer = preview(write);
      if (answer.ok) figures.set(keyOf(write), answer.quantity);
      answers.set(write.writeId, answer);
      const oldest = answers.size > rememberedWrites ? answers.keys().next().value : undefined;
      if (oldest !== undefined) answers.delete(oldest);
      note(write, answer, answer.ok);
      return answer;
    },
    preview(write) {
      const answer = preview(write);
      note(write, answer, false);
      return answer;
    },
  };
}
