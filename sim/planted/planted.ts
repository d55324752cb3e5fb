import type { Plant } from "../world/plant.ts";

/** A bug, and the safety it takes away. */
export interface Planted {
  name: string;
  removes: string;
  /** A new one for each run: some remember what they have seen. */
  make(): Plant;
}

/** A bug that rewrites statements: where the text holds `marker`, `from` becomes `to`. */
export const rewriting = (
  name: string,
  removes: string,
  marker: string,
  from: string,
  to: string,
): Planted => ({
  name,
  removes,
  make: () => ({
    statement(statement, { did }) {
      const { text } = statement;
      if (!text.includes(marker) || !text.includes(from)) return statement;
      did();
      return { ...statement, text: text.replaceAll(from, to) };
    },
  }),
});
