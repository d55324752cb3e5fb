import { type Observe, securityHeaders } from "../middleware/observe.ts";
import type { App, AppParts, Scope } from "../parts.ts";
import { notFound } from "../problem.ts";

/** The OpenAPI document and a page to read and try it, both served from here: no third party is asked for anything. */
export function referenceRoutes(app: App, parts: AppParts, observe: Observe): void {
  const { options, readAsset } = parts;
  let document: string | undefined;
  const documentText = () => {
    document ??= JSON.stringify(openApiDocument(app, options));
    return document;
  };
  app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  app.get(
    "/openapi.json",
    observe("/openapi.json", async (_, scope) => text(documentText(), "application/json", scope)),
  );
  app.get(
    "/docs",
    observe("/docs", async (_, scope) => text(page, "text/html; charset=utf-8", scope)),
  );
  app.get(
    "/docs/:file",
    observe("/docs/{file}", async (context, scope) => {
      const name = context.req.param("file") ?? "";
      if (name === "start.js") return text(startScript, "text/javascript; charset=utf-8", scope);
      const type = assets[name];
      const bytes = type === undefined ? null : await readAsset?.(name);
      if (type === undefined || !bytes) throw notFound("file", name.slice(0, 100));
      return new Response(bytes.slice(), {
        headers: { ...headersOf(scope), "content-type": type, "cache-control": "max-age=86400" },
      });
    }),
  );
  for (const [path, summary] of [
    ["/openapi.json", "This document"],
    ["/docs", "A page to read and try it"],
  ] as const) {
    app.openAPIRegistry.registerPath({
      method: "get",
      path,
      tags: ["service"],
      summary,
      responses: { 200: { description: "Found" } },
    });
  }
}

/** OpenAPI 3.1, made from the schemas the routes check with. */
export const openApiDocument = (app: App, options: { version: string; publicUrl: string }) =>
  app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Sluice",
      version: options.version,
      description:
        "Order and stock hub. Send `Authorization: Bearer <key>`; a key belongs to one merchant. Money is integer minor " +
        "units, times are UTC. Refusals are RFC 9457 problem documents with a stable `code`. Writes accept " +
        "`Idempotency-Key`. Lists answer `{items, nextCursor}`.",
    },
    servers: [{ url: options.publicUrl }],
  });

/** Files of the page, as they are named in swagger-ui-dist. */
const assets: Record<string, string | undefined> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

const page = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const startScript = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null });\n`;

/** The page's own scripts, the API here, and the inline styles and images its bundle brings; nothing else. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const headersOf = (scope: Scope) => ({
  ...securityHeaders,
  "content-security-policy": pagePolicy,
  "x-request-id": scope.requestId,
});

const text = (body: string, contentType: string, scope: Scope): Response =>
  new Response(body, { headers: { ...headersOf(scope), "content-type": contentType } });
