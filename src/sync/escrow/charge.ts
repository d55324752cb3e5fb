import type { FailureKind, StockOutcome } from "../../connectors/contract.ts";
import { addMs, nowInstant } from "../../core/clock.ts";
import type { Answer } from "../../core/engine/commands.ts";
import { messageOf } from "../../core/errors.ts";
import type { ExposureCommand } from "../../core/escrow/commands.ts";
import type { StockChange } from "../../core/escrow/exposure.ts";
import type { CallFailure } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import type { SyncContext } from "../parts.ts";
import { isEscrowable, traitsOf } from "./traits.ts";

/** The two ends of every write of stock: units are set aside before it is sent, and what became of it is told after. */

/** Beyond a call's deadline: what a platform has taken in may still be on its way to the figure. */
const landingMs = 60_000;

/** A refusal means that the write must not be sent. */
const heldBack = (message: string): CallFailure => ({
  ok: false,
  held: true,
  kind: "unavailable",
  message,
  retryAfterMs: 2_000,
});

export interface ChargedWrite {
  listingId: string;
  writeId: string;
  change: StockChange;
}

/** Charges writes, all in one batch of the engine. Null where the write may go out, else why it may not. */
export async function chargeWrites(
  context: SyncContext,
  connection: OpenConnection,
  writes: readonly ChargedWrite[],
): Promise<(CallFailure | null)[]> {
  if (!isEscrowable(connection)) return writes.map(() => null);
  const until = addMs(nowInstant(context.runtime.clock), context.options.callMs + landingMs);
  return Promise.all(
    writes.map(async ({ listingId, writeId, change }) => {
      const answer = await submitExposure(context, connection.merchantId, {
        kind: "exposure.charge",
        listingId,
        connectionId: connection.id,
        platform: traitsOf(connection),
        write: { id: writeId, ...change },
        until,
      });
      return answer.kind === "refused" ? heldBack(answer.message) : null;
    }),
  );
}

/** Tells the engine how each charged write ended. What cannot be told now stays charged and is found in doubt later. */
export async function settleWrites(
  context: SyncContext,
  connection: OpenConnection,
  ended: readonly (ChargedWrite & { outcome: StockOutcome | CallFailure })[],
): Promise<void> {
  if (!isEscrowable(connection)) return;
  const at = nowInstant(context.runtime.clock);
  await Promise.all(
    ended.map(({ listingId, writeId, outcome }) =>
      submitExposure(context, connection.merchantId, {
        kind: "exposure.settle",
        listingId,
        writeId,
        outcome: endOf(outcome),
        figure: outcome.ok ? (outcome.quantity ?? null) : null,
        at,
      }),
    ),
  );
}

/** The platform had no look at the write, or said so; nothing else is to be read from it. */
const untakenKinds: ReadonlySet<FailureKind> = new Set(["auth", "rate_limited", "unavailable"]);

/** An answer that could not be read says nothing of the write. */
function endOf(outcome: StockOutcome | CallFailure): "done" | "failed" | "untaken" | "unknown" {
  if (outcome.ok) return "done";
  if (outcome.kind === "unknown" || outcome.kind === "malformed") return "unknown";
  return untakenKinds.has(outcome.kind) ? "untaken" : "failed";
}

/** A process that slept between the charge and the call must not send: the write's time is counted from its charge. */
export const isStale = (context: SyncContext, chargedAtMs: number): boolean =>
  context.runtime.clock.nowMs() > chargedAtMs + context.options.callMs;

export const staleWrite = heldBack(
  "The process was held up after setting units aside; the write was not sent.",
);

export async function submitExposure(
  context: Pick<SyncContext, "engine" | "onChange">,
  merchantId: string,
  command: ExposureCommand,
): Promise<Answer> {
  try {
    return await context.engine.submit(merchantId, command);
  } catch (error) {
    return { kind: "refused", code: "unavailable", message: messageOf(error), details: {} };
  }
}
