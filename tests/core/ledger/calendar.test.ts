import { describe, expect, it } from "vitest";
import { accountingDates, nextPeriod, openDate } from "../../../src/core/ledger/calendar.ts";

describe("accountingDates", () => {
  it.each([
    ["Asia/Shanghai", "2026-02-28T15:59:59.999Z", "2026-02-28"],
    ["Asia/Shanghai", "2026-02-28T16:00:00.000Z", "2026-03-01"],
    ["Asia/Kolkata", "2026-01-01T18:29:59.999Z", "2026-01-01"],
    ["Asia/Kolkata", "2026-01-01T18:30:00.000Z", "2026-01-02"],
    ["Asia/Kathmandu", "2026-01-01T18:15:00.000Z", "2026-01-02"],
    ["America/New_York", "2026-03-08T04:59:59.000Z", "2026-03-07"],
    ["America/New_York", "2026-03-09T03:59:59.000Z", "2026-03-08"],
    ["America/New_York", "2026-03-09T04:00:00.000Z", "2026-03-09"],
    ["UTC", "2024-02-29T23:59:59.999Z", "2024-02-29"],
  ])("%s, %s is %s", (zone, at, date) => {
    expect(accountingDates(zone)(at)).toBe(date);
  });

  it("answers alike whatever was asked before", () => {
    const dateOf = accountingDates("Asia/Shanghai");
    expect(
      ["2026-01-01T15:59:00.000Z", "2026-01-01T16:00:00.000Z", "2026-01-01T15:59:00.000Z"].map(dateOf),
    ).toEqual(["2026-01-01", "2026-01-02", "2026-01-01"]);
  });

  it("refuses zones and times that are none", () => {
    expect(() => accountingDates("Mars/Olympus")).toThrow('"Mars/Olympus" is not an IANA time zone');
    expect(() => accountingDates("UTC")("soon")).toThrow('"soon" is no instant');
  });
});

describe("openDate", () => {
  it("keeps dates after the closed months and moves the others to the day after", () => {
    expect(openDate("2026-10-31", null)).toBe("2026-10-31");
    expect(openDate("2026-10-31", "2026-10")).toBe("2026-11-01");
    expect(openDate("2019-01-01", "2026-12")).toBe("2027-01-01");
    expect(openDate("2026-11-01", "2026-10")).toBe("2026-11-01");
    expect([nextPeriod("2026-09"), nextPeriod("2026-12")]).toEqual(["2026-10", "2027-01"]);
  });
});
