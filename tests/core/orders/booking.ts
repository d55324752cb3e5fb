import type { Booked } from "../../../src/core/engine/rows.ts";
import type { SoldPart } from "../../../src/core/events/types.ts";
import { liabilityOf, revenueOf } from "../../../src/core/orders/booked-part.ts";
import { openBooking, recognise } from "../../../src/core/orders/booking.ts";

export const part = (lineNo: number, grossMinor: number, taxMinor = 0): SoldPart => ({
  lineNo,
  skuId: lineNo === 0 ? null : `sku${lineNo}`,
  virtual: false,
  grossMinor,
  taxMinor,
});
export const open = (...parts: SoldPart[]): Booked =>
  openBooking(
    parts.reduce((sum, { grossMinor }) => sum + grossMinor, 0),
    0,
    parts,
  );
export const ship = (booked: Booked, lineNo: number, units: number, openUnits: number) =>
  recognise(booked, [{ lineNo, units, openUnits }]);

/** "lineNo: gross/tax" */
export const short = (parts: readonly SoldPart[]) =>
  parts.map((one) => `${one.lineNo}: ${one.grossMinor}/${one.taxMinor}`);
export const owed = (booked: Booked) => booked.parts.map((one) => liabilityOf(one).grossMinor);
export const earned = (booked: Booked) => booked.parts.map((one) => revenueOf(one).grossMinor);
