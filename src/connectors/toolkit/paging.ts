import type { Result } from "../contract.ts";
import { failure } from "./failures.ts";

export interface Page<Item, Cursor> {
  items: Item[];
  /** Null on the last page. */
  next: Cursor | null;
}

/**
 * All items of a paged list. Bounded: a list that does not end within `maxPages`, or gives back the cursor it was asked
 * with, is `malformed` instead of a loop for ever. Any page that fails fails the whole, so a partial list is never taken
 * for a complete one.
 */
export async function collectPages<Item, Cursor>(
  name: string,
  maxPages: number,
  fetchPage: (cursor: Cursor | null) => Promise<Result<Page<Item, Cursor>>>,
): Promise<Result<Item[]>> {
  const items: Item[] = [];
  let cursor: Cursor | null = null;
  for (let page = 1; page <= maxPages; page += 1) {
    const result: Result<Page<Item, Cursor>> = await fetchPage(cursor);
    if (!result.ok) return result;
    for (const item of result.value.items) items.push(item);
    const { next } = result.value;
    if (next === null) return { ok: true, value: items };
    if (sameCursor(next, cursor)) return failure("malformed", `${name} gives the same page cursor again`);
    cursor = next;
  }
  return failure("malformed", `${name} does not end within ${maxPages} pages`);
}

export const sameCursor = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Cuts a list into parts of at most `size`. */
export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks: Item[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
