import type { Answer, Command } from "../../src/core/engine/commands.ts";
import { isSluiceError } from "../../src/core/errors.ts";
import type { HubProcess } from "./hub-process.ts";
import { Killed } from "./life.ts";
import type { Plant } from "./plant.ts";

/** Somebody outside who asks the hub for something, and asks again until an answer comes. */
export interface Request {
  command: Command;
  attempts: number;
  /** Called once, with the first answer. */
  learn(answer: Answer): void;
}

export interface CallerParts {
  /** A process that takes calls now, if there is one. */
  pick(): HubProcess | null;
  plant: Plant | null;
  did(): void;
  onError(request: Request, error: unknown): void;
}

/** Sends commands and repeats those that got no answer, with the same references: a caller does not know what became of them. */
export class Caller {
  private readonly unanswered = new Set<Request>();
  private readonly onTheWay = new Set<Request>();
  private readonly parts: CallerParts;
  answered = 0;

  constructor(parts: CallerParts) {
    this.parts = parts;
  }

  send(command: Command, learn: Request["learn"] = () => undefined): void {
    const request: Request = { command, attempts: 0, learn };
    this.unanswered.add(request);
    this.attempt(request);
  }

  /** Asks again for everything that has no answer and is not on its way. */
  repeat(): void {
    for (const request of this.unanswered) if (!this.onTheWay.has(request)) this.attempt(request);
  }

  get waiting(): readonly Request[] {
    return [...this.unanswered];
  }

  private attempt(request: Request): void {
    const process = this.parts.pick();
    if (process === null) return;
    request.attempts += 1;
    this.onTheWay.add(request);
    const { plant, did } = this.parts;
    const command = plant?.command?.(request.command, request.attempts, did) ?? request.command;
    process
      .submit(command)
      .then(
        (answer) => {
          this.unanswered.delete(request);
          this.answered += 1;
          request.learn(answer);
        },
        (error: unknown) => {
          if (error instanceof Killed) return;
          if (!isSluiceError(error) || !error.retryable) this.parts.onError(request, error);
        },
      )
      .finally(() => this.onTheWay.delete(request));
  }
}
