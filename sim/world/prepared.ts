import { PGlite, protocol } from "@electric-sql/pglite";
import type { Database, SqlValue } from "../../src/core/db/database.ts";
import { explain, runScope, withRetries } from "../../src/core/db/transaction.ts";
import { encodeBytes, encodeParams, parsers } from "../../src/core/db/wire.ts";

type Message = { name: string; fields?: ({ name: string; dataTypeID: number } | string | null)[] };

/**
 * The embedded database with named statements: each text is parsed and planned once, where the client's own `query` does both
 * every time (0.14 against 0.69 ms for a look-up by key). Plans are generic, so they do not depend on what ran before.
 */
export async function openPrepared(): Promise<Database> {
  const client = await PGlite.create("memory://");
  await client.exec("set timezone = 'UTC'; set plan_cache_mode = force_generic_plan");
  const names = new Map<string, string>();
  const { serialize } = protocol;

  const send = async (...parts: Uint8Array[]): Promise<Message[]> => {
    const { messages } = await client.execProtocol(joined(parts));
    return messages as unknown as Message[];
  };
  const nameOf = async (text: string): Promise<string> => {
    const known = names.get(text);
    if (known !== undefined) return known;
    const name = `s${names.size + 1}`;
    await send(serialize.parse({ name, text }), serialize.sync());
    names.set(text, name);
    return name;
  };
  const oneByOne = turns();
  const run = <Row>(text: string, params: readonly SqlValue[]): Promise<Row[]> =>
    oneByOne(() => runNow<Row>(text, params));
  const runNow = async <Row>(text: string, params: readonly SqlValue[]): Promise<Row[]> => {
    try {
      const statement = await nameOf(text);
      const values = encodeParams(params).map(wireValue);
      const messages = await send(
        serialize.bind({ statement, values }),
        serialize.describe({ type: "P" }),
        serialize.execute({}),
        serialize.sync(),
      );
      return rowsOf<Row>(messages);
    } catch (error) {
      throw explain(error);
    } finally {
      // A statement's first time takes more steps than its later ones. Answered on the next turn in any case, it leaves
      // everything else in the same order, so that a seed's trace does not depend on the seeds before it.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const alone = turns();
  return {
    kind: "pglite",
    query: (text, params = []) => alone(() => run(text, params)),
    transaction: (work) =>
      withRetries(() =>
        alone(async () => {
          await run("begin", []);
          try {
            const result = await runScope(run, work);
            await run("commit", []);
            return result;
          } catch (error) {
            await run("rollback", []);
            throw error;
          }
        }),
      ),
    close: () => client.close(),
  };
}

const wireValue = (value: ReturnType<typeof encodeParams>[number]): string | null => {
  if (value === null) return null;
  return value instanceof Uint8Array ? encodeBytes(value) : String(value);
};

function rowsOf<Row>(messages: readonly Message[]): Row[] {
  const rows: Record<string, unknown>[] = [];
  let columns: { name: string; parse: (text: string) => unknown }[] = [];
  for (const { name, fields = [] } of messages) {
    if (name === "rowDescription") {
      columns = (fields as { name: string; dataTypeID: number }[]).map((field) => ({
        name: field.name,
        parse: parsers[field.dataTypeID] ?? ((text: string) => text),
      }));
    } else if (name === "dataRow") {
      const row: Record<string, unknown> = {};
      columns.forEach((column, index) => {
        const text = fields[index] as string | null;
        row[column.name] = text === null ? null : column.parse(text);
      });
      rows.push(row);
    }
  }
  return rows as Row[];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** One after the other: the embedded database has one connection. */
function turns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
