import { z } from "zod";
import type { SessionChange } from "../../core/live/commands.ts";
import { quantitySchema } from "../../core/model/primitives.ts";
import { liveSessionDetailSchema, shownSession } from "../live-view.ts";
import type { Operate } from "../operation.ts";
import type { AppParts } from "../parts.ts";
import { submit } from "../submit.ts";
import { liveTag, requireSession, sessionParams } from "./live-sessions.ts";

/** What an operator does while the show runs: one call each, because there are seconds. */
interface Action<Body> {
  name: string;
  summary: string;
  description: string;
  body: z.ZodType<Body>;
  change(body: Body): SessionChange;
}

const nothing = z.object({});
const item = z.uuid().describe("Id of the item");
const action = <Body>(one: Action<Body>): Action<Body> => one;

const start = action({
  name: "start",
  summary: "Go on air",
  description:
    "Takes each item's share from what is available, as far as there is any; `short` names what is missing.",
  body: nothing,
  change: () => ({ to: "start" }),
});

const end = action({
  name: "end",
  summary: "End the show",
  description:
    "Gives back what nobody has claimed and ends the waitlists. Claims that hold units keep them until they expire.",
  body: nothing,
  change: () => ({ to: "end" }),
});

const show = action({
  name: "show",
  summary: "Show the next item, or the one named",
  description: "What is shown is what `+1` claims.",
  body: z.object({ item: item.optional() }),
  change: (given) => ({ to: "show", ...(given.item === undefined ? {} : { itemId: given.item }) }),
});

const soldOut = action({
  name: "sold-out",
  summary: "Take no more claims for an item",
  description: "`soldOut: false` takes claims again. Who waits keeps waiting.",
  body: z.object({ item, soldOut: z.boolean().default(true) }),
  change: (given) => ({ to: "soldOut", itemId: given.item, soldOut: given.soldOut }),
});

const topUp = action({
  name: "top-up",
  summary: "Take more units for an item",
  description: "All of them or none. They go to those in line first.",
  body: z.object({ item, quantity: quantitySchema }),
  change: (given) => ({ to: "topUp", itemId: given.item, quantity: given.quantity }),
});

const giveBack = action({
  name: "give-back",
  summary: "Give units of an item back",
  description: "Without a quantity: all that nobody has claimed.",
  body: z.object({ item, quantity: quantitySchema.optional() }),
  change: (given) => ({
    to: "giveBack",
    itemId: given.item,
    ...(given.quantity === undefined ? {} : { quantity: given.quantity }),
  }),
});

export function liveActionRoutes(operate: Operate, parts: AppParts): void {
  actionRoute(operate, parts, start);
  actionRoute(operate, parts, end);
  actionRoute(operate, parts, show);
  actionRoute(operate, parts, soldOut);
  actionRoute(operate, parts, topUp);
  actionRoute(operate, parts, giveBack);
}

function actionRoute<Body>(operate: Operate, parts: AppParts, one: Action<Body>): void {
  const { name, summary, description, body, change } = one;
  operate(
    {
      method: "post",
      path: `/v1/live-sessions/{id}/${name}`,
      permission: "live.write",
      tag: liveTag,
      summary,
      description,
      params: sessionParams,
      body,
      bodyOptional: true,
      answer: liveSessionDetailSchema,
      statuses: { 200: "Done; the session as it is now" },
      refusals: ["insufficient_stock", "illegal_transition"],
    },
    async ({ caller, params, body: given }) => {
      const command = { kind: "session.change" as const, sessionId: params.id, change: change(given) };
      const { outcome, short } = await submit(parts, caller.merchantId, command, "session");
      const session = await requireSession(parts, caller.merchantId, params.id);
      return { body: { ...shownSession(session), outcome, ...(short.length > 0 ? { short } : {}) } };
    },
  );
}
