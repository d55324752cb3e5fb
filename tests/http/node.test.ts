import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../src/core/engine/commands.ts";
import { type RunningServer, readReferenceAsset, serveNode } from "../../src/http/node.ts";
import { type TestApp, testApp } from "../support/http.ts";

/** The app behind a real socket. */

let test: TestApp;
let server: RunningServer;
let headers: Record<string, string>;
beforeEach(async () => {
  test = await testApp({ options: { bodyLimitBytes: 10_000 } });
  await test.hub.sku("A", 5);
  server = await serveNode(test.app, { host: "127.0.0.1", port: 0 });
  headers = { authorization: `Bearer ${await test.key("owner")}`, "content-type": "application/json" };
});
afterEach(async () => {
  await server.close(0);
  await test.close();
});

const reserve = (reference: string) =>
  fetch(`${server.url}/v1/reservations`, {
    method: "POST",
    headers,
    body: JSON.stringify({ reference, lines: [{ sku: "A", quantity: 1 }] }),
  });

describe("serving", () => {
  it("answers on the port it got, with a length and our headers", async () => {
    const response = await fetch(`${server.url}/healthz`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe("33");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.json()).toEqual({ status: "ok", version: "1.2.3" });
    expect((await reserve("r")).status).toBe(201);
  });

  it("counts a chunked body and cuts it off at the limit", async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        `${server.url}/v1/reservations`,
        { method: "POST", headers },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on("error", reject);
      for (let sent = 0; sent < 11; sent += 1) request.write("x".repeat(1000));
      request.end();
    });
    expect(status).toBe(413);
    expect((await reserve("after")).status).toBe(201);
  });

  it("says that it closes the connection of a body it did not read to its end", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const post = (body: string) =>
      new Promise<string>((resolve, reject) => {
        const request = httpRequest(
          `${server.url}/v1/reservations`,
          { method: "POST", headers: { ...headers, "transfer-encoding": "chunked" }, agent },
          (response) => {
            response.resume();
            response.on("end", () => resolve(`${response.statusCode} ${response.headers.connection}`));
          },
        );
        request.on("error", reject);
        request.end(body);
      });
    expect(await post(" ".repeat(3_000_000))).toBe("413 close");
    expect(await post("{}")).toBe("400 keep-alive");
    agent.destroy();
  });

  it("takes a body in chunks that is within the limit", async () => {
    const body = JSON.stringify({ reference: "chunks", lines: [{ sku: "A", quantity: 1 }] });
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(
        `${server.url}/v1/reservations`,
        { method: "POST", headers },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on("error", reject);
      for (const character of body) request.write(character);
      request.end();
    });
    expect(status).toBe(201);
  });

  it("hands a webhook's bytes on as they came, with lower-case header names", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const response = await fetch(`${server.url}/webhooks/${test.hub.connectionId}`, {
      method: "POST",
      body: bytes,
      headers: { "X-Signature": "s" },
    });
    expect(response.status).toBe(204);
    const [, , delivery] = test.sync.calls[0] as [string, string, { body: Uint8Array; headers: object }];
    expect([...delivery.body]).toEqual([...bytes]);
    expect(delivery.headers).toMatchObject({ "x-signature": "s" });
  });

  it("says what to do when the port is taken", async () => {
    await expect(serveNode(test.app, { host: "127.0.0.1", port: server.port })).rejects.toMatchObject({
      code: "configuration",
      message: `Cannot listen on 127.0.0.1:${server.port}: something else listens there. Choose another port or host.`,
    });
  });
});

describe("stopping", () => {
  it("finishes what is in flight and takes nothing new", async () => {
    let finish: (answer: Answer) => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      test.hub.engine.submit = () =>
        new Promise((answer) => {
          finish = answer;
          resolve();
        });
    });
    const inFlight = reserve("r");
    await arrived;
    const closed = server.close();
    await expect(connected(server.port)).resolves.toBe(false);
    finish({
      kind: "hold",
      holdId: "01a20244-e800-7000-8000-000000000001",
      reference: "r",
      status: "held",
      lines: [],
      expiresAt: null,
      createdAt: "2026-11-22T08:00:00.000Z",
      outcome: "created",
    });
    expect((await inFlight).status).toBe(201);
    await closed;
  });

  it("cuts what does not finish within the grace", async () => {
    const arrived = new Promise<void>((resolve) => {
      test.hub.engine.submit = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const inFlight = reserve("r");
    const failed = expect(inFlight).rejects.toThrow();
    await arrived;
    await server.close(0);
    await failed;
  });

  it("ends event streams at once, since they never end by themselves", async () => {
    const response = await fetch(`${server.url}/v1/events`, {
      headers: { ...headers, accept: "text/event-stream" },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await server.close(3_600_000);
    await expect(readToEnd(reader)).resolves.toBe("over");
  });
});

const readToEnd = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<"over"> => {
  try {
    while (!(await reader.read()).done);
  } catch {
    // A cut connection ends a stream as well as a closed one.
  }
  return "over";
};

const connected = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

describe("files of the reference page", () => {
  it("come out of the installed package", async () => {
    expect((await readReferenceAsset("swagger-ui.css"))?.byteLength).toBeGreaterThan(10_000);
    expect(await readReferenceAsset("no-such-file.css")).toBeNull();
  });
});
