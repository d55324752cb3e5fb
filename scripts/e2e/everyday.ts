import { z } from "zod";
import { ask, atRest, type HubUnderTest, made, orderOf, ordersOf, stateOf, stockOf, syncNow } from "./hub.ts";
import type { ShopOrder, ShopSide } from "./shop-side.ts";
import { eventually, expectEqual, note, step } from "./steps.ts";

/** A day in the life of both sides, one thing after the other. */

export interface Scene {
  shop: ShopSide;
  hub: HubUnderTest;
  connection: string;
}

export const buy = ({ shop }: Scene, lines: Record<string, number>, isPaid = true): Promise<string> =>
  shop.buy(lines, isPaid);

async function orderThere({ shop }: Scene, orderId: string): Promise<ShopOrder> {
  const found = (await shop.orders()).find((order) => order.id === orderId);
  if (!found) throw new Error(`${shop.name} has no order ${orderId}`);
  return found;
}

const sellsBySku = async (shop: ShopSide): Promise<Record<string, number>> =>
  Object.fromEntries(Object.entries(await shop.stock()).map(([sku, { sells }]) => [sku, sells]));

export const hubFigures = async (hub: HubUnderTest) =>
  Object.fromEntries(
    Object.values(await stockOf(hub)).map(({ sku, onHand, reserved, available }) => [
      sku,
      [onHand, reserved, available],
    ]),
  );

export const availableBySku = async (hub: HubUnderTest): Promise<Record<string, number>> =>
  Object.fromEntries(Object.values(await stockOf(hub)).map(({ sku, available }) => [sku, available]));

/** Pulls, and waits until the shop sells exactly what the hub says is there. */
export async function settle({ shop, hub, connection }: Scene, timeoutMs?: number): Promise<void> {
  const counts = await syncNow(hub, connection);
  note(
    `pulled ${counts.orders} orders (${counts.created} new), pushed ${counts.pushed}, failed ${counts.failed}`,
  );
  await eventually(`the hub owes ${shop.name} nothing`, () => stateOf(hub, connection), atRest, timeoutMs);
  await eventually(
    `${shop.name} sells what the hub has available`,
    () => sellsBySku(shop),
    await availableBySku(hub),
  );
}

export async function sellInShop(scene: Scene): Promise<{ paid: string; unpaid: string }> {
  const paid = await buy(scene, { "MUG-BLU-350": 2, "TEA-GRN-100": 1 });
  await buy(scene, { "TEA-GRN-100": 3 });
  await buy(scene, { "BAG-1": 1 });
  const unpaid = await buy(scene, { "MUG-BLU-350": 1 }, false);
  note(
    `${(await orderThere(scene, paid)).lines.length} lines in the first of 4 orders; the last one is not paid yet`,
  );
  await settle(scene);
  expectEqual("on hand, reserved, available", await hubFigures(scene.hub), {
    "BAG-1": [300, 1, 299],
    "MUG-BLU-350": [300, 3, 297],
    "TEA-GRN-100": [300, 4, 296],
  });
  const first = await orderOf(scene.hub, scene.connection, paid);
  expectEqual(
    "the first order here",
    [first.status, first.totalMinor, first.shortfall, first.heldReason],
    ["paid", 7489, 0, null],
  );
  expectEqual(
    "the unpaid one here",
    (await orderOf(scene.hub, scene.connection, unpaid)).status,
    "pending_payment",
  );
  return { paid, unpaid };
}

export async function captureLater(scene: Scene, unpaid: string): Promise<void> {
  await scene.shop.takeMoney(unpaid);
  await settle(scene);
  expectEqual("the order here", (await orderOf(scene.hub, scene.connection, unpaid)).status, "paid");
}

/** A sale in another channel must take the units off the shop's shelf, and leave its own reservations alone. */
export async function sellElsewhere(scene: Scene): Promise<void> {
  const { hub, shop } = scene;
  const before = (await shop.stock())["MUG-BLU-350"];
  const now = new Date().toISOString();
  const line = { externalLineId: "1", sku: "MUG-BLU-350", quantity: 50, unitPriceMinor: 2500 };
  const order = {
    externalId: "TILL-1",
    updatedAt: now,
    placedAt: now,
    status: "paid",
    currency: "EUR",
    lines: [line],
    totalMinor: 125_000,
  };
  await ask(hub, made, "/v1/orders", order);
  await eventually(`${shop.name}'s mugs: stocked, reserved, for sale`, async () => {
    const level = (await shop.stock())["MUG-BLU-350"];
    return [level?.stocked, level?.reserved, level?.sells];
  }, [(before?.stocked ?? 0) - 50, 3, 247]);
}

/** Not pulled: the order must come through the bridge. */
export async function bridged(scene: Scene): Promise<void> {
  const { hub, connection } = scene;
  const applied = async () => {
    const [row] = await hub.sql<{ count: number }[]>`
      select count(*)::int as count from inbox
      where connection_id = ${connection} and status = 'applied' and topic = any(${scene.shop.topics})`;
    return row?.count ?? 0;
  };
  await scene.shop.bridge(true);
  const before = await applied();
  const externalId = await buy(scene, { "BAG-1": 2 });
  const statusHere = async () => {
    const known = (await ordersOf(hub, connection)).find((order) => order.externalId === externalId);
    return known?.status ?? "not here";
  };
  await eventually("the order here, without being asked for", statusHere, "paid", 20_000);
  const { lines } = await orderOf(hub, connection, externalId);
  expectEqual(
    "its units reserved",
    lines.map((line) => line.reserved),
    [2],
  );
  // The bridge may still be repeating what it could not deliver before.
  const deliveries = (await applied()) - before;
  const { topics } = scene.shop;
  expectEqual(`${topics.length} deliveries or more were applied`, deliveries >= topics.length, true);
  // From here on everything must be found by the pull again.
  await scene.shop.bridge(false);
}

/** The hub ships part of an order; the shop gets a parcel with its number, once, and sells as many as before. */
export async function shipHere(scene: Scene, externalId: string): Promise<void> {
  const { hub, shop, connection } = scene;
  const order = await orderOf(hub, connection, externalId);
  const mugs = order.lines.find((line) => line.sku === "MUG-BLU-350");
  const body = { lines: [{ line: mugs?.line, quantity: 2 }], carrier: "SEUR", trackingNumber: "SEUR123456" };
  await ask(hub, z.unknown(), `/v1/orders/${order.id}/shipments`, body);
  await eventually(
    `${shop.name}'s parcels of the order`,
    async () =>
      (await orderThere(scene, externalId)).parcels.map(({ units, isShipped, number }) => ({
        units,
        isShipped,
        number,
      })),
    [{ units: [2], isShipped: true, number: "SEUR123456" }],
  );
  await settle(scene);
  const after = await orderOf(hub, connection, externalId);
  expectEqual("the order here", [after.status, after.shipments.length], ["partially_shipped", 1]);
  expectEqual(
    `its parcel has ${shop.name}'s id`,
    after.shipments[0]?.externalId,
    (await orderThere(scene, externalId)).parcels[0]?.id,
  );
}

export async function shipThere(scene: Scene): Promise<string> {
  const orderId = await buy(scene, { "TEA-GRN-100": 4 });
  await settle(scene);
  const before = await hubFigures(scene.hub);
  await scene.shop.ship(orderId);
  await settle(scene);
  const order = await orderOf(scene.hub, scene.connection, orderId);
  expectEqual(
    "the order here",
    [order.status, order.shipments.map((parcel) => parcel.origin)],
    ["shipped", ["platform"]],
  );
  const [onHand = 0, reserved = 0, available] = before["TEA-GRN-100"] ?? [];
  expectEqual("tea on hand, reserved, available", (await hubFigures(scene.hub))["TEA-GRN-100"], [
    onHand - 4,
    reserved - 4,
    available,
  ]);
  return orderId;
}

export async function takeBack(scene: Scene, orderId: string): Promise<void> {
  const { hub, shop, connection } = scene;
  const [onHand = 0, reserved, available = 0] = (await hubFigures(hub))["TEA-GRN-100"] ?? [];
  await shop.takeBack(orderId);
  await settle(scene);
  expectEqual("tea on hand, reserved, available", (await hubFigures(hub))["TEA-GRN-100"], [
    onHand + 1,
    reserved,
    available + 1,
  ]);
  expectEqual(
    "the order here",
    (await orderOf(hub, connection, orderId)).status,
    shop.expected.statusOfReturned,
  );
  await shop.refund(orderId, 1999);
  await settle(scene);
  const order = await orderOf(hub, connection, orderId);
  expectEqual(
    "the order here, paid back",
    [order.status, order.refundedMinor, order.totalMinor],
    ["shipped", 1999, 8486],
  );
  expectEqual("tea is not put back twice", (await hubFigures(hub))["TEA-GRN-100"], [
    onHand + 1,
    reserved,
    available + 1,
  ]);
}

export async function cancelThere(scene: Scene): Promise<void> {
  const before = await hubFigures(scene.hub);
  const orderId = await buy(scene, { "BAG-1": 5 });
  await settle(scene);
  await scene.shop.cancel(orderId);
  await settle(scene);
  const order = await orderOf(scene.hub, scene.connection, orderId);
  expectEqual(
    "the order here",
    [order.status, { refundedMinor: order.refundedMinor, totalMinor: order.totalMinor }],
    ["cancelled", scene.shop.expected.cancelled],
  );
  expectEqual("bags as before", (await hubFigures(scene.hub))["BAG-1"], before["BAG-1"]);
}

export const everyday = async (scene: Scene): Promise<void> => {
  const { name } = scene.shop;
  const { paid, unpaid } = await step(`Shoppers buy in ${name}`, () => sellInShop(scene));
  await step("A payment is taken later", () => captureLater(scene, unpaid));
  await step("50 mugs are sold elsewhere", () => sellElsewhere(scene));
  await step("The bridge tells of an order at once", () => bridged(scene));
  await step("The hub ships two mugs", () => shipHere(scene, paid));
  const shipped = await step(`${name}'s staff ships an order`, () => shipThere(scene));
  await step("A tea comes back and is paid back", () => takeBack(scene, shipped));
  await step(`A paid order is cancelled in ${name}`, () => cancelThere(scene));
};
