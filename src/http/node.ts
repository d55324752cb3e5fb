import { readFile } from "node:fs/promises";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { SluiceError } from "../core/errors.ts";
import type { ReadAsset } from "./parts.ts";

/** The app under Node. */

export interface ServeOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
}

export interface RunningServer {
  url: string;
  port: number;
  /**
   * Takes no new connections, ends event streams, lets requests in flight finish, and cuts what is still open after
   * `graceMs`. Call it on SIGTERM, then close engine, sync and database.
   */
  close(graceMs?: number): Promise<void>;
}

/** A client that sends its headers or body slower than this is cut off. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** Longer than the 60 seconds of common load balancers, so that it is never us who close a connection they reuse. */
const keepAliveMs = 65_000;
const defaultGraceMs = 10_000;

/** Starts listening. Throws `configuration` when the address cannot be had. */
export async function serveNode(
  app: { fetch(request: Request, env?: unknown): Response | Promise<Response> },
  options: ServeOptions,
): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveMs,
    },
  }) as Server;
  const streams = new Set<ServerResponse>();
  let closing = false;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (asksForEvents(request)) streams.add(response);
    response.once("close", () => {
      streams.delete(response);
      if (closing) server.closeIdleConnections();
    });
  });
  const port = await listen(server, options);
  return {
    port,
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    async close(graceMs = defaultGraceMs) {
      if (closing) return;
      closing = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeIdleConnections();
      // Event streams never end by themselves; their clients come back to another process and resume.
      for (const response of streams) response.destroy();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

const asksForEvents = (request: IncomingMessage): boolean =>
  request.headers.accept?.includes("text/event-stream") ?? false;

function listen(server: Server, { host, port }: ServeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === "EADDRINUSE" ? "something else listens there" : (cause.code ?? cause.message);
      reject(
        new SluiceError(
          "configuration",
          `Cannot listen on ${host}:${port}: ${why}. Choose another port or host.`,
          { cause },
        ),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : port);
    });
  });
}

/** Reads the files of the API reference page out of the installed package. */
export const readReferenceAsset: ReadAsset = async (name) => {
  try {
    return await readFile(fileURLToPath(new URL(name, import.meta.resolve("swagger-ui-dist/package.json"))));
  } catch {
    return null;
  }
};

/** Reads the files of the page at /, which lie beside this one. */
export const readPageFile: ReadAsset = async (name) => {
  try {
    return await readFile(fileURLToPath(new URL(`page/${name}`, import.meta.url)));
  } catch {
    return null;
  }
};
