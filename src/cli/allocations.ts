import type { Command } from "commander";
import type { DescribedAllocation, DescribedListing } from "../core/escrow/read-description.ts";
import type { OpenedCore } from "./context.ts";
import { answer, type CliContext } from "./context.ts";
import { chooseMerchant } from "./merchant.ts";
import { say } from "./messages.ts";
import { tableOf } from "./table.ts";

const skusPerPage = 200;

export function addAllocations(program: Command, context: CliContext): void {
  program
    .command("allocations")
    .description("how the units of each SKU are spread over listings, and why")
    .option("--merchant <code>", "code of the merchant, where there are several")
    .action((options: { merchant?: string }) => listAll(context, options.merchant));
}

async function listAll(context: CliContext, code: string | undefined): Promise<void> {
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, code);
    const items = await describeAll(core, merchant.id);
    answer(context, { items }, () => tell(context, items));
  });
}

/** The same as `GET /v1/allocations`, all pages. */
async function describeAll(core: OpenedCore, merchantId: string): Promise<DescribedAllocation[]> {
  const [{ listAllocatedSkus, readAllocations }, { describeAllocation }, { nowInstant }] = await parts();
  const now = nowInstant(core.runtime.clock);
  const items: DescribedAllocation[] = [];
  let cursor: string | undefined;
  do {
    const page = await listAllocatedSkus(core.db, merchantId, { limit: skusPerPage, cursor });
    for (const allocation of await readAllocations(core.db, merchantId, page.items))
      items.push(describeAllocation(allocation, now));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

const parts = () =>
  Promise.all([
    import("../core/escrow/read-allocations.ts"),
    import("../core/escrow/read-description.ts"),
    import("../core/clock.ts"),
  ]);

function tell({ io, language }: CliContext, items: readonly DescribedAllocation[]): void {
  if (items.length === 0) io.note(say(language, "no_allocations"));
  const rows = items.flatMap(({ sku, state, listings }) =>
    listings.map((listing) => [
      sku,
      state,
      `${listing.connection} ${itemOf(listing)}`,
      listing.mayOffer,
      listing.quarantined,
      say(language, `why_${listing.reason}`),
    ]),
  );
  const headings = ["SKU", "MODE", "LISTING", "MAY SELL", "QUARANTINED", "WHY"];
  for (const line of tableOf(headings, rows)) io.print(line);
}

const itemOf = ({ externalId, externalVariantId }: DescribedListing): string =>
  externalVariantId === null ? externalId : `${externalId}/${externalVariantId}`;
