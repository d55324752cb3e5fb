import { z } from "zod";
import type { Account, Connector, Manifest } from "../../../src/connectors/contract.ts";

/** A platform whose account is written by the test. Its webhooks carry the shared word in the header `word`. */
export function scripted(account: Partial<Account>, manifest: Partial<Manifest> = {}): Connector {
  return {
    manifest: {
      id: "scripted",
      name: "Scripted",
      docsUrl: "https://scripted.test",
      docsReadAt: "2026-11-22",
      capabilities: {
        orders: account.orders !== undefined,
        webhooks: account.webhooks !== undefined,
        stockWrites: account.stock ? ["set"] : [],
        stockRead: account.stock?.read !== undefined,
        fulfilments: account.fulfilments !== undefined,
        listings: false,
        files: false,
        rooms: account.rooms !== undefined,
      },
      behaviour: {
        deducts: "placed",
        restoresOnUnpaidCancel: true,
        restoresOnPaidRefund: false,
        clockSkewMs: 0,
        orderWatermark: false,
      },
      limits: { ordersPerPage: 2, stockWritesPerCall: 50, callsPerSecond: 1000, burst: 1000 },
      pullOverlapMs: 0,
      timeZone: "UTC",
      settings: z.object({}),
      secrets: z.object({ word: z.string().optional() }),
      accountSettings: [],
      ...manifest,
    },
    open: () => ({ check: async () => ({ ok: true, value: { account: "scripted" } }), ...account }),
  };
}
