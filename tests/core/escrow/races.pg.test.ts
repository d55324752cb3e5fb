import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { listListings } from "../../../src/core/catalogue/listings.ts";
import type { Database } from "../../../src/core/db/database.ts";
import { openPostgres } from "../../../src/core/db/postgres.ts";
import type { Answer, Command, OrderAnswer } from "../../../src/core/engine/commands.ts";
import { createEngine } from "../../../src/core/engine/engine.ts";
import { readAllocations } from "../../../src/core/escrow/read-allocations.ts";
import { postgresDatabase } from "../../support/database.ts";
import { snapshotOf } from "../../support/hub.ts";
import { testVault } from "../../support/merchant.ts";
import { platformTraits as platform } from "../../support/platform-traits.ts";
import { describePg } from "../../support/postgres.ts";
import { testRuntime } from "../../support/runtime.ts";
import { at, line, openWorld, type World } from "../engine/world.ts";

// Several hubs that set units aside, sell and lose them at once.

await describePg("exposure under several hubs", () => {
  const hubs = 3;
  let opened: Awaited<ReturnType<typeof postgresDatabase>>;
  let others: Database[];
  let world: World;
  let engines: ReturnType<typeof createEngine>[];
  let skuId: string;
  let listingIds: string[];
  let ids = 0;

  beforeAll(async () => {
    opened = await postgresDatabase();
    others = await Promise.all(
      Array.from({ length: hubs }, () => openPostgres(opened.url, { maxConnections: 3 })),
    );
  });
  afterAll(async () => {
    await Promise.all(others.map((db) => db.close()));
    await opened.close();
  });
  beforeEach(async () => {
    world = await openWorld(opened.db);
    engines = others.map((db) => {
      ids += 1;
      const runtime = testRuntime({ seed: 70_000 + ids });
      return createEngine({ db, vault: testVault(runtime), runtime });
    });
    skuId = await world.sku("A", 10);
    for (const item of ["item-1", "item-2", "item-3"]) await world.listing(item, "A");
    const page = await listListings(opened.db, world.merchant.id, { limit: 10 });
    listingIds = page.items.map((listing) => listing.id);
    for (const listingId of listingIds) await to(0, look(listingId));
    await opened.db.query("update connections set order_watermark = $2 where id = $1", [
      world.connectionId,
      at("09:00"),
    ]);
    for (const listingId of listingIds) await to(0, { kind: "exposure.pass", listingId });
    // Nothing is in the air: the rest of the way to split is not what is tested here.
    await opened.db.query("update sku_allocations set state = 'split' where merchant_id = $1", [
      world.merchant.id,
    ]);
  });
  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await world.expectClean();
  });

  const to = (hub: number, command: Command): Promise<Answer> =>
    (engines[hub % hubs] as (typeof engines)[number]).submit(world.merchant.id, command);
  const look = (listingId: string): Command => ({
    kind: "exposure.observe",
    listingId,
    connectionId: world.connectionId,
    platform,
    figure: 0,
    startedAt: at("08:00"),
    readAt: at("08:00"),
    writes: 0,
    ingested: 0,
    restored: 0,
  });
  const charge = (place: number, quantity: number, id = `w${place}`): Command => ({
    kind: "exposure.charge",
    listingId: listingIds[place] ?? "",
    connectionId: world.connectionId,
    platform,
    write: { id, kind: "delta", quantity, expected: null },
    until: at("10:00"),
  });
  const done = (place: number, id = `w${place}`): Command => ({
    kind: "exposure.settle",
    listingId: listingIds[place] ?? "",
    writeId: id,
    outcome: "done",
    figure: null,
    at: at("09:30"),
  });
  const order = (id: string, item: string, quantity: number): Command => ({
    kind: "order.apply",
    connectionId: world.connectionId,
    snapshot: snapshotOf({
      externalId: id,
      placedAt: at("09:30"),
      lines: [line("1", "A", quantity, { externalItemId: item })],
    }),
    mayRefuse: false,
    reserveFrom: "placed",
  });
  const allocation = async () =>
    (await readAllocations(opened.db, world.merchant.id, [skuId])).find((row) => row.skuId === skuId);

  it("charges of all hubs together never pass what is there", async () => {
    const answers = await Promise.all([0, 1, 2].map((place) => to(place, charge(place, 6))));
    expect(answers.filter((answer) => answer.kind === "exposure")).toHaveLength(1);
    expect(answers.filter((answer) => answer.kind === "refused")).toHaveLength(2);
  });

  it("two writes of one listing are never charged side by side", async () => {
    const answers = await Promise.all([to(0, charge(0, 2, "a")), to(1, charge(0, 2, "b"))]);
    expect(answers.map((answer) => answer.kind).sort()).toEqual(["exposure", "refused"]);
  });

  it("an order between charge and settle finds its units, and a hold does not take them", async () => {
    await to(0, charge(0, 10));
    const [ordered, held] = await Promise.all([
      to(1, order("one", "item-1", 4)),
      to(2, {
        kind: "hold.create",
        input: { reference: "h", lines: [{ sku: "A", quantity: 1 }] },
        expiresAt: null,
      }),
    ]);
    expect((ordered as OrderAnswer).shortfall).toBe(0);
    expect(held).toMatchObject({ kind: "refused", code: "insufficient_stock" });
    await to(0, done(0));
    const listing = (await allocation())?.listings.find((one) => one.externalId === "item-1");
    expect(listing?.exposure).toMatchObject({ after: 6, inFlight: 0 });
  });

  it("orders of all listings at once each find the units set aside for them", async () => {
    for (const [place, quantity] of [4, 3, 3].entries()) {
      await to(0, charge(place, quantity));
      await to(0, done(place));
    }
    const sold = [
      ["item-1", 4],
      ["item-2", 3],
      ["item-3", 3],
    ] as const;
    const answers = await Promise.all(
      sold.flatMap(([item, quantity], place) =>
        Array.from({ length: quantity }, (_, one) => to(place + one, order(`${item}-${one}`, item, 1))),
      ),
    );
    expect(answers.map((answer) => (answer as OrderAnswer).shortfall)).toEqual(new Array(10).fill(0));
    expect((await allocation())?.available).toBe(0);
  });

  it("a listing that is deleted meanwhile breaks nobody's batch", async () => {
    await to(0, charge(0, 3));
    const [removed, charged] = await Promise.all([
      opened.db.query("delete from listings where merchant_id = $1 and id = $2", [
        world.merchant.id,
        listingIds[0] ?? "",
      ]),
      to(1, charge(1, 3)),
    ]);
    expect(removed).toEqual([]);
    expect(charged).toMatchObject({ outcome: "charged" });
    expect(await to(2, done(0))).toMatchObject({ outcome: "unchanged" });
  });
});
