import type { Call, Failure, ListingRef, StockWrite, StockWriteKind } from "../../src/connectors/contract.ts";
import { instantOf } from "../../src/core/clock.ts";
import { longAgo, present, type Session } from "./session.ts";
import type { PlacedOrder } from "./subject.ts";

type Outcome = { ok: true } | Failure;

/** Every call a connector can make, in one shape, so that each way of failing is tried on each of them. */
export interface Operation {
  name: string;
  writes: boolean;
  run(call: Call): Promise<readonly Outcome[]>;
}

/** Places one order first, so that there is something to fetch and to ship. */
export async function operationsOf(session: Session): Promise<Operation[]> {
  const { account, platform, profile, runtime } = session;
  const one = async (result: Promise<Outcome>): Promise<Outcome[]> => [await result];
  const operations: Operation[] = [{ name: "check", writes: false, run: (call) => one(account.check(call)) }];
  const [listing] = platform.listings;
  if (listing === undefined) {
    if (account.orders ?? account.stock) throw new Error("a fake platform that sells needs listings");
    await runtime.advance(1000);
    return operations;
  }
  const placed = await platform.orders?.place(listing, 2);
  await runtime.advance(1000);
  const { orders, stock, fulfilments, listings } = account;
  if (orders && placed) {
    const window = { from: longAgo, to: instantOf(runtime.clock.nowMs()) };
    operations.push(
      {
        name: "orders.pull",
        writes: false,
        run: (call) => one(orders.pull({ cursor: null, since: session.since }, call)),
      },
      { name: "orders.fetch", writes: false, run: (call) => one(orders.fetch([placed.externalId], call)) },
      { name: "orders.list", writes: false, run: (call) => one(orders.list(window, call)) },
    );
  }
  if (listings)
    operations.push({
      name: "listings.pull",
      writes: false,
      run: (call) => one(listings.pull({ cursor: null }, call)),
    });
  if (stock?.read) {
    const read = stock.read.bind(stock);
    operations.push({ name: "stock.read", writes: false, run: (call) => read([listing], call) });
  }
  for (const mode of profile.stockWrites) {
    const write = stockWrite(
      session,
      mode,
      listing,
      listing.quantity + 1,
      (await platform.stock?.figure(listing)) ?? 0,
    );
    operations.push({
      name: `stock.push ${mode}`,
      writes: true,
      run: (call) => present(stock, "stock").push([write], call),
    });
  }
  if (fulfilments && placed && orders) {
    const lines = await linesOf(session, placed);
    const push = {
      shipmentId: runtime.ids.next(),
      orderExternalId: placed.externalId,
      shippedAt: instantOf(runtime.clock.nowMs()),
      lines,
      // Some platforms take no parcel without them.
      carrier: "SF Express",
      trackingNumber: "SF1042",
    };
    operations.push({
      name: "fulfilments.push",
      writes: true,
      run: (call) => one(fulfilments.push(push, call)),
    });
  }
  return operations;
}

/** What the platform calls the lines of an order, as the connector reads them. */
export async function linesOf(session: Session, placed: PlacedOrder) {
  const fetched = await present(session.account.orders, "orders").fetch([placed.externalId], session.call());
  const order = fetched.ok ? fetched.value.orders[0] : undefined;
  return (order?.lines ?? []).map(({ externalLineId, quantity }) => ({ externalLineId, quantity }));
}

/** A write that leaves the listing at `target`, whatever the kind, when the platform shows `figure` now. */
export function stockWrite(
  { runtime }: Session,
  mode: StockWriteKind,
  { externalId, externalVariantId }: ListingRef,
  target: number,
  figure: number,
): StockWrite {
  const base = {
    externalId,
    ...(externalVariantId === undefined ? {} : { externalVariantId }),
    // As long as the hub's own.
    writeId: `${runtime.ids.next()}:${runtime.ids.next()}`,
    asOf: instantOf(runtime.clock.nowMs()),
  };
  if (mode === "set") return { ...base, mode, quantity: target };
  if (mode === "delta") return { ...base, mode, quantity: target - figure };
  return { ...base, mode, quantity: target, expected: figure };
}
