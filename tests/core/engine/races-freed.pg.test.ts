import { expect, it } from "vitest";
import type { Command, HoldAnswer, OrderAnswer } from "../../../src/core/engine/commands.ts";
import { describePg } from "../../support/postgres.ts";
import { close, count, hold, outcomes, severalHubs } from "./hubs.ts";
import { line } from "./world.ts";

await describePg("several hubs at once", () => {
  const hubs = severalHubs();
  const { to, order } = hubs;

  it("a stock-take races with orders and holds: whoever is first, figures and promises agree", {
    timeout: 60_000,
  }, async () => {
    await hubs.world.sku("B", 1000);
    for (let round = 0; round < 12; round += 1) {
      const sku = `C${round}`;
      await hubs.world.sku(sku, 20);
      await hubs.world.hold(`${sku}-before`, [
        { sku, quantity: 3 },
        { sku: "B", quantity: 1 },
      ]);
      const answers = await Promise.all([
        ...Array.from({ length: 6 }, (_, index) =>
          to(index, order({ externalId: `${sku}-${index}`, lines: [line("1", sku, 3)] })),
        ),
        to(1, count(`${sku}-count`, sku, 7)),
        to(2, hold(`${sku}-h`, [sku, 2], ["B", 1])),
        to(0, {
          kind: "stock.adjust",
          input: { reference: `${sku}-in`, lines: [{ sku, delta: 2, reason: "receipt" }] },
        }),
      ]);
      expect(outcomes(answers).filter((one) => one === "applied")).toHaveLength(2);
      const [[onHand, reserved]] = Object.values(await hubs.world.levels(sku)) as [[number, number, number]];
      expect([7, 9]).toContain(onHand);
      expect(reserved).toBeLessThanOrEqual(onHand);
      const short = (
        await Promise.all(Array.from({ length: 6 }, (_, index) => hubs.world.stored(`${sku}-${index}`)))
      ).flatMap((one) => one.lines);
      for (const one of short) expect(one.reserved + one.shortfall).toBe(3);
    }
    await hubs.world.expectClean();
  });

  it("a count that ends a hold races with its release: it ends once", { timeout: 60_000 }, async () => {
    await hubs.world.sku("B", 1000);
    for (let round = 0; round < 12; round += 1) {
      const sku = `D${round}`;
      await hubs.world.sku(sku, 4);
      const { holdId } = (await hubs.world.hold(`${sku}-h`, [
        { sku, quantity: 4 },
        { sku: "B", quantity: 2 },
      ])) as HoldAnswer;
      await Promise.all([
        to(0, close(holdId, "released")),
        to(1, count(`${sku}-c`, sku, 0)),
        to(2, order({ externalId: sku, lines: [line("1", "B", 1)] })),
      ]);
      expect(await hubs.world.levels(sku)).toEqual({ MAIN: [0, 0, 0] });
    }
    expect(await hubs.world.levels("B")).toEqual({ MAIN: [1000, 12, 0] });
    expect((await hubs.world.events("hold.closed")).length).toBe(12);
  });

  it("release races with expiry and with an order that takes over: units change hands once", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 20; round += 1) {
      const sku = `E${round}`;
      await hubs.world.sku(sku, 2);
      const { holdId } = (await hubs.world.submit(hold(`${sku}-h`, [sku, 2]))) as HoldAnswer;
      const take = {
        ...order({ externalId: sku, lines: [line("1", sku, 2)] }),
        holdReference: `${sku}-h`,
      } as Command;
      const answers = await Promise.all([
        to(0, close(holdId, "released")),
        to(1, close(holdId, "expired")),
        to(2, take),
      ]);
      expect((answers[2] as OrderAnswer).shortfall).toBe(0);
      expect(outcomes(answers.slice(0, 2)).filter((one) => one === "closed").length).toBeLessThan(2);
      expect(await hubs.world.levels(sku)).toEqual({ MAIN: [2, 2, 0] });
    }
    const closed = await hubs.world.events("hold.closed");
    expect(new Set(closed.map((event) => event.subject)).size).toBe(closed.length);
  });

  it("freed units reach the queue once, whichever hub frees them", { timeout: 60_000 }, async () => {
    await hubs.world.sku("A", 30);
    const first = (
      await Promise.all(
        Array.from({ length: 30 }, (_, index) => hubs.world.order({ externalId: `f${index}` })),
      )
    ).map(({ orderId }) => orderId);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        to(index, order({ externalId: `w${index}`, lines: [line("1", "A")] })),
      ),
    );
    await Promise.all(
      first.slice(0, 20).map((orderId, index) => to(index, { kind: "order.cancel", orderId })),
    );
    expect(await hubs.world.levels("A")).toEqual({ MAIN: [30, 30, 0] });
    const [row] = await hubs.opened.db.query(
      "select count(*)::int as waiting from order_lines where merchant_id = $1 and shortfall > 0",
      [hubs.world.merchant.id],
    );
    expect(row).toEqual({ waiting: 30 });
  });

  it("a bundle that begins to wait while its component is freed is not forgotten", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 15; round += 1) {
      const [a, b, c] = [`A${round}`, `B${round}`, `AB${round}`];
      await hubs.world.sku(a, 1);
      await hubs.world.sku(b, 5);
      await hubs.world.sku(c, 0, {
        kind: "bundle",
        components: [
          { sku: a, quantity: 1 },
          { sku: b, quantity: 1 },
        ],
      });
      const { orderId } = await hubs.world.order({ externalId: `x${round}`, lines: [line("1", a)] });
      await Promise.all([
        to(0, order({ externalId: `y${round}`, lines: [line("1", c)] })),
        to(1, { kind: "order.cancel", orderId }),
        to(2, order({ externalId: `z${round}`, lines: [line("1", c)] })),
      ]);
      expect([await hubs.world.levels(a), await hubs.world.levels(b)]).toEqual([
        { MAIN: [1, 1, 0] },
        { MAIN: [5, 1, 0] },
      ]);
    }
  });
});
