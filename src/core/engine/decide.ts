import { adjustStock, transferStock } from "../inventory/adjust.ts";
import { closeHold, createHold } from "../inventory/holds.ts";
import { serveWaiting } from "../inventory/serve-waiting.ts";
import { applyOrder } from "../orders/apply-order.ts";
import { acceptOrder, cancelOrder, mapOrder } from "../orders/cancel.ts";
import { refundOrder } from "../orders/refund.ts";
import { cancelShipment, shipOrder } from "../orders/ship.ts";
import type { Answer } from "./commands.ts";
import type { Draft } from "./draft.ts";
import type { PreparedCommand } from "./keys.ts";

/**
 * Decides a batch, command by command in order of arrival, on the draft made from what was loaded. No database, no
 * clock, no chance of its own: the same rows, commands, time and ids give the same draft. After each command, units
 * that came free go to whoever waits for them.
 */
export function decide(draft: Draft, commands: readonly PreparedCommand[]): Answer[] {
  return commands.map((command) => {
    const answer = decideOne(draft, command);
    serveWaiting(draft);
    return answer;
  });
}

function decideOne(draft: Draft, command: PreparedCommand): Answer {
  switch (command.kind) {
    case "order.apply":
      return applyOrder(draft, command);
    case "hold.create":
      return createHold(draft, command);
    case "hold.close":
      return closeHold(draft, command);
    case "stock.adjust":
      return adjustStock(draft, command);
    case "stock.transfer":
      return transferStock(draft, command);
    case "order.ship":
      return shipOrder(draft, command);
    case "shipment.cancel":
      return cancelShipment(draft, command);
    case "order.cancel":
      return cancelOrder(draft, command);
    case "order.refund":
      return refundOrder(draft, command);
    case "order.accept":
      return acceptOrder(draft, command);
    case "order.map":
      return mapOrder(draft, command);
    case "stock.serve": {
      for (const skuId of command.skuIds) draft.freed.add(skuId);
      return { kind: "stock", reference: "", outcome: "applied", lines: [], shortfalls: [] };
    }
  }
}
