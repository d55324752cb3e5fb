import { PGlite } from "@electric-sql/pglite";
import type { Database, SqlValue } from "../../src/core/db/database.ts";
import { explain, runScope, withRetries } from "../../src/core/db/transaction.ts";
import { encodeBytes, encodeParams } from "../../src/core/db/wire.ts";
import { type Column, columnsOf, parseMessage, RunMessage, rowsOf } from "./protocol.ts";

interface Prepared {
  name: string;
  columns: Column[];
}

/**
 * The embedded database with named statements: each text is parsed and planned once, where the client's own `query` does both
 * every time (0.03 against 0.69 ms for a look-up by key). Plans are generic, so they do not depend on what ran before.
 */
export async function openPrepared(): Promise<Database> {
  const client = await PGlite.create("memory://");
  await client.exec("set timezone = 'UTC'; set plan_cache_mode = force_generic_plan");
  const statements = new Map<string, Prepared>();
  const message = new RunMessage();

  // Asked for the stream, the client leaves answers unread; it reads them a second time otherwise. Without a file system to
  // bring up to date all of the answer is there when the call comes back; what it may reject with ends the process.
  const send = (bytes: Uint8Array): Buffer => {
    const parts: Buffer[] = [];
    const onRawData = (part: Uint8Array) => parts.push(Buffer.from(part));
    void client.execProtocolRawStream(bytes, { syncToFs: false, onRawData });
    return Buffer.concat(parts);
  };
  const prepare = (text: string): Prepared => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const name = `s${statements.size + 1}`;
    const prepared = { name, columns: columnsOf(send(parseMessage(name, text))) };
    statements.set(text, prepared);
    return prepared;
  };
  const oneByOne = turns();
  const run = <Row>(text: string, params: readonly SqlValue[]): Promise<Row[]> =>
    oneByOne(() => runNow<Row>(text, params));
  const runNow = async <Row>(text: string, params: readonly SqlValue[]): Promise<Row[]> => {
    try {
      const { name, columns } = prepare(text);
      const values = encodeParams(params).map(wireValue);
      return rowsOf<Row>(send(message.of(name, values)), columns);
    } catch (error) {
      throw explain(error);
    } finally {
      // Asked without waiting and answered on the next turn, a statement takes as many steps the first time, when it is
      // parsed, as later: a seed's trace does not depend on the seeds before it.
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

/** One after the other: the embedded database has one connection. */
function turns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
