import { cell, fill, heading, inLanguage, number, row, sentence, table, tag } from "./draw.js";
import { text } from "./texts.js";

const shownSkus = 12;

/** What each listing may sell without asking, what is quarantined, and why: the tightest SKUs first. */
export function drawAllocations({ allocations }) {
  const shown = allocations.toSorted((a, b) => urgency(b) - urgency(a)).slice(0, shownSkus);
  if (shown.length === 0)
    return fill("allocations", text("allocations"), "", sentence(text("noAllocations")));
  const columns = row(
    heading(text("sku")),
    heading(text("spread")),
    heading(text("shop")),
    heading(text("mayOffer"), "number"),
    heading(text("unheard"), "number"),
    heading(text("inFlight"), "number"),
    heading(text("why")),
  );
  const rows = shown.flatMap((allocation) =>
    allocation.listings.map((listing, index) =>
      row(
        cell(index === 0 ? allocation.sku : "", "strong"),
        cell(index === 0 ? stateOf(allocation) : ""),
        cell(inLanguage(listing.connection)),
        cell(number(listing.mayOffer), "number"),
        cell(listing.quarantined === 0 ? "" : number(listing.quarantined), "number"),
        cell(listing.inFlight === 0 ? "" : number(listing.inFlight), "number"),
        cell(text(`why_${listing.reason}`), "wrap quiet"),
      ),
    ),
  );
  return fill("allocations", text("allocations"), text("allocationsNote"), table([columns], rows));
}

const urgency = ({ state, deficit, possibleOversell }) =>
  deficit * 1000 + (state === "shared" ? 0 : 100) + Math.min(99, possibleOversell);

function stateOf({ state, deficit, possibleOversell, unbounded }) {
  if (deficit > 0) return tag(text("deficit", { count: number(deficit) }), "bad");
  if (unbounded || (state === "shared" && possibleOversell > 0))
    return tag(
      text(unbounded ? "unbounded" : "possibleOversell", { count: number(possibleOversell) }),
      "watch",
    );
  return tag(text(`state_${state}`), state === "split" ? "good" : "watch");
}
