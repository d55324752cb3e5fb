import { z } from "zod";
import { createLocation, listLocations, loadLocation } from "../../core/catalogue/locations.ts";
import { locationInputSchema, locationKinds } from "../../core/model/catalogue.ts";
import { codeSchema } from "../../core/model/primitives.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { asNotFound } from "../problem.ts";

const locationSchema = z
  .object({
    id: z.uuid(),
    code: z.string(),
    name: z.string(),
    kind: z.enum(locationKinds).describe("own: orders are served from here"),
    createdAt: z.string(),
  })
  .meta({ id: "Location" });

const tag = "location";

export function locationRoutes(operate: Operate, { db, runtime }: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/locations",
      permission: "catalogue.write",
      tag,
      summary: "Create a location",
      description: "Every merchant starts with the location MAIN.",
      body: locationInputSchema,
      answer: locationSchema,
      statuses: { 201: "Created" },
      refusals: ["already_exists"],
    },
    async ({ caller, body }) => {
      const location = await createLocation(db, runtime, caller.merchantId, body);
      return { body: location, headers: { location: `/v1/locations/${encodeURIComponent(location.code)}` } };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/locations",
      permission: "catalogue.read",
      tag,
      summary: "List locations by code",
      query: z.object(pageQuery),
      answer: pageOf(locationSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => ({ body: await listLocations(db, caller.merchantId, query) }),
  );
  operate(
    {
      method: "get",
      path: "/v1/locations/{code}",
      permission: "catalogue.read",
      tag,
      summary: "Get one location",
      params: z.object({ code: codeSchema }),
      answer: locationSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => ({
      body: await asNotFound(
        "unknown_location",
        tag,
        params.code,
        loadLocation(db, caller.merchantId, params.code),
      ),
    }),
  );
}
