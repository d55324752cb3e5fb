import { Buffer } from "node:buffer";
import { z } from "zod";
import type { Tokens } from "../connectors/contract.ts";
import { loadConnection } from "../core/catalogue/connections.ts";
import { grantTokens } from "../core/catalogue/tokens.ts";
import { addMs, nowInstant } from "../core/clock.ts";
import { SluiceError } from "../core/errors.ts";
import { closeTasks } from "../core/tasks.ts";
import type { DataKey } from "../core/vault.ts";
import type { OpenConnection } from "./connections.ts";
import type { AuthorizationAddress, Sync } from "./contract.ts";
import { paceCall } from "./paced-call.ts";
import type { SyncContext } from "./parts.ts";
import { refusedTask } from "./refuse.ts";
import { endingTask, endsOf } from "./tokens.ts";

/** Where platforms send a person back to. */
export const callbackPath = "/authorizations/callback";

/** Time for a person to log in there, look up a second factor and read what is asked. */
const stateForMs = 30 * 60_000;

type Authorizations = Pick<Sync, "startAuthorization" | "finishAuthorization" | "enterTokens">;

/** A person grants access: the way out with a state, the way back with a code, or tokens by hand. */
export const createAuthorizations = (context: SyncContext): Authorizations => ({
  async startAuthorization(merchantId, connectionId): Promise<AuthorizationAddress> {
    const connection = await openFor(context, merchantId, connectionId);
    const expiresAt = addMs(nowInstant(context.runtime.clock), stateForMs);
    const redirectUrl = context.publicUrl + callbackPath;
    const state = sealState(connection.key, connection.id, expiresAt);
    const address = connection.authorization?.address?.({ redirectUrl, state });
    if (address === undefined) throw noGrants(connection.name);
    return { address, redirectUrl, expiresAt };
  },

  async finishAuthorization(parameters) {
    const connection = await connectionOfState(context, parameters);
    const exchange = connection.authorization?.exchange;
    if (!exchange) throw noGrants(connection.name);
    const terms = { callMs: context.options.callMs, graceMs: 0, paid: false };
    const paced = paceCall(context, connection, terms);
    const redirectUrl = context.publicUrl + callbackPath;
    const tokens = await exchange({ parameters, redirectUrl }, paced.call).finally(paced.end);
    if (!tokens.ok) {
      const code =
        tokens.kind === "auth" || tokens.kind === "invalid" ? "invalid_request" : "connection_failed";
      throw new SluiceError(code, `Access to "${connection.name}" was not granted. ${tokens.message}`);
    }
    await keep(context, connection, tokens.value);
    return { merchantId: connection.merchantId, connectionId: connection.id };
  },

  async enterTokens(merchantId, connectionId, tokens) {
    const connection = await openFor(context, merchantId, connectionId);
    if (connection.authorization === null) throw noGrants(connection.name);
    await keep(context, connection, tokens);
  },
});

async function keep(context: SyncContext, connection: OpenConnection, tokens: Tokens): Promise<void> {
  const { merchantId, id: connectionId, key } = connection;
  await context.db.transaction(async (tx) => {
    const stored = { tokens, ...endsOf(tokens) };
    if (!(await grantTokens(tx, context.runtime, key, { merchantId, connectionId }, stored)))
      throw new SluiceError("not_found", `There is no connection ${connectionId}.`);
    await closeTasks(tx, context.runtime, merchantId, [
      { kind: refusedTask, subject: connectionId },
      { kind: endingTask, subject: connectionId },
    ]);
  });
  context.connections.forget(connectionId);
}

async function openFor(
  context: SyncContext,
  merchantId: string,
  connectionId: string,
): Promise<OpenConnection> {
  const { name } = await loadConnection(context.db, merchantId, connectionId);
  const connection = await context.connections.fresh(connectionId);
  if (!connection) throw noGrants(name);
  return connection;
}

const noGrants = (name: string): SluiceError =>
  new SluiceError(
    "unsupported",
    `The platform of "${name}" grants no access this way; enter its secrets with PATCH /v1/connections/{id}.`,
  );

const stateContext = (connectionId: string): string => `connection ${connectionId} authorization`;
const stateSchema = z.object({ expiresAt: z.string() });
const statePattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{20,2000})$/;

/** Sealed under the merchant's key, so nobody else can make one; it names its connection so that the key can be found. */
const sealState = (key: DataKey, connectionId: string, expiresAt: string): string =>
  `${connectionId}.${Buffer.from(key.seal(JSON.stringify({ expiresAt }), stateContext(connectionId))).toString("base64url")}`;

/** Throws `invalid_request` unless one of the parameters is a state of ours that still holds. */
async function connectionOfState(
  context: SyncContext,
  parameters: Readonly<Record<string, string>>,
): Promise<OpenConnection> {
  for (const [name, value] of Object.entries(parameters)) {
    const [, connectionId, sealed] = statePattern.exec(value) ?? [];
    if (connectionId === undefined || sealed === undefined) continue;
    const connection = await context.connections.fresh(connectionId);
    const wanted = connection?.connector.manifest.authorization?.stateParameter ?? "state";
    if (!connection || name !== wanted) continue;
    if (isGood(connection.key, connectionId, sealed, nowInstant(context.runtime.clock))) return connection;
  }
  throw new SluiceError(
    "invalid_request",
    "The state of this authorization is not ours or has expired; start again with GET /v1/connections/{id}/authorization.",
  );
}

function isGood(key: DataKey, connectionId: string, sealed: string, now: string): boolean {
  try {
    const text = key.openText(Buffer.from(sealed, "base64url"), stateContext(connectionId));
    return now < stateSchema.parse(JSON.parse(text)).expiresAt;
  } catch {
    return false;
  }
}
