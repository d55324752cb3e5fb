import { type Observe, securityHeaders } from "../middleware/observe.ts";
import type { App, AppParts, Scope } from "../parts.ts";
import { notFound } from "../problem.ts";

/** Files of the page at /, and what they are. Whatever is not named here is not served. */
const types: Record<string, string | undefined> = {
  "index.html": "text/html; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "allocations.js": "text/javascript; charset=utf-8",
  "hub.js": "text/javascript; charset=utf-8",
  "draw.js": "text/javascript; charset=utf-8",
  "figures.js": "text/javascript; charset=utf-8",
  "live.js": "text/javascript; charset=utf-8",
  "panels.js": "text/javascript; charset=utf-8",
  "texts.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

/** Its own scripts, styles and icon, and the API here; nothing from anywhere else. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * A page for people at /, which uses the ordinary API with the key its reader enters. Plain files, no build step, and
 * nothing of them comes from another server.
 */
export function pageRoutes(app: App, parts: AppParts, observe: Observe): void {
  const { readPageFile } = parts;
  if (!readPageFile) return;
  const serve = async (name: string, scope: Scope): Promise<Response> => {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    const bytes = type === undefined ? null : await readPageFile(name);
    if (type === undefined || !bytes) throw notFound("file", name.slice(0, 100));
    const body = name === "index.html" ? withKey(bytes, parts.pageKey?.()) : bytes.slice();
    return new Response(body, {
      headers: {
        ...securityHeaders,
        "content-security-policy": pagePolicy,
        "content-type": type,
        "x-request-id": scope.requestId,
      },
    });
  };
  app.get(
    "/",
    observe("/", async (_, scope) => serve("index.html", scope)),
  );
  app.get(
    "/page/:file",
    observe("/page/{file}", async (context, scope) => serve(context.req.param("file") ?? "", scope)),
  );
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/",
    tags: ["service"],
    summary: "A page for people: orders, stock, shops and books as they move",
    responses: { 200: { description: "Found" } },
  });
}

/** The place in index.html where the demo's key goes; empty, the page asks its reader. */
const keyPlace = '<meta name="sluice-key" content="">';

/** Keys are base64url, so they need no escaping. */
function withKey(html: Uint8Array, key: string | undefined): string {
  const text = new TextDecoder().decode(html);
  return key === undefined ? text : text.replace(keyPlace, keyPlace.replace('""', `"${key}"`));
}
