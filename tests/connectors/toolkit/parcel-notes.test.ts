import { describe, expect, it } from "vitest";
import { notedParcel, noteOf, readNote } from "../../../src/connectors/toolkit/parcel-notes.ts";

const lines = [
  { externalLineId: "a", quantity: 2 },
  { externalLineId: "b", quantity: 1 },
];
const push = { shipmentId: "s1", orderExternalId: "o1", shippedAt: "2026-11-22T08:00:00.000Z", lines };
const shown = (id: string, units: Record<string, number>, number: string | null = null) => ({
  id,
  lines: Object.entries(units).map(([line, quantity]) => ({ id: line, quantity })),
  number,
});

describe("notes on parcels", () => {
  const note = noteOf({ ...push, trackingNumber: "T1" }, ["old"]);
  const cases: [string, ReturnType<typeof shown>[], string | undefined][] = [
    ["the same units under the same number", [shown("new", { b: 1, a: 2 }, "T1")], "new"],
    ["there before ours", [shown("old", { a: 2, b: 1 }, "T1")], undefined],
    ["another number", [shown("new", { a: 2, b: 1 }, "T2")], undefined],
    ["fewer units", [shown("new", { a: 1, b: 1 }, "T1")], undefined],
    ["the first of two alike", [shown("n1", { a: 2, b: 1 }, "T1"), shown("n2", { a: 2, b: 1 }, "T1")], "n1"],
    ["none at all", [], undefined],
  ];
  it.each(cases)("speak of the parcel of %s", (_what, parcels, expected) => {
    expect(notedParcel(note, parcels)?.id).toBe(expected);
  });

  it("without a number fit any number", () => {
    expect(notedParcel(noteOf(push, []), [shown("new", { a: 2, b: 1 }, "T9")])?.id).toBe("new");
  });

  it("are read back as they were written; other texts are none", () => {
    expect(readNote(JSON.stringify(note))).toEqual(note);
    for (const text of ["", "call her back", "{}", '{"shipmentId":1}', "[1]"])
      expect(readNote(text)).toBeNull();
  });
});
