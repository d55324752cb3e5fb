import { z } from "zod";
import {
  type Account,
  type Authorization,
  type Connector,
  type Profile,
  profileOf,
} from "../connectors/contract.ts";
import { withoutSecrets } from "../connectors/toolkit/failures.ts";
import {
  type ConnectionStatus,
  findConnection,
  type SealedConnection,
} from "../core/catalogue/connections.ts";
import { openSecrets } from "../core/catalogue/secrets.ts";
import { openTokens } from "../core/catalogue/tokens.ts";
import { type Instant, nowInstant } from "../core/clock.ts";
import type { Database, Sql } from "../core/db/database.ts";
import { messageOf, SluiceError } from "../core/errors.ts";
import { isUuid } from "../core/ids.ts";
import { loadMerchant } from "../core/merchants.ts";
import { type Tokens, tokensSchema } from "../core/model/tokens.ts";
import type { Runtime } from "../core/runtime.ts";
import type { DataKey, Vault } from "../core/vault.ts";
import type { Circuit } from "./circuit.ts";
import type { Log } from "./parts.ts";

/** A connection with its account opened, as every job of this layer needs it. */
export interface OpenConnection {
  merchantId: string;
  id: string;
  name: string;
  status: ConnectionStatus;
  connector: Connector;
  account: Account;
  profile: Profile;
  /** The account under the secrets that were in force before; their signatures still count until then. */
  previous: { account: Account; until: Instant } | null;
  /** How tokens are granted and renewed; null where the secrets are all it takes. */
  authorization: Authorization | null;
  /** The tokens the account was opened with, and which version of them. */
  tokens: Tokens | null;
  tokensVersion: number;
  /** The sentence of what a connector threw, without the secrets and tokens it was opened with. */
  thrown(error: unknown): string;
  /** Which settings and secrets the account was opened with; only ever compared. */
  credentials: string;
  key: DataKey;
  circuit: Circuit;
  /** When the database was asked. */
  loadedAtMs: number;
}

/**
 * From when on orders of this connection have units reserved: where payment takes the unit, an unpaid order has none. Nor has one
 * out of a file: nothing behind it sells, so that nothing is sold before it is paid.
 */
export const reserveFromOf = ({
  profile,
  connector,
}: Pick<OpenConnection, "profile" | "connector">): "placed" | "paid" =>
  profile.behaviour.deducts === "paid" || connector.manifest.capabilities.files ? "paid" : "placed";

/** Removed connections, and those without a platform behind them (manual orders), are not found here. */
export interface Connections {
  /** A copy a few seconds old at most. Inside a transaction give it along: nothing but its connection may be used there. */
  byId(connectionId: string, sql?: Sql): Promise<OpenConnection | null>;
  /** Asks the database. */
  fresh(connectionId: string, sql?: Sql): Promise<OpenConnection | null>;
  /** Several by id, for a transaction: one whose settings are broken is left out, so that it does not stop the others. */
  usable(connectionIds: Iterable<string>, sql: Sql): Promise<Map<string, OpenConnection>>;
  /** The next `byId` asks the database, whatever is being asked now. */
  forget(connectionId: string): void;
}

/** Another process's change of secrets or status is noticed after this time at the latest. */
const cacheMs = 5_000;
/** Unknown ids are remembered too, so that guessing does not reach the database. */
const mostCached = 20_000;

interface Parts {
  db: Database;
  vault: Vault;
  runtime: Runtime;
  connectors: ReadonlyMap<string, Connector>;
  log: Log;
}

export function createConnections(parts: Parts): Connections {
  const { db, runtime } = parts;
  const cache = new Map<string, { connection: OpenConnection | null; untilMs: number }>();
  const asking = new Map<string, Promise<OpenConnection | null>>();
  const open = createOpener(parts);
  /** Rises with every `forget`: an answer that was asked for before is not remembered. */
  let forgotten = 0;

  const complain = (connectionId: string, error: unknown): null => {
    parts.log.error(
      { connectionId, error: messageOf(error) },
      "A connection cannot be opened; it is left out.",
    );
    return null;
  };
  const remember = (connectionId: string, connection: OpenConnection | null) => {
    const oldest = cache.keys().next();
    if (cache.size >= mostCached && !oldest.done) cache.delete(oldest.value);
    cache.delete(connectionId);
    cache.set(connectionId, { connection, untilMs: runtime.clock.nowMs() + cacheMs });
  };
  const fresh = async (connectionId: string, sql: Sql = db) => {
    if (!isUuid(connectionId)) return null;
    const asOf = forgotten;
    const sealed = await findConnection(sql, connectionId);
    const connection = sealed ? await open(sealed, sql) : null;
    if (asOf === forgotten) remember(connectionId, connection);
    return connection;
  };
  const byId = async (connectionId: string, sql: Sql = db) => {
    const known = cache.get(connectionId);
    if (known && known.untilMs > runtime.clock.nowMs()) return known.connection;
    // Within a transaction nobody else's question may be waited for: it could be waiting for this transaction.
    return sql === db ? together(connectionId) : fresh(connectionId, sql);
  };
  /** When a copy grows old under load, one asks for all. */
  const together = (connectionId: string) => {
    const asked = asking.get(connectionId);
    if (asked !== undefined) return asked;
    const answer = fresh(connectionId).finally(() => {
      if (asking.get(connectionId) === answer) asking.delete(connectionId);
    });
    asking.set(connectionId, answer);
    return answer;
  };
  return {
    byId,
    fresh,
    async usable(connectionIds, sql) {
      const found = new Map<string, OpenConnection>();
      for (const connectionId of new Set(connectionIds)) {
        const connection = await byId(connectionId, sql).catch((error: unknown) =>
          complain(connectionId, error),
        );
        if (connection) found.set(connectionId, connection);
      }
      return found;
    },
    forget(connectionId) {
      forgotten += 1;
      cache.delete(connectionId);
      asking.delete(connectionId);
    },
  };
}

type Accounts = Pick<
  OpenConnection,
  "account" | "previous" | "profile" | "authorization" | "tokens" | "thrown"
>;

/** Opens accounts, once per version of their secrets and settings: an account may keep what it learnt (a token, a session). */
function createOpener(parts: Parts): (sealed: SealedConnection, sql: Sql) => Promise<OpenConnection | null> {
  const keys = new Map<string, DataKey>();
  const opened = new Map<string, { version: string; accounts: Accounts }>();

  const keyOf = async (merchantId: string, sql: Sql) => {
    const key = keys.get(merchantId) ?? parts.vault.keyFor((await loadMerchant(sql, merchantId)).wrappedKey);
    keys.set(merchantId, key);
    return key;
  };
  return async (sealed, sql) => {
    const connector = parts.connectors.get(sealed.connector);
    if (!connector) return null;
    const key = await keyOf(sealed.merchantId, sql);
    const credentials = credentialsOf(sealed);
    const version = `${sealed.tokensVersion} ${credentials}`;
    const known = opened.get(sealed.id);
    const accounts =
      known?.version === version ? known.accounts : openAccounts(parts, connector, sealed, key);
    opened.set(sealed.id, { version, accounts });
    return {
      merchantId: sealed.merchantId,
      id: sealed.id,
      name: sealed.name,
      status: sealed.status,
      connector,
      ...accounts,
      tokensVersion: sealed.tokensVersion,
      credentials,
      key,
      circuit: { circuit: sealed.circuit, failures: sealed.circuitFailures, until: sealed.circuitUntil },
      loadedAtMs: parts.runtime.clock.nowMs(),
    };
  };
}

/** Sealing never gives the same bytes twice, so changed secrets always make another version. */
const credentialsOf = (sealed: SealedConnection): string =>
  `${JSON.stringify(sealed.settings)} ${Buffer.from(sealed.secrets).toString("base64")}`;

function openAccounts(parts: Parts, connector: Connector, sealed: SealedConnection, key: DataKey): Accounts {
  const { current, previous } = openSecrets(key, sealed, nowInstant(parts.runtime.clock));
  const tokens = tokensSchema.nullable().parse(openTokens(key, sealed));
  const { accessToken, refreshToken, extra = {} } = tokens ?? {};
  const secret = [current, previous ?? {}, { accessToken, refreshToken }, extra].flatMap(Object.values);
  const thrown: Accounts["thrown"] = (error) => withoutSecrets(messageOf(error), secret);
  const open = (secrets: Record<string, unknown>) =>
    openAccount(parts, connector, sealed, { secrets, tokens }, thrown);
  const { account, authorization } = open(current);
  const until = sealed.previousSecretsUntil;
  return {
    account,
    profile: profileOf(connector.manifest, account),
    previous: previous && until ? { account: open(previous).account, until } : null,
    authorization,
    tokens,
    thrown,
  };
}

function openAccount(
  { runtime }: Parts,
  connector: Connector,
  sealed: SealedConnection,
  { secrets, tokens }: { secrets: Record<string, unknown>; tokens: Tokens | null },
  thrown: Accounts["thrown"],
): { account: Account; authorization: Authorization | null } {
  const { fetch, clock, timers, random, sockets } = runtime;
  try {
    const context = {
      settings: connector.manifest.settings.parse(sealed.settings),
      secrets: connector.manifest.secrets.parse(secrets),
      fetch,
      clock,
      timers,
      random,
      ...(sockets ? { sockets } : {}),
    };
    return {
      account: connector.open(tokens === null ? context : { ...context, tokens }),
      authorization: connector.authorization?.(context) ?? null,
    };
  } catch (error) {
    throw new SluiceError(
      "configuration",
      `Connection "${sealed.name}" (${sealed.id}) cannot be opened: what is stored no longer fits the connector ` +
        `"${sealed.connector}". Enter its settings and secrets again. ${error instanceof z.ZodError ? fieldsOf(error) : thrown(error)}`,
      { cause: error },
    );
  }
}

/** Only the names of the fields: a value could be a secret. */
const fieldsOf = (error: z.ZodError): string =>
  `Fields: ${error.issues.map((issue) => issue.path.join(".")).join(", ")}.`;
