import { OpenAPIHono } from "@hono/zod-openapi";
import { registerGauges } from "./gauges.ts";
import { methodsAt } from "./methods-at.ts";
import { createMetrics } from "./metrics.ts";
import { createAuthenticate } from "./middleware/authenticate.ts";
import { createRunOnce } from "./middleware/idempotency.ts";
import { createObserver } from "./middleware/observe.ts";
import { createOperate } from "./operation.ts";
import type { App, AppEnv, AppParts } from "./parts.ts";
import { HttpError } from "./problem.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { allocationRoutes } from "./routes/allocations.ts";
import { connectionWorkRoutes } from "./routes/connection-work.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { connectorRoutes } from "./routes/connectors.ts";
import { eventRoutes } from "./routes/events.ts";
import { exportRoutes } from "./routes/export.ts";
import { healthRoutes } from "./routes/health.ts";
import { journalRoutes } from "./routes/journals.ts";
import { keyRoutes } from "./routes/keys.ts";
import { listingRoutes } from "./routes/listings.ts";
import { liveActionRoutes } from "./routes/live-actions.ts";
import { claimOrderRoute } from "./routes/live-claim-order.ts";
import { liveClaimRoutes } from "./routes/live-claims.ts";
import { liveSessionRoutes } from "./routes/live-sessions.ts";
import { liveStreamRoutes } from "./routes/live-stream.ts";
import { locationRoutes } from "./routes/locations.ts";
import { merchantRoutes } from "./routes/merchant.ts";
import { orderRoutes } from "./routes/orders.ts";
import { pageRoutes } from "./routes/page.ts";
import { referenceRoutes } from "./routes/reference.ts";
import { refundRoutes } from "./routes/refunds.ts";
import { reservationRoutes } from "./routes/reservations.ts";
import { shipmentRoutes } from "./routes/shipments.ts";
import { skuRoutes } from "./routes/skus.ts";
import { stockRoutes } from "./routes/stock.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

/**
 * The whole HTTP face of the hub, from injected parts: the same app runs under Node, in Workers and in tests.
 *
 * @example
 * const app = createApp({ db, engine, sync, vault, runtime, connectors, log, options: { publicUrl, version } });
 * const response = await app.request("/healthz");
 */
export function createApp(parts: AppParts): App {
  const app: App = new OpenAPIHono<AppEnv>();
  const metrics = parts.metrics ?? createMetrics();
  registerGauges(metrics, parts);
  const observe = createObserver({ ...parts, metrics });
  const authenticate = createAuthenticate(parts);
  const operate = createOperate({ app, parts, observe, authenticate, runOnce: createRunOnce(parts) });

  webhookRoutes(app, parts, observe, metrics);
  healthRoutes(app, parts, observe, metrics);
  reservationRoutes(operate, parts);
  orderRoutes(operate, parts);
  liveSessionRoutes(operate, parts);
  liveActionRoutes(operate, parts);
  liveClaimRoutes(operate, parts);
  claimOrderRoute(operate, parts);
  liveStreamRoutes(operate, parts, authenticate);
  shipmentRoutes(operate, parts);
  refundRoutes(operate, parts);
  stockRoutes(operate, parts);
  allocationRoutes(operate, parts);
  skuRoutes(operate, parts);
  locationRoutes(operate, parts);
  listingRoutes(operate, parts);
  connectorRoutes(operate, parts);
  connectionWorkRoutes(operate, parts);
  connectionRoutes(operate, parts);
  exportRoutes(operate, parts);
  journalRoutes(operate, parts);
  accountRoutes(operate, parts);
  eventRoutes(operate, parts, authenticate);
  taskRoutes(operate, parts);
  keyRoutes(operate, parts, authenticate);
  merchantRoutes(operate, parts);
  referenceRoutes(app, parts, observe);
  pageRoutes(app, parts, observe);

  app.notFound(
    observe("(none)", async (context) => {
      const allowed = methodsAt(app.routes, context.req.path);
      if (allowed.length === 0) throw new HttpError("not_found", "path_unknown");
      const values = { method: context.req.method, allowed: allowed.join(", ") };
      throw new HttpError("method_not_allowed", "method_not_allowed", {
        values,
        headers: { allow: values.allowed },
      });
    }),
  );
  return app;
}
