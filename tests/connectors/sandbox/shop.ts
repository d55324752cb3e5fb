import { createSandbox, type Product, type SandboxOptions } from "../../../src/connectors/sandbox/index.ts";
import { testRuntime } from "../../support/runtime.ts";

export const products: Product[] = [
  { externalId: "P1", externalVariantId: "V1", title: "Mug", priceMinor: 1990, quantity: 10 },
  { externalId: "P2", title: "Lamp", priceMinor: 15_900, quantity: 5 },
];
export const mug = { externalId: "P1", externalVariantId: "V1" };

export function open(more: Partial<SandboxOptions> = {}) {
  const runtime = testRuntime();
  return { runtime, ...createSandbox({ runtime, seed: 1, products, ...more }) };
}
