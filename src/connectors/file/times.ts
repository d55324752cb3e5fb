import { type Instant, instantOf } from "../../core/clock.ts";

/** Times as people and shops write them in files, turned into UTC instants. */

export interface TimeRules {
  /** Zone of times written without one. */
  timeZone: string;
  /** How 03/04/2026 is meant; undefined refuses it, since a guess would move a sale by months. */
  dateOrder?: "dmy" | "mdy" | undefined;
}

export type ReadTime = { ok: true; at: Instant } | { ok: false; reason: string };

interface Wall {
  year: number;
  month: number;
  day: number;
  timeMs: number;
}

const clockPart = String.raw`(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?`;
const yearFirst = new RegExp(String.raw`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?${clockPart}$`);
const yearLast = new RegExp(String.raw`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})${clockPart}$`);
const compact = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/;
const zoned = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:(Z|UTC)|([+-]\d{2}):?(\d{2}))$/;

export function readTime(text: string, rules: TimeRules): ReadTime {
  const withZone = zoned.exec(text);
  if (withZone) {
    const [, day, time, utc, hours, minutes] = withZone;
    const ms = Date.parse(`${day}T${time}${utc ? "Z" : `${hours}:${minutes}`}`);
    // The engine turns 30 February into March instead of refusing it.
    const isReal = !Number.isNaN(ms) && instantOf(Date.parse(`${day}T00:00Z`)).startsWith(day ?? "");
    return isReal ? { ok: true, at: instantOf(ms) } : refuse(text, "is no date of the calendar");
  }
  return readWallTime(text, rules);
}

function readWallTime(text: string, rules: TimeRules): ReadTime {
  const first = yearFirst.exec(text) ?? compact.exec(text);
  const last = first ? null : yearLast.exec(text);
  if (last && rules.dateOrder === undefined) {
    return refuse(
      text,
      "may mean two dates; say with the date order whether day (dmy) or month (mdy) comes first",
    );
  }
  const match = first ?? last;
  if (!match) return refuse(text, "is no time; write it like 2026-11-22 08:00:00");
  const [, a = 0, b = 0, c = 0, ...clock] = match.map((part) => Number(part ?? 0));
  const [hour = 0, minute = 0, second = 0] = clock;
  const timeMs = ((hour * 60 + minute) * 60 + second) * 1000;
  const [year, month, day]: [number, number, number] = first
    ? [a, b, c]
    : rules.dateOrder === "dmy"
      ? [c, b, a]
      : [c, a, b];
  const wall = { year, month, day, timeMs };
  if (!isCalendar(wall, hour, minute, second)) return refuse(text, "is no date of the calendar");
  return { ok: true, at: instantOf(utcOf(wall, rules.timeZone)) };
}

const refuse = (text: string, why: string): ReadTime => ({ ok: false, reason: `"${text}" ${why}` });

function isCalendar({ year, month, day }: Wall, hour: number, minute: number, second: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  const kept =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return kept && hour < 24 && minute < 60 && second < 60;
}

const dayMs = 86_400_000;

/**
 * When a wall clock in `timeZone` showed this. Of an hour that comes twice in autumn the first is taken; a time skipped
 * in spring is moved on by what was skipped.
 */
function utcOf(wall: Wall, timeZone: string): number {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day) + wall.timeMs;
  const day = asUtc - (((asUtc % dayMs) + dayMs) % dayMs);
  const before = offsetOfDay(timeZone, day - dayMs);
  const after = offsetOfDay(timeZone, day + 2 * dayMs);
  if (before === after) return asUtc - before;
  const fits = [before, after]
    .map((offset) => asUtc - offset)
    .filter((ms) => asUtc - offsetMs(timeZone, ms) === ms);
  return fits.length > 0 ? Math.min(...fits) : asUtc - before;
}

const offsetsOfDays = new Map<string, number>();
/** A file spans some years at most; asking the zone for each of its rows took a third of an import. */
const maxDays = 10_000;

function offsetOfDay(timeZone: string, epochMs: number): number {
  const key = `${timeZone} ${epochMs}`;
  const known = offsetsOfDays.get(key);
  if (known !== undefined) return known;
  const offset = offsetMs(timeZone, epochMs);
  if (offsetsOfDays.size >= maxDays) offsetsOfDays.clear();
  offsetsOfDays.set(key, offset);
  return offset;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC at that time: "GMT+08:00" -> 28,800,000. */
function offsetMs(timeZone: string, epochMs: number): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    formats.set(timeZone, format);
  }
  const shown = format.formatToParts(epochMs).find((part) => part.type === "timeZoneName")?.value ?? "";
  const match = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(shown);
  if (!match) return 0;
  const [, sign, hours, minutes, seconds] = match;
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === "-" ? -size : size;
}
