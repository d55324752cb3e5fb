import { describe, expect, it } from "vitest";
import { readTime } from "../../../src/connectors/file/times.ts";

const shanghai = { timeZone: "Asia/Shanghai" };
const london = { timeZone: "Europe/London" };

describe("readTime", () => {
  it.each([
    ["2026-11-22 08:00:00", shanghai, "2026-11-22T00:00:00.000Z"],
    ["2026-11-22T08:00", shanghai, "2026-11-22T00:00:00.000Z"],
    ["2026/1/2 3:04", shanghai, "2026-01-01T19:04:00.000Z"],
    ["2026年11月22日 8:00:00", shanghai, "2026-11-22T00:00:00.000Z"],
    ["20261122080000", shanghai, "2026-11-22T00:00:00.000Z"],
    ["2026-11-22", shanghai, "2026-11-21T16:00:00.000Z"],
    ["2026-11-22T08:00:00.5Z", shanghai, "2026-11-22T08:00:00.500Z"],
    ["2026-11-22 08:00:00 +0900", shanghai, "2026-11-21T23:00:00.000Z"],
    ["2011-04-05 14:34:00", london, "2011-04-05T13:34:00.000Z"],
    ["2010-12-01 08:26:00", london, "2010-12-01T08:26:00.000Z"],
    // Clocks went back at 02:00 summer time: 01:30 came twice, the first counts.
    ["2010-10-31 01:30:00", london, "2010-10-31T00:30:00.000Z"],
    // Clocks went forward at 01:00: 01:30 never was and is 02:30 summer time.
    ["2011-03-27 01:30:00", london, "2011-03-27T01:30:00.000Z"],
    ["03/04/2026 10:00", { ...london, dateOrder: "dmy" as const }, "2026-04-03T09:00:00.000Z"],
    ["03/04/2026 10:00", { ...london, dateOrder: "mdy" as const }, "2026-03-04T10:00:00.000Z"],
  ])("%s", (text, rules, at) => {
    expect(readTime(text, rules)).toEqual({ ok: true, at });
  });

  it.each([
    [
      "03/04/2026",
      '"03/04/2026" may mean two dates; say with the date order whether day (dmy) or month (mdy) comes first',
    ],
    ["2026-02-30 08:00", '"2026-02-30 08:00" is no date of the calendar'],
    ["2026-02-30T08:00:00Z", '"2026-02-30T08:00:00Z" is no date of the calendar'],
    ["2026-11-22 24:00", '"2026-11-22 24:00" is no date of the calendar'],
    ["40513.35", '"40513.35" is no time; write it like 2026-11-22 08:00:00'],
    ["yesterday", '"yesterday" is no time; write it like 2026-11-22 08:00:00'],
  ])("refuses %s", (text, reason) => {
    expect(readTime(text, shanghai)).toEqual({ ok: false, reason });
  });
});
