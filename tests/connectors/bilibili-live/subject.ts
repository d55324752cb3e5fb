import { bilibiliLive } from "../../../src/connectors/bilibili-live/index.ts";
import type { TestRuntime } from "../../support/runtime.ts";
import type { Platform, Subject } from "../subject.ts";
import { appId, developer, fakeRoom, hostOpenId, identityCode } from "./fake/platform.ts";

export const settings = { appId };
export const secrets = { ...developer, identityCode };

/** The connector on a fake room that checks signatures and speaks the real framing. */
export const subject: Subject = {
  connector: bilibiliLive,
  settings,
  secrets,
  wrongSecrets: { ...secrets, accessKeySecret: "somebody_elses_secret" },
  checkSays: { secret: /^auth: .*access key secret is wrong/ },
  start: (runtime) => startRoom(runtime).platform,
};

export function startRoom(runtime: TestRuntime) {
  const room = fakeRoom(runtime);
  const platform: Platform = {
    fetch: room.fetch,
    listings: [],
    sockets: room.sockets,
    rooms: {
      say: (text, by) => room.say(text, by === "host" ? { open_id: hostOpenId, uname: "demo_host" } : {}),
      goLive: room.goLive,
      goOff: room.goOff,
      drop: () => room.drop(),
      freeze: () => {
        room.faults.frozen = true;
      },
      listeners: room.listeners,
      sessions: () => (room.session() === null ? 0 : 1),
    },
  };
  return { room, platform };
}
