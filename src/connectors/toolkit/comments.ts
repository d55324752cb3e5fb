import { z } from "zod";
import { toInstant } from "../../core/clock.ts";
import { instantSchema } from "../../core/model/primitives.ts";

/** What sources of live comments have in common. */

const longestText = 2000;
const longestName = 200;

/** Longer than any claim is cut; never through the middle of a character. */
const cut = (text: string, most: number): string => text.slice(0, most).toWellFormed();

export const commentText = (text: string): string => cut(text, longestText);

export const viewerName = (name: string): string => cut(name, longestName);

/** Seconds reach this in the year 5138, milliseconds left it behind in 1973: no time of a comment can mean both. */
const firstMilliseconds = 100_000_000_000;

/**
 * A time as platforms write it beside a comment: Unix seconds or milliseconds, or ISO 8601 with a zone, whose offset may
 * lack its colon ("2026-11-22T08:21:00+0000").
 */
export const commentTimeSchema = z
  .union([z.int().min(1), z.string().max(64)])
  .transform((value) => {
    if (typeof value === "string") return value.replace(/([+-]\d\d)(\d\d)$/, "$1:$2");
    const date = new Date(value < firstMilliseconds ? value * 1000 : value);
    return Number.isNaN(date.getTime()) ? "" : toInstant(date.toISOString());
  })
  .pipe(instantSchema);
