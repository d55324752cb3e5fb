import { changeExposure } from "../escrow/change-exposure.ts";
import { adjustStock } from "../inventory/adjust.ts";
import { closeHold, createHold } from "../inventory/holds.ts";
import { serveWaiting } from "../inventory/serve-waiting.ts";
import { transferStock } from "../inventory/transfer.ts";
import type { WaitlistState } from "../live/commands.ts";
import { decideLive, isLive } from "../live/decide.ts";
import { takeBack } from "../live/orders-back.ts";
import { promote } from "../live/promote.ts";
import { applyOrder } from "../orders/apply-order.ts";
import { acceptOrder, cancelOrder, mapOrder } from "../orders/cancel.ts";
import { cancelShipment } from "../orders/cancel-shipment.ts";
import { refundOrder } from "../orders/refund.ts";
import { shipOrder } from "../orders/ship.ts";
import type { Decided } from "./answers.ts";
import type { Answer } from "./commands.ts";
import type { Draft } from "./draft.ts";
import type { PreparedCommand, PreparedCore } from "./keys.ts";
import type { QueueState } from "./rows.ts";

/** What must be read on before the decision can go on: queues of waiting lines, or waitlists of live items. */
export type ReadOn = QueueState[] | WaitlistState[];

/**
 * Decides a batch, command by command in order of arrival, on the draft made from what was loaded. No database, no
 * clock, no chance of its own: the same rows, commands, time and ids give the same draft. After each command, units
 * that came free go to whoever waits for them. Where that queue is longer than what was read of it, the queues to read on
 * are yielded, and the decision goes on when the draft has them: nobody who came later is served before.
 */
export function* decide(
  draft: Draft,
  commands: readonly PreparedCommand[],
): Generator<ReadOn, Answer[], void> {
  const answers: Answer[] = [];
  for (const command of commands) {
    const decided = isLive(command) ? yield* decideLive(draft, command) : decideOne(draft, command);
    draft.escrow.endCommand();
    yield* promote(draft);
    yield* serveWaiting(draft);
    takeBack(draft);
    yield* promote(draft);
    answers.push(typeof decided === "function" ? decided() : decided);
  }
  for (const event of draft.live.events(draft.now)) draft.emit(event);
  return answers;
}

function decideOne(draft: Draft, command: PreparedCore): Decided {
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
    default:
      return changeExposure(draft, command);
  }
}
