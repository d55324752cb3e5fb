import type { Answer, Command } from "../../../src/core/engine/commands.ts";
import type { Dice } from "./dice.ts";
import { Player } from "./player.ts";
import type { World } from "./world.ts";

/** The small world a player plays in: four SKUs, two bundles, three places. */
export async function furnish(world: World): Promise<void> {
  await world.place("EAST");
  await world.place("QUAR", "quarantine");
  for (const code of ["A", "B", "C", "D"]) await world.sku(code, 20, { unitCostMinor: 100 });
  const bundle = (...parts: [string, number][]) => ({
    kind: "bundle" as const,
    components: parts.map(([sku, quantity]) => ({ sku, quantity })),
  });
  await world.sku("AB", 0, bundle(["A", 1], ["B", 1]));
  await world.sku("AAC", 0, bundle(["A", 2], ["C", 1]));
}

export interface PlayOptions {
  operations: number;
  /** Which hub gets a command; the world's own when left out. */
  submit?(command: Command, index: number): Promise<Answer>;
}

/** Plays, looking now and then and at the end whether every promise holds. Answers how often each outcome was seen. */
export async function play(
  world: World,
  dice: Dice,
  { operations, submit = (command) => world.submit(command) }: PlayOptions,
): Promise<Record<string, number>> {
  await furnish(world);
  const player = new Player(world, dice);
  const outcomes: Record<string, number> = {};
  let mapped = false;
  for (let done = 0; done < operations; ) {
    const size = Math.min(operations - done, dice.pick([1, 1, 2, 5, 20, 50]));
    const steps = Array.from({ length: size }, () => player.next());
    await world.runtime.advance(1000);
    const answers = await Promise.all(steps.map(({ command }, index) => submit(command, index)));
    answers.forEach((answer, index) => {
      steps[index]?.learn(answer);
      const outcome = answer.kind === "refused" ? `refused ${answer.code}` : answer.outcome;
      const key = `${steps[index]?.command.kind}: ${outcome}`;
      outcomes[key] = (outcomes[key] ?? 0) + 1;
    });
    done += size;
    if (dice.oneIn(12)) await rebundle(world, dice);
    if (!mapped && done > operations / 2) {
      mapped = true;
      await world.sku("NONE", 3);
      for (const order of player.orders) await world.map(order.orderId);
    }
    if (dice.oneIn(Math.ceil(operations / 60))) await world.expectClean();
  }
  await world.expectClean();
  return outcomes;
}

/** Orders that exist keep what they were made of. */
const rebundle = (world: World, dice: Dice): Promise<void> =>
  world.rebundle("AB", [
    { sku: dice.pick(["A", "C"]), quantity: 1 + dice.below(2) },
    { sku: dice.pick(["B", "D"]), quantity: 1 + dice.below(2) },
  ]);
