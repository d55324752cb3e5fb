import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StockWriteKind } from "../../src/connectors/contract.ts";
import { deleteListing } from "../../src/core/catalogue/listings.ts";
import { releasing } from "../../src/core/catalogue/releasing.ts";
import type { Database } from "../../src/core/db/database.ts";
import { runDoctor } from "../../src/core/doctor.ts";
import { exposedOf } from "../../src/core/escrow/exposure.ts";
import { readAllocations } from "../../src/core/escrow/read-allocations.ts";
import { memoryDatabase } from "../support/database.ts";
import { type Channels, channels, mug, type ShopSettings, type TestShop } from "./support/channels.ts";

let db: Database;
beforeAll(async () => {
  db = await memoryDatabase();
});
afterAll(() => db.close());

const writing = (...stockWrites: StockWriteKind[]): ShopSettings => ({ settings: { stockWrites } });

/** One SKU of `units`, split over shops. */
async function splitOver(units: number, shops: readonly ShopSettings[]): Promise<Split> {
  const hub = await channels(db, { sync: { reconcileEveryMs: 120_000 } });
  const skuId = await hub.sku("MUG", units, { stockMode: "split" });
  const made: TestShop[] = [];
  for (const [index, settings] of shops.entries()) {
    const shop = await hub.shop(`shop-${index}`, settings);
    await shop.map("MUG");
    made.push(shop);
  }
  return new Split(hub, skuId, made);
}

class Split {
  readonly hub: Channels;
  readonly skuId: string;
  readonly shops: readonly TestShop[];

  constructor(hub: Channels, skuId: string, shops: readonly TestShop[]) {
    this.hub = hub;
    this.skuId = skuId;
    this.shops = shops;
  }

  /** Rounds of pulling and pushing, a minute apart. */
  async rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      await this.hub.sync.runDue();
      await this.hub.runtime.advance(61_000);
    }
  }

  async allocation() {
    const [allocation] = await readAllocations(db, this.hub.merchant.id, [this.skuId]);
    if (!allocation) throw new Error("no allocation");
    return allocation;
  }

  figures(): number[] {
    return this.shops.map((shop) => shop.figure());
  }

  /** What the shops offer and what they have sold is no more than there is. */
  expectCovered(sold: number, units: number): void {
    expect(this.figures().reduce((sum, figure) => sum + figure, 0)).toBeLessThanOrEqual(units - sold);
  }

  async expectWhole(sold: number, units: number): Promise<void> {
    this.expectCovered(sold, units);
    const report = await runDoctor(db, { merchantId: this.hub.merchant.id });
    expect(report.checks.filter((check) => !check.ok)).toEqual([]);
  }
}

describe("units split over shops", () => {
  it.each<[string, StockWriteKind[][]]>([
    ["by differences", [["delta"], ["delta"]]],
    ["by compare-and-set", [["compareAndSet"], ["compareAndSet"]]],
    ["by plain sets", [["set"], ["set"]]],
    ["by all kinds", [["delta"], ["compareAndSet"], ["set"]]],
  ])("spread %s, follow a sale, and are sold to the last one", async (_, kinds) => {
    const split = await splitOver(
      12,
      kinds.map((kind) => writing(...kind)),
    );
    await split.rounds(4);
    const allocation = await split.allocation();
    expect(allocation.state).toBe("split");
    expect(split.figures().reduce((sum, figure) => sum + figure, 0)).toBe(12);
    let sold = 0;
    for (let round = 0; round < 40 && sold < 12; round += 1) {
      const [first] = split.shops;
      const units = Math.min(3, first?.figure() ?? 0);
      if (units > 0) {
        first?.sell(units);
        sold += units;
      }
      split.expectCovered(sold, 12);
      await split.rounds(1);
    }
    expect(sold).toBe(12);
    await split.expectWhole(12, 12);
    expect(await split.hub.stock("MUG")).toEqual({ onHand: 12, reserved: 12 });
  });

  it("give holds and manual orders only what no shop stands for", async () => {
    const split = await splitOver(10, [writing("delta"), writing("delta")]);
    await split.rounds(4);
    const hold = (quantity: number) =>
      split.hub.submit({
        kind: "hold.create",
        input: { reference: `h${quantity}`, lines: [{ sku: "MUG", quantity }] },
        expiresAt: null,
      });
    const { free } = { free: 10 - split.figures().reduce((sum, figure) => sum + figure, 0) };
    expect(await hold(free + 1)).toMatchObject({ kind: "refused", code: "insufficient_stock" });
    await split.expectWhole(0, 10);
  });

  it("fall at once when units are lost", async () => {
    const split = await splitOver(10, [writing("delta"), writing("set")]);
    await split.rounds(4);
    await split.hub.adjust("MUG", { delta: -6, reason: "damage" });
    expect((await split.allocation()).deficit).toBe(6);
    await split.rounds(4);
    expect(split.figures().reduce((sum, figure) => sum + figure, 0)).toBeLessThanOrEqual(4);
    expect((await split.allocation()).deficit).toBe(0);
    await split.expectWhole(0, 4);
  });

  it("stay covered when writes time out, get lost or are answered and not made", async () => {
    const split = await splitOver(20, [writing("delta"), writing("compareAndSet"), writing("set")]);
    await split.rounds(5);
    for (const shop of split.shops)
      Object.assign(shop.sandbox.faults, { writeAnsweredButNotApplied: 0.4, serverError: 0.2 });
    let sold = 0;
    for (let round = 0; round < 10; round += 1) {
      const shop = split.shops[round % 3];
      if (shop && shop.figure() > 0) {
        shop.sell(1);
        sold += 1;
      }
      await split.rounds(1);
      split.expectCovered(sold, 20);
    }
    for (const shop of split.shops)
      Object.assign(shop.sandbox.faults, { writeAnsweredButNotApplied: 0, serverError: 0 });
    await split.rounds(3);
    await split.expectWhole(sold, 20);
  });

  it("another tool's figure becomes one task, and the hub does not fight it", async () => {
    const split = await splitOver(10, [writing("delta"), writing("delta")]);
    await split.rounds(4);
    const [first] = split.shops;
    if (!first) throw new Error("no shop");
    first.sandbox.shop.shelf.putBack(mug, 50);
    await split.rounds(4);
    const tasks = await split.hub.query<{ kind: string; detail: { units: number } }>(
      "select kind, detail from tasks where merchant_id = $1 and status = 'open' and kind = 'foreign_stock_write'",
      [split.hub.merchant.id],
    );
    expect(tasks.map((task) => task.detail.units)).toEqual([50]);
    expect(first.figure()).toBeGreaterThan(50);
    // The other shop gave its units up at once: no more than the foreign figure is at risk.
    expect((await split.allocation()).deficit).toBe(45);
    expect(split.figures()).toEqual([55, 0]);
  });

  it.each<[string, number]>([
    ["between setting units aside and the call", 0],
    ["between the call and its answer", 3],
  ])("find their way when a process dies %s", async (_, landed) => {
    const split = await splitOver(10, [writing("delta"), writing("delta")]);
    await split.rounds(4);
    const [first] = split.shops;
    const exposure = (await split.allocation()).listings[0]?.exposure;
    if (!first || !exposure) throw new Error("no shop");
    first.sell(5);
    await split.hub.whileTimePasses(first.sandbox.settled());
    await split.hub.sync.runDue();
    await split.hub.adjust("MUG", { delta: 3 });
    const { clock } = split.hub.runtime;
    expect(
      await split.hub.submit({
        kind: "exposure.charge",
        listingId: exposure.listingId,
        connectionId: exposure.connectionId,
        platform: exposure.platform,
        write: { id: "left behind", kind: "delta", quantity: 3, expected: null },
        until: new Date(clock.nowMs() + 90_000).toISOString(),
      }),
    ).toMatchObject({ outcome: "charged" });
    if (landed > 0) first.sandbox.shop.shelf.putBack(mug, landed);
    await split.rounds(6);
    expect((await split.allocation()).listings.every((one) => one.exposure?.write === null)).toBe(true);
    await split.expectWhole(5, 13);
    expect(split.figures().reduce((sum, figure) => sum + figure, 0)).toBe(8);
  });

  /** Sixty units of one SKU in two shops, shared. */
  const plentiful = async () => {
    const hub = await channels(db, { sync: { reconcileEveryMs: 120_000 } });
    const skuId = await hub.sku("MUG", 60);
    const [a, b] = [await hub.shop("a", writing("delta")), await hub.shop("b", writing("delta"))];
    await a.map("MUG");
    await b.map("MUG");
    const split = new Split(hub, skuId, [a, b]);
    await split.rounds(2);
    return { hub, a, split };
  };

  it("auto: shared while plentiful, split when what sells unheard could be all there is", async () => {
    const { hub, a, split } = await plentiful();
    expect((await split.allocation()).state).toBe("shared");
    expect(split.figures()).toEqual([60, 60]);
    a.sell(55);
    await hub.whileTimePasses(a.sandbox.settled());
    await split.rounds(5);
    expect((await split.allocation()).state).toBe("split");
    expect(split.figures().reduce((sum, figure) => sum + figure, 0)).toBe(5);
    await split.expectWhole(55, 60);
  });

  it("shared again when the last listing that could stand for units of its own is gone", async () => {
    const split = await splitOver(12, [writing("delta"), { settings: { orderWatermark: false } }]);
    await split.rounds(4);
    expect((await split.allocation()).state).toBe("split");
    const [gone] = (await split.allocation()).listings.filter(({ exposure }) => exposure !== null);
    const { hub } = split;
    await releasing({ db, engine: hub.engine, log: { warn: () => undefined } }, hub.merchant.id, () =>
      deleteListing(db, hub.runtime, hub.merchant.id, gone?.listingId ?? ""),
    );
    await split.rounds(3);
    expect((await split.allocation()).state).toBe("shared");
    expect(split.figures()[1]).toBe(12);
  });

  it("stay covered when a shop that cannot be read keeps an answer and then lets nobody in", async () => {
    const blind = { settings: { stockWrites: ["set"], offers: ["listings"] } };
    const split = await splitOver(12, [blind, blind]);
    const [first] = split.shops;
    if (!first) throw new Error("two shops");
    let writes = 0;
    first.intercept = async (input, init) => {
      const request = new Request(input, init);
      if (request.method !== "POST" || !request.url.endsWith("/stock")) return first.sandbox.fetch(request);
      writes += 1;
      // The second is the first with units: made, and never told.
      if (writes === 2) {
        await first.sandbox.fetch(request);
        throw new TypeError("fetch failed", { cause: { code: "ECONNRESET" } });
      }
      return writes === 3 ? new Response("{}", { status: 429 }) : first.sandbox.fetch(request);
    };
    for (let round = 0; round < 12; round += 1) {
      await split.rounds(1);
      const { listings } = await split.allocation();
      for (const [index, shop] of split.shops.entries()) {
        const exposure = listings.find(({ connectionId }) => connectionId === shop.connectionId)?.exposure;
        expect(exposure?.halt ?? null).toBeNull();
        const setAside = exposure ? exposedOf(exposure) : 0;
        expect(shop.figure(), `shop ${index} in round ${round}`).toBeLessThanOrEqual(setAside);
      }
    }
    expect(writes).toBeGreaterThan(3);
    expect(split.figures()).toEqual([6, 6]);
    await split.expectWhole(0, 12);
  });

  it("auto: shared again when nothing sells any more, though nothing else happens either", async () => {
    const { hub, a, split } = await plentiful();
    a.sell(55);
    await hub.whileTimePasses(a.sandbox.settled());
    await split.rounds(5);
    expect((await split.allocation()).state).toBe("split");
    await hub.runtime.advance(30 * 60_000);
    await split.rounds(5);
    expect((await split.allocation()).state).toBe("shared");
    expect(split.figures()).toEqual([5, 5]);
  });
});
