import { type Instant, msOf } from "../clock.ts";
import type { Draft } from "../engine/draft.ts";
import type { Exposure } from "./exposure.ts";
import type { Passed } from "./sighting.ts";

/** Another tool or person writes the same figure: a person chooses, the hub does not fight it. */

export const foreignTask = "foreign_stock_write";

/** Units taken off without an order once may be a mishap of the platform; this often in a row it is a tool that alternates with us. */
const mostLowerings = 3;
/** Further apart they have nothing to do with each other. */
const inRowMs = 86_400_000;

/** Somebody else took units off the figure once more. */
export function countLowered(exposure: Exposure, now: Instant): Exposure {
  const { lowered, loweredAt } = exposure;
  const isInRow = loweredAt !== null && msOf(now) - msOf(loweredAt) <= inRowMs;
  return { ...exposure, lowered: isInRow ? lowered + 1 : 1, loweredAt: now };
}

/** Every raise of ours is taken back: to go on would be to write against each other for ever. */
export const isFought = ({ lowered }: Exposure): boolean => lowered >= mostLowerings;

/** Asks which figure is to hold. Raised again, the task is the same one. */
export function raiseForeign(draft: Draft, exposure: Exposure, { foreign, lowered: taken }: Passed): void {
  const { listingId, confirmed, overwrites, lowered } = exposure;
  const again =
    overwrites > 0 ? ` Overwritten ${overwrites} times before: find the other tool and stop it first.` : "";
  const what =
    foreign > 0
      ? `The platform offers ${foreign} units of this listing that the hub never sent: another tool or person wrote its stock.`
      : `The platform's figure of this listing fell ${lowered} times without an order, last by ${taken} units: another tool or person lowers its stock again and again.`;
  draft.raiseTask({
    kind: foreignTask,
    subject: listingId,
    message: `${what} Accept the figure, overwrite it, or stop writing to this listing.${again}`,
    detail: {
      listingId,
      units: foreign > 0 ? foreign : -taken,
      figure: confirmed,
      overwrites,
      choices: ["accept", "overwrite", "stop"],
    },
  });
}
