import { openSession } from "../session.ts";
import type { FakeSku } from "./fake/shop.ts";
import { settings, skus, startXiaohongshu, subject } from "./subject.ts";

/** The connector on a fresh fake that a test can reach into. */

export const [shirt, , mug] = skus;

export async function started(more: readonly FakeSku[] = [], settingsMore: Record<string, unknown> = {}) {
  let fake = undefined as ReturnType<typeof startXiaohongshu>["fake"] | undefined;
  const session = await openSession({
    ...subject,
    settings: { ...settings, ...settingsMore },
    start(runtime) {
      const made = startXiaohongshu(runtime, more);
      fake = made.fake;
      return made.platform;
    },
  });
  if (!fake) throw new Error("no fake");
  return { session, fake, shop: fake.shop };
}
export type Started = Awaited<ReturnType<typeof started>>;
