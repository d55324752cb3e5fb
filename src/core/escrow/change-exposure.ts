import { type Decided, refused } from "../engine/answers.ts";
import type { Refusal } from "../engine/commands.ts";
import type { Draft } from "../engine/draft.ts";
import { availableOver } from "../inventory/allocate.ts";
import type { AllocationRow } from "./book.ts";
import {
  charge,
  chargeFor,
  giveUp,
  isSettled,
  mayObserve,
  observe,
  settleDone,
  settleFailed,
  settleUnknown,
  settleUntaken,
  whyNot,
} from "./charge.ts";
import type {
  ChargeExposure,
  ExposureAnswer,
  ExposureCommand,
  HaltExposure,
  ObserveExposure,
  PassExposure,
  SetAllocation,
  SettleExposure,
} from "./commands.ts";
import { type Exposure, newExposure } from "./exposure.ts";
import { countLowered, foreignTask, isFought, raiseForeign } from "./foreign.ts";
import type { AllocationState } from "./free.ts";
import { pass } from "./sighting.ts";

/** Decides the commands about exposure, on the draft of a batch. */
export function changeExposure(draft: Draft, command: ExposureCommand): Decided {
  switch (command.kind) {
    case "exposure.charge":
      return chargeListing(draft, command);
    case "exposure.settle":
      return settleListing(draft, command);
    case "exposure.observe":
      return observeListing(draft, command);
    case "exposure.pass":
      return passListing(draft, command);
    case "exposure.mode":
      return setAllocation(draft, command);
    case "exposure.halt":
      return haltListing(draft, command);
    case "exposure.release":
      return releaseUnits(draft);
  }
}

const answer = (outcome: ExposureAnswer["outcome"], exposure: Exposure | null): ExposureAnswer => ({
  kind: "exposure",
  outcome,
  exposure,
});

const unknownListing = (listingId: string): Refusal =>
  refused("not_found", `There is no listing ${listingId}; it was removed meanwhile.`);

const isShared = (draft: Draft, listingId: string): boolean =>
  draft.escrow.skusOf(listingId).every(({ skuId }) => draft.escrow.stateOf(skuId) === "shared");

/** Stores it and lets what came free go to whoever waits. */
function put(draft: Draft, exposure: Exposure): void {
  for (const skuId of draft.escrow.put(exposure, false)) {
    draft.freed.add(skuId);
    if (draft.escrow.stateOf(skuId) !== "shared") draft.escrow.news.add(skuId);
  }
}

/** Units of a SKU that no listing stands for. Below zero when units were lost. */
const freeOf = (draft: Draft, skuId: string): number =>
  availableOver(draft.stock.get(skuId) ?? []) - draft.escrow.claimed(skuId);

function chargeListing(draft: Draft, command: ChargeExposure): ExposureAnswer | Refusal {
  const { listingId, connectionId, platform, write, until } = command;
  if (draft.escrow.skusOf(listingId).length === 0) return unknownListing(listingId);
  const known = draft.escrow.exposures.get(listingId) ?? newExposure(listingId, connectionId, platform);
  const exposure: Exposure = { ...known, platform };
  if (exposure.write?.id === write.id) {
    // Made again, so what became of it before is not known: its process may have ended with the answer.
    put(draft, settleUnknown(known));
    return answer("repeated", known);
  }
  const shared = isShared(draft, listingId);
  const refusal = shared ? whyHalted(exposure) : whyRefused(draft, exposure, command);
  if (refusal) return refusal;
  const ready = shared && exposure.write ? giveUp(exposure, draft.now) : exposure;
  const charged = charge(ready, { ...write, since: draft.now, until });
  put(draft, charged);
  return answer("charged", charged);
}

const whyHalted = ({ halt }: Exposure): Refusal | null =>
  halt === null ? null : refused("conflict", "Writing to this listing is stopped until a person chooses.");

/** Split, the charge must fit; converging, nothing may rise. */
function whyRefused(draft: Draft, exposure: Exposure, { write }: ChargeExposure): Refusal | null {
  const why = whyNot(exposure, write);
  if (why) return refused("conflict", `Not written now: ${why}.`);
  const units = chargeFor(write);
  if (units === 0) return null;
  for (const { skuId, units: per } of draft.escrow.skusOf(exposure.listingId)) {
    const state = draft.escrow.stateOf(skuId);
    const lowers = write.kind === "set" && (!exposure.adopted || write.quantity <= exposure.after);
    if (state === "shared" || (state === "converging" && lowers)) continue;
    const free = state === "converging" ? 0 : freeOf(draft, skuId);
    if (units * per > free)
      return refused("insufficient_stock", "Other listings or orders have taken these units meanwhile.", {
        lines: [
          { sku: draft.skus.get(skuId)?.code ?? skuId, requested: units * per, available: Math.max(0, free) },
        ],
      });
  }
  return null;
}

function settleListing(draft: Draft, command: SettleExposure): ExposureAnswer {
  const exposure = draft.escrow.exposures.get(command.listingId);
  if (!exposure || exposure.write?.id !== command.writeId) return answer("unchanged", exposure ?? null);
  const settled = settledAs(exposure, command, isShared(draft, command.listingId));
  put(draft, settled);
  return answer("changed", settled);
}

function settledAs(exposure: Exposure, { outcome, at, figure }: SettleExposure, shared: boolean): Exposure {
  switch (outcome) {
    case "done":
      return settleDone(exposure, at, shared, figure);
    case "failed":
      return settleFailed(exposure);
    case "untaken":
      return settleUntaken(exposure, at, shared);
    case "unknown":
      return settleUnknown(exposure);
    case "abandoned":
      return giveUp(exposure, at);
  }
}

function observeListing(draft: Draft, command: ObserveExposure): ExposureAnswer | Refusal {
  const { listingId, connectionId, platform, writes, startedAt } = command;
  if (draft.escrow.skusOf(listingId).length === 0) return unknownListing(listingId);
  const known = draft.escrow.exposures.get(listingId) ?? newExposure(listingId, connectionId, platform);
  if (!mayObserve(known, startedAt, writes))
    return refused("conflict", "A write was under way while the platform was read; read it again.");
  const seen = observe({ ...known, platform }, command);
  put(draft, seen);
  return passListing(draft, { kind: "exposure.pass", listingId }) as ExposureAnswer;
}

function passListing(draft: Draft, { listingId }: PassExposure): ExposureAnswer {
  const exposure = draft.escrow.exposures.get(listingId);
  if (!exposure) return answer("unchanged", null);
  const passed = pass(exposure, draft.escrow.watermarks.get(exposure.connectionId) ?? null);
  if (passed.exposure === exposure) return answer("unchanged", exposure);
  const isJudged = !isShared(draft, listingId) && exposure.halt === null;
  const counted = isJudged && passed.lowered > 0 ? countLowered(passed.exposure, draft.now) : passed.exposure;
  const isForeign = isJudged && (passed.foreign > 0 || isFought(counted));
  const next: Exposure = isForeign ? { ...counted, halt: "asked" } : counted;
  put(draft, next);
  for (const { skuId } of draft.escrow.skusOf(listingId))
    if (draft.escrow.stateOf(skuId) !== "shared") draft.escrow.news.add(skuId);
  if (isForeign) raiseForeign(draft, next, passed);
  return answer("changed", next);
}

function setAllocation(draft: Draft, command: SetAllocation): ExposureAnswer | Refusal {
  const { skuId, state } = command;
  const row = draft.escrow.allocations.get(skuId);
  if (!row) return refused("not_found", `Nothing is known of SKU ${skuId}; it may be a bundle.`);
  if (row.state === state || (state === "split" && row.state !== "converging"))
    return answer("unchanged", null);
  if (state === "split" && !isSplit(draft, command, row.version)) return answer("unchanged", null);
  if (state === "converging") {
    for (const { listingId } of draft.escrow.claimsOn(skuId)) {
      const exposure = draft.escrow.exposures.get(listingId);
      if (exposure?.platform.readable) put(draft, { ...exposure, mustLook: true });
    }
  }
  enter(draft, row, state);
  return answer("changed", null);
}

function enter(draft: Draft, row: AllocationRow, state: AllocationState): void {
  const { skuId } = row;
  draft.escrow.allocations.set(skuId, { ...row, state, since: draft.now });
  draft.escrow.news.add(skuId);
  draft.freed.add(skuId);
  if (state === "shared") draft.unsplit.add(skuId);
}

/** Everything fits, and nothing is in the air that could make it more. */
function isSplit(draft: Draft, { skuId, version, listingIds }: SetAllocation, known: number): boolean {
  if (version !== known || freeOf(draft, skuId) < 0) return false;
  return listingIds.every((id) => {
    const exposure = draft.escrow.exposures.get(id);
    return exposure !== undefined && (exposure.halt !== null || isSettled(exposure));
  });
}

/**
 * Of the SKUs read for it; whoever waits is served after the command, the longest waiting first. What no listing sells any more is
 * shared again: nobody else would ask. Idempotent.
 */
function releaseUnits(draft: Draft): ExposureAnswer {
  for (const row of draft.escrow.allocations.values()) {
    draft.freed.add(row.skuId);
    if (row.state !== "shared" && draft.escrow.claimsOn(row.skuId).length === 0) enter(draft, row, "shared");
  }
  return answer("unchanged", null);
}

function haltListing(draft: Draft, { listingId, halt, overwrites }: HaltExposure): ExposureAnswer | Refusal {
  const exposure = draft.escrow.exposures.get(listingId);
  if (!exposure) return unknownListing(listingId);
  put(draft, {
    ...exposure,
    halt,
    overwrites: overwrites ? exposure.overwrites + 1 : exposure.overwrites,
    lowered: 0,
    loweredAt: null,
  });
  for (const { skuId } of draft.escrow.skusOf(listingId)) draft.escrow.news.add(skuId);
  draft.closeTask(foreignTask, listingId);
  return answer("changed", draft.escrow.exposures.get(listingId) ?? null);
}
