import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorCodes } from "../../src/core/errors.ts";
import { detailOf, languages, titleOf } from "../../src/http/messages.ts";
import { readReferenceAsset } from "../../src/http/node.ts";
import { type TestApp, testApp } from "../support/http.ts";

let test: TestApp;
// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document, looked into freely
let document: any;
beforeAll(async () => {
  test = await testApp({ more: { readAsset: readReferenceAsset } });
  document = (await test.call("GET", "/openapi.json")).body;
});
afterAll(() => test.close());

const operations = (): [string, string, Record<string, unknown>][] =>
  Object.entries<Record<string, Record<string, unknown>>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, Record<string, unknown>] => [
      method,
      path,
      operation,
    ]),
  );

describe("the OpenAPI document", () => {
  it("is version 3.1, names the server and how to authenticate", () => {
    expect(document).toMatchObject({
      openapi: "3.1.0",
      info: { title: "Sluice", version: "1.2.3" },
      servers: [{ url: "https://hub.example" }],
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    });
  });

  it("holds every route that the app serves, and no other", () => {
    const served = test.app.routes
      .filter((route) => route.path !== "/docs/:file")
      .map((route) => `${route.method.toLowerCase()} ${route.path.replace(/:(\w+)/g, "{$1}")}`);
    const told = operations().map(([method, path]) => `${method} ${path}`);
    expect([...new Set(told)].sort()).toEqual([...new Set(served)].sort());
  });

  it("says of each route under /v1 who may call it and how it refuses", () => {
    for (const [method, path, operation] of operations()) {
      if (!path.startsWith("/v1/")) continue;
      expect([method, path, operation.security]).toEqual([method, path, [{ key: [] }]]);
      expect([method, path, operation.description]).toEqual([
        method,
        path,
        expect.stringContaining("Roles: "),
      ]);
      expect(Object.keys(operation.responses as object)).toEqual(
        expect.arrayContaining(["401", "403", "500", "503"]),
      );
      const named = (path.match(/\{(\w+)\}/g) ?? []).map((name) => name.slice(1, -1));
      const parameters = (operation.parameters ?? []) as { name: string; in: string }[];
      const declared = parameters
        .filter((parameter) => parameter.in === "path")
        .map((parameter) => parameter.name);
      expect([method, path, declared.sort()]).toEqual([method, path, named.sort()]);
    }
  });

  it("points only at components that it holds", () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(20);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name ?? "");
  });

  it("describes input by the schemas that check it", () => {
    const body = document.paths["/v1/reservations"].post.requestBody.content["application/json"].schema;
    expect(body.required).toEqual(["reference", "lines"]);
    expect(body.properties.lines.items.properties.quantity).toMatchObject({
      type: "integer",
      minimum: 1,
      maximum: 1_000_000_000,
    });
  });
});

it("routes fit Hono's fastest router: one pattern for all of them", () => {
  expect(test.app.router.name).toBe("SmartRouter + RegExpRouter");
});

describe("the reference page", () => {
  it("takes nothing from a third party", async () => {
    const page = await test.call("GET", "/docs");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? "");
    expect(sources).toEqual([
      "/docs/swagger-ui.css",
      "/docs/favicon-32x32.png",
      "/docs/swagger-ui-bundle.js",
      "/docs/start.js",
    ]);
    for (const source of sources) {
      const reply = await test.call("GET", source);
      expect([source, reply.status]).toEqual([source, 200]);
      expect(reply.headers.get("content-type")).toMatch(/^(text\/(css|javascript)|image\/png)/);
    }
    expect(page.headers.get("content-security-policy")).toContain("connect-src 'self'");
  });

  it.each([["package.json"], ["..%2Fpackage.json"], ["swagger-ui.js.map"], ["__proto__"], ["constructor"]])(
    "gives out no other file: %s",
    async (name) => {
      expect((await test.call("GET", `/docs/${name}`)).status).toBe(404);
    },
  );
});

describe("sentences", () => {
  it("exist for every code in every language", () => {
    for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) {
      for (const language of languages) expect(titleOf(code, language)).not.toBe("");
    }
    expect(titleOf("not_found", "zh")).not.toBe(titleOf("not_found", "en"));
  });

  it("leave a value that is missing as it stands", () => {
    expect(detailOf("body_too_large", "en", { limit: 5 })).toBe(
      "The body may have at most 5 bytes; send less at a time.",
    );
    expect(detailOf("body_too_large", "en")).toContain("{limit}");
  });
});
