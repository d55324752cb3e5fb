import { type Instant, nowInstant } from "../clock.ts";
import type { Sql } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { SluiceError } from "../errors.ts";
import type { NewEvent } from "../events/types.ts";
import { manualConnector } from "../merchants.ts";
import { closeTasks, insertTasks } from "../tasks.ts";
import {
  announce,
  type Connection,
  type ConnectionParts,
  connectionColumns,
  dataKeyOf,
  lockConnection,
  nameTaken,
  sealSecrets,
} from "./connection-rows.ts";
import type { ConnectionInput, ConnectionPatch } from "./connections.ts";
import { convergeSkus, releaseSkus } from "./converge.ts";

/**
 * One account, one connection: orders are known by connection and number, so an account under two ids would have every order
 * twice. What tells accounts apart are the settings that a connector names (`accountSettings`); where it names none, the
 * connection's name.
 */

/**
 * The account that settings mean, or null when they do not say. Addresses count by host and path, so that a slash at the end or
 * another protocol does not make another account.
 */
export function accountOf(
  settings: Readonly<Record<string, unknown>>,
  accountSettings: readonly string[] = [],
): string | null {
  const values = accountSettings.map((name) => settings[name]);
  if (values.every((value) => value === undefined)) return null;
  return JSON.stringify(
    values.map((value) => (typeof value === "string" ? plainAddress(value) : (value ?? null))),
  );
}

function plainAddress(text: string): string {
  const url = URL.parse(text);
  return url === null ? text : `${url.host}${url.pathname.replace(/\/+$/, "")}`;
}

const removedMark = (id: string): string => ` (removed ${id})`;

const nameOf = ({ id, name, status }: Connection): string =>
  status === "removed" && name.endsWith(removedMark(id)) ? name.slice(0, -removedMark(id).length) : name;

/**
 * All connections of the connector, removed ones too, the last changed first. Who connects, changes and removes takes turns on the
 * merchant's built-in connection, so that two cannot bring in one account at once.
 */
export async function lockConnections(tx: Sql, merchantId: string, connector: string): Promise<Connection[]> {
  await tx.query(
    "select 1 from connections where merchant_id = $1 and connector = $2 order by id for no key update",
    [merchantId, manualConnector],
  );
  return tx.query<Connection>(
    `select ${connectionColumns} from connections where merchant_id = $1 and connector = $2 order by updated_at desc, id desc`,
    [merchantId, connector],
  );
}

/** The removed connection of this account, if there is one. Throws where connecting it would have two meanings. */
export function formerOf(others: readonly Connection[], input: ConnectionInput): Connection | undefined {
  const account = accountOf(input.settings, input.accountSettings);
  const accountAt = (other: Connection) => accountOf(other.settings, input.accountSettings);
  const same = account === null ? [] : others.filter((other) => accountAt(other) === account);
  const live = same.find((other) => other.status !== "removed");
  if (live) throw accountTaken(live);
  const removed = others.filter((other) => other.status === "removed");
  const named = removed.find((other) => nameOf(other) === input.name);
  const former = same.find((other) => other.status === "removed");
  if (former) return former;
  if (named === undefined || account === null || accountAt(named) === null) return named;
  throw new SluiceError(
    "conflict",
    `"${input.name}" was the name of another account (${(input.accountSettings ?? []).join(", ")}), whose orders are still here. If the account has moved, connect it with its former settings and then change them; if it is another one, choose another name.`,
    { details: { connectionId: named.id } },
  );
}

const accountTaken = (other: Connection): SluiceError =>
  new SluiceError(
    "conflict",
    `This account is connected already, as "${nameOf(other)}"; a second connection to it would take in every order twice. Change that one instead.`,
    { details: { connectionId: other.id } },
  );

/** Throws `conflict` when the new settings name an account that another connection has, or had before it was removed. */
export async function refuseOthersAccount(
  tx: Sql,
  merchantId: string,
  connectionId: string,
  { settings = {}, accountSettings }: ConnectionPatch,
): Promise<void> {
  const account = accountOf(settings, accountSettings);
  if (account === null) return;
  const [own] = await tx.query<{ connector: string }>(
    "select connector from connections where merchant_id = $1 and id = $2",
    [merchantId, connectionId],
  );
  if (!own) return;
  const others = await lockConnections(tx, merchantId, own.connector);
  const other = others.find(
    (one) => one.id !== connectionId && accountOf(one.settings, accountSettings) === account,
  );
  if (other === undefined) return;
  if (other.status !== "removed") throw accountTaken(other);
  throw new SluiceError(
    "conflict",
    `This account was connected before, as "${nameOf(other)}", and its orders are still here. Connect it anew to bring that connection back.`,
    { details: { connectionId: other.id } },
  );
}

/** Puts a removed connection back to work: its id, orders, cursors and listings are as they were left. */
export async function bringBack(
  tx: Sql,
  parts: ConnectionParts,
  { merchantId, id }: Connection,
  { name, settings, secrets }: ConnectionInput,
  at: Instant,
): Promise<Connection> {
  const taken = await tx.query("select 1 from connections where merchant_id = $1 and name = $2", [
    merchantId,
    name,
  ]);
  if (taken.length > 0) throw nameTaken(name);
  const sealed = sealSecrets(await dataKeyOf(tx, parts.vault, merchantId), id, secrets);
  await tx.query(
    `update connections set status = 'active', name = $3, settings = $4::jsonb, secrets = $5, updated_at = $6,
       problem = null, circuit = 'closed', circuit_failures = 0, circuit_until = null
     where merchant_id = $1 and id = $2`,
    [merchantId, id, name, JSON.stringify(settings), sealed, at],
  );
  await closeTasks(tx, parts.runtime, merchantId, [{ kind: ordersLeftTask, subject: id }]);
  // What the platform shows has moved on meanwhile; told of its listings, the publisher owes each a figure again.
  await tx.query(
    `update listings set published_quantity = null
     where merchant_id = $1 and connection_id = $2 and id > '00000000-0000-0000-0000-000000000000'`,
    [merchantId, id],
  );
  const listings = await listingEvents(tx, merchantId, id, "listing.changed", at);
  await convergeSkus(tx, merchantId, skusOf(listings), at);
  return announce(tx, merchantId, id, at, listings);
}

type ListingEvent = Extract<NewEvent, { type: "listing.changed" | "listing.removed" }>;

const skusOf = (events: readonly ListingEvent[]): string[] => events.map(({ data }) => data.skuId);

/** Nothing will be heard of what the platform sells from now on, so nothing is set aside for it. */
const forgetExposures = (tx: Sql, merchantId: string, connectionId: string): Promise<unknown> =>
  tx.query("delete from exposures where merchant_id = $1 and connection_id = $2", [merchantId, connectionId]);

async function listingEvents(
  tx: Sql,
  merchantId: string,
  connectionId: string,
  type: ListingEvent["type"],
  occurredAt: Instant,
): Promise<ListingEvent[]> {
  const listings = await tx.query<{ listingId: string; skuId: string }>(
    `select id as "listingId", sku_id as "skuId" from listings
     where merchant_id = $1 and connection_id = $2 and id > '00000000-0000-0000-0000-000000000000' order by id`,
    [merchantId, connectionId],
  );
  return listings.map((listing) => ({
    type,
    subject: listing.listingId,
    occurredAt,
    data: { ...listing, connectionId },
  }));
}

const ordersLeftTask = "orders_without_connection";

/** Orders that may still be owed goods; counted up to this many. */
const mostCounted = 1000;

/**
 * Ends a connection: its secrets are wiped, its name is free again. Its orders stay, and so do its listings, unseen, for the case
 * that it comes back. Throws `not_found`, `conflict` for the built-in connection and, unless `force` is given, while orders are open:
 * forced, they stay open with their units and a task names them.
 */
export async function removeConnection(
  sql: Sql,
  parts: ConnectionParts,
  merchantId: string,
  connectionId: string,
  options: { force?: boolean } = {},
): Promise<void> {
  const at = nowInstant(parts.runtime.clock);
  await inTransaction(sql, async (tx) => {
    const before = await lockConnection(tx, merchantId, connectionId);
    const open = await countOpenOrders(tx, merchantId, connectionId);
    if (open > 0 && !options.force) throw stillOpen(before, open);
    const nothing = sealSecrets(await dataKeyOf(tx, parts.vault, merchantId), connectionId, {});
    await tx.query(
      `update connections set status = 'removed', name = $3, secrets = $4, previous_secrets = null,
         previous_secrets_until = null, updated_at = $5
       where merchant_id = $1 and id = $2`,
      [merchantId, connectionId, `${before.name}${removedMark(connectionId)}`, nothing, at],
    );
    const unseen = await listingEvents(tx, merchantId, connectionId, "listing.removed", at);
    await forgetExposures(tx, merchantId, connectionId);
    await releaseSkus(tx, merchantId, skusOf(unseen), at);
    const raised =
      open > 0 ? await insertTasks(tx, parts.runtime, merchantId, [ordersLeft(before, open)]) : [];
    await announce(tx, merchantId, connectionId, at, [...unseen, ...raised]);
  });
}

async function countOpenOrders(tx: Sql, merchantId: string, connectionId: string): Promise<number> {
  const [row] = await tx.query<{ open: number }>(
    `select count(*)::int as open from (
       select o.id from unnest(array['pending_payment','paid','partially_shipped','refunding']) as s (status)
       cross join lateral (
         select id from orders where merchant_id = $1 and connection_id = $2 and status = s.status
           and id > '00000000-0000-0000-0000-000000000000' limit ${mostCounted}
       ) as o limit ${mostCounted}) as found`,
    [merchantId, connectionId],
  );
  return row?.open ?? 0;
}

const counted = (open: number): string => (open === mostCounted ? `${mostCounted} or more` : String(open));

const stillOpen = ({ id, name }: Connection, open: number): SluiceError =>
  new SluiceError(
    "conflict",
    `${counted(open)} orders of "${name}" are still open: ship or cancel them first. Removed with force, they stay open here and keep their units; what the platform does with them comes in only when the account is connected again.`,
    { details: { connectionId: id, openOrders: open } },
  );

const ordersLeft = ({ id, name }: Connection, open: number) => ({
  kind: ordersLeftTask,
  subject: id,
  message: `"${name}" was removed with ${counted(open)} open orders. They keep their units, and nothing is heard of them any more: ship or cancel them here, or connect the account again.`,
  detail: { connectionId: id, openOrders: open },
});
