import type { Command } from "commander";
import { expect, it } from "vitest";
import type { CliContext } from "../../src/cli/context.ts";
import { helpInChinese } from "../../src/cli/help-chinese.ts";
import { createProgram } from "../../src/cli/program.ts";
import { testCli } from "./in-process.ts";

const sentencesOf = (command: Command): string[] => [
  command.description(),
  ...command.options.map((option) => option.description),
  ...command.registeredArguments.map((argument) => argument.description),
  ...command.commands.flatMap(sentencesOf),
];

it("every sentence of the help is there in Chinese", () => {
  const program = createProgram({ version: "0", language: "en", io: {} } as unknown as CliContext);
  const sentences = [...new Set(sentencesOf(program))];
  expect(sentences.length).toBeGreaterThan(70);
  expect(sentences.filter((sentence) => !Object.hasOwn(helpInChinese, sentence))).toEqual([]);
});

it("help is in the reader's language, on standard output, with exit code 0", async () => {
  const { run } = await testCli();
  const english = await run(["keys", "create", "--help"]);
  expect(english).toMatchObject({ code: 0, stderr: "" });
  expect(english.stdout).toContain("Usage: sluice keys create [options]");
  expect(english.stdout).toContain("--json");
  const chinese = await run(["keys", "create", "--help"], { LANG: "zh_TW.UTF-8" });
  expect(chinese.stdout).toContain("用法： sluice keys create [options]");
  expect(chinese.stdout).toContain('密钥的角色 (choices: "owner"');
  // POSIX: LC_ALL beats LANG.
  expect((await run(["--help"], { LANG: "zh_CN", LC_ALL: "C" })).stdout).toContain("Usage: sluice");
});

it("a wrong call is exit code 2 and says how to go on", async () => {
  const { run } = await testCli();
  expect(await run(["dance"])).toEqual({
    code: 2,
    stdout: "",
    stderr: "error: unknown command 'dance'\n(add --help to see how it is called)\n",
  });
  expect(await run(["keys", "create", "--role", "king"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Allowed choices are owner, operator, warehouse, finance, read-only."),
  });
  expect(await run([])).toMatchObject({ code: 2, stdout: expect.stringContaining("Commands:") });
});
