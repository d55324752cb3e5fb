import type { Database, Sql } from "../../src/core/db/database.ts";
import type { PlantTools } from "../world/plant.ts";
import type { Planted } from "./planted.ts";

/** What transactions promise, taken away. */
export const databaseBugs: readonly Planted[] = [
  {
    name: "no transaction",
    removes: "a batch is written whole or not at all",
    make: () => ({
      database: (db, { did }) => ({
        ...db,
        transaction(work) {
          did();
          return work(db);
        },
      }),
    }),
  },
  {
    name: "answered before the commit",
    removes: "acknowledged means committed",
    make: () => ({
      database: (db, { did }) => ({
        ...db,
        transaction: <Result>(work: (tx: Sql) => Promise<Result>) =>
          new Promise<Result>((resolve, reject) => {
            db.transaction(async (tx) => {
              const result = await work(tx);
              did();
              resolve(result);
              await commitUnderWay();
              return result;
            }).catch(reject);
          }),
      }),
    }),
  },
  {
    name: "parcels owed outside the transaction",
    removes: "a follower stores its effect with its cursor",
    make: () => ({
      database: (db, tools) => deferring(db, tools, (text) => text.includes("'fulfilment', parcel.id")),
    }),
  },
  {
    name: "entries outside the transaction",
    removes: "the books move with their cursor",
    make: () => ({
      database: (db, tools) =>
        deferring(db, tools, (text) => text.trimStart().startsWith("insert into journal_")),
    }),
  },
  {
    name: "stock read without lock, written without version",
    removes: "two processes cannot sell one unit",
    make: () => ({
      database: unlocked,
      statement(statement, { did }) {
        if (!statement.text.includes("and s.version = k.version")) return statement;
        did();
        return { ...statement, text: statement.text.replace("and s.version = k.version", "") };
      },
    }),
  },
  {
    name: "orders read without lock",
    removes: "an order is decided on its newest state",
    make: () => ({ database: unlocked }),
  },
];

/** Statements chosen are run after the commit: dying in between loses them. */
function deferring(db: Database, { did, life }: PlantTools, isChosen: (text: string) => boolean): Database {
  return {
    ...db,
    async transaction(work) {
      const later: { text: string; params: Parameters<Sql["query"]>[1] }[] = [];
      const result = await db.transaction((tx) =>
        work({
          query<Row>(text: string, params: Parameters<Sql["query"]>[1] = []) {
            if (!isChosen(text)) return tx.query<Row>(text, params);
            did();
            later.push({ text, params });
            return Promise.resolve<Row[]>([]);
          },
        }),
      );
      for (const { text, params } of later) {
        // The rest of the process goes on meanwhile, and any of it may be what it dies of.
        for (let steps = 0; steps < 20; steps += 1) await life.pass("after commit");
        await db.query(text, params);
      }
      return result;
    },
  };
}

/** The embedded database commits at once; a disk takes long enough for an answer to arrive before it. */
async function commitUnderWay(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Reads before the first write run outside the transaction, so that others can come in between. */
function unlocked(db: Database, { did }: PlantTools): Database {
  const isRead = (text: string) => /^\s*(select|with recursive)/i.test(text);
  return {
    ...db,
    async transaction(work) {
      let begun: Promise<Sql> | null = null;
      let end: { commit(): void; abort(error: unknown): void } = {
        commit: () => undefined,
        abort: () => undefined,
      };
      let over: Promise<unknown> = Promise.resolve();
      const begin = () =>
        new Promise<Sql>((resolve, reject) => {
          over = db.transaction((tx) => {
            resolve(tx);
            return new Promise<void>((commit, abort) => {
              end = { commit, abort };
            });
          });
          over.catch(reject);
        });
      const scope: Sql = {
        async query<Row>(text: string, params: Parameters<Sql["query"]>[1] = []) {
          if (begun === null && isRead(text)) {
            did();
            return db.query<Row>(text, params);
          }
          begun ??= begin();
          return (await begun).query<Row>(text, params);
        },
      };
      try {
        const result = await work(scope);
        end.commit();
        await over;
        return result;
      } catch (error) {
        end.abort(error);
        await over.catch(() => undefined);
        throw error;
      }
    },
  };
}
