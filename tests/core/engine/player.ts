import type { Command } from "../../../src/core/engine/commands.ts";
import type { OrderSnapshot, OrderStatus } from "../../../src/core/model/order.ts";
import { snapshotOf } from "../../support/hub.ts";
import { instantAt } from "../../support/runtime.ts";
import type { Dice } from "./dice.ts";
import type { World } from "./world.ts";

// Random commands of every kind on a small world, the same for the same seed.

const skus = ["A", "B", "C", "D", "AB", "AAC"];
const statuses: OrderStatus[] = [
  "pending_payment",
  "paid",
  "paid",
  "partially_shipped",
  "shipped",
  "cancelled",
  "completed",
  "refunding",
  "refunded",
];

export interface Known {
  externalId: string;
  orderId: string;
  snapshot: OrderSnapshot;
  shipmentIds: string[];
}

/** Makes the next command out of what the world looks like from outside. */
export class Player {
  readonly orders: Known[] = [];
  readonly holds: string[] = [];
  private readonly world: World;
  private readonly dice: Dice;
  private made = 0;
  constructor(world: World, dice: Dice) {
    this.world = world;
    this.dice = dice;
  }

  next(): { command: Command; learn(answer: unknown): void } {
    this.made += 1;
    const kinds = [
      "order",
      "order",
      "order",
      "update",
      "update",
      "update",
      "ship",
      "ship",
      "recall",
      "cancel",
      "refund",
      "hold",
      "endHold",
      "endHold",
      "adjust",
      "adjust",
      "count",
      "transfer",
      "takeOver",
      "accept",
    ];
    const kind = this.dice.pick(kinds);
    const order = this.orders.length > 0 ? this.dice.pick(this.orders.slice(-60)) : undefined;
    if (kind === "adjust" || kind === "count") return this.adjust(kind);
    if (kind === "transfer") return this.transfer();
    if (kind === "hold") return this.hold();
    if (kind === "endHold" && this.holds.length > 0) {
      const holdId = this.dice.pick(this.holds.slice(-20));
      return { command: { kind: "hold.close", holdId, as: "released" }, learn: () => {} };
    }
    if (order && kind === "update") return this.update(order);
    if (order && kind === "ship") {
      const shipmentId = this.world.runtime.ids.next();
      return {
        command: {
          kind: "order.ship",
          orderId: order.orderId,
          shipmentId,
          input: this.dice.oneIn(3) ? { lines: [{ line: 1, quantity: 1 }] } : {},
        },
        learn: (answer) => {
          if ((answer as { kind: string }).kind === "order") order.shipmentIds.push(shipmentId);
        },
      };
    }
    if (order && kind === "recall" && order.shipmentIds.length > 0) {
      const shipmentId = this.dice.pick(order.shipmentIds);
      return { command: { kind: "shipment.cancel", orderId: order.orderId, shipmentId }, learn: () => {} };
    }
    if (order && kind === "cancel")
      return { command: { kind: "order.cancel", orderId: order.orderId }, learn: () => {} };
    if (order && kind === "refund") return this.refund(order);
    if (order && kind === "accept")
      return { command: { kind: "order.accept", orderId: order.orderId }, learn: () => {} };
    return this.order(kind === "takeOver");
  }

  private lines(): OrderSnapshot["lines"] {
    return Array.from({ length: 1 + this.dice.below(3) }, (_, index) => ({
      externalLineId: `${index + 1}`,
      sku: this.dice.pick(this.dice.oneIn(40) ? ["NONE"] : skus),
      quantity: 1 + this.dice.below(4),
      unitPriceMinor: this.dice.pick([100, 999, 12_345]),
      ...(this.dice.oneIn(4) ? { discountMinor: this.dice.below(100) } : {}),
    }));
  }

  private order(takeOver: boolean) {
    const externalId = `o${this.made}`;
    const told = this.snapshot(externalId, 0);
    const snapshot = this.dice.oneIn(12) ? { ...told, totalMinor: told.totalMinor + 5000 } : told;
    const mayRefuse = this.dice.oneIn(4);
    const holdReference = takeOver && this.made > 10 ? `h${this.made - this.dice.below(10)}` : undefined;
    return {
      command: {
        kind: "order.apply" as const,
        connectionId: mayRefuse ? this.world.manualId : this.world.connectionId,
        snapshot,
        mayRefuse,
        reserveFrom: this.dice.oneIn(3) ? ("paid" as const) : ("placed" as const),
        ...(holdReference === undefined ? {} : { holdReference }),
      },
      learn: (answer: unknown) => {
        const { kind, orderId } = answer as { kind: string; orderId: string };
        if (kind === "order" && !mayRefuse)
          this.orders.push({ externalId, orderId, snapshot, shipmentIds: [] });
      },
    };
  }

  private snapshot(externalId: string, age: number): OrderSnapshot {
    const status =
      age === 0
        ? this.dice.pick(["pending_payment", "paid", "paid", "paid", "shipped"] as const)
        : this.dice.pick(statuses);
    const minute = this.made % 60;
    return snapshotOf({
      externalId,
      status,
      updatedAt: instantAt(this.made * 1000 - (this.dice.oneIn(10) ? 60_000 : 0)),
      placedAt: instantAt(minute * 60_000 - 86_400_000),
      ...(status === "pending_payment" || this.dice.oneIn(3)
        ? {}
        : { paidAt: instantAt(minute * 60_000 - 86_000_000) }),
      lines: this.lines(),
      ...(this.dice.oneIn(4) ? { shippingMinor: 600 } : {}),
      ...(this.dice.oneIn(4) ? { platformDiscountMinor: 50 } : {}),
    });
  }

  private update(known: Known) {
    const fresh = this.snapshot(known.externalId, 1);
    const same = this.dice.oneIn(2);
    const lines = same ? known.snapshot.lines : fresh.lines;
    const one = lines[0] as OrderSnapshot["lines"][number];
    const snapshot = snapshotOf({
      ...fresh,
      ...known.snapshot,
      updatedAt: fresh.updatedAt,
      status: fresh.status,
      lines,
      totalMinor: undefined as unknown as number,
      ...(this.dice.oneIn(4)
        ? {
            shipments: [
              {
                externalId: `p${this.dice.below(3)}`,
                shippedAt: fresh.updatedAt,
                ...(this.dice.oneIn(2)
                  ? { lines: [{ externalLineId: one.externalLineId, quantity: 1 }] }
                  : {}),
              },
            ],
          }
        : {}),
      ...(this.dice.oneIn(4)
        ? {
            refunds: [
              {
                externalId: `r${this.dice.below(3)}`,
                refundedAt: fresh.updatedAt,
                amountMinor: this.dice.below(500),
                lines: [
                  {
                    externalLineId: one.externalLineId,
                    amountMinor: 0,
                    quantity: this.dice.below(3),
                    restock: this.dice.oneIn(2),
                  },
                ],
              },
            ],
          }
        : {}),
    });
    const { totalMinor: _none, ...rest } = snapshot;
    const whole = snapshotOf(rest);
    return {
      command: {
        kind: "order.apply" as const,
        connectionId: this.world.connectionId,
        snapshot: whole,
        mayRefuse: false,
        reserveFrom: "placed" as const,
      },
      learn: (answer: unknown) => {
        if ((answer as { outcome?: string }).outcome === "updated") known.snapshot = whole;
      },
    };
  }

  private refund(known: Known) {
    return {
      command: {
        kind: "order.refund" as const,
        orderId: known.orderId,
        input: {
          reference: `ref${this.made}`,
          amountMinor: this.dice.below(3) * 99,
          lines: [{ line: 1, amountMinor: 0, quantity: this.dice.below(3), restock: this.dice.oneIn(2) }],
        },
      },
      learn: () => {},
    };
  }

  private hold() {
    const reference = `h${this.made}`;
    const lines = Array.from({ length: 1 + this.dice.below(3) }, () => ({
      sku: this.dice.pick(skus),
      quantity: 1 + this.dice.below(3),
    }));
    return {
      command: { kind: "hold.create" as const, input: { reference, lines }, expiresAt: null },
      learn: (answer: unknown) => {
        const { kind, holdId } = answer as { kind: string; holdId: string };
        if (kind === "hold") this.holds.push(holdId);
      },
    };
  }

  private adjust(kind: "adjust" | "count") {
    const lines = Array.from({ length: 1 + this.dice.below(2) }, () => {
      const sku = this.dice.pick(["A", "B", "C", "D"]);
      const location = this.dice.pick(["MAIN", "MAIN", "EAST", "QUAR"]);
      if (kind === "count") return { sku, location, count: this.dice.below(30), reason: "count" as const };
      const change = this.dice.below(24) - 6;
      return {
        sku,
        location,
        delta: change,
        reason: change < 0 ? ("damage" as const) : ("receipt" as const),
        ...(change > 0 ? { unitCostMinor: 100 + this.dice.below(50) } : {}),
        ...(this.dice.oneIn(5) ? { heldBack: this.dice.below(3) } : {}),
      };
    });
    return {
      command: { kind: "stock.adjust" as const, input: { reference: `d${this.made}`, lines } },
      learn: () => {},
    };
  }

  private transfer() {
    const [from, to] = this.dice.pick([
      ["MAIN", "EAST"],
      ["EAST", "MAIN"],
      ["MAIN", "QUAR"],
      ["QUAR", "EAST"],
    ] as const);
    const lines = [{ sku: this.dice.pick(["A", "B", "C", "D"]), quantity: 1 + this.dice.below(4) }];
    return {
      command: { kind: "stock.transfer" as const, input: { reference: `t${this.made}`, from, to, lines } },
      learn: () => {},
    };
  }
}
