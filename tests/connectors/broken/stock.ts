import type { StockWrite } from "../../../src/connectors/contract.ts";
import { type Broken, withAccount, withStock } from "../breaking.ts";
import { subject as good } from "../generic/subject.ts";

const pushingAs = (change: (write: StockWrite) => StockWrite) =>
  withStock(good, (stock) => ({ push: (writes, call) => stock.push(writes.map(change), call) }));

/** What `checks/stock.ts` must catch. */
export const brokenStock: Broken = {
  "stock-kinds": {
    "nothing is sent": () =>
      withStock(good, () => ({ push: async (writes) => writes.map(() => ({ ok: true as const })) })),
    "a delta is sent as a set": () =>
      pushingAs((write) =>
        write.mode === "delta" ? { ...write, mode: "set", quantity: Math.max(0, write.quantity) } : write,
      ),
    "zero is left out": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) =>
          writes.some((write) => write.mode !== "delta" && write.quantity === 0)
            ? writes.map(() => ({ ok: true as const }))
            : stock.push(writes, call),
      })),
  },
  "stock-order": {
    "outcomes in another order": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) => (await stock.push(writes, call)).toReversed(),
      })),
    "refused ones are left out": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) => (await stock.push(writes, call)).filter((outcome) => outcome.ok),
      })),
    "one bad write fails all": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) => {
          const outcomes = await stock.push(writes, call);
          const bad = outcomes.find((outcome) => !outcome.ok);
          return bad ? writes.map(() => bad) : outcomes;
        },
      })),
  },
  "stock-undeclared": {
    "an unknown kind is sent as a set": () =>
      pushingAs((write) => ((write.mode as string) === "overwrite" ? { ...write, mode: "set" } : write)),
  },
  "stock-guards": {
    "a compare-and-set does not compare": () =>
      pushingAs((write) => (write.mode === "compareAndSet" ? { ...write, mode: "set" } : write)),
    "below zero is called done": () =>
      withStock(good, (stock) => ({
        push: async (writes, call) =>
          (await stock.push(writes, call)).map((outcome) => (outcome.ok ? outcome : { ok: true as const })),
      })),
  },
  "stock-read": {
    "an unknown listing has zero": () =>
      withStock(good, (stock) => ({
        read: async (listings, call) =>
          ((await stock.read?.(listings, call)) ?? []).map((result) =>
            result.ok ? result : { ok: true as const, value: { quantity: 0 } },
          ),
      })),
    "figures in another order": () =>
      withStock(good, (stock) => ({
        read: async (listings, call) => ((await stock.read?.(listings, call)) ?? []).toReversed(),
      })),
    "the figure of the item for every variant": () =>
      withStock(good, (stock) => ({
        read: async (listings, call) =>
          (await stock.read?.(
            listings.map((one) =>
              one.externalId === "P1" ? { externalId: "P1", externalVariantId: "V1" } : one,
            ),
            call,
          )) ?? [],
      })),
  },
  "stock-doubt": {
    "what we believed instead of what is": () => {
      const first = new Map<string, number>([["P1", 50]]);
      return withStock(good, () => ({
        read: async (listings) =>
          listings.map((listing) => ({
            ok: true as const,
            value: { quantity: first.get(listing.externalId) ?? 0 },
          })),
      }));
    },
  },
  "stock-empty": {
    "a call for nothing": () =>
      withAccount(good, (account) => {
        const { stock } = account;
        if (!stock) return account;
        return {
          ...account,
          stock: {
            ...stock,
            push: async (writes, call) => {
              await account.check(call);
              return stock.push(writes, call);
            },
          },
        };
      }),
  },
};
