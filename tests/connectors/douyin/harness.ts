import { instantOf } from "../../../src/core/clock.ts";
import { openSession } from "../session.ts";
import type { FakeSku } from "./fake/shop.ts";
import { settings, skus, startDouyin, subject } from "./subject.ts";

/** The connector on a fresh fake that a test can reach into. */

export const [shirt, , mug] = skus;

export const regional: FakeSku = {
  productId: "3500000000000000009",
  skuId: "1700000000000000091",
  code: "REG-1",
  title: "区域库存",
  price: 100,
  stock: 0,
  reduce: 1,
  type: 1,
  warehouses: { OURS: 7, CLOUD: 5 },
};

export async function started(more: readonly FakeSku[] = [], settingsMore: Record<string, unknown> = {}) {
  let fake = undefined as ReturnType<typeof startDouyin>["fake"] | undefined;
  const session = await openSession({
    ...subject,
    settings: { ...settings, ...settingsMore },
    start(runtime) {
      const made = startDouyin(runtime, more);
      fake = made.fake;
      return made.platform;
    },
  });
  if (!fake) throw new Error("no fake");
  return { session, fake, shop: fake.shop };
}
export type Started = Awaited<ReturnType<typeof started>>;

export const write = (
  { session }: Started,
  sku: FakeSku | undefined,
  change: { mode: "set" | "delta"; quantity: number },
  writeId = session.runtime.ids.next(),
) => ({
  externalId: sku?.productId ?? "",
  externalVariantId: sku?.skuId ?? "",
  writeId,
  asOf: instantOf(session.runtime.clock.nowMs()),
  ...change,
});

export const parcelOf = (orderExternalId: string, lines: [string, number][], more: object = {}) => ({
  shipmentId: "01a20244-e800-7000-8000-000000000001",
  orderExternalId,
  shippedAt: instantOf(0),
  lines: lines.map(([externalLineId, quantity]) => ({ externalLineId, quantity })),
  carrier: "顺丰",
  trackingNumber: "SF1042",
  ...more,
});
