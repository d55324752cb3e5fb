import { createHash } from "node:crypto";
import type { Sql } from "../../core/db/database.ts";
import { findKey, type KeyRole } from "../../core/keys.ts";
import type { Runtime } from "../../core/runtime.ts";
import type { Scope } from "../parts.ts";
import { HttpError } from "../problem.ts";

/** Who calls: one key of one merchant. */
export interface Caller {
  merchantId: string;
  keyId: string;
  role: KeyRole;
}

export interface Authenticate {
  (request: Request, scope: Scope): Promise<Caller>;
  /** The next request of this key asks the database. */
  forget(keyId: string): void;
}

/** A revoked key is refused by every process after this time at the latest; the promise is 5 seconds. */
const cacheMs = 4_000;
const mostCached = 10_000;

interface Known {
  caller: Caller;
  untilMs: number;
}

/**
 * Looks keys up by the hash of what came as Bearer token, and remembers found ones for a moment. Unknown ones are not
 * remembered: a new key works at once, and guessing cannot push real keys out.
 */
export function createAuthenticate({ db, runtime }: { db: Sql; runtime: Runtime }): Authenticate {
  const known = new Map<string, Known>();
  const remember = (hash: string, caller: Caller, askedMs: number) => {
    const oldest = known.keys().next();
    if (known.size >= mostCached && !oldest.done) known.delete(oldest.value);
    known.delete(hash);
    known.set(hash, { caller, untilMs: askedMs + cacheMs });
  };
  const callerOf = async (token: string): Promise<Caller> => {
    const hash = createHash("sha256").update(token).digest("base64");
    const askedMs = runtime.clock.nowMs();
    const remembered = known.get(hash);
    if (remembered && remembered.untilMs > askedMs) return remembered.caller;
    known.delete(hash);
    const key = await findKey(db, token);
    if (!key) throw refused("key_refused");
    const caller = { merchantId: key.merchantId, keyId: key.id, role: key.role };
    remember(hash, caller, askedMs);
    return caller;
  };
  const authenticate = async (request: Request, scope: Scope): Promise<Caller> => {
    const token = /^Bearer +(\S{1,200})$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (token === undefined) throw refused("key_missing");
    const caller = await callerOf(token);
    scope.merchantId = caller.merchantId;
    scope.keyId = caller.keyId;
    return caller;
  };
  return Object.assign(authenticate, {
    forget(keyId: string) {
      for (const [hash, { caller }] of known) if (caller.keyId === keyId) known.delete(hash);
    },
  });
}

/** RFC 6750, section 3: the answer names the scheme. */
const refused = (key: "key_missing" | "key_refused") =>
  new HttpError("unauthorized", key, { headers: { "www-authenticate": 'Bearer realm="sluice"' } });
