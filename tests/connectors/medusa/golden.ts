import type { summaryOf } from "./orders.ts";

const mugAndTea = ["MUG-BLU-350: 2 x 2500 - 0, tax 868", "TEA-GRN-100: 1 x 1999 - 0, tax 347"];
const twoMugs = ["MUG-BLU-350: 2 x 2500 - 0, tax 868"];
const threeTeas = ["TEA-GRN-100: 3 x 1999 - 0, tax 1041"];
const mugTeaEdited = ["MUG-BLU-350: 1 x 2500 - 0, tax 434", "TEA-GRN-100: 1 x 1999 - 0, tax 347"];

/** Fixture -> what it must become; recorded from Medusa 2.21.2. */
export const golden: Record<string, Partial<ReturnType<typeof summaryOf>>> = {
  // Authorised is not paid. The payment came 156 ms after the order, and its time counts.
  "order-placed": {
    status: "pending_payment",
    updatedAt: "2026-11-22T15:37:51.190Z",
    paidAt: undefined,
    lines: mugAndTea,
    shipping: 490,
    total: 7489,
  },
  // The order's own updated_at still says 15:37:51.034.
  "order-captured": {
    status: "paid",
    updatedAt: "2026-11-22T15:37:52.678Z",
    paidAt: "2026-11-22T15:37:52.654Z",
    lines: mugAndTea,
    shipping: 490,
    total: 7489,
  },
  // Packed is not shipped.
  "order-fulfilled": {
    status: "paid",
    updatedAt: "2026-11-22T15:37:54.235Z",
    paidAt: "2026-11-22T15:37:52.654Z",
    lines: mugAndTea,
    shipping: 490,
    total: 7489,
  },
  "order-fulfilled-shipped": {
    status: "shipped",
    updatedAt: "2026-11-22T15:37:55.636Z",
    paidAt: "2026-11-22T15:37:52.654Z",
    lines: mugAndTea,
    shipping: 490,
    total: 7489,
    shipped: [[2, 1]],
  },
  // Medusa's total fell to 64.39; the price stays and the refund stands beside it.
  "order-refunded-partially": {
    status: "shipped",
    updatedAt: "2026-11-22T15:37:57.125Z",
    paidAt: "2026-11-22T15:37:52.654Z",
    lines: mugAndTea,
    shipping: 490,
    total: 7489,
    shipped: [[2, 1]],
    refunds: ["money 1050"],
  },
  "order-partially-shipped": {
    status: "partially_shipped",
    updatedAt: "2026-11-22T15:38:03.911Z",
    paidAt: "2026-11-22T15:38:03.372Z",
    lines: ["TEA-GRN-100: 5 x 1999 - 0, tax 1735"],
    shipping: 490,
    total: 10485,
    shipped: [[2]],
  },
  "order-cancelled": {
    status: "cancelled",
    updatedAt: "2026-11-22T15:37:59.849Z",
    paidAt: "2026-11-22T15:37:58.307Z",
    lines: threeTeas,
    shipping: 490,
    total: 6487,
    refunds: ["money 6487"],
  },
  "order-cancelled-uncaptured": {
    status: "cancelled",
    updatedAt: "2026-11-22T15:38:02.353Z",
    paidAt: undefined,
    lines: threeTeas,
    shipping: 490,
    total: 6487,
  },
  // 22.50 + 53.973 + 4.90 = 81.373
  "order-discounted": {
    status: "paid",
    updatedAt: "2026-11-22T15:38:08.710Z",
    paidAt: "2026-11-22T15:38:08.696Z",
    lines: ["MUG-BLU-350: 1 x 2500 - 250, tax 390", "TEA-GRN-100: 3 x 1999 - 600, tax 936"],
    shipping: 490,
    total: 8137,
  },
  // Net prices with tax on top; freight with its tax. 19.99 + 4.1979 + 25 + 5.25 + 5.929 = 60.3669
  "order-tax-exclusive": {
    status: "paid",
    updatedAt: "2026-11-22T15:38:39.030Z",
    paidAt: "2026-11-22T15:38:39.016Z",
    lines: ["TEA-GRN-100: 1 x 1999 - 0, tax 420", "MUG-BLU-350: 1 x 2500 - 0, tax 525"],
    shipping: 593,
    total: 6037,
  },
  "order-return-requested": {
    status: "refunding",
    updatedAt: "2026-11-22T16:10:20.301Z",
    paidAt: "2026-11-22T16:10:19.219Z",
    lines: twoMugs,
    shipping: 490,
    total: 5490,
    shipped: [[2]],
  },
  "order-return-received": {
    status: "refunding",
    updatedAt: "2026-11-22T16:10:20.743Z",
    paidAt: "2026-11-22T16:10:19.219Z",
    lines: twoMugs,
    shipping: 490,
    total: 5490,
    shipped: [[2]],
    refunds: ["retitem:1 0 (0 for 1, restocked)"],
  },
  // Neither order nor payment moved its updated_at; the refund's own time does.
  "order-return-refunded": {
    status: "shipped",
    updatedAt: "2026-11-22T16:10:20.953Z",
    paidAt: "2026-11-22T16:10:19.219Z",
    lines: twoMugs,
    shipping: 490,
    total: 5490,
    shipped: [[2]],
    refunds: ["money 2500 (2500 for 0)", "retitem:1 0 (0 for 1, restocked)"],
  },
  // Refunded one of three before they came; then one whole, then one whole and one damaged. Two are still owed.
  "order-returned-damaged": {
    status: "refunding",
    updatedAt: "2026-11-22T16:10:25.486Z",
    paidAt: "2026-11-22T16:10:22.148Z",
    lines: threeTeas,
    shipping: 490,
    total: 6487,
    shipped: [[3]],
    refunds: [
      "money 1999 (1999 for 0)",
      "retitem:1 0 (0 for 1, restocked)",
      "retitem:2 0 (0 for 1, restocked)",
    ],
  },
  // 5.00 given freely, then one mug taken off the order: quantity and total say so, and 25.00 are owed.
  "order-edited": {
    status: "refunding",
    updatedAt: "2026-11-22T16:10:28.029Z",
    paidAt: "2026-11-22T16:10:26.858Z",
    lines: mugTeaEdited,
    shipping: 490,
    total: 4989,
    refunds: ["money 500"],
  },
  // The 25.00 paid back for the edit are not listed, 3.00 more given freely are.
  "order-edited-refunded": {
    status: "paid",
    updatedAt: "2026-11-22T16:10:28.614Z",
    paidAt: "2026-11-22T16:10:26.858Z",
    lines: mugTeaEdited,
    shipping: 490,
    total: 4989,
    refunds: ["money 500", "money 300"],
  },
  // A mug of 25.00 came back, a tea of 19.99 was ordered for it, 5.01 were paid out.
  "order-exchanged": {
    status: "partially_shipped",
    updatedAt: "2026-11-22T16:10:32.595Z",
    paidAt: "2026-11-22T16:10:29.913Z",
    lines: mugAndTea,
    shipping: 490,
    total: 7489,
    shipped: [[2]],
    refunds: [
      "money 501 (501 for 0)",
      "retitem:1 0 (0 for 1, restocked)",
      "settled:return 1999 (1999 for 0)",
    ],
  },
  // Somebody pressed "complete"; nothing has left the house.
  "order-completed-unshipped": {
    status: "paid",
    updatedAt: "2026-11-22T16:10:33.880Z",
    paidAt: "2026-11-22T16:10:33.763Z",
    lines: ["TEA-GRN-100: 1 x 1999 - 0, tax 347"],
    shipping: 490,
    total: 2489,
  },
  // Two of three sets: the parcel's rows say 4 mugs and 2 bags.
  "order-kit": {
    status: "partially_shipped",
    updatedAt: "2026-11-22T16:10:36.063Z",
    paidAt: "2026-11-22T16:10:35.617Z",
    lines: ["SET-1: 3 x 4000 - 0, tax 2083"],
    shipping: 490,
    total: 12490,
    shipped: [[2]],
  },
};
