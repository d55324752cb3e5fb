import { z } from "zod";
import { addMs, nowInstant } from "../../core/clock.ts";
import type { HoldAnswer } from "../../core/engine/commands.ts";
import { holdStatuses, listHolds, readHold } from "../../core/inventory/read-holds.ts";
import { reservationInputSchema } from "../../core/model/stock.ts";
import type { Operate } from "../operation.ts";
import { pageOf, pageQuery } from "../paging.ts";
import type { AppParts } from "../parts.ts";
import { notFound } from "../problem.ts";
import { submit } from "../submit.ts";

const reservationShape = {
  id: z.uuid(),
  reference: z.string(),
  status: z.enum(holdStatuses).describe("held, then consumed by an order, released or expired, once"),
  lines: z.array(z.object({ sku: z.string(), quantity: z.number().int() })),
  expiresAt: z.string().nullable(),
  createdAt: z.string(),
};

const answerSchema = z.object(reservationShape).meta({ id: "ReservationAnswer" });

const reservationSchema = z
  .object({
    ...reservationShape,
    closedAt: z.string().nullable(),
    orderId: z.string().nullable().describe("The order that took the units over"),
  })
  .meta({ id: "Reservation" });

const shown = ({ holdId, reference, status, lines, expiresAt, createdAt }: HoldAnswer) => ({
  id: holdId,
  reference,
  status,
  lines,
  expiresAt,
  createdAt,
});

const tag = "reservation";
const params = z.object({ id: z.uuid() });

export function reservationRoutes(operate: Operate, parts: AppParts): void {
  const { db, runtime } = parts;
  operate(
    {
      method: "post",
      path: "/v1/reservations",
      permission: "reservations.write",
      tag,
      summary: "Hold units of several SKUs, all or none",
      description:
        "`reference` is your id: a repeat with the same lines answers the same hold and takes nothing more, also when an order has taken it over (`status` consumed). " +
        "The reference of a hold that was released or has expired is refused with `conflict`: take a new one to hold units again.",
      body: reservationInputSchema,
      answer: answerSchema,
      statuses: { 201: "Held" },
      refusals: ["insufficient_stock", "unknown_sku", "conflict"],
    },
    async ({ caller, body }) => {
      const { expiresInSeconds } = body;
      const expiresAt =
        expiresInSeconds === undefined ? null : addMs(nowInstant(runtime.clock), expiresInSeconds * 1000);
      const hold = await submit(
        parts,
        caller.merchantId,
        { kind: "hold.create", input: body, expiresAt },
        "hold",
      );
      return { body: shown(hold), headers: { location: `/v1/reservations/${hold.holdId}` } };
    },
  );
  operate(
    {
      method: "post",
      path: "/v1/reservations/{id}/release",
      permission: "reservations.write",
      tag,
      summary: "Give the units back",
      description: "Once: releasing a closed reservation changes nothing and answers its state.",
      params,
      answer: answerSchema,
      statuses: { 200: "The reservation as it is now" },
    },
    async ({ caller, params }) => {
      const command = { kind: "hold.close" as const, holdId: params.id, as: "released" as const };
      return { body: shown(await submit(parts, caller.merchantId, command, "hold")) };
    },
  );
  operate(
    {
      method: "get",
      path: "/v1/reservations",
      permission: "reservations.read",
      tag,
      summary: "List reservations, the newest first",
      query: z.object({
        ...pageQuery,
        status: z.enum(holdStatuses).optional(),
        reference: z.string().max(200).optional(),
      }),
      answer: pageOf(reservationSchema),
      statuses: { 200: "A page" },
    },
    async ({ caller, query }) => ({ body: await listHolds(db, caller.merchantId, query) }),
  );
  operate(
    {
      method: "get",
      path: "/v1/reservations/{id}",
      permission: "reservations.read",
      tag,
      summary: "Get one reservation",
      params,
      answer: reservationSchema,
      statuses: { 200: "Found" },
    },
    async ({ caller, params }) => {
      const hold = await readHold(db, caller.merchantId, params.id);
      if (!hold) throw notFound(tag, params.id);
      return { body: hold };
    },
  );
}
