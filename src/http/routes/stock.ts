import { z } from "zod";
import { listStock } from "../../core/catalogue/stock.ts";
import type { StockAnswer } from "../../core/engine/commands.ts";
import { readStockDocument } from "../../core/inventory/read-documents.ts";
import { adjustmentSchema, transferSchema } from "../../core/model/stock.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { notFound } from "../problem.ts";
import { submit } from "../submit.ts";

const count = z.number().int();

const levelShape = {
  sku: z.string(),
  location: z.string().describe("`*` for a bundle: what its components allow over all our own locations"),
  onHand: count.describe("Units physically there"),
  reserved: count.describe("Held by orders and reservations"),
  heldBack: count.describe("On hand, not for sale"),
  inDoubt: count.describe(
    "Units that parcels took although the hub had none here: as many are not offered until the place is counted",
  ),
  available: count.describe(
    "onHand - reserved - heldBack - inDoubt; below zero where more is in doubt than is free",
  ),
  valueMinor: count.describe("Cost of all units on hand together, in the merchant's base currency"),
};

const levelSchema = z.object(levelShape).meta({ id: "StockLevel" });

const documentSchema = z
  .object({
    reference: z.string(),
    outcome: z.enum(["applied", "duplicate"]),
    lines: z.array(levelSchema).describe("The stock after it"),
    shortfalls: z
      .array(z.object({ orderId: z.string(), line: count, quantity: count }))
      .describe("Reservations that a count below them turned into shortfalls"),
  })
  .meta({ id: "StockDocument" });

const shown = ({ reference, outcome, lines, shortfalls }: StockAnswer) => ({
  reference,
  outcome,
  // Documents of before there was a doubt do not name it.
  lines: lines.map((line) => ({ ...line, inDoubt: line.inDoubt ?? 0 })),
  shortfalls: shortfalls.map(({ orderId, lineNo, quantity }) => ({ orderId, line: lineNo, quantity })),
});

const tag = "stock";
const documentParams = z.object({ reference: z.string().min(1).max(200) });

export function stockRoutes(operate: Operate, parts: AppParts): void {
  documentRoutes(operate, parts);
  operate(
    {
      method: "get",
      path: "/v1/stock",
      permission: "stock.read",
      tag,
      summary: "Stock by SKU and location",
      description:
        "With `below` a page may hold fewer items than asked for, even none, and still not be the last.",
      query: z.object({
        ...pageQuery,
        sku: z.string().max(200).optional(),
        location: z.string().max(200).optional(),
        below: z.coerce.number().int().optional().describe("Only rows with less than this available"),
      }),
      answer: pageOf(levelSchema),
      statuses: { 200: "A page" },
      refusals: ["unknown_location"],
    },
    async ({ caller, query }) => ({ body: await listStock(parts.db, caller.merchantId, query) }),
  );
}

/** Documents that change stock by hand. */
function documentRoutes(operate: Operate, parts: AppParts): void {
  operate(
    {
      method: "post",
      path: "/v1/stock/adjustments",
      permission: "stock.write",
      tag,
      summary: "Receive, count, write off: change stock by a document",
      description:
        "All lines or none. `reference` is your document number: the same content again changes nothing. A count below " +
        "what is reserved turns the newest reservations into shortfalls, names them and raises a task.",
      body: adjustmentSchema,
      answer: documentSchema,
      statuses: { 201: "Posted, or posted before with this very content" },
      refusals: ["unknown_sku", "unknown_location", "insufficient_stock", "conflict"],
    },
    async ({ caller, body }) => {
      const answer = await submit(parts, caller.merchantId, { kind: "stock.adjust", input: body }, "stock");
      return {
        body: shown(answer),
        headers: { location: `/v1/stock/adjustments/${encodeURIComponent(body.reference)}` },
      };
    },
  );
  operate(
    {
      method: "post",
      path: "/v1/transfers",
      permission: "stock.write",
      tag,
      summary: "Move units from one location to another",
      description: "All lines or none; their value goes with them. The same content again changes nothing.",
      body: transferSchema,
      answer: documentSchema,
      statuses: { 201: "Posted, or posted before with this very content" },
      refusals: ["unknown_sku", "unknown_location", "insufficient_stock", "conflict"],
    },
    async ({ caller, body }) => {
      const answer = await submit(parts, caller.merchantId, { kind: "stock.transfer", input: body }, "stock");
      return {
        body: shown(answer),
        headers: { location: `/v1/transfers/${encodeURIComponent(body.reference)}` },
      };
    },
  );
  for (const [kind, path] of [
    ["adjustment", "/v1/stock/adjustments/{reference}"],
    ["transfer", "/v1/transfers/{reference}"],
  ] as const) {
    operate(
      {
        method: "get",
        path,
        permission: "stock.read",
        tag,
        summary: `What one ${kind} did`,
        params: documentParams,
        answer: documentSchema,
        statuses: { 200: "Found" },
      },
      async ({ caller, params }) => {
        const document = await readStockDocument(parts.db, caller.merchantId, kind, params.reference);
        if (!document) throw notFound(kind, params.reference);
        return { body: shown(document) };
      },
    );
  }
}
