import { z } from "zod";
import type { Connector } from "../connectors/contract.ts";
import { SluiceError } from "../core/errors.ts";

/** Settings and secrets of a connector, as a person types them. */

export interface Field {
  name: string;
  description: string;
  isRequired: boolean;
  /** JSON Schema's name of the type; "string" where it says nothing plain. */
  type: string;
  default?: unknown;
}

const jsonSchema = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ type: z.string().optional() })).default({}),
  required: z.array(z.string()).default([]),
});

/** What a person is asked for. Defaults count as optional. */
export function fieldsOf(connector: Connector, part: "settings" | "secrets"): Field[] {
  const described = z.toJSONSchema(connector.manifest[part], { io: "input", unrepresentable: "any" });
  const { properties, required } = jsonSchema.parse(described);
  return Object.entries(properties).map(([name, { type, description, default: given }]) => ({
    name,
    description: typeof description === "string" ? description : "",
    isRequired: required.includes(name),
    type: type ?? "string",
    ...(given === undefined ? {} : { default: given }),
  }));
}

/** Typed text as values of the declared types, checked; a misspelt name is refused. Throws `invalid_request`. */
export function readFields(
  connector: Connector,
  part: "settings" | "secrets",
  typed: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const types = new Map(fieldsOf(connector, part).map(({ name, type }) => [name, type]));
  const values = Object.fromEntries(
    [...typed].map(([name, text]) => [name, typedValue(text, types.get(name) ?? "string")]),
  );
  const checked = connector.manifest[part].strict().safeParse(values);
  if (checked.success) return values;
  const sentences = checked.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${part}.${path.join(".")}: ${message}`,
  );
  throw new SluiceError(
    "invalid_request",
    `${sentences.join("; ")}. See what "${connector.manifest.id}" asks for with: sluice connectors ${connector.manifest.id}`,
  );
}

/** Text that does not fit stays text: the schema then says what it expected. */
function typedValue(text: string, type: string): unknown {
  if (type === "number" || type === "integer") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (type === "array") return text === "" ? [] : text.split(",").map((item) => item.trim());
  return text;
}

/** Throws `unknown_connector`. */
export function connectorBy(connectors: ReadonlyMap<string, Connector>, id: string): Connector {
  const connector = connectors.get(id);
  if (connector) return connector;
  throw new SluiceError(
    "unknown_connector",
    `There is no connector "${id}"; there are: ${[...connectors.keys()].join(", ")}.`,
  );
}
