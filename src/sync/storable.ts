/** Texts of platforms as PostgreSQL takes them. Pure. */

/** Its text cannot hold the character NUL. */
export const storableText = (text: string): string => text.replaceAll("\0", "");

/**
 * Half a surrogate pair is what is left of an emoji that was cut through; jsonb refuses it. In its place comes U+FFFD, as the
 * encoding of texts puts it. What has none is given back as it is.
 */
export function wellFormed<Value>(value: Value): Value {
  return isWellFormed(value) ? value : (mended(value) as Value);
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return typeof value !== "object" || value === null || Object.values(value).every(isWellFormed);
}

function mended(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(mended);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mended(one)]));
}
