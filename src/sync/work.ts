import { loadConnection } from "../core/catalogue/connections.ts";
import { messageOf, SluiceError } from "../core/errors.ts";
import type { OpenConnection } from "./connections.ts";
import type { ConnectionTest, Sync, SyncCounts } from "./contract.ts";
import type { Followers } from "./followers.ts";
import type { Drain } from "./inbox/drain.ts";
import { expireClaims } from "./jobs/expire-claims.ts";
import { expireHolds } from "./jobs/expire-holds.ts";
import { gapReport } from "./jobs/gap-report.ts";
import { keepHouse, tidyEmbedded } from "./jobs/housekeeping.ts";
import { mapListings } from "./jobs/map-listings.ts";
import { repostParked } from "./jobs/post-journals.ts";
import { noCounts, type Pulled, pullOrders } from "./jobs/pull-orders.ts";
import type { SyncContext } from "./parts.ts";
import type { Pushers } from "./pushers.ts";
import { isReconcileDue, reconcile } from "./reconcile.ts";
import type { Jobs } from "./schedule.ts";

export interface Machinery {
  receive: Sync["receive"];
  drain: Drain;
  followers: Followers;
  pushers: Pushers;
}

export interface Work {
  jobs: Jobs;
  runDue: Sync["runDue"];
  syncConnection: Sync["syncConnection"];
  testConnection: Sync["testConnection"];
  mapListings: Sync["mapListings"];
}

/** Far more rounds than work can honestly need: an end for work that makes more work. */
const mostRounds = 10_000;

/** Followers run until they have caught up, so a second look finds only what was appended meanwhile. */
const mostLooks = 20;

/** The jobs over all merchants and connections, and the work that a person asks for. */
export function createWork(context: SyncContext, machinery: Machinery): Work {
  const pull = createPull(context);
  const jobs = createJobs(context, pull);
  return {
    jobs,
    async runDue() {
      await jobs.expireHolds();
      await emptyInbox(machinery.drain);
      await jobs.pullOrders();
      await jobs.reportGaps();
      await emptyInbox(machinery.drain);
      await followAndPush(context, machinery);
      await jobs.compareWithPlatforms();
      await followAndPush(context, machinery);
      await jobs.keepHouse();
    },
    syncConnection: (merchantId, connectionId) =>
      syncConnection(context, machinery, pull, merchantId, connectionId),
    testConnection: (merchantId, connectionId) => testConnection(context, merchantId, connectionId),
    mapListings: async (merchantId, connectionId) =>
      mapListings(context, await openFor(context, merchantId, connectionId)),
  };
}

type Pull = (connection: OpenConnection) => Promise<Pulled | null>;

/** Whoever asks for a pull that is under way in this process gets the answer of that one. */
function createPull(context: SyncContext): Pull {
  const underWay = new Map<string, Promise<Pulled | null>>();
  return (connection) => {
    const known = underWay.get(connection.id);
    if (known !== undefined) return known;
    const pulling = pullOrders(context, connection).finally(() => underWay.delete(connection.id));
    underWay.set(connection.id, pulling);
    return pulling;
  };
}

function createJobs(context: SyncContext, pull: Pull): Jobs {
  const each = (what: string, work: (connection: OpenConnection) => Promise<unknown>) =>
    onEachConnection(context, what, work);
  return {
    async expireHolds() {
      for (let round = 0; round < mostRounds && (await expireHolds(context)) > 0; round += 1);
      for (let round = 0; round < mostRounds && (await expireClaims(context)) > 0; round += 1);
    },
    pullOrders: () =>
      each("pull", async (connection) => {
        const pulled = await pull(connection);
        if (pulled && pulled.problem !== null) {
          context.log.warn(
            { connectionId: connection.id, problem: pulled.problem },
            "A pull stopped early; the next one goes on from there.",
          );
        }
      }),
    reportGaps: () => each("gap report", (connection) => gapReport(context, connection)),
    compareWithPlatforms: () =>
      each("comparison", async (connection) => {
        if (await isReconcileDue(context, connection)) await reconcile(context, connection);
      }),
    async keepHouse() {
      const rows = await context.db.query<{ merchant_id: string }>("select merchant_id from merchants");
      let turns = 0;
      for (const { merchant_id: merchantId } of rows) {
        turns += (await keepHouse(context, merchantId)) ? 1 : 0;
        await repostParked(context, merchantId);
      }
      if (turns > 0) await tidyEmbedded(context);
    },
    checkPromises: async () => {
      await context.options.doctor?.();
    },
  };
}

/** All active connections side by side: each fails, waits or hangs by itself. */
async function onEachConnection(
  context: SyncContext,
  what: string,
  work: (connection: OpenConnection) => Promise<unknown>,
): Promise<void> {
  const rows = await context.db.query<{ id: string }>(
    "select id from connections where status = 'active' order by merchant_id, id",
  );
  await Promise.all(
    rows.map(async ({ id }) => {
      try {
        const connection = await context.connections.byId(id);
        if (connection?.status === "active" && !context.stopping.aborted) await work(connection);
      } catch (error) {
        context.log.error(
          { connectionId: id, job: what, error: messageOf(error) },
          "A job failed on one connection; the others go on.",
        );
      }
    }),
  );
}

async function emptyInbox(drain: Drain): Promise<void> {
  await drain.idle();
  for (let round = 0; round < mostRounds && (await drain.claimDue()) > 0; round += 1) await drain.idle();
}

/** Until no consumer is behind and no push that may be made now is left. */
async function followAndPush(context: SyncContext, { followers, pushers }: Machinery): Promise<void> {
  const progress = () => JSON.stringify([context.counters.stock, context.counters.fulfilments]);
  for (let round = 0; round < mostRounds; round += 1) {
    await catchUp(followers);
    const before = progress();
    await pushers.kickDue();
    await pushers.idle();
    if (progress() === before) return;
  }
}

/** A consumer that fails stays behind: it is not waited for. */
async function catchUp(followers: Followers): Promise<void> {
  for (let look = 0; look < mostLooks && (await followers.kickBehind()) > 0; look += 1)
    await followers.idle();
}

async function syncConnection(
  context: SyncContext,
  machinery: Machinery,
  pull: Pull,
  merchantId: string,
  connectionId: string,
): Promise<SyncCounts> {
  const connection = await openFor(context, merchantId, connectionId);
  if (connection.status !== "active") {
    throw new SluiceError("conflict", `"${connection.name}" is ${connection.status}; make it active first.`);
  }
  const pulled = (await pull(connection)) ?? { counts: noCounts(), problem: null };
  if (pulled.problem !== null) {
    throw new SluiceError(
      "connection_failed",
      `"${connection.name}" could not be pulled to the end. ${pulled.problem}`,
      {
        details: { counts: pulled.counts },
      },
    );
  }
  machinery.followers.kick(merchantId);
  await machinery.followers.idle();
  await machinery.pushers.idle();
  const pushed = await machinery.pushers.push(connection);
  return { ...pulled.counts, ...pushed };
}

async function testConnection(
  context: SyncContext,
  merchantId: string,
  connectionId: string,
): Promise<ConnectionTest> {
  const connection = await openFor(context, merchantId, connectionId);
  const checked = await context.calls.direct(connection, (account, call) => account.check(call));
  return checked.ok
    ? { ok: true, account: checked.value.account }
    : { ok: false, problem: checked.message, kind: checked.kind };
}

/** Throws `not_found`, also for another merchant's, and `unsupported` for one without a platform. */
async function openFor(
  context: SyncContext,
  merchantId: string,
  connectionId: string,
): Promise<OpenConnection> {
  await loadConnection(context.db, merchantId, connectionId);
  const connection = await context.connections.fresh(connectionId);
  if (!connection) {
    throw new SluiceError(
      "unsupported",
      `Connection ${connectionId} has no platform behind it: there is nothing to test or to sync.`,
    );
  }
  return connection;
}
