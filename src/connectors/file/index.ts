import { z } from "zod";
import type { Connector, Manifest } from "../contract.ts";
import { readOrders } from "./orders.ts";
import { readSkus } from "./skus.ts";
import { readStock } from "./stock.ts";

/** Orders, stock and SKUs from CSV and XLSX files that a person brings. There is no platform behind it. */
const manifest: Manifest = {
  id: "file",
  name: "CSV and XLSX files",
  docsUrl: "docs/import.md",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: false,
    webhooks: false,
    stockWrites: [],
    stockRead: false,
    fulfilments: false,
    listings: false,
    files: true,
    rooms: false,
  },
  behaviour: {
    // Nothing sells by itself behind a file.
    deducts: "never",
    restoresOnUnpaidCancel: false,
    restoresOnPaidRefund: false,
    clockSkewMs: 0,
    orderWatermark: false,
  },
  limits: { ordersPerPage: 1, stockWritesPerCall: 1, callsPerSecond: 1, burst: 1 },
  pullOverlapMs: 0,
  timeZone: "UTC",
  settings: z.object({}),
  secrets: z.object({}),
  accountSettings: [],
};

export const file: Connector = {
  manifest,
  open: () => ({
    check: () => Promise.resolve({ ok: true, value: { account: "files" } }),
    files: { orders: readOrders, stock: readStock, skus: readSkus },
  }),
};
