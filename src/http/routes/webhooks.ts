import type { Context } from "hono";
import { SluiceError } from "../../core/errors.ts";
import { isUuid } from "../../core/ids.ts";
import type { Metrics } from "../metrics.ts";
import { readBytes } from "../middleware/body.ts";
import { type Observe, securityHeaders } from "../middleware/observe.ts";
import { defaultBodyLimitBytes } from "../operation.ts";
import type { App, AppEnv, AppParts, Scope } from "../parts.ts";
import { HttpError, notFound, problemSchema } from "../problem.ts";

/**
 * Where platforms deliver. The hot path of the server: raw bytes go to `sync.receive`, which verifies and stores them
 * before it answers; nothing is parsed here.
 */
export function webhookRoutes(app: App, parts: AppParts, observe: Observe, metrics: Metrics): void {
  const { sync, options } = parts;
  const bodyLimitBytes = options.bodyLimitBytes ?? defaultBodyLimitBytes;
  const receive = async (context: Context<AppEnv>, scope: Scope): Promise<Response> => {
    const request = context.req.raw;
    const connectionId = context.req.param("connectionId") ?? "";
    if (!isUuid(connectionId)) return refused("unknown_connection", connectionId);
    const body = await readBytes(request, bodyLimitBytes);
    const delivery = {
      method: request.method === "GET" ? ("GET" as const) : ("POST" as const),
      body,
      headers: Object.fromEntries(request.headers),
      url: publicAddress(options.publicUrl, request.url),
    };
    const receipt = await sync.receive(connectionId, delivery).catch((error: unknown) => {
      metrics.webhook("failed");
      throw error;
    });
    if (!receipt.accepted) return refused(receipt.reason, connectionId);
    metrics.webhook(receipt.probe ? "probe" : receipt.repeated ? "repeated" : "stored");
    const { status, body: text, contentType } = receipt.acknowledgement;
    const headers = { ...securityHeaders, "x-request-id": scope.requestId };
    return text === ""
      ? new Response(null, { status, headers })
      : new Response(text, { status, headers: { ...headers, "content-type": contentType } });
  };
  const refused = (
    reason: "unknown_connection" | "signature_refused" | "paused" | "not_a_probe",
    connectionId: string,
  ): never => {
    if (reason !== "not_a_probe") metrics.webhook(reason === "signature_refused" ? "forged" : reason);
    switch (reason) {
      case "not_a_probe":
        throw new HttpError("method_not_allowed", "method_not_allowed", {
          values: { method: "GET", allowed: "POST" },
          headers: { allow: "POST" },
        });
      case "unknown_connection":
        throw notFound("connection", connectionId);
      case "signature_refused":
        throw new HttpError("signature_refused", "signature_refused");
      case "paused":
        throw new SluiceError(
          "unavailable",
          `Connection ${connectionId} is paused; deliver again when it is active.`,
        );
    }
  };
  app.openAPIRegistry.registerPath(webhookPath);
  app.openAPIRegistry.registerPath(probePath);
  app.post("/webhooks/:connectionId", observe("/webhooks/{connectionId}", receive));
  // Some platforms ask whether we are there before they deliver.
  app.get("/webhooks/:connectionId", observe("/webhooks/{connectionId}", receive));
}

/** As the platform addressed it: some sign the address, and behind a proxy ours differs from theirs. */
function publicAddress(publicUrl: string, url: string): string {
  const path = url.indexOf("/", url.indexOf("://") + 3);
  return publicUrl + url.slice(path);
}

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

const webhookPath = {
  method: "post" as const,
  path: "/webhooks/{connectionId}",
  tags: ["webhook"],
  summary: "Where a platform delivers",
  description:
    "No API key: the platform signs the raw body with the connection's secret. Acknowledged means stored; a repeat of " +
    "a stored delivery is acknowledged again and stored once.",
  parameters: [
    {
      name: "connectionId",
      in: "path" as const,
      required: true,
      schema: { type: "string" as const, format: "uuid" },
    },
  ],
  responses: {
    204: { description: "Stored (some platforms want to read another acknowledgement and get it)" },
    401: problem("code: signature_refused. Forged, stale or unsigned; nothing was stored"),
    404: problem("code: not_found"),
    413: problem("code: body_too_large"),
    503: problem("code: unavailable, overloaded. Not stored; deliver again"),
  },
};

const probePath = {
  ...webhookPath,
  method: "get" as const,
  summary: "Where a platform asks whether the hub is there",
  description:
    "No API key: only platforms that ask before they deliver are answered, as they want it; nothing is stored.",
  responses: {
    200: { description: "What the platform wants to read" },
    404: webhookPath.responses[404],
    405: problem("code: method_not_allowed. This platform does not ask, or its signature does not fit"),
  },
};
