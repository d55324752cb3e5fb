import { z } from "zod";
import type { Json, RoomNews } from "../../connectors/contract.ts";
import type { Sql } from "../../core/db/database.ts";
import { instantSchema } from "../../core/model/primitives.ts";
import { loadPosition, roomPosition } from "../positions.ts";

/** What is kept of a room from one connection, and one process, to the next: a row of `cursors`. */
const stateSchema = z.object({
  /** The connector's, as of the last news whose effect is stored. */
  position: z.custom<Json>((value) => value !== undefined),
  room: z.string().nullable(),
  isLive: z.boolean().nullable(),
  /** When the broadcast that goes on, or went on last, began as far as we know. */
  liveSince: instantSchema.nullable(),
});
export type RoomState = z.infer<typeof stateSchema>;

export const newRoomState = (): RoomState => ({ position: null, room: null, isLive: null, liveSince: null });

/** One that cannot be read counts as none: the room is followed from now on. */
export async function loadRoomState(sql: Sql, merchantId: string, connectionId: string): Promise<RoomState> {
  const stored = await loadPosition(sql, merchantId, roomPosition(connectionId));
  return stateSchema.safeParse(stored?.value).data ?? newRoomState();
}

/** The state after one piece of news. */
export function afterNews(state: RoomState, news: RoomNews, position: Json): RoomState {
  switch (news.kind) {
    case "connected":
      return { ...state, position, room: news.room };
    case "started":
      return { position, room: news.room, isLive: true, liveSince: news.at };
    case "ended":
      return { ...state, position, room: news.room, isLive: false };
    case "alive":
    case "comments":
    case "gap":
      return { ...state, position };
  }
}
