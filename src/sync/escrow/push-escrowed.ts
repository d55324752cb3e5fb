import type { StockWrite } from "../../connectors/contract.ts";
import { msOf, nowInstant } from "../../core/clock.ts";
import type { Exposure } from "../../core/escrow/exposure.ts";
import { type Allocation, readAllocations, stockedSkus } from "../../core/escrow/read-allocations.ts";
import { spread } from "../../core/escrow/spread.ts";
import { nextStep, type Step, writeFor } from "../../core/escrow/step.ts";
import type { Slot } from "../calls.ts";
import type { OpenConnection } from "../connections.ts";
import { refOf } from "../outbox/due.ts";
import type { Settlement } from "../outbox/outcome.ts";
import type { Settled } from "../outbox/settle.ts";
import type { WriteMode } from "../outbox/target.ts";
import { type ClaimedListing, sendWrites, settlementOf } from "../outbox/write-stock.ts";
import type { SyncContext } from "../parts.ts";
import { submitExposure } from "./charge.ts";
import { lookAt } from "./look.ts";
import { modeOf } from "./traits.ts";

/**
 * Takes one step for each escrowed listing: a look at the platform's figure, a write, or nothing. A listing is due again at once while
 * it has steps to take; what it waits for (orders, units) brings it back by its own event. The rebalancer is this and the plan.
 */
export async function pushEscrowed(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  claimed: readonly ClaimedListing[],
  signal: AbortSignal,
): Promise<Settled[]> {
  const planned = await planSteps(context, connection, claimed);
  const kinds = connection.profile.stockWrites;
  const isRead = ({ step }: Planned) =>
    step.kind === "look" || (step.kind === "write" && writeFor(step.change, kinds, null) === null);
  const looking = planned.filter(isRead);
  // One call has one purpose. What is not done now stays due.
  if (looking.length > 0) {
    const seen = await lookAt(
      context,
      connection,
      slot,
      looking.map(({ row }) => row),
    );
    const figures = new Map(looking.map(({ row }, index) => [row.listingId, seen[index]]));
    const writing = looking.flatMap((entry) => {
      const figure = figures.get(entry.row.listingId);
      return entry.step.kind === "write" && figure?.ok ? [{ ...entry, figure: figure.value.quantity }] : [];
    });
    const next = writing.length === 0 ? slot : await context.calls.enter(connection, signal);
    const written = next.ok ? await write(context, connection, next, writing) : new Map<string, Settlement>();
    return planned.map((entry) => {
      const figure = figures.get(entry.row.listingId);
      if (figure && !figure.ok) return settled(entry, settlementOf(context, asPlain(entry.row), figure));
      return settled(entry, written.get(entry.row.listingId) ?? afterStep(context, entry));
    });
  }
  const writing = planned.flatMap((entry) =>
    entry.step.kind === "write" || entry.step.kind === "repeat" ? [{ ...entry, figure: null }] : [],
  );
  const written = await write(context, connection, slot, writing);
  return planned.map((entry) =>
    settled(entry, written.get(entry.row.listingId) ?? afterStep(context, entry)),
  );
}

interface Planned {
  row: ClaimedListing;
  step: Step;
  exposure: Exposure | null;
}

/** The step of each listing by the plan of its SKU; a bundle's by the tightest of its components. */
async function planSteps(
  context: SyncContext,
  connection: OpenConnection,
  claimed: readonly ClaimedListing[],
): Promise<Planned[]> {
  const { db, runtime } = context;
  const now = nowInstant(runtime.clock);
  const stocked = await stockedSkus(
    db,
    connection.merchantId,
    claimed.map((row) => row.skuId),
  );
  const read = await readAllocations(db, connection.merchantId, [...new Set([...stocked.values()].flat())]);
  const plans = new Map(
    read.map((allocation) => [allocation.skuId, { allocation, plan: spread({ ...allocation, now }) }]),
  );
  return claimed.map((row) => {
    const parts = (stocked.get(row.skuId) ?? []).flatMap((skuId) => plans.get(skuId) ?? []);
    const ofRow = (allocation: Allocation) =>
      allocation.listings.find((listing) => listing.listingId === row.listingId);
    const units = (allocation: Allocation) => ofRow(allocation)?.units ?? 1;
    const split = parts.filter(({ allocation }) => allocation.state !== "shared");
    const exposure = parts.map(({ allocation }) => ofRow(allocation)?.exposure ?? null).at(0) ?? null;
    const least = (of: (part: (typeof parts)[number]) => number) => Math.min(...split.map(of));
    const step: Step =
      split.length === 0
        ? { kind: "rest", why: exposure?.halt ? "stopped" : "shared" }
        : nextStep({
            exposure,
            state: split.some(({ allocation }) => allocation.state === "converging") ? "converging" : "split",
            target: least(({ plan }) => plan.shares.get(row.listingId) ?? 0),
            room: least(({ allocation, plan }) => Math.floor(plan.room / units(allocation))),
            pressure: Math.max(
              ...split.map(({ allocation, plan }) => Math.ceil(plan.pressure / units(allocation))),
            ),
            isShort: split.some(({ plan }) => plan.isShort),
            kinds: connection.profile.stockWrites,
            readable: connection.account.stock?.read !== undefined,
            now,
          });
    return { row, step, exposure };
  });
}

async function write(
  context: SyncContext,
  connection: OpenConnection,
  slot: Slot,
  entries: readonly (Planned & { figure: number | null })[],
): Promise<Map<string, Settlement>> {
  const done = new Map<string, Settlement>();
  const sent: { entry: Planned; write: StockWrite }[] = [];
  for (const entry of entries) {
    const made = await makeWrite(context, connection, entry);
    if (made) sent.push({ entry, write: made });
    else done.set(entry.row.listingId, { ...again, waitMs: replanMs });
  }
  const outcomes = await sendWrites(
    context,
    connection,
    slot,
    sent.map(({ entry }) => entry.row.listingId),
    sent.map(({ write }) => write),
  );
  for (const [index, { entry }] of sent.entries()) {
    const outcome = outcomes[index];
    // A write that is done may need a look; one in doubt is looked at when its time is over.
    const isRetried = !outcome || outcome.ok || outcome.kind === "conflict" || outcome.kind === "unknown";
    done.set(entry.row.listingId, isRetried ? again : settlementOf(context, asPlain(entry.row), outcome));
  }
  return done;
}

/** Null: nothing to send, the listing has to be planned anew. */
async function makeWrite(
  context: SyncContext,
  connection: OpenConnection,
  { row, step, exposure, figure }: Planned & { figure: number | null },
): Promise<StockWrite | null> {
  const asOf = nowInstant(context.runtime.clock);
  if (step.kind === "repeat") {
    const open = exposure?.write;
    if (!open) return null;
    if (connection.profile.behaviour.remembersWrites)
      return { ...refOf(row), writeId: open.id, asOf, ...modeOf(open) };
    await submitExposure(context, connection.merchantId, {
      kind: "exposure.settle",
      listingId: row.listingId,
      writeId: open.id,
      outcome: "abandoned",
      figure: null,
      at: asOf,
    });
    return null;
  }
  if (step.kind !== "write") return null;
  const change = writeFor(step.change, connection.profile.stockWrites, figure);
  if (change === null || (change.kind === "compareAndSet" && change.quantity === change.expected))
    return null;
  const mode: WriteMode = modeOf(change);
  return { ...refOf(row), writeId: `${row.listingId}:${context.runtime.ids.next()}`, asOf, ...mode };
}

/** What was planned made no sense any more: nothing has changed yet that would change the plan. */
const replanMs = 2_000;

/** Due again at once: the next look at the outbox plans it anew. */
const again: Extract<Settlement, { waitMs: number }> = {
  status: "pending",
  waitMs: 0,
  kind: "unavailable",
  message: "Its units are being moved.",
  counted: false,
};

function afterStep(context: SyncContext, { row, step, exposure }: Planned): Settlement {
  switch (step.kind) {
    case "rest":
    case "repeat":
      return { status: "done", published: exposure?.confirmed ?? row.published, externalId: null };
    case "look":
    case "write":
      return again;
    case "wait":
      return {
        ...again,
        waitMs: Math.max(1_000, msOf(step.until) - context.runtime.clock.nowMs() + 1),
        message: "An earlier write may still land; it is looked at after that.",
      };
  }
}

const settled = ({ row }: Planned, settlement: Settlement): Settled => ({
  subjectId: row.listingId,
  requested: row.requested,
  hadError: row.hadError,
  title: `item "${row.externalId}"`,
  settlement,
});

const asPlain = (row: ClaimedListing) => ({ ...row, chosen: { kind: "unknowable" as const } });
