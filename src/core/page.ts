import { z } from "zod";
import { SluiceError } from "./errors.ts";

/** Lists page by key, not by offset: the last page costs what the first one does, and rows added meanwhile shift nothing. */

export interface PageRequest {
  /** Rows wanted, at least 1; the edge caps it. */
  limit: number;
  /** `nextCursor` of the page before; left out for the first page. */
  cursor?: string | null | undefined;
}

export interface Page<Item> {
  items: Item[];
  /** Null on the last page. */
  nextCursor: string | null;
}

/** A position in a list as opaque text, safe in a URL. */
export const encodeCursor = (position: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify(position), "utf8").toString("base64url");

/** Reads a position back. Throws `invalid_request` for anything that this list did not give out. */
export function decodeCursor<Position>(cursor: string, schema: z.ZodType<Position>): Position {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch (cause) {
    throw new SluiceError(
      "invalid_request",
      "The cursor does not belong to this list; start again without a cursor.",
      { cause },
    );
  }
}

/** A position that is one text: a code. */
export const textPosition = z.tuple([z.string()]);

/** A position that is one id of ours. */
export const idPosition = z.tuple([z.uuid()]);

/** Makes a page of rows that were read with one row more than asked for. */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (last: Row) => readonly (string | number)[],
): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    nextCursor: last !== undefined && rows.length > limit ? encodeCursor(positionOf(last)) : null,
  };
}
