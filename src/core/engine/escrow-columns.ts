import { type Instant, toInstant } from "../clock.ts";
import type { Exposure, OpenWrite, PlatformTraits, Sighting } from "../escrow/exposure.ts";
import type { Column } from "./write-sets.ts";

/** An exposure as its row spells it, in both directions. */

export const exposureColumns = `e.listing_id, e.connection_id, e.after, e.before, e.in_flight, e.anchor, e.next_figure, e.next_anchor, e.next_ingested, e.next_restored, e.surplus, e.adopted, e.must_look, e.write_id, e.write_kind, e.write_quantity, e.write_expected, e.write_state, e.write_since, e.write_until, e.write_ingested, e.write_restored, e.writes, e.ingested, e.restored, e.doubt_until, e.confirmed, e.confirmed_at, e.span, e.sold_now, e.sold_before, e.deducts, e.restores_unpaid, e.restores_paid, e.skew_ms, e.readable, e.halt, e.overwrites, e.unprompted, e.lowered, e.lowered_at`;

/** As JSON gives it: instants in PostgreSQL's spelling. */
export type RawExposure = { [Key in string]: string | number | boolean | null };

export const exposureKeys: Column<Exposure>[] = [["listing_id", "uuid", (e) => e.listingId]];

export const exposureSets: Column<Exposure>[] = [
  ["connection_id", "uuid", (e) => e.connectionId],
  ["after", "bigint", (e) => e.after],
  ["before", "bigint", (e) => e.before],
  ["in_flight", "bigint", (e) => e.inFlight],
  ["anchor", "timestamptz", (e) => e.anchor],
  ["next_figure", "bigint", (e) => e.next?.figure ?? null],
  ["next_anchor", "timestamptz", (e) => e.next?.anchor ?? null],
  ["next_ingested", "bigint", (e) => e.next?.ingested ?? null],
  ["next_restored", "bigint", (e) => e.next?.restored ?? null],
  ["surplus", "bigint", (e) => e.surplus],
  ["adopted", "boolean", (e) => e.adopted],
  ["must_look", "boolean", (e) => e.mustLook],
  ["write_id", "text", (e) => e.write?.id ?? null],
  ["write_kind", "text", (e) => e.write?.kind ?? null],
  ["write_quantity", "bigint", (e) => e.write?.quantity ?? null],
  ["write_expected", "bigint", (e) => e.write?.expected ?? null],
  ["write_state", "text", (e) => e.write?.state ?? null],
  ["write_since", "timestamptz", (e) => e.write?.since ?? null],
  ["write_until", "timestamptz", (e) => e.write?.until ?? null],
  ["write_ingested", "bigint", (e) => e.write?.ingested ?? null],
  ["write_restored", "bigint", (e) => e.write?.restored ?? null],
  ["writes", "bigint", (e) => e.writes],
  ["ingested", "bigint", (e) => e.ingested],
  ["restored", "bigint", (e) => e.restored],
  ["doubt_until", "timestamptz", (e) => e.doubtUntil],
  ["confirmed", "bigint", (e) => e.confirmed],
  ["confirmed_at", "timestamptz", (e) => e.confirmedAt],
  ["span", "int", (e) => e.span],
  ["sold_now", "bigint", (e) => e.soldNow],
  ["sold_before", "bigint", (e) => e.soldBefore],
  ["deducts", "text", (e) => e.platform.deducts],
  ["restores_unpaid", "boolean", (e) => e.platform.restoresUnpaid],
  ["restores_paid", "boolean", (e) => e.platform.restoresPaid],
  ["skew_ms", "int", (e) => e.platform.skewMs],
  ["readable", "boolean", (e) => e.platform.readable],
  ["halt", "text", (e) => e.halt],
  ["overwrites", "int", (e) => e.overwrites],
  ["unprompted", "boolean", (e) => e.unprompted],
  ["lowered", "int", (e) => e.lowered],
  ["lowered_at", "timestamptz", (e) => e.loweredAt],
];

const instant = (value: unknown): Instant | null => (typeof value === "string" ? toInstant(value) : null);

export function toExposure(row: RawExposure): Exposure {
  const write =
    row.write_id === null
      ? null
      : ({
          id: row.write_id,
          kind: row.write_kind,
          quantity: row.write_quantity,
          expected: row.write_expected,
          state: row.write_state,
          since: instant(row.write_since),
          until: instant(row.write_until),
          ingested: row.write_ingested,
          restored: row.write_restored,
        } as OpenWrite);
  const next =
    row.next_figure === null
      ? null
      : ({
          figure: row.next_figure,
          anchor: instant(row.next_anchor),
          ingested: row.next_ingested,
          restored: row.next_restored,
        } as Sighting);
  const platform = {
    deducts: row.deducts,
    restoresUnpaid: row.restores_unpaid,
    restoresPaid: row.restores_paid,
    skewMs: row.skew_ms,
    readable: row.readable,
  } as PlatformTraits;
  return {
    listingId: row.listing_id,
    connectionId: row.connection_id,
    after: row.after,
    before: row.before,
    inFlight: row.in_flight,
    anchor: instant(row.anchor),
    next,
    surplus: row.surplus,
    adopted: row.adopted,
    mustLook: row.must_look,
    write,
    writes: row.writes,
    ingested: row.ingested,
    restored: row.restored,
    doubtUntil: instant(row.doubt_until),
    confirmed: row.confirmed,
    confirmedAt: instant(row.confirmed_at),
    span: row.span,
    soldNow: row.sold_now,
    soldBefore: row.sold_before,
    platform,
    halt: row.halt,
    overwrites: row.overwrites,
    unprompted: row.unprompted,
    lowered: row.lowered,
    loweredAt: instant(row.lowered_at),
  } as Exposure;
}
