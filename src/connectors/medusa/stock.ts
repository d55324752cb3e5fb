import type { Call, Failure, ListingRef, Result, Stock, StockOutcome, StockWrite } from "../contract.ts";
import { failure } from "../toolkit/failures.ts";
import { chunksOf } from "../toolkit/paging.ts";
import type { LevelWrite, MedusaClient } from "./client.ts";
import type { MedusaSettings } from "./settings.ts";
import type { WireVariant, WrittenLevel } from "./wire.ts";

/** Rows of one call; also ids in one address. Medusa names no limit, its body limit is about 100 kB. */
export const stockWritesPerCall = 50;

/** A parcel packed by the staff while we write changes the figure we built on; twice in a row is a coincidence already. */
const maxRounds = 3;

/**
 * Levels of one stock location. Medusa keeps `stocked_quantity` (on the shelf) and `reserved_quantity` (its own open
 * orders) and sells the difference. The hub says what may still be sold, so what is written is that figure plus
 * Medusa's reserved units, read immediately before. README.md says what this means for orders on their way.
 */
export function createStock(client: MedusaClient, { stockLocationId }: MedusaSettings): Stock {
  let locationKnown = false;
  /** A level made for an unknown location would be taken and never sold from (seen on 2.21.2). */
  const locationFailure = async (call: Call): Promise<Failure | null> => {
    if (locationKnown) return null;
    const result = await client.stockLocation(call);
    locationKnown = result.ok;
    return result.ok ? null : result;
  };

  return {
    async push(writes, call) {
      const outcomes = new Map<StockWrite, StockOutcome>();
      const sets = writes.filter((write) => write.mode === "set");
      for (const batch of chunksOf(sets, stockWritesPerCall)) {
        const rows = await rowsOf(client, stockLocationId, batch, call);
        const known = batch.filter((write) => {
          const row = rows.get(variantOf(write));
          if (row?.ok) return true;
          outcomes.set(write, row ?? gone(write));
          return false;
        });
        const plan = known.flatMap((write): Planned[] => {
          const row = rows.get(variantOf(write));
          return row?.ok ? [{ write, ...row.value }] : [];
        });
        const blocked = plan.some(({ level }) => level === null) ? await locationFailure(call) : null;
        for (const [write, outcome] of blocked
          ? all(plan, blocked)
          : await writeRows(client, stockLocationId, plan, call)) {
          outcomes.set(write, outcome);
        }
      }
      return writes.map(
        (write) =>
          outcomes.get(write) ??
          failure("unsupported", `Medusa has no stock writes of the kind ${write.mode}`),
      );
    },

    async read(listings, call) {
      const figures: Result<{ quantity: number }>[] = [];
      for (const batch of chunksOf(listings, stockWritesPerCall)) {
        const rows = await rowsOf(client, stockLocationId, batch, call);
        for (const listing of batch) {
          const row = rows.get(variantOf(listing)) ?? gone(listing);
          figures.push(row.ok ? { ok: true, value: { quantity: sellable(row.value.level) } } : row);
        }
      }
      return figures;
    },
  };
}

interface Level {
  stocked: number;
  reserved: number;
}

interface Row {
  inventoryItemId: string;
  /** Null while the item is not stocked at the location. */
  level: Level | null;
}

interface Planned extends Row {
  write: StockWrite;
}

/** A listing is a variant: its id is what order lines carry, too. A product id before it does no harm. */
export const variantOf = (listing: ListingRef): string => listing.externalVariantId ?? listing.externalId;

const gone = (listing: ListingRef): Failure =>
  failure("not_found", `Medusa has no variant ${variantOf(listing)}`);

const sellable = (level: Level | null): number => (level === null ? 0 : level.stocked - level.reserved);

const all = (plan: readonly Planned[], outcome: StockOutcome): [StockWrite, StockOutcome][] =>
  plan.map(({ write }) => [write, outcome]);

/** The inventory item behind each variant with its level here, by variant id; a failed call is the answer for all of them. */
async function rowsOf(
  client: MedusaClient,
  locationId: string,
  listings: readonly ListingRef[],
  call: Call,
): Promise<Map<string, Result<Row>>> {
  const ids = [...new Set(listings.map(variantOf))];
  const result = await client.variantsById(ids, call);
  if (!result.ok) return new Map(ids.map((id) => [id, result]));
  return new Map(result.value.variants.map((variant) => [variant.id, rowOf(variant, locationId)]));
}

function rowOf(variant: WireVariant, locationId: string): Result<Row> {
  if (!variant.manage_inventory) {
    return failure(
      "unsupported",
      `Medusa does not manage the stock of variant ${variant.id}, so it sells without limit`,
    );
  }
  const [item, ...others] = variant.inventory_items;
  if (item === undefined)
    return failure("unsupported", `Variant ${variant.id} has no inventory item in Medusa`);
  if (others.length > 0 || item.required_quantity !== 1) {
    return failure(
      "unsupported",
      `Variant ${variant.id} is a kit: its stock follows from its parts in Medusa, so publish those and not the kit`,
    );
  }
  const level = item.inventory?.location_levels.find((candidate) => candidate.location_id === locationId);
  return {
    ok: true,
    value: {
      inventoryItemId: item.inventory_item_id,
      level: level ? { stocked: level.stocked_quantity, reserved: level.reserved_quantity } : null,
    },
  };
}

/** The call is all or nothing, so where it is refused each row is tried by itself: one bad row keeps none of the others. */
async function writeRows(
  client: MedusaClient,
  locationId: string,
  plan: readonly Planned[],
  call: Call,
): Promise<[StockWrite, StockOutcome][]> {
  if (plan.length === 0) return [];
  const result = await writeLevels(client, locationId, plan, call);
  if (result.ok) return plan.map((row) => [row.write, outcomeOf(row, result.value)]);
  const refused = result.kind === "invalid" || result.kind === "not_found";
  if (!refused || plan.length === 1) return all(plan, result);
  const outcomes: [StockWrite, StockOutcome][] = [];
  for (const row of plan) outcomes.push(...(await writeRows(client, locationId, [row], call)));
  return outcomes;
}

type Figures = Map<string, Level>;

const outcomeOf = ({ write, inventoryItemId }: Planned, figures: Figures): StockOutcome => {
  const level = figures.get(inventoryItemId);
  if (level) return { ok: true, quantity: sellable(level) };
  return failure("unknown", `Medusa's answer to the stock write does not name variant ${variantOf(write)}`);
};

/**
 * Writes target + reserved. The answer carries the reserved units of that moment: fewer than read means that a parcel was
 * packed (or an order cancelled) in between, and our figure would put the packed units back on sale. It is
 * written again with the new number.
 */
async function writeLevels(
  client: MedusaClient,
  locationId: string,
  plan: readonly Planned[],
  call: Call,
): Promise<Result<Figures>> {
  const figures: Figures = new Map();
  let open = mergedRows(plan);
  for (let round = 1; ; round += 1) {
    const levelOf = (row: Planned): LevelWrite => ({
      inventory_item_id: row.inventoryItemId,
      location_id: locationId,
      stocked_quantity: row.write.quantity + Math.max(0, row.level?.reserved ?? 0),
    });
    const create = open.filter((row) => row.level === null).map(levelOf);
    const update = open.filter((row) => row.level !== null).map(levelOf);
    const result = await client.writeLevels({ create, update }, call);
    if (!result.ok) return result;
    const written = new Map(
      [...result.value.created, ...result.value.updated].map((row) => [row.inventory_item_id, toLevel(row)]),
    );
    for (const [id, level] of written) figures.set(id, level);
    open = open.flatMap((row) => {
      const level = written.get(row.inventoryItemId);
      return level && level.reserved < (row.level?.reserved ?? 0) ? [{ ...row, level }] : [];
    });
    if (open.length === 0 || round === maxRounds) return { ok: true, value: figures };
  }
}

const toLevel = (row: WrittenLevel): Level => ({
  stocked: row.stocked_quantity,
  reserved: row.reserved_quantity,
});

/** Two variants may share one inventory item; its level can only have one figure, and the lower one oversells neither. */
function mergedRows(plan: readonly Planned[]): Planned[] {
  const byItem = new Map<string, Planned>();
  for (const row of plan) {
    const known = byItem.get(row.inventoryItemId);
    if (!known || row.write.quantity < known.write.quantity) byItem.set(row.inventoryItemId, row);
  }
  return [...byItem.values()];
}
