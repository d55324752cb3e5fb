import type { Database, Sql } from "../../src/core/db/database.ts";
import { Killed, type Life } from "./life.ts";
import type { VirtualTime } from "./time.ts";
import type { Trace } from "./trace.ts";

export interface StoreParts {
  store: Database;
  time: VirtualTime;
  trace: Trace;
  /** Statements run, for the report. */
  counts: { statements: number; transactions: number };
  /** Looked at before a transaction commits; what it throws fails the run. */
  onCommit(tx: Sql, statements: readonly Statement[], process: string): Promise<void>;
}

export interface Statement {
  text: string;
  params: Parameters<Sql["query"]>[1];
}

/** Only what others can see is worth dying around. */
const isWrite = (text: string): boolean => /\b(insert|update|delete)\b/i.test(text.slice(0, 400));

/** The embedded database has no vacuum to wait for here, and its statistics would outlive the run. */
const isUpkeep = (text: string): boolean => text.startsWith("vacuum");

/**
 * The database as one process sees it: the same one for all, but this process can die or stop around every statement and
 * commit. What a dead process had begun is rolled back, what it asks for is refused.
 */
export function databaseOf(name: string, life: Life, parts: StoreParts): Database {
  const { store, time, trace, counts } = parts;

  const statement = <Row>(sql: Sql, { text, params }: Statement): Promise<Row[]> => {
    counts.statements += 1;
    return sql.query<Row>(text, params);
  };
  const query = async <Row>(text: string, params: Statement["params"] = []): Promise<Row[]> => {
    if (isUpkeep(text)) return [];
    const isVisible = isWrite(text);
    if (isVisible) await life.pass("before statement");
    const rows = await life.onlyAlive(time.busy(() => statement<Row>(store, { text, params })));
    if (isVisible) {
      trace.note(`${name} wrote`);
      await life.pass("after statement");
    }
    return rows;
  };
  const scopeOf = (tx: Sql, run: Statement[]): Sql => ({
    async query<Row>(text: string, params: Statement["params"] = []) {
      if (life.isDead) throw new Killed();
      if (isWrite(text)) life.strike("in transaction");
      run.push({ text, params });
      return statement<Row>(tx, { text, params });
    },
  });
  const transaction = async <Result>(work: (tx: Sql) => Promise<Result>): Promise<Result> => {
    await life.pass("before statement");
    const result = await life.onlyAlive(
      time.busy(() =>
        store.transaction(async (tx) => {
          counts.transactions += 1;
          if (life.isDead) throw new Killed();
          const run: Statement[] = [];
          const answer = await Promise.race([work(scopeOf(tx, run)), life.died]);
          await parts.onCommit(tx, run, name);
          life.strike("before commit");
          return answer;
        }),
      ),
    );
    trace.note(`${name} committed`);
    await life.pass("after commit");
    return result;
  };
  return { kind: store.kind, query, transaction, close: () => Promise.resolve() };
}
