import type { Answer, Command } from "../../src/core/engine/commands.ts";
import type { DataKey } from "../../src/core/vault.ts";
import type { PlantTools } from "../world/plant.ts";
import type { Planted } from "./planted.ts";

/** Bugs around the core: clock, vault, the ways in, and callers that forget what they have asked for. */
export const surroundingBugs: readonly Planted[] = [
  {
    name: "clock ten minutes fast",
    removes: "a hold ends by the common time",
    make: () => ({
      clock(clock, { did }) {
        did();
        return { nowMs: () => clock.nowMs() + 600_000 };
      },
    }),
  },
  {
    name: "buyers in plain text",
    removes: "buyers' data is encrypted",
    make: () => ({
      vault: (vault, tools) => ({ ...vault, keyFor: (wrapped) => plain(vault.keyFor(wrapped), tools) }),
    }),
  },
  {
    name: "delivery acknowledged before it is stored",
    removes: "acknowledged means stored",
    make: () => ({
      receive:
        (receive, { did }) =>
        (connectionId, delivery) => {
          const stored = receive(connectionId, delivery);
          if (new TextDecoder().decode(delivery.body).includes("FORGED-")) return stored;
          did();
          stored.catch(() => undefined);
          const acknowledgement = { status: 204, body: "", contentType: "text/plain" };
          return Promise.resolve({ accepted: true, repeated: false, acknowledgement });
        },
    }),
  },
  {
    name: "cursor moved before orders are stored",
    removes: "what was read is stored before it is passed",
    make: () => ({
      engine: (engine, { did }) => ({
        ...engine,
        submit(merchantId, command) {
          const answer = engine.submit(merchantId, command);
          if (command.kind !== "order.apply") return answer;
          did();
          answer.catch(() => undefined);
          return Promise.resolve<Answer>({
            ...{ kind: "order", orderId: "", outcome: "created", status: command.snapshot.status },
            ...{ shortfall: 0, unmapped: 0 },
          });
        },
      }),
    }),
  },
  {
    name: "older state taken for newer",
    removes: "an older snapshot never overwrites a newer one",
    make() {
      const newest = new Map<string, number>();
      return {
        engine: (engine, { did }) => ({
          ...engine,
          submit(merchantId, command) {
            if (command.kind !== "order.apply") return engine.submit(merchantId, command);
            const { snapshot } = command;
            const key = `${command.connectionId} ${snapshot.externalId}`;
            const known = newest.get(key) ?? 0;
            const updatedMs = Date.parse(snapshot.updatedAt);
            newest.set(key, Math.max(known, updatedMs));
            if (updatedMs >= known) return engine.submit(merchantId, command);
            did();
            newest.set(key, known + 1);
            const updatedAt = new Date(known + 1).toISOString();
            return engine.submit(merchantId, { ...command, snapshot: { ...snapshot, updatedAt } });
          },
        }),
      };
    },
  },
  forgetful("adjustment repeated", "stock.adjust", (command, attempt) =>
    command.kind === "stock.adjust"
      ? { ...command, input: { ...command.input, reference: `${command.input.reference}#${attempt}` } }
      : command,
  ),
  forgetful("hold repeated", "hold.create", (command, attempt) =>
    command.kind === "hold.create"
      ? { ...command, input: { ...command.input, reference: `${command.input.reference}#${attempt}` } }
      : command,
  ),
  forgetful("parcel repeated", "order.ship", (command, attempt) =>
    command.kind === "order.ship"
      ? { ...command, shipmentId: otherId(command.shipmentId, attempt) }
      : command,
  ),
  forgetful("refund repeated", "order.refund", (command, attempt) =>
    command.kind === "order.refund"
      ? { ...command, input: { ...command.input, reference: `${command.input.reference}#${attempt}` } }
      : command,
  ),
  forgetful("manual order repeated", "order.apply", (command, attempt) =>
    command.kind === "order.apply"
      ? {
          ...command,
          snapshot: { ...command.snapshot, externalId: `${command.snapshot.externalId}#${attempt}` },
        }
      : command,
  ),
];

/** A caller that heard nothing and asks again under another reference. */
function forgetful(
  name: string,
  kind: Command["kind"],
  rename: (command: Command, attempt: number) => Command,
): Planted {
  return {
    name,
    removes: "the same reference is the same request",
    make: () => ({
      command(command, attempt, did) {
        if (command.kind !== kind || attempt === 1) return command;
        did();
        return rename(command, attempt);
      },
    }),
  };
}

const otherId = (id: string, attempt: number): string =>
  `${id.slice(0, -4)}${(Number.parseInt(id.slice(-4), 16) ^ attempt).toString(16).padStart(4, "0")}`;

const headerBytes = 29;

/** Looks sealed, and can be read by everybody. */
function plain(key: DataKey, { did }: PlantTools): DataKey {
  const isOurs = (sealed: Uint8Array) =>
    sealed.length >= headerBytes && sealed.subarray(1, headerBytes).every((byte) => byte === 7);
  const open = (sealed: Uint8Array, context: string) =>
    isOurs(sealed) ? sealed.subarray(headerBytes) : key.open(sealed, context);
  return {
    seal(text) {
      did();
      const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
      const sealed = new Uint8Array(headerBytes + bytes.length).fill(7, 0, headerBytes);
      sealed[0] = 1;
      sealed.set(bytes, headerBytes);
      return sealed;
    },
    open,
    digest: key.digest,
    openText: (sealed, context) => new TextDecoder().decode(open(sealed, context)),
  };
}
