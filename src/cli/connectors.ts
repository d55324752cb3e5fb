import { registry } from "../connectors/registry.ts";
import { connectorBy, type Field, fieldsOf } from "./connector-fields.ts";
import { answer, type CliContext } from "./context.ts";
import { tableOf } from "./table.ts";

/** All connectors with what they can do, or one with what it asks for. Needs no database. */
export function showConnectors(context: CliContext, id: string | undefined): void {
  if (id === undefined) showAll(context);
  else showOne(context, id);
}

function showAll(context: CliContext): void {
  const items = [...registry.values()].map(({ manifest: { id, name, docsUrl, capabilities } }) => ({
    id,
    name,
    docsUrl,
    capabilities,
  }));
  answer(context, { items }, () => {
    const rows = items.map(({ id, name, capabilities }) => [
      id,
      name,
      Object.entries(capabilities)
        .filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value))
        .map(([capability]) => capability)
        .join(" "),
    ]);
    for (const line of tableOf(["ID", "NAME", "CAN"], rows)) context.io.print(line);
  });
}

function showOne(context: CliContext, id: string): void {
  const connector = connectorBy(registry, id);
  const { name, docsUrl, capabilities, limits, behaviour } = connector.manifest;
  const settings = fieldsOf(connector, "settings");
  const secrets = fieldsOf(connector, "secrets");
  answer(context, { id, name, docsUrl, capabilities, limits, behaviour, settings, secrets }, () => {
    const { io } = context;
    io.print(`${id}: ${name} (${docsUrl})`);
    const sections: [string, Field[]][] = [
      ["--set", settings],
      ["--secret", secrets],
    ];
    for (const [option, fields] of sections) {
      if (fields.length === 0) continue;
      io.print("");
      const rows = fields.map(({ name: field, isRequired, description, default: given }) => [
        `${option} ${field}=…`,
        isRequired ? "required" : given === undefined ? "" : `default ${textOf(given)}`,
        description,
      ]);
      for (const line of tableOf(["FIELD", "", "WHAT IT IS"], rows)) io.print(line);
    }
  });
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(",") : String(value));
