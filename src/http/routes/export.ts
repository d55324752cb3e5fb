import { z } from "zod";
import {
  exportFormats,
  exportJournals,
  exportOptionsSchema,
} from "../../core/ledger/export/export-journals.ts";
import { securityHeaders } from "../middleware/observe.ts";
import type { Operate } from "../operation.ts";
import type { AppParts } from "../parts.ts";

const streams = [...new Set(Object.values(exportFormats).map(({ contentType }) => contentType))];
const { format, from, to } = exportOptionsSchema.shape;

export function exportRoutes(operate: Operate, { db }: AppParts): void {
  operate(
    {
      method: "get",
      path: "/v1/journals/export",
      permission: "journals.read",
      tag: "journal",
      summary: "The journal as a file",
      description:
        "Streamed, as large as it may be: jsonl and csv in the order of posting, hledger, ledger and beancount by date. " +
        "A connection that ends before the last line has given a part only.",
      query: z.object({
        format,
        from,
        to,
        after: z.coerce.number().int().min(0).optional().describe("Only entries with a higher number"),
        bom: z
          .stringbool()
          .optional()
          .describe("CSV for Excel: with a byte order mark, codes and long ids as text"),
      }),
      statuses: { 200: "The file" },
      streams,
    },
    async ({ caller, query, scope }) => {
      const chunks = exportJournals(db, caller.merchantId, query);
      const { contentType, extension } = exportFormats[query.format];
      return new Response(ReadableStream.from(chunks), {
        headers: {
          ...securityHeaders,
          "content-type": contentType,
          "content-disposition": `attachment; filename="journal.${extension}"`,
          "x-request-id": scope.requestId,
        },
      });
    },
  );
}
