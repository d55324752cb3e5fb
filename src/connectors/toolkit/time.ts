import { type Instant, instantOf } from "../../core/clock.ts";
import { SluiceError } from "../../core/errors.ts";

/**
 * Local time as platforms write it ("2026-11-22 09:15:00", no zone) to a UTC instant, with the IANA zone the connector
 * declares. The zone of the machine the hub runs on never takes part.
 */

export interface LocalTimeOptions {
  /**
   * Which instant a text means that clocks showed twice (autumn) or never (spring). "compatible", the default, is the
   * rule of iCalendar and Temporal: the earlier of two, and past a gap the time moved forward by the gap's length.
   */
  disambiguation?: "compatible" | "earlier" | "later" | "reject";
}

const pattern =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:(?:[T ]| +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?$/;

/** Reads `2026-11-22`, `2026-11-22 09:15`, `2026/11/22 9:15:00.5` or `2026-11-22T09:15:00` as a time in `zone`. */
export function localInstant(text: string, zone: string, options: LocalTimeOptions = {}): Instant {
  const localMs = wallClockMs(text.trim());
  const dayMs = 86_400_000;
  // No zone changes its offset twice within two days, so the offsets a day before and after are the only candidates.
  const before = offsetMs(zone, localMs - dayMs);
  const after = offsetMs(zone, localMs + dayMs);
  const candidates = [...new Set([localMs - before, localMs - after])].sort((a, b) => a - b);
  const fitting = candidates.filter((epochMs) => epochMs + offsetMs(zone, epochMs) === localMs);
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return instantOf(first);
  const choice = options.disambiguation ?? "compatible";
  if (choice === "reject") {
    const problem = first === undefined ? "was skipped" : "happened twice";
    throw invalid(text, `${problem} in ${zone}; ask for the time with its offset`);
  }
  if (first !== undefined && second !== undefined) return instantOf(choice === "later" ? second : first);
  const [shiftedBack, shiftedForward] = candidates;
  if (shiftedBack === undefined || shiftedForward === undefined)
    throw invalid(text, `has no place in ${zone}`);
  return instantOf(choice === "earlier" ? shiftedBack : shiftedForward);
}

/** The text's figures as if they were UTC. */
function wallClockMs(text: string): number {
  const match = pattern.exec(text);
  if (!match) throw invalid(text, "is no local time; write it like 2026-11-22 09:15:00");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [1, 3, 4, 5, 6, 7].map((group) =>
    Number(match[group] ?? 0),
  );
  const millisecond = Number((match[8] ?? "0").padEnd(3, "0").slice(0, 3));
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  const asRead = new Date(localMs);
  const isReal =
    asRead.getUTCMonth() === month - 1 &&
    asRead.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!isReal) throw invalid(text, "is no date and time of the calendar");
  return localMs;
}

const invalid = (text: string, problem: string) =>
  new SluiceError("invalid_request", `"${text.slice(0, 40)}" ${problem}.`);

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the zone adds to UTC at this moment. */
function offsetMs(zone: string, epochMs: number): number {
  const parts = new Map(
    formatFor(zone)
      .formatToParts(new Date(epochMs))
      .map((part) => [part.type, Number(part.value)]),
  );
  const read = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const shown = Date.UTC(
    read("year"),
    read("month") - 1,
    read("day"),
    read("hour"),
    read("minute"),
    read("second"),
  );
  return shown - Math.floor(epochMs / 1000) * 1000;
}

/** Making a format costs about 50 times as much as using one, so each zone's is kept; there are about 400 zones. */
function formatFor(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  try {
    const made = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, made);
    return made;
  } catch {
    throw new SluiceError(
      "invalid_request",
      `"${zone}" is no IANA time zone; use a name such as Asia/Shanghai.`,
    );
  }
}

const two = (figure: number): string => String(figure).padStart(2, "0");

const wallText = (wallMs: number): string => {
  const at = new Date(wallMs);
  const date = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  return `${date} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
};

/** What clocks in `zone` show at this instant, cut to whole seconds: `2026-11-22 16:00:00`. */
export const localText = (instant: Instant, zone: string): string => {
  const epochMs = Date.parse(instant);
  return wallText(epochMs + offsetMs(zone, epochMs));
};

/**
 * Beginning and end in local time such that every instant of [from, to) shows a text between them. Where clocks are set back
 * within the window they show an hour twice; then both ends are moved out by it, and some rows come twice.
 */
export function localWindow(
  window: { from: Instant; to: Instant },
  zone: string,
): { from: string; to: string } {
  const fromMs = Date.parse(window.from);
  const toMs = Date.parse(window.to);
  const before = offsetMs(zone, fromMs);
  const after = offsetMs(zone, toMs);
  const setBackMs = Math.max(0, before - after);
  return {
    from: wallText(fromMs + before - setBackMs),
    to: wallText(Math.ceil((toMs + after + setBackMs) / 1000) * 1000),
  };
}
