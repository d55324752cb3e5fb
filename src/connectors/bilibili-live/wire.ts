import { z } from "zod";
import type { Json } from "../contract.ts";

/** Shapes of the live open platform. Unknown fields are ignored. */

const anyJson = z.custom<Json>((value) => value !== undefined);

/** `data` is read only when `code` is 0; a refusal may bring null. */
export const envelopeSchema = z.object({ code: z.int(), data: anyJson.nullish() });

const idSchema = z.union([z.string().min(1).max(200), z.int()]).transform(String);
const textOrNone = z
  .string()
  .nullish()
  .transform((text) => text ?? "");

export const startedSchema = z.object({
  game_info: z
    .object({ game_id: textOrNone })
    .nullish()
    .transform((info) => info ?? { game_id: "" }),
  websocket_info: z.object({
    auth_body: z.string().min(1),
    wss_link: z.array(z.url({ protocol: /^wss?$/ })).min(1),
  }),
  anchor_info: z.object({ room_id: idSchema, uname: textOrNone, open_id: textOrNone }),
});
export type Started = z.infer<typeof startedSchema>;

/** For calls whose answer says nothing. */
export const nothingSchema = z.unknown();

export const authAnswerSchema = z.object({ code: z.int() });

export const eventSchema = z.object({ cmd: z.string().min(1).max(200), data: anyJson.nullish() });

const secondsSchema = z.int().min(1).max(7_258_118_399);

export const commentSchema = z.object({
  room_id: idSchema,
  msg_id: z.string().min(1).max(200),
  open_id: z.string().max(200).nullish(),
  uname: z.string().nullish(),
  msg: z.string(),
  timestamp: secondsSchema,
  /** 0 text, 1 sticker. */
  dm_type: z.int().nullish(),
});
export type WireComment = z.infer<typeof commentSchema>;

export const liveSchema = z.object({ room_id: idSchema, timestamp: secondsSchema });

export const interactionEndSchema = z.object({ game_id: z.string() });
