import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { localInstant, localText, localWindow } from "../../../src/connectors/toolkit/time.ts";
import { instantOf } from "../../../src/core/clock.ts";

const zoneOfProcess = process.env.TZ;
afterEach(() => {
  if (zoneOfProcess === undefined) delete process.env.TZ;
  else process.env.TZ = zoneOfProcess;
});

describe("localInstant", () => {
  it.each([
    ["2026-11-22 16:00:00", "Asia/Shanghai", "2026-11-22T08:00:00.000Z"],
    ["2026-11-22T16:00:00", "Asia/Shanghai", "2026-11-22T08:00:00.000Z"],
    ["2026/11/22 9:05", "Asia/Shanghai", "2026-11-22T01:05:00.000Z"],
    ["2026-11-22", "Asia/Shanghai", "2026-11-21T16:00:00.000Z"],
    ["2026-11-22 16:00:00.25", "Asia/Shanghai", "2026-11-22T08:00:00.250Z"],
    ["2026-11-22 16:00:00.123456", "Asia/Shanghai", "2026-11-22T08:00:00.123Z"],
    ["2026-11-22 13:45:00", "Asia/Kathmandu", "2026-11-22T08:00:00.000Z"],
    ["2026-11-22 03:00:00", "America/New_York", "2026-11-22T08:00:00.000Z"],
    ["2026-07-01 04:00:00", "America/New_York", "2026-07-01T08:00:00.000Z"],
    ["2024-02-29 00:00:00", "UTC", "2024-02-29T00:00:00.000Z"],
    ["2026-01-01 00:30:00", "Pacific/Kiritimati", "2025-12-31T10:30:00.000Z"],
    ["1985-07-01 12:00:00", "Asia/Shanghai", "1985-07-01T04:00:00.000Z"],
    ["1988-07-01 12:00:00", "Asia/Shanghai", "1988-07-01T03:00:00.000Z"], // China had summer time 1986 to 1991
  ])("%s in %s is %s", (text, zone, instant) => {
    expect(localInstant(text, zone)).toBe(instant);
  });

  it("F066: the zone of the process makes no difference", () => {
    for (const zone of ["Asia/Shanghai", "America/New_York", "Asia/Kathmandu"]) {
      process.env.TZ = zone;
      expect(localInstant("2026-11-22 16:00:00", "Asia/Shanghai")).toBe("2026-11-22T08:00:00.000Z");
    }
  });

  it("spring: a time that was skipped", () => {
    // New York, 2026-03-08: 02:00 became 03:00.
    const at = (disambiguation?: "earlier" | "later" | "reject") =>
      localInstant("2026-03-08 02:30:00", "America/New_York", disambiguation ? { disambiguation } : {});
    expect(at()).toBe("2026-03-08T07:30:00.000Z"); // 03:30 summer time
    expect(at("later")).toBe("2026-03-08T07:30:00.000Z");
    expect(at("earlier")).toBe("2026-03-08T06:30:00.000Z"); // 01:30 winter time
    expect(() => at("reject")).toThrow('"2026-03-08 02:30:00" was skipped in America/New_York');
  });

  it("autumn: a time that happened twice", () => {
    // New York, 2026-11-01: 02:00 became 01:00.
    const at = (disambiguation?: "earlier" | "later" | "reject") =>
      localInstant("2026-11-01 01:30:00", "America/New_York", disambiguation ? { disambiguation } : {});
    expect(at()).toBe("2026-11-01T05:30:00.000Z");
    expect(at("earlier")).toBe("2026-11-01T05:30:00.000Z");
    expect(at("later")).toBe("2026-11-01T06:30:00.000Z");
    expect(() => at("reject")).toThrow("happened twice in America/New_York");
  });

  it("takes the minutes around a change as they were", () => {
    expect(localInstant("2026-03-08 01:59:59", "America/New_York")).toBe("2026-03-08T06:59:59.000Z");
    expect(localInstant("2026-03-08 03:00:00", "America/New_York")).toBe("2026-03-08T07:00:00.000Z");
    expect(localInstant("2026-11-01 00:59:59", "America/New_York")).toBe("2026-11-01T04:59:59.000Z");
    expect(localInstant("2026-11-01 02:00:00", "America/New_York")).toBe("2026-11-01T07:00:00.000Z");
    // Half an hour, Lord Howe Island: 02:00 became 02:30.
    expect(localInstant("2026-10-04 02:15:00", "Australia/Lord_Howe")).toBe("2026-10-03T15:45:00.000Z");
    // A whole day left out, Apia: after 2011-12-29 came the 31st.
    expect(localInstant("2011-12-31 00:00:00", "Pacific/Apia")).toBe("2011-12-30T10:00:00.000Z");
  });

  it("goes there and back for every hour of a year", () => {
    for (const zone of ["Europe/Berlin", "America/Sao_Paulo", "Asia/Tokyo"]) {
      const shown = new Intl.DateTimeFormat("sv-SE", {
        timeZone: zone,
        dateStyle: "short",
        timeStyle: "medium",
      });
      for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 3_600_000 * 5) {
        const text = shown.format(new Date(ms));
        const back = (["earlier", "later"] as const).map((disambiguation) =>
          localInstant(text, zone, { disambiguation }),
        );
        expect(back).toContain(new Date(ms).toISOString());
      }
    }
  });

  it.each([
    ["2026-02-29 00:00:00"],
    ["2026-13-01 00:00:00"],
    ["2026-11-22 24:00:00"],
    ["2026-11-22 12:60:00"],
    ["22.11.2026"],
    ["2026-11/22"],
    ["2026-11-22T08:00:00Z"],
    ["tomorrow"],
    [""],
  ])("refuses %s", (text) => {
    expect(() => localInstant(text, "Asia/Shanghai")).toThrow(
      expect.objectContaining({ code: "invalid_request" }),
    );
  });

  it("refuses a zone nobody knows", () => {
    expect(() => localInstant("2026-11-22", "Mars/Olympus")).toThrow('"Mars/Olympus" is no IANA time zone');
  });
});

describe("local time", () => {
  const zones = fc.constantFrom(
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "UTC",
  );
  // A year around two changes of the clock.
  const instants = fc.integer({
    min: Date.parse("2026-01-01Z") / 1000,
    max: Date.parse("2027-01-01Z") / 1000,
  });

  it("is read back as it was written, the hour shown twice aside", () => {
    fc.assert(
      fc.property(zones, instants, (zone, second) => {
        const at = instantOf(second * 1000);
        const text = localText(at, zone);
        const readings = ["earlier", "later"] as const;
        expect(readings.map((disambiguation) => localInstant(text, zone, { disambiguation }))).toContain(at);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it("a window in it holds every instant, also in the night the clocks are set back", () => {
    const nights = fc.constantFrom(
      ...["2026-11-01T05:00Z", "2026-10-25T00:00Z", "2026-04-04T14:00Z"].map((t) => Date.parse(t)),
    );
    fc.assert(
      fc.property(
        zones,
        fc.oneof(
          instants.map((second) => second * 1000),
          nights,
        ),
        fc.integer({ min: 1, max: 10_800 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (zone, fromMs, seconds, share) => {
          const toMs = fromMs + seconds * 1000;
          const { from, to } = localWindow({ from: instantOf(fromMs), to: instantOf(toMs) }, zone);
          const text = localText(instantOf(fromMs + share * (toMs - fromMs)), zone);
          expect(text >= from && text <= to, `${from} <= ${text} <= ${to}`).toBe(true);
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });
});
