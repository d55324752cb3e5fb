import { audit } from "../core/audit.ts";
import {
  type Connection,
  createConnection,
  removeConnection,
  updateConnection,
} from "../core/catalogue/connections.ts";
import { releasing } from "../core/catalogue/releasing.ts";
import type { Sql } from "../core/db/database.ts";
import { inTransaction } from "../core/db/transaction.ts";
import { SluiceError } from "../core/errors.ts";
import { channelStates } from "../sync/states.ts";
import { readPairs } from "./arguments.ts";
import { connectorBy, fieldsOf, readFields } from "./connector-fields.ts";
import { answer, type CliContext, type OpenedCore } from "./context.ts";
import { cliActor } from "./keys.ts";
import { chooseMerchant } from "./merchant.ts";
import { secretVariable } from "./secrets.ts";
import { findConnectionBy, logToNotes, publicUrlOf, withSync } from "./services.ts";
import { tableOf } from "./table.ts";

/** What `connections` does. */

export async function listAll(context: CliContext, code: string | undefined): Promise<void> {
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, code);
    const items = await channelStates(core, merchant.id);
    answer(context, { items }, () => {
      const rows = items.map((state) => [
        state.name,
        state.status,
        state.circuit === "closed" ? "" : state.circuit,
        state.lastPullAt,
        state.pending,
        state.unknown,
        state.parked,
        state.quarantined,
        state.connectionId,
      ]);
      const headings = [
        "NAME",
        "STATUS",
        "CIRCUIT",
        "LAST PULL",
        "PENDING",
        "UNKNOWN",
        "PARKED",
        "QUARANTINED",
        "ID",
      ];
      for (const line of tableOf(headings, rows)) context.io.print(line);
    });
  });
}

export interface NewConnection {
  connector: string;
  name: string;
  set?: string[];
  secret?: string[];
  merchant?: string;
}

export async function addOne(context: CliContext, options: NewConnection): Promise<void> {
  const { registry } = await import("../connectors/registry.ts");
  const connector = connectorBy(registry, options.connector);
  const settings = readFields(connector, "settings", readPairs(options.set ?? [], "--set"));
  const typed = await gatherSecrets(
    context,
    options.secret ?? [],
    fieldsOf(connector, "secrets").flatMap(({ name, isRequired }) => (isRequired ? [name] : [])),
  );
  const secrets = readFields(connector, "secrets", typed);
  const { name } = options;
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, options.merchant);
    const create = async (tx: Sql) => {
      const { accountSettings } = connector.manifest;
      const input = { connector: options.connector, name, settings, secrets, accountSettings };
      const connection = await createConnection(tx, core, merchant.id, input);
      await audit(tx, core.runtime, merchant.id, {
        actor: cliActor,
        action: "connection.create",
        subject: connection.id,
        detail: { connector: options.connector, name },
      });
      return connection;
    };
    const { db, engine } = core;
    const made = await releasing({ db, engine, log: logToNotes(context) }, merchant.id, () =>
      inTransaction(db, create),
    );
    const { webhooks, listings } = connector.manifest.capabilities;
    const webhookUrl = webhooks ? `${publicUrlOf(context, core)}/webhooks/${made.id}` : null;
    answer(context, { id: made.id, connector: options.connector, name, webhookUrl }, () => {
      context.io.print(made.id);
      if (webhookUrl !== null) context.io.print(webhookUrl);
      context.io.note(
        `connected. Try it: sluice connections test "${name}"${listings ? `; then map its items: sluice connections map "${name}"` : ""}`,
      );
    });
  });
}

/** From the command line, from the environment, or from the person at the terminal. */
async function gatherSecrets(
  context: CliContext,
  given: readonly string[],
  required: readonly string[],
): Promise<Map<string, string>> {
  const pairs = readPairs(
    given.filter((text) => text.includes("=")),
    "--secret",
  );
  const named = given.filter((text) => !text.includes("="));
  for (const name of new Set([...named, ...required])) {
    if (pairs.has(name)) continue;
    const value = await context.secret(name);
    if (value) pairs.set(name, value);
    else {
      throw new SluiceError(
        "invalid_request",
        `The secret ${name} is missing: set the variable ${secretVariable(name)}, or give --secret ${name}=… (which others on this machine may see).`,
      );
    }
  }
  return pairs;
}

type Action = "test" | "sync" | "map" | "authorize" | "pause" | "resume" | "remove";

export async function onOne(
  context: CliContext,
  action: Action,
  nameOrId: string,
  { merchant: code, force = false }: { merchant?: string; force?: boolean },
): Promise<void> {
  await context.withCore(async (core) => {
    const merchant = await chooseMerchant(core, code);
    const connection = await findConnectionBy(core, merchant.id, nameOrId);
    switch (action) {
      case "test":
        return testOne(context, core, connection);
      case "sync":
        return withSync(context, core, async (sync) => {
          const counts = await sync.syncConnection(merchant.id, connection.id);
          answer(context, counts, () => tellCounts(context, counts));
        });
      case "map":
        return mapOne(context, core, connection);
      case "authorize":
        return authorizeOne(context, core, connection);
      case "pause":
      case "resume":
      case "remove":
        return changeOne(context, core, connection, action, force);
    }
  });
}

export function tellCounts({ io }: CliContext, counts: object): void {
  io.print(
    Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(", "),
  );
}

async function testOne(context: CliContext, core: OpenedCore, connection: Connection): Promise<void> {
  const tested = await withSync(context, core, (sync) =>
    sync.testConnection(connection.merchantId, connection.id),
  );
  if (!tested.ok) context.exitCode = 1;
  answer(context, tested, () =>
    context.io.print(
      tested.ok
        ? `"${connection.name}" works: ${tested.account}`
        : `"${connection.name}" does not work: ${tested.problem}`,
    ),
  );
}

async function mapOne(context: CliContext, core: OpenedCore, { id, merchantId }: Connection): Promise<void> {
  const mapped = await withSync(context, core, (sync) => sync.mapListings(merchantId, id));
  answer(context, mapped, () => {
    const { io } = context;
    io.print(`${mapped.listed} items: ${mapped.created} mapped now, ${mapped.known} before`);
    if (mapped.changedHands > 0)
      io.print(`${mapped.changedHands} changed hands: the platform keeps their goods now, or no longer`);
    if (mapped.unmatched.length === 0) return;
    io.print(
      `${mapped.unmatched.length} have a code that is no SKU; map them with POST /v1/listings, or create the SKU and run this again:`,
    );
    const rows = mapped.unmatched
      .slice(0, 100)
      .map((item) => [item.externalId, item.externalVariantId, item.sku, item.title]);
    for (const line of tableOf(["ITEM", "VARIANT", "ITS CODE", "TITLE"], rows)) io.print(line);
  });
}

async function authorizeOne(
  context: CliContext,
  core: OpenedCore,
  { id, merchantId }: Connection,
): Promise<void> {
  const way = await withSync(context, core, (sync) => sync.startAuthorization(merchantId, id));
  answer(context, way, () => {
    const { io } = context;
    io.print(way.address);
    io.note(
      `Open it in a browser before ${way.expiresAt}. The platform sends the browser back to ${way.redirectUrl}: enter that address in the platform's settings of your application, and let the hub run meanwhile.`,
    );
  });
}

async function changeOne(
  context: CliContext,
  core: OpenedCore,
  { merchantId, id, name }: Connection,
  action: "pause" | "resume" | "remove",
  force: boolean,
): Promise<void> {
  const change = async (tx: Sql) => {
    if (action === "remove") await removeConnection(tx, core, merchantId, id, { force });
    else {
      const status = action === "pause" ? "paused" : "active";
      await updateConnection(tx, core, merchantId, id, { status });
    }
    await audit(tx, core.runtime, merchantId, {
      actor: cliActor,
      action: `connection.${action}`,
      subject: id,
    });
  };
  const { db, engine } = core;
  await releasing({ db, engine, log: logToNotes(context) }, merchantId, () => inTransaction(db, change));
  const done = { pause: "paused", resume: "active", remove: "removed" }[action];
  answer(context, { id, name, status: done }, () => context.io.print(`"${name}" is ${done}`));
}
