import { z } from "zod";

/** Every list answers `{items, nextCursor}`; see `core/page.ts` for how a page is read. */

const defaultLimit = 50;
const maxLimit = 500;

export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxLimit)
    .default(defaultLimit)
    .describe(`Items per page, 1 to ${maxLimit}; ${defaultLimit} when left out`),
  cursor: z.string().max(1000).optional().describe("`nextCursor` of the page before"),
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable().describe("null on the last page") });
