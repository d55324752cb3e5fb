import { expect, it, vi } from "vitest";
import { ask, newDirectory, patient, run, start } from "./processes.ts";

it(
  "the demo: three shops sell, the warehouse ships, stock is published, every promise holds",
  patient,
  async () => {
    const cwd = newDirectory();
    const demo = await start(["demo", "--port", "0"], { cwd });
    const { url, key } = demo.first;
    const html = await (await fetch(`${url}/`)).text();
    const pageKey = /<meta name="sluice-key" content="(slk_[\w-]{43})">/.exec(html)?.[1];
    expect(pageKey).not.toBe(key);

    await vi.waitFor(
      async () => {
        const { body: state } = await ask(`${url}/demo/state`);
        expect(state.shops.map((shop: { orders: number }) => shop.orders > 2)).toEqual([true, true, true]);
        expect(state.work.shipped).toBeGreaterThan(0);
        expect(state.lag.pushes).toBeGreaterThan(20);
      },
      { timeout: 90_000, interval: 200 },
    );

    const { body: listings } = await ask(`${url}/v1/listings?limit=500`, pageKey);
    expect(listings.items).toHaveLength(60);
    const { body: books } = await ask(`${url}/v1/journals/trial-balance`, pageKey);
    const sum = (side: string) =>
      books.items.reduce((total: number, row: Record<string, number>) => total + (row[side] ?? 0), 0);
    expect(sum("debitMinor")).toBeGreaterThan(0);
    expect(sum("debitMinor")).toBe(sum("creditMinor"));
    // The key on the page is for looking only.
    const made = await fetch(`${url}/v1/skus`, {
      method: "POST",
      headers: { authorization: `Bearer ${pageKey}`, "content-type": "application/json" },
      body: JSON.stringify({ code: "NEW", name: "New" }),
    });
    expect(made.status).toBe(403);

    const env = { SLUICE_DATA_DIR: "data/demo" };
    const doctor = await run(["doctor", "--json"], { cwd, env });
    expect(JSON.parse(doctor.stdout).checks.filter((check: { ok: boolean }) => !check.ok)).toEqual([]);
    expect(doctor.code).toBe(0);
    expect((await demo.stop()).code).toBe(0);
    expect((await run(["doctor"], { cwd, env })).code).toBe(0);
  },
);
