import type { AdjustmentInput } from "../../src/core/model/stock.ts";
import type { World } from "../world/world.ts";
import type { Operation } from "./operation.ts";

/** What the merchant's own people do: stock and parcels. */
export const warehouseOperations: readonly Operation[] = [
  { name: "receipt", weight: 4, act: (world) => adjust(world, "receipt") },
  { name: "adjust", feature: "adjustments", weight: 5, act: (world) => adjust(world, "other") },
  { name: "count", feature: "counts", weight: 3, act: (world) => adjust(world, "count") },
  { name: "transfer", feature: "second location", weight: 4, act: transfer },
  { name: "ship", feature: "hub ships", weight: 20, act: ship },
];

function adjust(world: World, kind: "receipt" | "other" | "count"): void {
  const { chance, furniture, truth } = world;
  const reference = world.nextReference("document");
  const lines = [lineOf(world, kind)];
  if (chance.happens(0.3)) {
    const second = lineOf(world, kind);
    if (second.sku !== lines[0]?.sku) lines.push(second);
  }
  world.caller.send({ kind: "stock.adjust", input: { reference, lines } }, (answer) => {
    if (answer.kind !== "stock") return;
    truth.adjustments.set(reference, lines);
    for (const line of lines) {
      const told = answer.lines.find(
        (row) => row.sku === line.sku && row.location === (line.location ?? "MAIN"),
      );
      if (line.count !== undefined && answer.outcome === "applied" && told?.onHand !== line.count)
        truth.failed.push(
          `${reference}: counted ${line.count} of ${line.sku}, the answer says ${told?.onHand}`,
        );
    }
  });
  world.trace.step(`${kind} ${reference} ${furniture.skuCodes.length > 0 ? JSON.stringify(lines) : ""}`);
}

function lineOf(
  { chance, furniture, plan }: World,
  kind: "receipt" | "other" | "count",
): AdjustmentInput["lines"][number] {
  const sku = chance.oneOf(furniture.skuCodes);
  const location = chance.oneOf(furniture.locations);
  const at = { sku, location };
  if (kind === "receipt") {
    const delta = chance.between(1, Math.max(2, plan.openingStock >> 1));
    return { ...at, delta, unitCostMinor: chance.between(100, 900), reason: "receipt" };
  }
  if (kind === "count") return { ...at, count: chance.between(0, plan.openingStock), reason: "count" };
  if (chance.happens(0.3)) return { ...at, heldBack: chance.between(0, 3), reason: "other" };
  return { ...at, delta: -chance.between(1, 4), reason: "damage" };
}

function transfer(world: World): void {
  const { chance, furniture, truth } = world;
  const reference = world.nextReference("transfer");
  const [from, to] = chance.happens(0.5) ? (["MAIN", "EAST"] as const) : (["EAST", "MAIN"] as const);
  const line = { sku: chance.oneOf(furniture.skuCodes), quantity: chance.between(1, 5) };
  world.caller.send({ kind: "stock.transfer", input: { reference, from, to, lines: [line] } }, (answer) => {
    if (answer.kind === "stock") truth.transfers.set(reference, { ...line, from, to });
  });
}

/** A parcel of an order the hub has, part of a line or all of it. */
function ship(world: World): void {
  const { chance, truth } = world;
  const lines = world.shippable();
  if (lines.length === 0) return;
  const line = chance.oneOf(lines);
  const shipmentId = world.nextId();
  const packs = chance.between(1, Math.max(1, Math.floor(line.reserved / line.unitsPer)));
  const input = { lines: [{ line: line.lineNo, quantity: packs }] };
  const command = { kind: "order.ship" as const, orderId: line.orderId, shipmentId, input };
  world.caller.send(command, (answer) => {
    if (answer.kind !== "order") return;
    truth.parcels.set(shipmentId, {
      orderId: line.orderId,
      shop: line.shop,
      externalId: line.externalId,
      lines: [{ line: line.lineNo, quantity: packs * line.unitsPer }],
      isRecalled: false,
    });
  });
  world.trace.step(`ship ${line.externalId} line ${line.lineNo} x${packs}`);
}
