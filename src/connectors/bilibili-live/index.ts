import type { Account, Call, Connector, Manifest, OpenContext, Result } from "../contract.ts";
import { type BilibiliClient, createClient } from "./client.ts";
import { alreadyRunning, coolingDown, sessionGone } from "./codes.ts";
import { createRooms } from "./rooms.ts";
import { createSessions, type Session, type Sessions, toSession } from "./session.ts";
import { secretsSchema, settingsSchema } from "./settings.ts";

/** Comments of one presenter's room on Bilibili. The platform has no orders and no stock: README.md. */
const manifest: Manifest = {
  id: "bilibili-live",
  name: "Bilibili Live",
  docsUrl: "https://open-live.bilibili.com/document",
  docsReadAt: "2026-11-22",
  capabilities: {
    orders: false,
    webhooks: false,
    stockWrites: [],
    stockRead: false,
    fulfilments: false,
    listings: false,
    files: false,
    rooms: true,
  },
  behaviour: {
    // Nothing is sold on the platform itself.
    deducts: "never",
    restoresOnUnpaidCancel: false,
    restoresOnPaidRefund: false,
    clockSkewMs: 0,
    orderWatermark: false,
  },
  // The platform does not say how many calls it takes; a room needs three a minute.
  limits: { ordersPerPage: 1, stockWritesPerCall: 1, callsPerSecond: 2, burst: 5 },
  pullOverlapMs: 0,
  timeZone: "Asia/Shanghai",
  // Who presents is said by the identity code, which is a secret: the name decides.
  accountSettings: [],
  settings: settingsSchema,
  secrets: secretsSchema,
};

export const bilibiliLive: Connector = {
  manifest,
  open(context: OpenContext): Account {
    const client = createClient(
      context,
      settingsSchema.parse(context.settings),
      secretsSchema.parse(context.secrets),
    );
    const sessions = createSessions(context, client);
    return {
      check: (call) => check(client, sessions, call),
      rooms: createRooms({ context, client, sessions }),
    };
  },
};

/**
 * Only a start proves keys, app and identity code together, so a session is started and ended again. One that runs
 * already, here or in another process, is left alone: it proves as much.
 */
async function check(
  client: BilibiliClient,
  sessions: Sessions,
  call: Call,
): Promise<Result<{ account: string }>> {
  const running = sessions.current();
  if (running) {
    const beat = running.gameId === "" ? null : await client.heartbeat(running.gameId, call);
    if (beat === null || beat.ok) return named(running);
    if (beat.code === undefined || !sessionGone.has(beat.code)) return beat;
  }
  const started = await client.start(call);
  if (started.ok) {
    const session = toSession(started.value);
    if (session.gameId !== "") await client.end(session.gameId, call);
    return named(session);
  }
  return started.code === alreadyRunning || started.code === coolingDown
    ? { ok: true, value: { account: "the presenter's room, which has a session running" } }
    : started;
}

const named = ({ host, room }: Session): Result<{ account: string }> => ({
  ok: true,
  value: { account: host === "" ? `room ${room}` : `${host} (room ${room})` },
});
