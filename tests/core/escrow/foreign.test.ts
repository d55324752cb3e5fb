import { describe, expect, it } from "vitest";
import type { ExposureAnswer } from "../../../src/core/escrow/commands.ts";
import { charge, exposureOf, idOf, look, parts, settle, splitUp, watermark, world } from "./split-units.ts";

describe("split units whose figure somebody else writes", () => {
  it("show a figure nobody sent as a task with a choice", async () => {
    await splitUp(5, 0);
    await look("item-1", 8, "08:10");
    expect(await world.openTasks()).toEqual([]);
    await watermark("08:11");
    expect(await world.openTasks()).toEqual(["foreign_stock_write"]);
    expect(await parts("item-1")).toEqual([8, 0, 0]);
    expect(await charge("item-1", "w", { quantity: -3 })).toMatchObject({
      kind: "refused",
      code: "conflict",
    });
    const answer = (await world.submit({
      kind: "exposure.halt",
      listingId: idOf("item-1"),
      halt: null,
      overwrites: true,
    })) as ExposureAnswer;
    expect(answer.exposure).toMatchObject({ halt: null, overwrites: 1 });
    expect(await world.openTasks()).toEqual([]);
  });

  /** Raised to five by us, lowered to two by another tool, which the next scheduled look shows. */
  const alternate = async (round: number): Promise<void> => {
    const { after } = await exposureOf("item-1");
    if (after < 5) {
      expect(await charge("item-1", `raise-${round}`, { quantity: 5 - after })).toMatchObject({
        outcome: "charged",
      });
      await settle("item-1", `raise-${round}`, "done");
    }
    await look("item-1", 2, `09:${round}0`);
    await watermark(`09:${round}1`);
  };

  it("ask a person when another tool takes units off the figure again and again", async () => {
    await splitUp(5, 5);
    await alternate(0);
    await alternate(1);
    expect(await world.openTasks()).toEqual([]);
    await alternate(2);
    expect(await world.openTasks()).toEqual(["foreign_stock_write"]);
    expect(await exposureOf("item-1")).toMatchObject({ halt: "asked", lowered: 3, after: 2, before: 0 });
    const held = await parts("item-1");
    expect(await charge("item-1", "fight", { quantity: 3 })).toMatchObject({ code: "conflict" });
    expect(await parts("item-1")).toEqual(held);
    await world.submit({
      kind: "exposure.halt",
      listingId: idOf("item-1"),
      halt: null,
      overwrites: true,
    });
    expect(await world.openTasks()).toEqual([]);
    expect(await exposureOf("item-1")).toMatchObject({ halt: null, lowered: 0, overwrites: 1 });
    await alternate(3);
    expect(await world.openTasks()).toEqual([]);
  });

  it.each([
    ["days apart", async () => world.runtime.advance(25 * 3_600_000), "item-1", 2],
    ["by our own writes", async () => undefined, "item-2", 5],
  ])("do not ask about units that went off %s", async (_, between, item, left) => {
    await splitUp(5, 5);
    for (const round of [0, 1, 2, 3]) {
      await between();
      if (item === "item-1") await alternate(round);
      else {
        await charge(item, `down-${round}`, { quantity: -1 });
        await settle(item, `down-${round}`, "done");
        await look(item, 4 - round, `09:${round}0`);
        await watermark(`09:${round}1`);
      }
    }
    expect(await world.openTasks()).toEqual([]);
    expect(await exposureOf("item-1")).toMatchObject({ halt: null, after: left });
  });
});
