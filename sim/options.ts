import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options a command of the simulator was given. A wrong one ends it with 2 and the names of those it takes. */
export function readOptions<Known extends Options>(
  options: Known,
): ReturnType<typeof parseArgs<{ options: Known }>>["values"] {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const names = Object.entries(options).map(
      ([name, { type }]) => `--${name}${type === "string" ? " VALUE" : ""}`,
    );
    console.error(`${error instanceof Error ? error.message : String(error)}\nIt takes ${names.join(", ")}.`);
    return process.exit(2);
  }
}
