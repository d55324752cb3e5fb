import { describe, expect, it } from "vitest";
import { createMeter } from "../../src/sync/meter.ts";

const sender = () => {
  const meter = createMeter();
  const fetch = meter.counting(async () => new Response());
  const send = async (requests: number) => {
    for (let count = 0; count < requests; count += 1) await fetch("https://shop.test/orders");
  };
  return { meter, send };
};

describe("requests of a call", () => {
  it.each([
    { requests: 0, owed: 0 },
    { requests: 1, owed: 0 },
    { requests: 4, owed: 3 },
  ])("of $requests, $owed are owed, and only once", async ({ requests, owed }) => {
    const { meter, send } = sender();
    meter.begin();
    await send(requests);
    expect(meter.end()).toBe(owed);
    meter.begin();
    await send(1);
    expect(meter.end()).toBe(0);
  });

  it("of calls side by side are owed together", async () => {
    const { meter, send } = sender();
    meter.begin();
    meter.begin();
    await send(5);
    expect(meter.end() + meter.end()).toBe(3);
  });

  it("made outside of a call, such as a check by a person, are owed by the next one", async () => {
    const { meter, send } = sender();
    await send(2);
    meter.begin();
    await send(1);
    expect(meter.end()).toBe(2);
  });
});
