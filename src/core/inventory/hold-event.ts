import type { Draft } from "../engine/draft.ts";
import type { HoldRow } from "../engine/rows.ts";
import type { NewEvent } from "../events/types.ts";

export const holdEvent = (draft: Draft, hold: HoldRow, type: "hold.created" | "hold.closed"): NewEvent => ({
  type,
  subject: hold.id,
  occurredAt: draft.now,
  data: {
    holdId: hold.id,
    reference: hold.reference,
    status: hold.status,
    lines: hold.lines,
    ...(hold.orderId === null ? {} : { orderId: hold.orderId }),
  },
});
