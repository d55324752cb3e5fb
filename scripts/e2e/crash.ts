import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { buy, hubFigures, type Scene, settle } from "./everyday.ts";
import { ask, detailOf, type HubOrderDetail, orderOf, ordersOf, restart } from "./hub.ts";
import { goods as products, type ShopOrder } from "./shop-side.ts";
import { expectEqual, expectSame, note, step } from "./steps.ts";

/** The hub is killed while it pushes and while orders keep coming; afterwards nothing may be there twice or not at all. */

/** Leases of the killed process run out after 45 seconds. */
const patienceMs = 180_000;

const goods = products.map(({ sku }) => sku);

/** Buys one order after the other until told to stop; answers how many. */
function shopper(scene: Scene): { stop(): Promise<number> } {
  let going = true;
  const work = (async () => {
    let bought = 0;
    for (; going; bought += 1) {
      const sku = goods[bought % goods.length] ?? "";
      await buy(scene, { [sku]: 1 + (bought % 3) });
    }
    return bought;
  })();
  return {
    stop: () => {
      going = false;
      return work;
    },
  };
}

type Kind = "fulfilment" | "stock";

/** Waits until the hub is sending something of this kind, then kills it, at once or a moment into its calls. */
async function killWhileSending({ hub }: Scene, kind: Kind, afterMs: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(2)) {
    const [row] = await hub.sql<{ sending: number }[]>`
      select count(*)::int as sending from outbox where kind = ${kind} and status = 'sending'`;
    if ((row?.sending ?? 0) === 0) continue;
    await sleep(afterMs);
    await hub.process.kill();
    note(`killed ${afterMs} ms into sending: ${row?.sending} ${kind} on the wire`);
    return;
  }
  throw new Error(`the hub did not push any ${kind} within a minute`);
}

const outboxOf = async ({ hub }: Scene) =>
  hub.sql<{ kind: string; status: string; count: number }[]>`
    select kind, status, count(*)::int as count from outbox where status <> 'done' group by kind, status order by kind, status`;

/** Ships one order after the other; notes each that the hub has acknowledged. */
async function shipAll(
  scene: Scene,
  orderIds: readonly string[],
  round: number,
  acknowledged: string[],
): Promise<void> {
  for (const [index, externalId] of orderIds.entries()) {
    const { id } = await orderOf(scene.hub, scene.connection, externalId);
    const body = { trackingNumber: `CRASH-${round}-${index}` };
    await ask(scene.hub, z.unknown(), `/v1/orders/${id}/shipments`, body);
    acknowledged.push(externalId);
  }
}

/** What the hub said yes to is there, however soon it died. */
async function compareAcknowledged({ shop }: Scene, acknowledged: readonly string[]): Promise<void> {
  const there = (await shop.orders()).filter(
    ({ id, parcels: [parcel] }) =>
      acknowledged.includes(id) && parcel?.isShipped === true && parcel.number !== null,
  );
  expectSame(
    `acknowledged shipments that ${shop.name} has with their number`,
    there.map((order) => order.id),
    acknowledged,
  );
}

async function adjust(scene: Scene, reference: string): Promise<void> {
  const lines = goods.map((sku) => ({ sku, delta: 3, reason: "receipt" }));
  await ask(scene.hub, z.unknown(), "/v1/stock/adjustments", { reference, lines });
}

async function crashRound(
  scene: Scene,
  { kind, afterMs }: { kind: Kind; afterMs: number },
  act: () => Promise<void>,
): Promise<void> {
  const shopping = shopper(scene);
  try {
    await sleep(1500);
    const killed = killWhileSending(scene, kind, afterMs);
    // The hub dies under it: what it answered is done, the rest was never promised.
    await Promise.all([killed, act().catch(() => undefined)]);
    const left = (await outboxOf(scene)).map((row) => `${row.count} ${row.kind} ${row.status}`);
    note(`left behind: ${left.join(", ") || "nothing"}`);
    await sleep(4000);
    await restart(scene.hub);
    note("started again; shoppers have not stopped");
    await sleep(2000);
  } finally {
    note(`${await shopping.stop()} orders were placed meanwhile`);
  }
  await settleAll(scene);
}

/** A pull may be held by the lease of the process that died, so it is asked for until every order is in. */
async function settleAll(scene: Scene): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const missing = (await scene.shop.orders()).length - (await ordersOf(scene.hub, scene.connection)).length;
    if (missing === 0) break;
    if (Date.now() > deadline) throw new Error(`${missing} orders are still missing in the hub`);
    await ask(scene.hub, z.unknown(), `/v1/connections/${scene.connection}/sync`, {});
    await sleep(2000);
  }
  await settle(scene, patienceMs);
}

interface Both {
  there: ShopOrder[];
  here: HubOrderDetail[];
}

async function readBoth({ shop, hub, connection }: Scene): Promise<Both> {
  const here: HubOrderDetail[] = [];
  for (const { id } of await ordersOf(hub, connection)) here.push(await detailOf(hub, id));
  return { there: await shop.orders(), here };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Each order once, each unit reserved once, each parcel once, the same figures on both sides. */
export async function compareSides(scene: Scene): Promise<void> {
  const { name } = scene.shop;
  const { there, here } = await readBoth(scene);
  expectSame(
    "orders on both sides, each once",
    here.map((order) => order.externalId),
    there.map((order) => order.id),
  );
  expectEqual(
    "shortfalls, unmapped lines, held orders",
    [
      sum(here.map((order) => order.shortfall)),
      sum(here.map((order) => order.unmapped)),
      here.filter((order) => order.heldReason !== null).length,
    ],
    [0, 0, 0],
  );

  const alive = there.filter((order) => !order.isCancelled);
  const figures = await hubFigures(scene.hub);
  const levels = await scene.shop.stock();
  for (const sku of goods) {
    const open = sum(
      alive.flatMap((order) =>
        order.lines
          .filter((line) => line.sku === sku)
          .map((line) => Math.max(0, line.quantity - line.packed)),
      ),
    );
    const reservedHere = sum(
      here.flatMap((order) => order.lines.filter((line) => line.sku === sku).map((line) => line.reserved)),
    );
    expectEqual(
      `${sku}: open in ${name}'s orders, reserved there, reserved here for them`,
      [open, levels[sku]?.reserved, reservedHere],
      [open, open, open],
    );
    const [onHand, reserved, available] = figures[sku] ?? [];
    expectEqual(
      `${sku}: for sale on both sides (on hand ${onHand}, reserved ${reserved})`,
      levels[sku]?.sells,
      available,
    );
  }

  const ours = here.flatMap((order) => order.shipments.filter((parcel) => parcel.origin === "hub"));
  const numbered = there.flatMap((order) => order.parcels.filter((parcel) => parcel.number !== null));
  expectSame(
    `parcels of ours in ${name}, each once`,
    numbered.map((parcel) => [parcel.id, parcel.number]),
    ours.map((parcel) => [parcel.externalId, parcel.trackingNumber]),
  );
  const others = here.flatMap((order) => order.shipments.filter((parcel) => parcel.origin !== "hub"));
  expectEqual(
    "parcels the hub took for somebody else's, and those that are",
    [others.length, there.flatMap((order) => order.parcels).length - numbered.length],
    [1, 1],
  );
  const over = there.flatMap((order) => order.lines.filter((line) => line.packed > line.quantity));
  expectEqual("lines packed twice", over.length, 0);
}

export async function crashes(scene: Scene): Promise<void> {
  // Once before its first call has an answer, once with the parcel packed or about to be.
  for (const afterMs of [0, 350]) {
    const orderIds: string[] = [];
    const acknowledged: string[] = [];
    await step("Six orders to be shipped", async () => {
      for (let count = 0; count < 6; count += 1) {
        orderIds.push(await buy(scene, { "MUG-BLU-350": 1, "TEA-GRN-100": 2 }));
      }
      await settle(scene);
    });
    await step("The hub is killed while it sends a parcel, orders keep coming", () =>
      crashRound(scene, { kind: "fulfilment", afterMs }, () =>
        shipAll(scene, orderIds, afterMs, acknowledged),
      ),
    );
    await step("Both sides after the crash", async () => {
      await compareAcknowledged(scene, acknowledged);
      await compareSides(scene);
    });
  }
  await step("The hub is killed while it sends stock, orders keep coming", () =>
    crashRound(scene, { kind: "stock", afterMs: 0 }, () => adjust(scene, "CRASH-RECEIPT")),
  );
  await step("Both sides after the crash", () => compareSides(scene));
}
