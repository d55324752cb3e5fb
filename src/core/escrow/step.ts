import type { Instant } from "../clock.ts";
import { whyNot } from "./charge.ts";
import { type Exposure, exposedOf, type StockChange, type WriteKind } from "./exposure.ts";
import type { AllocationState } from "./free.ts";

/** What is to be done about one listing next. */
export type Step =
  /** Nothing, until something happens. */
  | { kind: "rest"; why: Reason }
  /** Read the platform's figure. */
  | { kind: "look"; why: Reason }
  | { kind: "wait"; until: Instant; why: Reason }
  /** The write in doubt once more under its id, or given up where ids are not remembered. */
  | { kind: "repeat"; why: Reason }
  | { kind: "write"; change: Change; why: Reason };

/** A change as the plan wants it; a compare-and-set gets its figures from a look right before it. */
export type Change = { by: number } | { to: number };

/** Why a listing offers what it offers; the page and the API say it in words. */
export type Reason =
  | "shared"
  | "at_share"
  | "raised"
  | "lowered"
  | "waits_for_units"
  | "waits_for_orders"
  | "waits_for_write"
  | "waits_for_look"
  | "foreign_write"
  | "stopped"
  | "not_escrowed";

export interface StepInput {
  exposure: Exposure | null;
  state: AllocationState;
  /** Its share by the plan, in listing units. */
  target: number;
  /** Listing units that may be charged now without anybody losing theirs. */
  room: number;
  /** Listing units it is asked to give up: others wait for them, or they are lost. */
  pressure: number;
  /** More is promised than there is: every unit beyond the share counts, however few they are. */
  isShort: boolean;
  kinds: readonly WriteKind[];
  /** Whether the platform's figure can be read. */
  readable: boolean;
  now: Instant;
}

/** Fewer units than this are not worth a write: an eighth of the share, at least one. */
export const worthMoving = (target: number): number => Math.max(1, Math.ceil(target / 8));

export const isHungry = (exposure: Pick<Exposure, "after">, target: number): boolean =>
  target > 0 && (exposure.after <= 0 || target - exposure.after >= worthMoving(target));

export function nextStep(input: StepInput): Step {
  const { exposure, kinds } = input;
  if (exposure === null || (!exposure.adopted && exposure.anchor === null && exposure.write === null))
    return exposure?.halt ? halted(exposure.halt) : introduce(input);
  const waiting = whatItWaitsFor(exposure, input.now);
  if (waiting) return waiting;
  // A newer sighting that waits for its turn already says how little there is to take away.
  const shown = Math.min(exposure.after, exposure.next?.figure ?? exposure.after);
  const excess = shown - input.target;
  const worth = input.isShort ? 1 : worthMoving(input.target);
  if (input.pressure > 0 && excess >= worth) return lower(input, exposure, excess);
  if (input.state === "split" && isHungry(exposure, input.target)) return raise(input, exposure);
  if (exposure.anchor !== null && exposure.before > 0) return waitsForOrders;
  return { kind: "rest", why: kinds.length === 0 ? "not_escrowed" : "at_share" };
}

const halted = (halt: NonNullable<Exposure["halt"]>): Step => ({
  kind: "rest",
  why: halt === "asked" ? "foreign_write" : "stopped",
});

/** A listing nothing is known of: its figure is read, or written where it cannot be. */
const introduce = ({ readable, target }: StepInput): Step =>
  readable ? look : { kind: "write", change: { to: target }, why: "lowered" };

function whatItWaitsFor(exposure: Exposure, now: Instant): Step | null {
  const { write, doubtUntil } = exposure;
  if (exposure.halt !== null) return halted(exposure.halt);
  if (write !== null) {
    if (now < write.until) return { kind: "wait", until: write.until, why: "waits_for_write" };
    return exposure.platform.readable ? look : { kind: "repeat", why: "waits_for_write" };
  }
  if (doubtUntil !== null && now <= doubtUntil)
    return { kind: "wait", until: doubtUntil, why: "waits_for_write" };
  if (exposure.mustLook && exposure.platform.readable) return look;
  return exposure.adopted ? null : waitsForOrders;
}

const look: Step = { kind: "look", why: "waits_for_look" };
const waitsForOrders: Step = { kind: "rest", why: "waits_for_orders" };
const waitsForUnits: Step = { kind: "rest", why: "waits_for_units" };

function lower(
  { kinds, pressure, room, target, state }: StepInput,
  exposure: Exposure,
  excess: number,
): Step {
  const by = -Math.min(excess, pressure);
  if (isRelative(kinds)) return { kind: "write", change: { by }, why: "lowered" };
  if (whyNot(exposure, { kind: "set", quantity: 0, expected: null }) !== null) return waitsForOrders;
  // A plain set needs units for its whole figure; none is always there. Converging, nothing is promised yet.
  const to = state === "split" ? Math.min(target, Math.max(0, room)) : exposure.after + by;
  return { kind: "write", change: { to: Math.max(0, to) }, why: "lowered" };
}

function raise({ kinds, room, target }: StepInput, exposure: Exposure): Step {
  if (room <= 0) return exposure.before > 0 ? waitsForOrders : waitsForUnits;
  const wanted = target - Math.max(0, exposure.after);
  if (isRelative(kinds)) return { kind: "write", change: { by: Math.min(wanted, room) }, why: "raised" };
  if (whyNot(exposure, { kind: "set", quantity: target, expected: null }) !== null) return waitsForOrders;
  const to = Math.min(target, room);
  return to > exposure.after ? { kind: "write", change: { to }, why: "raised" } : waitsForUnits;
}

const isRelative = (kinds: readonly WriteKind[]): boolean =>
  kinds.includes("delta") || kinds.includes("compareAndSet");

/** The write that makes the change, by the best kind there is; null where a compare-and-set still needs the figure. */
export function writeFor(
  change: Change,
  kinds: readonly WriteKind[],
  figure: number | null,
): StockChange | null {
  if ("to" in change) return { kind: "set", quantity: change.to, expected: null };
  if (kinds.includes("delta")) return { kind: "delta", quantity: change.by, expected: null };
  if (figure === null) return null;
  return { kind: "compareAndSet", quantity: Math.max(0, figure + change.by), expected: figure };
}

/** What the listing can offer buyers at most until the next write: the units of its last sighting that are not sold. */
export const mayOffer = (exposure: Exposure): number =>
  Math.min(exposedOf(exposure), Math.max(0, exposure.after));
