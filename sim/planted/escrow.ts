import { type Planted, rewriting } from "./planted.ts";

/** What keeps split units from being sold twice, taken away. */
export const escrowBugs: readonly Planted[] = [
  rewriting(
    "watermark ahead of the orders",
    "units are freed only when every order of before is in",
    "update connections set order_watermark",
    "$3::timestamptz)",
    "$3::timestamptz + interval '2 days')",
  ),
  {
    name: "raise without a charge",
    removes: "what a write may add is charged before it is sent",
    make: () => ({
      engine: (engine, { did }) => ({
        ...engine,
        submit(merchantId, command) {
          if (command.kind !== "exposure.charge" || command.write.quantity <= 0)
            return engine.submit(merchantId, command);
          did();
          const quantity = command.write.kind === "compareAndSet" ? (command.write.expected ?? 0) : 0;
          return engine.submit(merchantId, { ...command, write: { ...command.write, quantity } });
        },
      }),
    }),
  },
];
