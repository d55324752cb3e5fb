import { z } from "zod";
import type { Connector } from "../../connectors/contract.ts";
import type { Operate } from "../operation.ts";
import type { AppParts } from "../parts.ts";

const jsonSchema = z.record(z.string(), z.unknown()).describe("JSON Schema");

const connectorSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    docsUrl: z.string(),
    capabilities: z.object({
      orders: z.boolean(),
      webhooks: z.boolean(),
      stockWrites: z.array(z.enum(["set", "delta", "compareAndSet"])),
      stockRead: z.boolean(),
      fulfilments: z.boolean(),
      listings: z.boolean(),
      files: z.boolean(),
      rooms: z.boolean(),
    }),
    settings: jsonSchema,
    secrets: jsonSchema,
  })
  .meta({ id: "Connector" });

/** What a form must ask for: defaults count as optional, and what JSON Schema cannot say is left to the server. */
const fieldsOf = (schema: z.ZodObject) => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });

const shown = ({ manifest: { id, name, docsUrl, capabilities, settings, secrets } }: Connector) => ({
  id,
  name,
  docsUrl,
  capabilities: { ...capabilities, stockWrites: [...capabilities.stockWrites] },
  settings: fieldsOf(settings),
  secrets: fieldsOf(secrets),
});

export function connectorRoutes(operate: Operate, { connectors }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/connectors",
      permission: "connections.read",
      tag: "connection",
      summary: "Platforms that can be connected, what they can do and what they ask for",
      answer: z.object({ items: z.array(connectorSchema), nextCursor: z.null() }),
      statuses: { 200: "All of them" },
    },
    async () => ({ body: { items: [...connectors.values()].map(shown), nextCursor: null } }),
  );
}
