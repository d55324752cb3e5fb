import { z } from "zod";
import type { Connector } from "../connectors/contract.ts";
import type { Connection, ConnectionStatus } from "../core/catalogue/connections.ts";
import { SluiceError } from "../core/errors.ts";
import type { AppParts } from "./parts.ts";
import { invalidInput } from "./problem.ts";

/** How connections look outside, and how their settings and secrets are checked on the way in. */

const statuses = ["active", "paused", "refused", "removed"] as const satisfies readonly ConnectionStatus[];
const circuits = ["closed", "open", "half_open"] as const;

export const connectionSchema = z
  .object({
    id: z.uuid(),
    connector: z.string(),
    name: z.string(),
    status: z
      .enum(statuses)
      .describe("refused: the platform takes the credentials no more, a person must act"),
    settings: z.record(z.string(), z.unknown()),
    webhookUrl: z.string().nullable().describe("Where the platform delivers; null when it cannot"),
    problem: z.string().nullable(),
    circuit: z.enum(circuits),
    orderWatermark: z.string().nullable().describe("Every order changed up to this time is in"),
    previousSecretsUntil: z
      .string()
      .nullable()
      .describe("Deliveries signed with the secrets before are taken until then"),
    tokensExpireAt: z
      .string()
      .nullable()
      .describe("When the tokens of a grant expire; the hub renews them before. null without such tokens"),
    grantExpiresAt: z.string().nullable().describe("From then on a person must grant access again"),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "Connection" });

export const stateSchema = z
  .object({
    connection: z.uuid(),
    name: z.string(),
    status: z.string(),
    circuit: z.enum(circuits),
    lastPullAt: z.string().nullable(),
    pending: z.number().int().describe("Pushes that wait for their turn"),
    unknown: z.number().int().describe("Pushes of which it is not known whether they took effect"),
    parked: z.number().int().describe("Pushes given up; they wait for a person"),
    quarantined: z.number().int().describe("Deliveries that could not be used"),
  })
  .meta({ id: "ConnectionState" });

export function shownConnection(parts: AppParts, connection: Connection): z.input<typeof connectionSchema> {
  const { id, connector, name, status, settings, problem, circuit } = connection;
  const { orderWatermark, previousSecretsUntil, tokensExpireAt, grantExpiresAt, createdAt, updatedAt } =
    connection;
  const takesWebhooks = parts.connectors.get(connector)?.manifest.capabilities.webhooks ?? false;
  return {
    id,
    connector,
    name,
    status,
    settings,
    webhookUrl: takesWebhooks ? `${parts.options.publicUrl}/webhooks/${id}` : null,
    problem,
    circuit,
    orderWatermark,
    previousSecretsUntil,
    tokensExpireAt,
    grantExpiresAt,
    createdAt,
    updatedAt,
  };
}

/** Throws `unknown_connector`. */
export function requireConnector(parts: AppParts, id: string): Connector {
  const connector = parts.connectors.get(id);
  if (connector) return connector;
  const known = [...parts.connectors.keys()].join(", ");
  throw new SluiceError(
    "unknown_connector",
    `There is no connector "${id.slice(0, 100)}"; use one of ${known}.`,
  );
}

/**
 * Checks what a person entered against what the connector declares; a misspelt field is refused. What is kept is what
 * was given: whatever is left out takes the connector's default at the time it is read.
 */
export function checkFields(
  connector: Connector,
  part: "settings" | "secrets",
  given: Record<string, unknown>,
): void {
  const checked = connector.manifest[part].strict().safeParse(given);
  if (checked.success) return;
  const issues = checked.error.issues.map((issue) => ({ ...issue, path: [part, ...issue.path] }));
  throw invalidInput(new z.ZodError(issues), "body");
}
