/** Commands and npm scripts that the documentation names, against those there are. */

/** A command as commander holds it. */
export interface CommandLike {
  name(): string;
  readonly commands: readonly CommandLike[];
}

/** "keys create", "start" …: every command that does something, without its parents. */
export function commandPaths(program: CommandLike): string[] {
  return program.commands
    .filter((command) => command.name() !== "help")
    .flatMap((command) =>
      command.commands.length === 0
        ? [command.name()]
        : commandPaths(command).map((path) => `${command.name()} ${path}`),
    );
}

/** `sluice keys create`, `npm run -s sluice -- keys create`, `node src/cli.ts keys create`, in code spans and blocks. */
const mention = /(?:\bsluice(?: --)?|src\/cli\.ts) ([a-z][a-z-]*(?: [a-z][a-z-]*)*)/g;

/** Commands the page does not tell of, and those it tells of that do not exist. */
export function commandProblems(
  file: string,
  text: string,
  paths: readonly string[],
  mustNameAll: boolean,
): string[] {
  const named = [...codeIn(text).matchAll(mention)].map(([, words = ""]) => words);
  const fits = (words: string, path: string) => words === path || words.startsWith(`${path} `);
  const isGroup = (words: string) => paths.some((path) => path.startsWith(`${words} `));
  const missing = mustNameAll ? paths.filter((path) => !named.some((words) => fits(words, path))) : [];
  const gone = named.filter((words) => !isGroup(words) && !paths.some((path) => fits(words, path)));
  return [
    ...missing.map((path) => `${file} does not tell of the command "${path}"`),
    ...[...new Set(gone)].map((words) => `${file} names the command "${words}", which does not exist`),
  ];
}

/** `npm run NAME`, `npm test` and `npm start` that package.json does not know. */
export function scriptProblems(
  file: string,
  text: string,
  scripts: Readonly<Record<string, string>>,
): string[] {
  const named = [...codeIn(text).matchAll(/\bnpm (?:run(?: -s| --silent)? ([\w:-]+)|(test|start)\b)/g)].map(
    ([, run, short]) => run ?? short ?? "",
  );
  return [...new Set(named)]
    .filter((name) => !Object.hasOwn(scripts, name))
    .map((name) => `${file} names the npm script "${name}", which package.json does not have`);
}

/** What stands in fenced blocks and in `code spans`: prose may say "sluice" as a word. */
const codeIn = (text: string): string =>
  [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`/g)].map(([code]) => code).join("\n");
