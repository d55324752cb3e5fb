import { SluiceError } from "../../core/errors.ts";
import type { Metrics } from "../metrics.ts";
import { type Observe, securityHeaders } from "../middleware/observe.ts";
import { withinTime } from "../middleware/timeout.ts";
import type { App, AppParts, Scope } from "../parts.ts";

/** A database that does not answer a plain question in this time cannot serve requests either. */
const readyWithinMs = 2_000;

/** For load balancers and Prometheus: no key, no merchant's data. */
export function healthRoutes(app: App, parts: AppParts, observe: Observe, metrics: Metrics): void {
  const { version } = parts.options;
  app.get(
    "/healthz",
    observe("/healthz", async (_, scope) => json({ status: "ok", version }, scope)),
  );
  app.get(
    "/readyz",
    observe("/readyz", async (_, scope) => {
      const asked = parts.db.query("select 1 as ready").catch((cause: unknown) => {
        throw new SluiceError(
          "unavailable",
          "The database does not answer; check that it runs and DATABASE_URL.",
          { cause },
        );
      });
      await withinTime(asked, readyWithinMs, parts.runtime.timers);
      return json({ status: "ready", version, database: parts.db.kind }, scope);
    }),
  );
  app.get(
    "/metrics",
    observe("/metrics", async (_, scope) => {
      const { contentType, text } = await metrics.render();
      return new Response(text, { headers: { ...headersOf(scope), "content-type": contentType } });
    }),
  );
  for (const [path, summary, type] of described) {
    const content = {
      [type]: { schema: { type: type === "text/plain" ? ("string" as const) : ("object" as const) } },
    };
    app.openAPIRegistry.registerPath({
      method: "get",
      path,
      tags: ["service"],
      summary,
      responses: { 200: { description: "Yes", content }, ...(path === "/readyz" ? notReady : {}) },
    });
  }
}

const notReady = { 503: { description: "code: unavailable, request_timeout" } };

const described = [
  ["/healthz", "Is the process alive?", "application/json"],
  ["/readyz", "Can it serve requests?", "application/json"],
  ["/metrics", "Figures for Prometheus", "text/plain"],
] as const;

const headersOf = (scope: Scope) => ({ ...securityHeaders, "x-request-id": scope.requestId });

const json = (value: object, scope: Scope): Response =>
  new Response(JSON.stringify(value), {
    headers: { ...headersOf(scope), "content-type": "application/json" },
  });
