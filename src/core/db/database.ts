/** A parameter of a statement. Arrays are sent as PostgreSQL arrays; bytes as bytea; objects must be JSON text. */
export type SqlValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly (string | number | boolean | null | Uint8Array)[];

/**
 * Runs statements. Both databases answer alike: bigint as number (an unsafe one throws), timestamptz as ISO 8601 text,
 * jsonb parsed, bytea as Uint8Array. Statements are prepared once per connection, so `text` must not contain values.
 */
export interface Sql {
  query<Row>(text: string, params?: readonly SqlValue[]): Promise<Row[]>;
}

/** PGlite or PostgreSQL 15+, behind one small face. */
export interface Database extends Sql {
  readonly kind: "pglite" | "postgres";
  /**
   * Runs `work` in one READ COMMITTED transaction; commits when it resolves, rolls back when it rejects. Deadlock and
   * serialisation errors are retried a bounded number of times, so `work` must change nothing outside the database.
   */
  transaction<Result>(work: (tx: Sql) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
