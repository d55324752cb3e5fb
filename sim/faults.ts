import type { Faults } from "../src/connectors/sandbox/index.ts";
import type { Chance } from "../src/connectors/sandbox/random.ts";
import type { Dangers } from "./world/life.ts";

/** How often things go wrong on the way between hub and shop; probabilities per call. */
export interface Weather {
  /** The request never arrives, the connection breaks. */
  lostRequest: number;
  /** The request takes effect, the connection breaks before the answer. */
  lostAnswer: number;
  /** A write times out and arrives later, after others. */
  lateWrite: number;
  /** Somebody buys between the hub's reading and its conditional write. */
  raceToShelf: number;
  /** Longest time a call takes when all is well. */
  latencyMs: number;
}

export const fairWeather = (): Weather => ({
  lostRequest: 0,
  lostAnswer: 0,
  lateWrite: 0,
  raceToShelf: 0,
  latencyMs: 100,
});

/** What a fault may turn on. `hub` holds for all processes. */
export interface Switches {
  shop: Faults;
  weather: Weather;
  /** The shop's figures can be read, so that what it hides can be found out. */
  isReadable: boolean;
}

export interface HubSwitches {
  dangers: Pick<Dangers, "crash" | "pause" | "longestPauseMs">;
  /** How far the processes' clocks may differ. */
  skewMs: number;
}

export interface Fault {
  name: string;
  /** What must have been seen at least once in a large run; counted under these names. */
  seenAs: readonly string[];
  shop?(switches: Switches, chance: Chance): void;
  hub?(switches: HubSwitches, chance: Chance): void;
}

const often = (chance: Chance): number => chance.oneOf([0.02, 0.1, 0.3]);
const hourMs = 3_600_000;
const fault = (
  name: string,
  rest: Omit<Fault, "name" | "seenAs">,
  seenAs: readonly string[] = [name],
): Fault => ({
  name,
  seenAs,
  ...rest,
});

/** Every fault there is. A run has some of them; another feature's faults are added here. */
export const faults: readonly Fault[] = [
  fault("webhook.repeat", {
    shop: ({ shop }, chance) => {
      shop.duplicateWebhooks = often(chance);
    },
  }),
  fault("webhook.reorder", {
    shop: ({ shop }, chance) => {
      shop.reorderWebhooks = often(chance);
    },
  }),
  fault("webhook.drop", {
    shop: ({ shop }, chance) => {
      shop.dropWebhooks = often(chance);
    },
  }),
  fault("webhook.forged", {
    shop: ({ shop }, chance) => {
      shop.forgedWebhooks = often(chance) / 4;
    },
  }),
  fault("webhook.delay", {
    shop: ({ shop }, chance) => {
      shop.delayWebhooksMs = chance.oneOf([60_000, hourMs, hourMs, 8 * hourMs, 72 * hourMs]);
    },
  }),
  fault("page.shift", {
    shop: ({ shop }) => {
      shop.shiftingPages = true;
    },
  }),
  fault("answer.429", {
    shop({ shop }, chance) {
      shop.rateLimit = often(chance);
      shop.retryAfterSeconds = chance.oneOf([null, 0, 1, 30]);
    },
  }),
  fault("answer.5xx", {
    shop({ shop }, chance) {
      shop.serverError = often(chance);
      shop.serverErrorStatus = chance.oneOf([500, 502, 503]);
    },
  }),
  fault("write.appliedButTimedOut", {
    shop: ({ shop }, chance) => {
      shop.writeAppliedButTimedOut = often(chance);
    },
  }),
  fault("write.answeredButNotApplied", {
    shop({ shop, isReadable }, chance) {
      if (isReadable) shop.writeAnsweredButNotApplied = often(chance);
    },
  }),
  fault("call.requestLost", {
    shop: ({ weather }, chance) => {
      weather.lostRequest = often(chance);
    },
  }),
  fault("call.answerLost", {
    shop: ({ weather }, chance) => {
      weather.lostAnswer = often(chance);
    },
  }),
  fault("call.slow", {
    shop: ({ weather }, chance) => {
      weather.latencyMs = chance.oneOf([1_000, 20_000]);
    },
  }),
  fault("write.late", {
    shop({ weather, isReadable }, chance) {
      if (isReadable) weather.lateWrite = often(chance);
    },
  }),
  fault("write.refusedByRace", {
    shop: ({ weather }) => {
      weather.raceToShelf = 0.5;
    },
  }),
  fault("clock.shop", {
    shop: ({ shop }, chance) => {
      shop.clockSkewMs = chance.between(-4_000, 4_000);
    },
  }),
  fault("clock.hub", {
    hub: (hub) => {
      hub.skewMs = 2_000;
    },
  }),
  fault(
    "crash",
    {
      hub: (hub, chance) => {
        hub.dangers.crash = chance.oneOf([0.005, 0.015, 0.04]);
      },
    },
    [
      "crash before statement",
      "crash after statement",
      "crash in transaction",
      "crash before commit",
      "crash after commit",
      "crash before call",
      "crash after call",
    ],
  ),
  fault("pause", {
    hub(hub, chance) {
      hub.dangers.pause = chance.oneOf([0.002, 0.008]);
      hub.dangers.longestPauseMs = chance.oneOf([70_000, 600_000]);
    },
  }),
];
