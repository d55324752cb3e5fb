import type { Answer, Command, Refusal } from "../core/engine/commands.ts";
import { SluiceError } from "../core/errors.ts";
import type { AppParts } from "./parts.ts";

type AnswerKind = Exclude<Answer, Refusal>["kind"];

/** Hands a command to the engine and expects an answer of `kind`; a refusal becomes the error that the caller sees. */
export async function submit<Kind extends AnswerKind>(
  { engine }: Pick<AppParts, "engine">,
  merchantId: string,
  command: Command,
  kind: Kind,
): Promise<Extract<Answer, { kind: Kind }>> {
  const answer = await engine.submit(merchantId, command);
  if (answer.kind === "refused")
    throw new SluiceError(answer.code, answer.message, { details: answer.details });
  if (isOf(answer, kind)) return answer;
  throw new SluiceError("internal", `The engine answered "${command.kind}" with "${answer.kind}".`);
}

const isOf = <Kind extends AnswerKind>(
  answer: Answer,
  kind: Kind,
): answer is Extract<Answer, { kind: Kind }> => answer.kind === kind;
