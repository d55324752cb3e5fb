import { expect, it } from "vitest";
import { stillOpening } from "../../src/cli/serve-hub.ts";

it("a hub that is still starting answers with a whole problem document", async () => {
  const response = stillOpening();
  expect([
    response.status,
    response.headers.get("content-type"),
    response.headers.get("retry-after"),
  ]).toEqual([503, "application/problem+json", "1"]);
  expect(await response.json()).toEqual({
    type: "urn:sluice:problem:unavailable",
    title: "Not available now",
    status: 503,
    detail: "The hub is starting; try again in a moment.",
    code: "unavailable",
  });
});
